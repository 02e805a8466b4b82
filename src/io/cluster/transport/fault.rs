//! Why no answer came back: found in the chain of errors below the HTTP client.

use std::error::Error as StdError;
use std::io::ErrorKind;

use rustls::CertificateError;

/// How deep a chain of errors is followed.
const DEPTH_LIMIT: usize = 16;

/// Why the API server could not be talked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nobody listens there.
    #[error("connection refused")]
    Refused,
    /// The host name has no address.
    #[error("the host name cannot be resolved")]
    UnknownHost,
    /// No connection in time.
    #[error("no connection within the time limit")]
    ConnectTimeout,
    /// The network says that there is no way.
    #[error("no route to the host")]
    NoRoute,
    /// The connection broke before the answer was complete.
    #[error("the connection was closed before the answer was complete")]
    Broken,
    /// The proxy refused to connect.
    #[error("the proxy refused: {0}")]
    Proxy(String),
    /// The certificate is signed by nobody trusted.
    #[error("the server's certificate is signed by an unknown CA")]
    UnknownAuthority,
    /// The certificate is for other names.
    #[error("the server's certificate is for another name")]
    WrongName,
    /// The certificate has expired.
    #[error("the server's certificate has expired")]
    Expired,
    /// The certificate is not valid yet.
    #[error("the server's certificate is not valid yet")]
    NotYetValid,
    /// The other side does not speak TLS.
    #[error("the server does not speak TLS")]
    NotTls,
    /// The other side does not speak HTTP, or wants TLS first.
    #[error("the server does not speak HTTP")]
    NotHttp,
    /// The server refused our certificate or wants one.
    #[error("the server refused the client certificate: {0}")]
    ClientCertificate(String),
    /// Another failure of TLS.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// Anything else, in the words of the library.
    #[error("{0}")]
    Other(String),
}

impl Fault {
    /// Finds the reason in a chain of errors.
    pub(crate) fn find(error: &(dyn StdError + 'static)) -> Fault {
        let mut last = error;
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        for _ in 0..DEPTH_LIMIT {
            let Some(current) = next else { break };
            last = current;
            if let Some(fault) = of_one(current) {
                return fault;
            }
            next = inner(current).or_else(|| current.source());
        }
        Fault::Other(last.to_string())
    }

    /// Whether the request may have reached the server, so that only an idempotent one may be sent again.
    pub(crate) fn is_interruption(&self) -> bool {
        matches!(self, Fault::Broken)
    }

    /// The way out.
    pub(crate) fn hint(&self, server: &str) -> Option<String> {
        Some(match self {
            Fault::Refused | Fault::ConnectTimeout | Fault::NoRoute => {
                format!("check that the cluster is running and that {server} is its address (kubectl cluster-info)")
            }
            Fault::UnknownHost => format!("check the address {server} and the name server, or connect to the VPN"),
            Fault::UnknownAuthority => {
                "pass the cluster's CA with --certificate-authority FILE, or fetch a fresh kubeconfig".to_owned()
            }
            Fault::WrongName => "pass the certificate's name with --tls-server-name NAME".to_owned(),
            Fault::Expired => {
                "renew the API server's certificate (kubeadm certs renew apiserver) and check this machine's clock"
                    .to_owned()
            }
            Fault::NotYetValid => "check this machine's clock".to_owned(),
            Fault::NotTls => "if this really is the API server, write its address with http://".to_owned(),
            Fault::NotHttp if server.starts_with("http://") => {
                format!(
                    "if this is the API server, write its address as {}",
                    server.replacen("http://", "https://", 1)
                )
            }
            Fault::NotHttp => format!("check that {server} is the address of an API server"),
            Fault::ClientCertificate(_) => "the client certificate may have expired: fetch a fresh kubeconfig".to_owned(),
            Fault::Proxy(_) => {
                "check HTTPS_PROXY and proxy-url, or list the API server's host in NO_PROXY".to_owned()
            }
            Fault::Broken | Fault::Tls(_) | Fault::Other(_) => return None,
        })
    }
}

/// `io::Error` keeps the error that it wraps out of its `source`.
fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    error.downcast_ref::<std::io::Error>()?.get_ref().map(|inner| inner as &(dyn StdError + 'static))
}

/// What one link of the chain says, if it says anything.
fn of_one(error: &(dyn StdError + 'static)) -> Option<Fault> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error));
    }
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        return of_io(error);
    }
    let text = error.to_string();
    // hyper's words for the first line of an answer that is none.
    if text.starts_with("invalid HTTP ") {
        return Some(Fault::NotHttp);
    }
    if text.starts_with("dns error") {
        return Some(Fault::UnknownHost);
    }
    for prefix in ["tunnel error: ", "SOCKS error: "] {
        if let Some(reason) = text.strip_prefix(prefix) {
            return Some(Fault::Proxy(reason.to_owned()));
        }
    }
    // hyper's own words for a connection that ended within an answer.
    if text.contains("connection closed before message completed")
        || text.contains("error reading a body from connection")
    {
        return Some(Fault::Broken);
    }
    None
}

fn of_io(error: &std::io::Error) -> Option<Fault> {
    match error.kind() {
        ErrorKind::ConnectionRefused => Some(Fault::Refused),
        ErrorKind::TimedOut => Some(Fault::ConnectTimeout),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            Some(Fault::NoRoute)
        }
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::NotConnected => Some(Fault::Broken),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> Fault {
    match error {
        rustls::Error::InvalidCertificate(reason) => of_certificate(reason),
        rustls::Error::InvalidMessage(_) => Fault::NotTls,
        rustls::Error::AlertReceived(alert) => {
            let name = format!("{alert:?}");
            if name.contains("Certificate") || name == "UnknownCA" || name == "AccessDenied" {
                Fault::ClientCertificate(name)
            } else {
                Fault::Tls(format!("the server reported {name}"))
            }
        }
        other => Fault::Tls(other.to_string()),
    }
}

fn of_certificate(reason: &CertificateError) -> Fault {
    match reason {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Fault::UnknownAuthority,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Fault::WrongName
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Fault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Fault::NotYetValid,
        other => Fault::Tls(other.to_string()),
    }
}
