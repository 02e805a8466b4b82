//! What can go wrong between a reference and its digest, and the way out of each.

use std::time::Duration;

use crate::core::image::{Digest, ManifestError, Platform};

/// A request to a registry that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct RegistryError {
    /// The image asked for, as typed.
    pub image: String,
    /// Host, with its port, that the failing request went to.
    pub host: String,
    /// What went wrong.
    pub kind: Box<RegistryErrorKind>,
    /// Sources of credentials that could not be read, each a sentence fragment.
    pub credential_problems: Vec<String>,
    /// Mirrors that were asked before, each with what came of it.
    pub passed_over: Vec<String>,
}

/// The kinds of failure. Texts are lowercase fragments that name the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum RegistryErrorKind {
    /// The name of the host is not known.
    #[error("the host name {host} cannot be resolved")]
    Dns {
        /// Host that was asked for.
        host: String,
    },
    /// Nobody listens there.
    #[error("{host} refused the connection")]
    Refused {
        /// Host and port.
        host: String,
    },
    /// The connection failed in another way, or broke.
    #[error("the connection to {host} failed: {detail}")]
    Connection {
        /// Host and port.
        host: String,
        /// The operating system's or HTTP library's words.
        detail: String,
    },
    /// The certificate is not trusted, or it is not TLS at all.
    #[error("no secure connection to {host}: {detail}")]
    Tls {
        /// Host and port.
        host: String,
        /// The TLS library's words.
        detail: String,
    },
    /// The proxy could not be used.
    #[error("the proxy {proxy} did not connect to {host}: {detail}")]
    Proxy {
        /// The proxy, without its password.
        proxy: String,
        /// Host that was asked for.
        host: String,
        detail: String,
    },
    /// The trusted certificates of this machine cannot be read.
    #[error("no HTTPS client: {detail}")]
    TrustStore {
        /// The library's words.
        detail: String,
    },
    /// A time limit passed.
    #[error("{host} did not {stage} within {}", seconds(.limit))]
    TimedOut {
        /// Host and port.
        host: String,
        /// `answer`, `send the whole answer`, ...
        stage: &'static str,
        limit: Duration,
    },
    /// 401, or a token that does not help.
    #[error("{host} requires a login for {repository} ({used})")]
    Unauthorized {
        host: String,
        repository: String,
        /// Which credentials were used.
        used: String,
    },
    /// 403.
    #[error("{host} forbids reading {repository} ({used})")]
    Forbidden {
        host: String,
        repository: String,
        /// Which credentials were used.
        used: String,
    },
    /// The token server or the credentials are of no use.
    #[error("no token from {host}: {detail}")]
    Token {
        /// Host of the token server.
        host: String,
        detail: String,
    },
    /// Credentials would have gone over an open line.
    #[error("{host} requires a login over plain http, where credentials are sent only to this machine")]
    InsecureCredentials { host: String },
    /// 404 with `NAME_UNKNOWN`.
    #[error("{host} has no repository {repository}")]
    RepositoryNotFound { host: String, repository: String },
    /// 404.
    #[error("{host} has no {reference} in {repository}")]
    NotFound {
        host: String,
        repository: String,
        /// `tag x` or `digest y`.
        reference: String,
    },
    /// 429.
    #[error("{host} limits the rate of requests{}", retry(.retry_after))]
    RateLimited {
        host: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Any other status.
    #[error("{host} answered {status}{}", suffix(.detail))]
    Status {
        host: String,
        status: u16,
        /// The registry's own code, if it sent one, for example `UNSUPPORTED`.
        detail: String,
    },
    /// More bytes than any honest answer has.
    #[error("{host} sent more than {limit} bytes of {what}")]
    TooLarge {
        host: String,
        /// The limit in bytes.
        limit: usize,
        /// `manifest`, ...
        what: &'static str,
    },
    /// The answer ended early.
    #[error("the answer of {host} was cut off: {detail}")]
    CutOff { host: String, detail: String },
    /// The bytes are not those that the header or the reference promised.
    #[error("{host} sent content with digest {received}, but {by} names {promised}")]
    WrongDigest {
        host: String,
        /// Digest of what was received.
        received: Digest,
        /// What was promised.
        promised: String,
        /// Who promised.
        by: &'static str,
    },
    /// The answer names no image.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// An index without the platform asked for.
    #[error("the image is not built for {wanted}, only for {}", .available.join(", "))]
    Platform {
        /// What was asked for.
        wanted: Platform,
        /// What there is.
        available: Vec<String>,
    },
    /// The files that name mirrors cannot be used.
    #[error("no registry to contact: {detail}")]
    Mirrors {
        /// Which file, and what is wrong in it.
        detail: String,
    },
    /// A redirect that is not followed.
    #[error("{host} redirects {detail}")]
    Redirect {
        host: String,
        /// Where to, and why it is not followed.
        detail: String,
    },
}

