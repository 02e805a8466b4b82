//! What can be wrong before anything is sent: the kubeconfig, the connection flags, the files they name.

use std::path::PathBuf;

use crate::core::nearest::nearest_chosen;

/// How many known names a hint lists.
const NAMES_IN_A_HINT: usize = 12;

/// A connection that cannot be set up as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum ConfigError {
    /// There is no kubeconfig, and this is not a pod.
    #[error("no kubeconfig found")]
    NoKubeconfig {
        /// The files that were looked for.
        looked: Vec<PathBuf>,
    },
    /// A kubeconfig cannot be read.
    #[error("cannot read the kubeconfig {}: {reason}", path.display())]
    Read {
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A kubeconfig is not valid YAML or not a kubeconfig.
    #[error("the kubeconfig {} is broken{}: {reason}", path.display(), place(*line, *column))]
    Broken {
        path: PathBuf,
        /// Line of the problem, from 1; 0 when it has none.
        line: u64,
        /// Column of the problem, from 1; 0 when it has none.
        column: u64,
        /// What is wrong; never shows the line itself, which may hold a token.
        reason: String,
    },
    /// `--context` or `current-context` names no context.
    #[error("context {name:?} does not exist")]
    UnknownContext {
        name: String,
        /// The contexts that do.
        known: Vec<String>,
    },
    /// The kubeconfig has contexts, none is current and none was asked for.
    #[error("the kubeconfig has no current context")]
    NoCurrentContext {
        /// The contexts that exist.
        known: Vec<String>,
    },
    /// The context or `--cluster` names no cluster.
    #[error("cluster {name:?} {}", of_context(context.as_deref()))]
    UnknownCluster {
        name: String,
        /// The context that names it; absent for `--cluster`.
        context: Option<String>,
        /// The clusters that exist.
        known: Vec<String>,
    },
    /// The context or `--user` names no user.
    #[error("user {name:?} {}", of_context(context.as_deref()))]
    UnknownUser {
        name: String,
        /// The context that names it; absent for `--user`.
        context: Option<String>,
        /// The users that exist.
        known: Vec<String>,
    },
    /// The cluster entry says no server.
    #[error("cluster {cluster:?} of the kubeconfig has no server address")]
    NoServer { cluster: String },
    /// The server address is not one.
    #[error("{server:?} is not the address of an API server: {reason}")]
    BadServer {
        /// The address as written.
        server: String,
        /// What is wrong.
        reason: String,
    },
    /// A certificate or key cannot be used.
    #[error("cannot use the {what}{}: {reason}", from_file(path.as_ref()))]
    Certificate {
        /// Which one: `certificate authority`, `client certificate`, `client key`.
        what: &'static str,
        /// The file it comes from; absent for data in the kubeconfig.
        path: Option<PathBuf>,
        /// What is wrong.
        reason: String,
    },
    /// A certificate authority to check against, and the order not to check.
    #[error("a CA certificate cannot be combined with --insecure-skip-tls-verify")]
    InsecureWithAuthority,
    /// A file with a bearer token cannot be used.
    #[error("cannot read the token file {}: {reason}", path.display())]
    TokenFile {
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A proxy address is not one, or of a kind that cannot be used.
    #[error("cannot use the proxy of {origin}: {reason}")]
    Proxy {
        /// Where it was said: `proxy-url of the kubeconfig`, `HTTPS_PROXY`, `HTTP_PROXY`.
        origin: &'static str,
        /// What is wrong; the address is not shown, it may hold a password.
        reason: String,
    },
    /// A credential provider that client libraries have dropped.
    #[error(
        "user {user:?} of the kubeconfig uses the credential provider {provider:?}, which is no longer supported"
    )]
    LegacyProvider { user: String, provider: String },
    /// A flag holds characters that a request header cannot.
    #[error("the value of {flag} has characters that cannot be sent")]
    Header {
        /// The flag or kubeconfig member.
        flag: &'static str,
    },
    /// `--as-group` without `--as`.
    #[error("--as-group needs --as")]
    GroupWithoutUser,
    /// The files of the pod's service account cannot be used.
    #[error("this program runs in a pod, but the pod's service account cannot be used: {}: {reason}", path.display())]
    ServiceAccount {
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The TLS library refused the setup.
    #[error("cannot set up the connection: {reason}")]
    Setup {
        /// What it said.
        reason: String,
    },
}

