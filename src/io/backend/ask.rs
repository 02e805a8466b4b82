//! A request to a backend, its path byte for byte: a library that tidies paths would ask for another one.

use super::BackendError;
use crate::core::plan::HttpAsk;
use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// Most bytes of a body that are kept; the rest is not read.
const BODY_LIMIT: usize = 4 << 20;
/// Most characters of a header's value that are kept.
const HEADER_LIMIT: usize = 2048;

/// Where a backend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    host: String,
    port: u16,
    tls: bool,
    /// What its paths begin with, without a slash at the end.
    base: String,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Address {
    /// A port of this machine.
    pub(super) fn local(port: u16) -> Address {
        Address { host: "127.0.0.1".to_owned(), port, tls: false, base: String::new() }
    }

    /// The address that a text names.
    pub(super) fn parse(text: &str) -> Result<Address, BackendError> {
        let wrong = |reason: String| BackendError::Address { reason };
        let url = url::Url::parse(text).map_err(|error| wrong(format!("{error}: {text:?}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(format!("it begins with {:?}", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name or a password".to_owned()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has more than a path".to_owned()));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let host = url.host_str().unwrap_or_default().to_owned();
        let base = url.path().trim_end_matches('/').to_owned();
        Ok(Address { host, port, tls: url.scheme() == "https", base })
    }

    /// Its port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Asks, and follows as many redirects within the backend as the request allows.
    ///
    /// # Errors
    /// A connection that is refused or breaks, what is not HTTP, no answer in time.
    pub(super) async fn ask(&self, ask: &HttpAsk) -> Result<Value, BackendError> {
        let asking = async {
            let mut path = format!("{}{}", self.base, ask.path);
            let mut followed = 0;
            loop {
                let response = self.send(ask, &path).await?;
                let target = self.target(&response).filter(|_| followed < ask.redirects);
                match target {
                    Some(target) => (path, followed) = (target, followed + 1),
                    None => return told(response, followed).await,
                }
            }
        };
        let late = |_| silent(format!("nothing within {} s", ask.within.as_secs_f64()));
        tokio::time::timeout(ask.within, asking).await.map_err(late)?
    }

    async fn send(&self, ask: &HttpAsk, path: &str) -> Result<Response<Incoming>, BackendError> {
        let host = self.host.trim_matches(['[', ']']);
        let stream =
            TcpStream::connect((host, self.port)).await.map_err(|error| silent(error.to_string()))?;
        let stream: Box<dyn Stream> =
            if self.tls { self.secure(host, stream).await? } else { Box::new(stream) };
        let broken = |error: hyper::Error| silent(error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the answer, or when the answer is dropped.
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(ask.method)
            .uri(path)
            .header(HOST, format!("{}:{}", self.host, self.port))
            .header(ACCEPT, "application/json")
            .header(CONNECTION, "close")
            .header(USER_AGENT, concat!("kubectl-airunway/", env!("CARGO_PKG_VERSION")));
        let body = ask.json.as_ref().map(Value::to_string);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body: Full<Bytes> = Full::from(body.unwrap_or_default());
        let request = request.body(body).map_err(|error| silent(error.to_string()))?;
        sender.send_request(request).await.map_err(broken)
    }

    async fn secure(&self, host: &str, stream: TcpStream) -> Result<Box<dyn Stream>, BackendError> {
        use crate::io::environment::Environment;
        use crate::io::http::check_roots;
        use rustls_platform_verifier::ConfigVerifierExt as _;
        crate::io::http::use_ring();
        check_roots(&Environment::of_process()).map_err(silent)?;
        let config = ClientConfig::with_platform_verifier().map_err(|error| silent(error.to_string()))?;
        let name = ServerName::try_from(host.to_owned()).map_err(|error| silent(error.to_string()))?;
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        Ok(Box::new(connected.map_err(|error| silent(error.to_string()))?))
    }

    /// Where an answer sends to, as a path of the same backend; elsewhere is not gone to.
    fn target(&self, response: &Response<Incoming>) -> Option<String> {
        if !response.status().is_redirection() {
            return None;
        }
        let location = response.headers().get(LOCATION)?.to_str().ok()?;
        if location.starts_with('/') && !location.starts_with("//") {
            return Some(location.to_owned());
        }
        let scheme = if self.tls { "https" } else { "http" };
        let (host, path) = location.strip_prefix(scheme)?.strip_prefix("://")?.split_once('/')?;
        let standard = (if self.tls { 443 } else { 80 }) == self.port && host == self.host;
        (standard || host == format!("{}:{}", self.host, self.port)).then(|| format!("/{path}"))
    }
}

/// An answer as checks have it: `{"status", "headers", "body", "redirects"}`, with `"cut": true` when the body was longer
/// than what is kept.
async fn told(response: Response<Incoming>, redirects: u8) -> Result<Value, BackendError> {
    let (head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    let mut cut = false;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| silent(format!("the answer broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        let room = BODY_LIMIT - bytes.len();
        bytes.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        if data.len() > room {
            cut = true;
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()));
    let mut answer = json!({
        "status": head.status.as_u16(), "headers": headers(&head.headers), "body": body, "redirects": redirects,
    });
    if let Some(answer) = answer.as_object_mut().filter(|_| cut) {
        answer.insert("cut".to_owned(), Value::Bool(true));
    }
    Ok(answer)
}

/// The headers by their names in lower case; of several with one name the first.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut told = Map::new();
    for (name, value) in headers {
        let value: String = String::from_utf8_lossy(value.as_bytes()).chars().take(HEADER_LIMIT).collect();
        told.entry(name.as_str()).or_insert(Value::String(value));
    }
    told
}

fn silent(reason: String) -> BackendError {
    BackendError::Silent { reason }
}
