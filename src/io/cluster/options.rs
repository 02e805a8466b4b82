//! What the connection flags say, and what the process environment adds.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::io::environment::Environment;

/// How long a credential plugin that cannot ask anybody may take.
const PLUGIN_LIMIT: Duration = Duration::from_secs(60);
/// How long a credential plugin may take that may talk to a person, for example to wait for a login in a browser.
const INTERACTIVE_PLUGIN_LIMIT: Duration = Duration::from_secs(300);
/// First pause before a request or a watch is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// Where a pod finds the credentials of its service account.
const SERVICE_ACCOUNT_FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A text that is never printed and is wiped from memory after use: a token.
pub type Secret = secrecy::SecretString;

/// The connection flags, with kubectl's meaning. The default is what no flag at all says.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`: this file and no other.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`: a context of the kubeconfig.
    pub context: Option<String>,
    /// `--cluster`: a cluster of the kubeconfig, instead of the context's.
    pub cluster: Option<String>,
    /// `--user`: a user of the kubeconfig, instead of the context's.
    pub user: Option<String>,
    /// `-n/--namespace`.
    pub namespace: Option<String>,
    /// `--server`: address of the API server.
    pub server: Option<String>,
    /// `--token`: bearer token; replaces every other credential.
    pub token: Option<Secret>,
    /// `--certificate-authority`: PEM file.
    pub certificate_authority: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--as`.
    pub impersonate_user: Option<String>,
    /// `--as-group`, repeatable.
    pub impersonate_groups: Vec<String>,
    /// `--request-timeout`: limit for each request but watches; zero means none, absent means the program's own limit.
    pub request_timeout: Option<Duration>,
}

/// What the surroundings of the program say about a connection, beside its flags.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// `KUBECONFIG`.
    pub(crate) kubeconfig: Option<OsString>,
    /// The home directory.
    pub(crate) home: Option<PathBuf>,
    /// Address and port of the API server as a pod is told.
    pub(crate) service_host: Option<String>,
    /// See `service_host`.
    pub(crate) service_port: Option<String>,
    /// Directory of the service account's files.
    pub(crate) service_account: PathBuf,
    /// Proxy variables.
    pub(crate) proxies: ProxyVariables,
    /// Whether a credential plugin may talk to a person.
    pub(crate) interactive: bool,
    /// Time limit of a credential plugin that may not.
    pub(crate) plugin_limit: Duration,
    /// Time limit of a credential plugin that may.
    pub(crate) interactive_plugin_limit: Duration,
    /// First pause before a request or a watch is tried again; doubles each time.
    pub(crate) retry_pause: Duration,
}

/// The environment variables about proxies.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxyVariables {
    /// For servers with https.
    pub(crate) https: Option<String>,
    /// For servers with plain http.
    pub(crate) http: Option<String>,
    /// Exceptions.
    pub(crate) none: Option<String>,
    /// Set in a CGI program, where `HTTP_PROXY` is a request header and not to be believed.
    pub(crate) cgi: bool,
}

impl Surroundings {
    /// What the environment says; with a terminal at standard input a credential plugin may talk to a person.
    pub fn of(environment: &Environment, stdin_is_terminal: bool) -> Surroundings {
        let text = |name: &str| environment.text(name).map(str::to_owned);
        Surroundings {
            kubeconfig: environment.get("KUBECONFIG").map(OsStr::to_owned),
            home: environment.home().map(Path::to_owned),
            service_host: text("KUBERNETES_SERVICE_HOST"),
            service_port: text("KUBERNETES_SERVICE_PORT"),
            service_account: PathBuf::from(SERVICE_ACCOUNT_FOLDER),
            proxies: ProxyVariables {
                https: text("HTTPS_PROXY").or_else(|| text("https_proxy")),
                http: text("HTTP_PROXY").or_else(|| text("http_proxy")),
                none: text("NO_PROXY").or_else(|| text("no_proxy")),
                cgi: text("REQUEST_METHOD").is_some(),
            },
            // As in client-go, which looks at standard input alone; and never in CI, where a pseudo-terminal has nobody
            // behind it.
            interactive: stdin_is_terminal && text("CI").is_none(),
            plugin_limit: PLUGIN_LIMIT,
            interactive_plugin_limit: INTERACTIVE_PLUGIN_LIMIT,
            retry_pause: RETRY_PAUSE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let options =
            ConnectOptions { token: Some(Secret::from("hunter2".to_owned())), ..ConnectOptions::default() };
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
