//! Everything that a request to the cluster can fail with, as data: what happened, why, and the way out.

use std::time::Duration;

use super::credentials::error::PluginError;
use super::kubeconfig::error::ConfigError;
use super::transport::fault::Fault;
use super::transport::status::{Cause, FieldConflict, Forbidden};
use crate::core::kind;
use crate::error::Error;
use crate::exit::Exit;

/// A failure on the way to the cluster or an answer that refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum ClusterError {
    /// The kubeconfig, a flag or a file they name.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The credential plugin of the kubeconfig.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// No answer because there is no connection.
    #[error("cannot reach the API server at {server}{}", through(proxy.as_deref()))]
    Unreachable {
        /// Address of the API server.
        server: String,
        /// The proxy on the way, without its password.
        proxy: Option<String>,
        fault: Fault,
    },
    /// A connection and no answer in time.
    #[error("the API server at {server} did not answer within {}", seconds(*limit))]
    Silent {
        /// Address of the API server.
        server: String,
        /// The limit that ran out.
        limit: Duration,
    },
    /// 401.
    #[error("the cluster does not accept the credentials of {identity}")]
    Unauthorized {
        /// Whose: the user of the kubeconfig, the flag, the service account.
        identity: String,
    },
    /// 403 because of missing rights.
    #[error("{}", forbidden_text(what))]
    Forbidden {
        /// Who may not do what.
        what: Forbidden,
        /// The server's own words.
        message: String,
    },
    /// 403 for another reason: a quota, a limit, pod security.
    #[error("{message}")]
    Refused {
        /// The server's own words.
        message: String,
    },
    /// The resource type is unknown to the server: its CustomResourceDefinition is not installed.
    #[error("the cluster does not know {resource} ({api_version})")]
    UnknownResource {
        /// `modeldeployments.airunway.ai`.
        resource: String,
        /// `airunway.ai/v1alpha1`.
        api_version: String,
    },
    /// The object does not exist.
    #[error("{message}")]
    NotFound {
        /// The server's own words.
        message: String,
    },
    /// The namespace does not exist.
    #[error("namespace {namespace:?} does not exist")]
    NoNamespace { namespace: String },
    /// The namespace is being deleted.
    #[error("namespace {namespace:?} is being deleted")]
    NamespaceTerminating { namespace: String },
    /// 409 of a server-side apply: others own members that it would change.
    #[error("{}", conflict_text(conflicts))]
    FieldConflict {
        /// The members, in the server's order.
        conflicts: Vec<FieldConflict>,
    },
    /// 409: the object was changed or replaced in the meantime, or exists already.
    #[error("{message}")]
    Conflict {
        /// The server's own words.
        message: String,
    },
    /// 422: the API server's validation.
    #[error("{message}")]
    Invalid {
        /// The server's own words.
        message: String,
        /// One entry a member.
        causes: Vec<Cause>,
    },
    /// An admission webhook or policy said no.
    #[error("{message}")]
    Denied {
        /// HTTP code of the answer.
        code: u16,
        /// Name of the webhook or policy.
        by: String,
        /// The server's own words, whole.
        message: String,
    },
    /// The API server could not ask an admission or conversion webhook.
    #[error("the API server cannot reach the webhook {webhook}")]
    WebhookUnreachable {
        /// Name of the webhook.
        webhook: String,
        /// The server's own words.
        message: String,
    },
    /// 400: the request is not what the server takes, for example a member it does not know.
    #[error("{message}")]
    BadRequest {
        /// The server's own words.
        message: String,
    },
    /// 410 or a continuation that is too old.
    #[error("{message}")]
    Gone {
        /// The server's own words.
        message: String,
    },
    /// 429, 503 or 504, also after waiting.
    #[error("the API server is overloaded or not ready ({code}): {message}")]
    Busy {
        code: u16,
        /// The server's own words.
        message: String,
    },
    /// Any other refusal.
    #[error("the API server failed ({code}): {message}")]
    Server {
        code: u16,
        /// The server's own words.
        message: String,
    },
    /// No connection to a port of a pod, or one that broke.
    #[error("cannot connect to port {port} of pod {pod:?}")]
    Forward {
        pod: String,
        port: u16,
        /// What the kubelet or the connection says about it.
        message: String,
    },
    /// The answer does not come from an API server: a login page, a proxy, another program.
    #[error("{server} did not answer like a Kubernetes API server: {what}")]
    NotKubernetes {
        /// Address that was asked.
        server: String,
        /// Status code, content type and the start of the text.
        what: String,
    },
    /// The answer is larger than is read.
    #[error("the answer of the API server is larger than {} MiB", limit / 1024 / 1024)]
    TooLarge {
        /// Bytes that are read.
        limit: usize,
    },
    /// A bug: a request that cannot be built.
    #[error("cannot build the request: {reason}")]
    Request {
        /// What is wrong.
        reason: String,
    },
}

