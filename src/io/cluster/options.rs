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

/// A `--request-timeout` that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time limit: write 0 for none, or a length such as 5, 5s, 2m or 1h30m")]
pub struct RequestTimeoutError(String);

/// Reads `--request-timeout` as kubectl does: a bare number is seconds, otherwise a Go duration; zero means no limit.
pub fn parse_request_timeout(text: &str) -> Result<Duration, RequestTimeoutError> {
    let refuse = || RequestTimeoutError(text.to_owned());
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Duration::from_secs).map_err(|_| refuse());
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return Err(refuse());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refuse)?;
        let (number, after) = rest.split_at(digits);
        let unit_length = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_length);
        total += number.parse::<f64>().map_err(|_| refuse())? * seconds_of(unit).ok_or_else(refuse)?;
        rest = next;
    }
    Duration::try_from_secs_f64(total).map_err(|_| refuse())
}

/// Seconds in one of Go's units of time.
fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

/// What the surroundings of the program say about a connection, beside its flags.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// `KUBECONFIG`.
    pub(crate) kubeconfig: Option<OsString>,
    /// The home folder.
    pub(crate) home: Option<PathBuf>,
    /// Address and port of the API server as a pod is told.
    pub(crate) service_host: Option<String>,
    /// See `service_host`.
    pub(crate) service_port: Option<String>,
    /// Folder of the service account's files.
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
            // As in client-go, which looks at standard input alone; and never in CI, where a pseudo-terminal has nobody behind it.
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

    #[test]
    fn request_timeouts_are_read_as_kubectl_reads_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("0s", 0),
            ("5", 5_000),
            ("5s", 5_000),
            ("1m", 60_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1_500),
            ("250ms", 250),
            (".5s", 500),
        ] {
            assert_eq!(parse_request_timeout(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in
            ["", "-1", "-5s", "5 s", "s", "5x", "1..5s", "99999999999999999999", "1e9h", "5s5", "\u{663}s"]
        {
            assert!(parse_request_timeout(text).is_err(), "{text}");
        }
    }
}