fn seconds(limit: &Duration) -> String {
    if limit.as_millis() >= 1_000 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}

fn retry(after: &Option<Duration>) -> String {
    after.map(|after| format!(" and asks to wait {} s", after.as_secs())).unwrap_or_default()
}

fn suffix(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}

impl RegistryError {
    /// What to try, the most specific first; each names an exact command or flag.
    pub fn hints(&self) -> Vec<String> {
        use RegistryErrorKind as Kind;
        let login = format!("log in with `docker login {}`", login_host(&self.host));
        match self.kind.as_ref() {
            Kind::Dns { .. } => {
                vec!["check the network, and the registry's name in the image reference".to_owned()]
            }
            Kind::Refused { .. } | Kind::Connection { .. } | Kind::TimedOut { .. } => Vec::new(),
            Kind::Tls { .. } | Kind::TrustStore { .. } => vec![format!(
                "set SSL_CERT_FILE to the PEM file of the CA that signed it; for a registry without TLS use --plain-http {}",
                self.host
            )],
            Kind::Proxy { .. } => vec!["check HTTPS_PROXY, or add the registry to NO_PROXY".to_owned()],
            Kind::Unauthorized { .. } => {
                vec![format!(
                    "{login}; registries also answer like this for a repository that does not exist"
                )]
            }
            Kind::Forbidden { .. } => vec![format!("{login} with an account that may read the repository")],
            Kind::Token { .. } => vec![login],
            Kind::InsecureCredentials { .. } => {
                vec!["serve the registry over https, or allow anonymous reading".to_owned()]
            }
            Kind::RepositoryNotFound { .. } => vec!["check the spelling of the repository".to_owned()],
            Kind::NotFound { .. } => {
                vec!["check the tag; nightly builds are deleted after about two weeks".to_owned()]
            }
            Kind::RateLimited { .. } => vec![format!("wait, or {login}, which raises the limit")],
            Kind::Platform { .. } => vec!["choose another --platform".to_owned()],
            Kind::Manifest(_) => vec!["choose another image; this one cannot run as a container".to_owned()],
            _ => Vec::new(),
        }
    }

    /// Whether other credentials could help.
    pub fn needs_login(&self) -> bool {
        use RegistryErrorKind as Kind;
        matches!(*self.kind, Kind::Unauthorized { .. } | Kind::Forbidden { .. } | Kind::Token { .. })
    }

    /// Whether going on with the tag alone is sound advice: the registry is out of reach, not the image wrong.
    pub fn tag_may_do(&self) -> bool {
        use RegistryErrorKind as Kind;
        !matches!(
            *self.kind,
            Kind::Manifest(_) | Kind::Platform { .. } | Kind::WrongDigest { .. } | Kind::NotFound { .. }
        )
    }
}

/// Docker's own name for its registry in `docker login`.
fn login_host(host: &str) -> &str {
    if super::client::is_docker_hub(host) { "docker.io" } else { host }
}
