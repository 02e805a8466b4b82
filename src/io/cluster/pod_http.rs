//! HTTP with a port of a pod: what a model server answers, without a local port.

use std::error::Error as StdError;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::connection::Cluster;
use super::error::ClusterError;
use super::transport::lines::{LineEnd, Lines};

/// How deep a chain of errors is followed.
const DEPTH_LIMIT: usize = 16;
/// Longest line of a streamed answer, in bytes.
const LINE_LIMIT: usize = 1024 * 1024;

/// A request to a port of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodRequest<'a> {
    /// Where the pod is.
    pub namespace: &'a str,
    /// Its name.
    pub pod: &'a str,
    /// The port that its container listens on.
    pub port: u16,
    /// Path and query.
    pub path: &'a str,
    /// A body in JSON, which makes it a POST; `None` is a GET.
    pub json: Option<&'a str>,
    /// How long it may take until the head of the answer.
    pub limit: Duration,
}

/// The head of an answer, and the way to its body.
pub struct PodAnswer {
    /// HTTP code.
    pub status: u16,
    lines: Lines<Incoming>,
    pod: String,
    port: u16,
}

impl Cluster {
    /// Sends a request to a port of a pod and answers the head of what comes back.
    ///
    /// # Errors
    /// As [`Cluster::forward`]; a port that nobody listens on, an answer that is not HTTP, the limit of the request.
    pub async fn ask_pod(&self, request: &PodRequest<'_>) -> Result<PodAnswer, ClusterError> {
        let PodRequest { namespace, pod, port, limit, .. } = request;
        let exchange = async {
            let stream = self.forward(namespace, pod, *port).await?;
            let broken = |error: hyper::Error| broken(pod, *port, &error);
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
            // It ends with the answer, or when the answer is dropped.
            tokio::spawn(connection);
            let response = sender.send_request(message(request)?).await.map_err(broken)?;
            let (head, body) = response.into_parts();
            let lines = Lines::of(body, LINE_LIMIT);
            Ok(PodAnswer { status: head.status.as_u16(), lines, pod: (*pod).to_owned(), port: *port })
        };
        tokio::time::timeout(*limit, exchange).await.unwrap_or_else(|_| {
            let message = format!("no answer within {} s", limit.as_secs_f64());
            Err(ClusterError::Forward { pod: (*pod).to_owned(), port: *port, message })
        })
    }
}

impl PodAnswer {
    /// The next line of the body, without its break: server-sent events come so. `None` at its end.
    ///
    /// # Errors
    /// A connection that broke, a line of more than 1 MiB.
    pub async fn line(&mut self) -> Result<Option<String>, ClusterError> {
        let line = self.lines.next().await.map_err(|error| broken(&self.pod, self.port, &error))?;
        let Some(line) = line else { return Ok(None) };
        if line.end == LineEnd::Limit {
            return Err(ClusterError::TooLarge { limit: LINE_LIMIT });
        }
        Ok(Some(String::from_utf8_lossy(&line.bytes).into_owned()))
    }

    /// The whole body, of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`PodAnswer::line`], and a longer body.
    pub async fn text(mut self, limit: usize) -> Result<String, ClusterError> {
        let mut lines = Vec::new();
        let mut length = 0;
        while let Some(line) = self.line().await? {
            length += line.len() + 1;
            if length > limit {
                return Err(ClusterError::TooLarge { limit });
            }
            lines.push(line);
        }
        Ok(lines.join("\n"))
    }
}

impl std::fmt::Debug for PodAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PodAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

fn message(request: &PodRequest<'_>) -> Result<Request<Full<Bytes>>, ClusterError> {
    let mut message =
        Request::builder().uri(request.path).header(HOST, HeaderValue::from_static("localhost"));
    if request.json.is_some() {
        message = message.method(Method::POST).header(http::header::CONTENT_TYPE, "application/json");
    }
    let body = Full::new(Bytes::copy_from_slice(request.json.unwrap_or_default().as_bytes()));
    message.body(body).map_err(|error| ClusterError::Request { reason: error.to_string() })
}

/// The error of the stream below HTTP, or else HTTP's own.
fn broken(pod: &str, port: u16, error: &(dyn StdError + 'static)) -> ClusterError {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    let mut last = error.to_string();
    for _ in 0..DEPTH_LIMIT {
        let Some(current) = next else { break };
        if let Some(error) = current.downcast_ref::<ClusterError>() {
            return error.clone();
        }
        last = current.to_string();
        let inner = current.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| current.source());
    }
    ClusterError::Forward { pod: pod.to_owned(), port, message: last }
}