impl ConfigError {
    /// The ways out, one a line.
    pub fn hints(&self) -> Vec<String> {
        match self {
            ConfigError::NoKubeconfig { .. } => vec![
                "choose a kubeconfig with --kubeconfig FILE or the KUBECONFIG variable, or a cluster with --server and --token"
                    .to_owned(),
            ],
            ConfigError::Read { .. } => vec!["check --kubeconfig and the KUBECONFIG variable".to_owned()],
            ConfigError::UnknownContext { name, known } => names_hint("context", name, known),
            ConfigError::NoCurrentContext { known } => {
                let mut hints = vec!["choose one with --context NAME or kubectl config use-context NAME".to_owned()];
                hints.extend(listing("contexts", known));
                hints
            }
            ConfigError::UnknownCluster { name, known, .. } => names_hint("cluster", name, known),
            ConfigError::UnknownUser { name, known, .. } => names_hint("user", name, known),
            ConfigError::InsecureWithAuthority => {
                vec!["drop --insecure-skip-tls-verify: with a CA certificate it is not needed".to_owned()]
            }
            ConfigError::LegacyProvider { provider, .. } => vec![match provider.as_str() {
                "gcp" => "install gke-gcloud-auth-plugin and run gcloud container clusters get-credentials again".to_owned(),
                "azure" => "install kubelogin and run kubelogin convert-kubeconfig".to_owned(),
                _ => "use an exec credential plugin instead".to_owned(),
            }],
            ConfigError::BadServer { .. } => {
                vec!["write it as https://HOST:PORT, with --server or in the kubeconfig".to_owned()]
            }
            ConfigError::Proxy { .. } => {
                vec!["write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT".to_owned()]
            }
            ConfigError::Broken { .. }
            | ConfigError::NoServer { .. }
            | ConfigError::Certificate { .. }
            | ConfigError::TokenFile { .. }
            | ConfigError::Header { .. }
            | ConfigError::GroupWithoutUser
            | ConfigError::ServiceAccount { .. }
            | ConfigError::Setup { .. } => Vec::new(),
        }
    }

    /// What led to it, outermost first.
    pub fn causes(&self) -> Vec<String> {
        match self {
            ConfigError::NoKubeconfig { looked } => {
                looked.iter().map(|path| format!("{} does not exist", path.display())).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn place(line: u64, column: u64) -> String {
    if line == 0 { String::new() } else { format!(" at line {line}, column {column}") }
}

fn of_context(context: Option<&str>) -> String {
    match context {
        Some(context) => format!("of context {context:?} does not exist"),
        None => "does not exist".to_owned(),
    }
}

fn from_file(path: Option<&PathBuf>) -> String {
    path.map_or_else(String::new, |path| format!(" {}", path.display()))
}

/// The nearest name, when one is near, and the names that exist.
fn names_hint(what: &str, name: &str, known: &[String]) -> Vec<String> {
    if known.is_empty() {
        return vec![format!("the kubeconfig has no {what}s")];
    }
    let mut hints: Vec<String> = nearest_chosen(name, known.iter().map(String::as_str))
        .map(|near| format!("did you mean --{what} {near}?"))
        .into_iter()
        .collect();
    hints.extend(listing(&format!("{what}s"), known));
    hints
}

/// `contexts: a, b, c and 4 more`, nothing when there is none.
fn listing(what: &str, known: &[String]) -> Option<String> {
    if known.is_empty() {
        return None;
    }
    let shown: Vec<&str> = known.iter().take(NAMES_IN_A_HINT).map(String::as_str).collect();
    let more = known.len().saturating_sub(NAMES_IN_A_HINT);
    let tail = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("{what}: {}{tail}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_context_names_the_nearest_and_lists_the_others() {
        let known = vec!["kind-one".to_owned(), "production".to_owned()];
        let error = ConfigError::UnknownContext { name: "prodution".to_owned(), known };
        assert_eq!(error.to_string(), "context \"prodution\" does not exist");
        assert_eq!(error.hints(), ["did you mean --context production?", "contexts: kind-one, production"]);
    }

    #[test]
    fn a_long_list_is_cut() {
        let known: Vec<String> = (0..20).map(|number| format!("c{number}")).collect();
        assert!(listing("contexts", &known).is_some_and(|line| line.ends_with("c11 and 8 more")));
    }
}