impl ClusterError {
    /// What led to it, outermost first, for `caused by` lines.
    pub fn causes(&self) -> Vec<String> {
        match self {
            ClusterError::Config(error) => error.causes(),
            ClusterError::Plugin(error) => error.causes(),
            ClusterError::Unreachable { fault, .. } => vec![fault.to_string()],
            ClusterError::Forbidden { message, .. }
            | ClusterError::WebhookUnreachable { message, .. }
            | ClusterError::Forward { message, .. } => {
                vec![message.clone()]
            }
            ClusterError::FieldConflict { conflicts } if conflicts.len() > 1 => {
                conflicts.iter().map(|c| format!("{} belongs to {:?}", c.field, c.manager)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The ways out, one a line.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            ClusterError::Config(error) => return error.hints(),
            ClusterError::Plugin(error) => return error.hints(),
            ClusterError::Unreachable { server, fault, .. } => {
                return fault.hint(server).into_iter().collect();
            }
            ClusterError::Silent { .. } => {
                "allow more time with --request-timeout, for example --request-timeout=5m"
            }
            ClusterError::Unauthorized { .. } => {
                "log in again or fetch a fresh kubeconfig; kubectl auth whoami shows who the cluster sees"
            }
            ClusterError::Forbidden { what, .. } => return vec![access_hint(what)],
            ClusterError::UnknownResource { resource, .. } => {
                let Some(product) = kind::product_of(resource) else { return Vec::new() };
                let other = "or choose another cluster with --context";
                return product.install.iter().copied().chain([other]).map(str::to_owned).collect();
            }
            ClusterError::NoNamespace { namespace } => {
                return vec![format!(
                    "create it with kubectl create namespace {namespace}, or choose another with -n"
                )];
            }
            ClusterError::NamespaceTerminating { .. } => "wait until it is gone, or choose another with -n",
            ClusterError::FieldConflict { .. } => "take the fields over with --force-conflicts",
            ClusterError::WebhookUnreachable { .. } => {
                "check that the controller that serves the webhook is running, then try again"
            }
            ClusterError::Forward { .. } => "check that the container runs and listens on that port",
            ClusterError::Busy { .. } => "try again later",
            // Go's own words in answer to plain text on a port for TLS.
            ClusterError::NotKubernetes { server, what }
                if what.contains("HTTP request to an HTTPS server") =>
            {
                return vec![format!("write the address as {}", server.replacen("http://", "https://", 1))];
            }
            ClusterError::NotKubernetes { .. } => {
                "check the server address, the proxy variables, and whether a login is needed"
            }
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }

    /// The first of [`ClusterError::hints`].
    pub fn hint(&self) -> Option<String> {
        self.hints().into_iter().next()
    }

    /// Whether time may heal it: the server restarts, has no leader, or cannot be reached for a moment.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            ClusterError::Unreachable { .. }
                | ClusterError::Silent { .. }
                | ClusterError::Busy { .. }
                | ClusterError::Server { .. }
        )
    }

    /// Whether a write that fails with it may have had its effect all the same: the answer was lost, or is none.
    pub fn may_have_arrived(&self) -> bool {
        matches!(
            self,
            ClusterError::Unreachable { fault: Fault::Broken, .. }
                | ClusterError::Silent { .. }
                | ClusterError::Busy { code: 504, .. }
                | ClusterError::Server { .. }
                | ClusterError::NotKubernetes { .. }
                | ClusterError::TooLarge { .. }
        )
    }

    /// Whether the server looked at the object and said no, so that the same request can never succeed.
    pub fn is_verdict(&self) -> bool {
        matches!(
            self,
            ClusterError::Invalid { .. } | ClusterError::Denied { .. } | ClusterError::BadRequest { .. }
        )
    }
}

impl From<ClusterError> for Error {
    fn from(error: ClusterError) -> Error {
        let exit = if error.is_verdict() { Exit::VerdictNo } else { Exit::Failure };
        let mut converted = Error::new(exit, error.to_string());
        for cause in error.causes() {
            converted = converted.caused_by(cause);
        }
        for hint in error.hints() {
            converted = converted.hint(hint);
        }
        converted
    }
}

fn through(proxy: Option<&str>) -> String {
    proxy.map_or_else(String::new, |proxy| format!(" through the proxy {proxy}"))
}

fn seconds(limit: Duration) -> String {
    if limit.subsec_nanos() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{:.1} s", limit.as_secs_f64())
    }
}

fn forbidden_text(what: &Forbidden) -> String {
    let place = match &what.namespace {
        Some(namespace) => format!("in the namespace {namespace:?}"),
        None => "in the whole cluster".to_owned(),
    };
    let user = if what.user.is_empty() { "you".to_owned() } else { format!("user {:?}", what.user) };
    format!("{user} is not allowed to {} {} {place}", what.verb, what.resource)
}

fn access_hint(what: &Forbidden) -> String {
    let place = what.namespace.as_ref().map_or_else(String::new, |namespace| format!(" -n {namespace}"));
    if what.user == "system:anonymous" {
        return "the request carried no credentials: check the user of the kubeconfig context".to_owned();
    }
    if what.resource.starts_with('/') {
        return format!("check with kubectl auth can-i {} {}", what.verb, what.resource);
    }
    format!("request that right; check with kubectl auth can-i {} {}{place}", what.verb, what.resource)
}

fn conflict_text(conflicts: &[FieldConflict]) -> String {
    match conflicts {
        [one] => format!("{} belongs to the field manager {:?}", one.field, one.manager),
        many => format!("{} fields belong to other field managers", many.len()),
    }
}
