//! Sends one request: credentials, time limits, bounded retries, a record of each, and a body of bounded size.

pub(super) mod answer;
pub(super) mod fault;
pub(super) mod handshake;
pub(super) mod lines;
pub(super) mod proxy;
pub(super) mod query;
pub(super) mod status;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::upgrade::Upgraded;
use kube::client::Body;

use super::credentials::session::Session;
use super::error::ClusterError;
use fault::Fault;
use handshake::Handshake;

/// How long an API server may stay silent when `--request-timeout` says nothing. Its own limit for a request is 60 s,
/// so that its own message comes first.
pub(crate) const DEFAULT_REQUEST_LIMIT: Duration = Duration::from_secs(70);
/// How often a request is sent again when the server does not say when: a busy or failing one, an interrupted connection.
const RETRIES: u32 = 3;
/// How often it is sent again to a server that says when, as Kubernetes' own clients do (client-go, `rest/request.go`).
const RETRIES_ASKED_FOR: u32 = 10;
/// Longest pause, also when the server asks for more.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Largest answer that is read: lists come in pieces, so this is a piece or one object.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// One request that was sent, for `-v 6` and for tests that count them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// HTTP method.
    pub method: String,
    /// Address with path and query, without credentials.
    pub url: String,
    /// Status code; `None` when there was no answer.
    pub status: Option<u16>,
    /// Time until the head of the answer.
    pub elapsed: Duration,
    /// `Warning` headers of the answer.
    pub warnings: Vec<String>,
}

/// Called once for each request that was sent, retries included.
pub type Observer = Arc<dyn Fn(&RequestRecord) + Send + Sync>;

/// What a request asks for.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) accept: &'static str,
    /// Content type and bytes.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
    /// Whether sending it again after it may have had its effect is harmless.
    pub(crate) repeatable: bool,
    /// Said in messages: what is asked of which object.
    pub(crate) about: answer::About<'a>,
    /// The protocol to go over to, where the answer is to be one.
    pub(crate) upgrade: Option<Handshake>,
}

/// A successful answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// The way to one API server. Clones share connections and credentials.
#[derive(Clone)]
pub(crate) struct Transport {
    session: Arc<Session>,
    /// Address of the API server, as shown.
    pub(crate) server: String,
    proxy: Option<String>,
    /// Limit for each request but watches; `None` is none.
    limit: Option<Duration>,
    /// Limit for each request with all its tries, set by the caller.
    total: Option<Duration>,
    observer: Option<Observer>,
    /// First pause before another try; doubles each time.
    pub(crate) retry_pause: Duration,
}

impl Transport {
    pub(crate) fn new(
        session: Session,
        server: String,
        proxy: Option<String>,
        limit: Option<Duration>,
        retry_pause: Duration,
    ) -> Transport {
        let limit = match limit {
            None => Some(DEFAULT_REQUEST_LIMIT),
            Some(Duration::ZERO) => None,
            some => some,
        };
        Transport {
            session: Arc::new(session),
            server,
            proxy,
            limit,
            total: None,
            observer: None,
            retry_pause,
        }
    }

    pub(crate) fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// The same way with a limit for each request, all its tries included.
    pub(crate) fn within(&self, total: Duration) -> Transport {
        Transport { total: Some(total), ..self.clone() }
    }

    /// Sends a request and reads the answer; anything but success is an error.
    pub(crate) async fn request(&self, call: &Call<'_>) -> Result<Answer, ClusterError> {
        let read = async {
            let response = self.retrying(call, Reading::Whole).await?;
            let (head, body) = response.into_parts();
            let body = match body {
                Content::Bytes(bytes) => bytes,
                Content::Open(body) => self.read(body).await?,
            };
            Ok(Answer { status: head.status, warnings: answer::warnings(&head.headers), body })
        };
        self.limited(self.total, read).await
    }

    /// Sends a request and hands out the body as it comes; only its head is under a time limit.
    pub(crate) async fn stream(&self, call: &Call<'_>) -> Result<Body, ClusterError> {
        let response = self.limited(self.total, self.retrying(call, Reading::Head)).await?;
        match response.into_body() {
            Content::Bytes(bytes) => Ok(Body::from(bytes)),
            Content::Open(body) => Ok(body),
        }
    }

    /// Sends a request that opens a WebSocket and hands out the connection; only the opening is under a time limit.
    pub(crate) async fn upgrade(&self, call: &Call<'_>) -> Result<Upgraded, ClusterError> {
        let opening = async {
            let response = self.retrying(call, Reading::Upgrade).await?;
            let speaks = |handshake: &Handshake| handshake.is_answered_by(response.headers());
            if !call.upgrade.as_ref().is_some_and(speaks) {
                let what = "it switched to an unexpected protocol".to_owned();
                return Err(ClusterError::NotKubernetes { server: self.server.clone(), what });
            }
            hyper::upgrade::on(response).await.map_err(|error| self.unreachable(&error))
        };
        self.limited(self.total, opening).await
    }

    /// Tries again while the server says that it is busy, and after a broken connection or a failure of the server's own
    /// when the request is one that may be repeated: reads, server-side apply, the delete of one certain object. All
    /// tries together take no longer than one silent server would. A watch has its own way to go on.
    async fn retrying(&self, call: &Call<'_>, reading: Reading) -> Result<Success, ClusterError> {
        let mut pause = self.retry_pause;
        let mut renewed = false;
        let mut tried = 0;
        let start = tokio::time::Instant::now();
        let may_go_on = |rejected: &Rejected, tried: u32, pause: Duration| {
            let most = if rejected.retry_after.is_some() { RETRIES_ASKED_FOR } else { RETRIES };
            matches!(reading, Reading::Whole)
                && tried < most
                && self.limit.is_none_or(|limit| start.elapsed() + pause < limit)
        };
        loop {
            // A credential plugin has a limit of its own: it is not the API server that keeps anybody waiting.
            let sender = self.session.client().await?;
            let rejected = match self.limited(self.limit, self.attempt(call, reading, sender)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(rejected)) => rejected,
                Err(ClusterError::Unreachable { fault, .. })
                    if call.repeatable
                        && fault.is_interruption()
                        && may_go_on(&Rejected::default(), tried, pause) =>
                {
                    Rejected::default()
                }
                Err(error) => return Err(error),
            };
            if rejected.status == Some(StatusCode::UNAUTHORIZED) && !renewed {
                renewed = true;
                if self.session.renew().await? {
                    continue;
                }
            }
            let next = rejected.retry_after.unwrap_or(pause).max(self.retry_pause).min(LONGEST_PAUSE);
            let is_temporary = rejected.is_temporary(call.repeatable) && may_go_on(&rejected, tried, next);
            if rejected.status.is_some() {
                let (about, identity) = (&call.about, self.session.identity());
                let status = rejected.status;
                let error = answer::refusal(about, &self.server, identity, rejected);
                // A webhook that fails is no failure of the server, and its answer has the same code.
                let is_own = status != Some(StatusCode::INTERNAL_SERVER_ERROR)
                    || matches!(error, ClusterError::Server { .. });
                if !(is_temporary && is_own) {
                    return Err(error);
                }
            }
            tried += 1;
            tokio::time::sleep(next).await;
            pause *= 2;
        }
    }

    /// Work under a time limit; what ran out of it is named.
    async fn limited<T>(
        &self,
        limit: Option<Duration>,
        work: impl Future<Output = Result<T, ClusterError>>,
    ) -> Result<T, ClusterError> {
        let Some(limit) = limit else { return work.await };
        let mut work = std::pin::pin!(work);
        match tokio::time::timeout(limit, work.as_mut()).await {
            Ok(result) => result,
            // Asked while the work still stands where it was stopped.
            Err(_) => Err(self
                .session
                .late_plugin(limit)
                .unwrap_or_else(|| ClusterError::Silent { server: self.server.clone(), limit })),
        }
    }

    /// Sends once. A refusal is read whole, a success as far as asked.
    async fn attempt(
        &self,
        call: &Call<'_>,
        reading: Reading,
        sender: Sender,
    ) -> Result<Result<Success, Rejected>, ClusterError> {
        let response = self.head(call, sender).await?;
        let is_wanted = match reading {
            Reading::Whole | Reading::Head => response.status().is_success(),
            Reading::Upgrade => response.status() == StatusCode::SWITCHING_PROTOCOLS,
        };
        if !is_wanted {
            return Ok(Err(self.refusal(response, call.repeatable).await?));
        }
        let (head, body) = response.into_parts();
        let content = match reading {
            Reading::Whole => Content::Bytes(self.read(body).await?),
            Reading::Head | Reading::Upgrade => Content::Open(body),
        };
        Ok(Ok(Response::from_parts(head, content)))
    }

    /// Reads an answer that is not a success. One that breaks off is an error where it can be asked for again.
    async fn refusal(&self, response: Response<Body>, repeatable: bool) -> Result<Rejected, ClusterError> {
        let (parts, body) = response.into_parts();
        let retry_after = retry_after(&parts.headers);
        let status = Some(parts.status);
        let content_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let location = parts.headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok());
        let location = location.map(str::to_owned);
        let body = match self.read(body).await {
            Ok(body) => body,
            Err(error @ ClusterError::Unreachable { fault: Fault::Broken, .. }) if repeatable => {
                return Err(error);
            }
            // The code alone is worth reporting when the text cannot be read.
            Err(_) => Vec::new(),
        };
        Ok(Rejected { status, retry_after, content_type, location, body })
    }

    /// Sends and waits for the head of the answer.
    async fn head(
        &self,
        call: &Call<'_>,
        (client, authorization): Sender,
    ) -> Result<Response<Body>, ClusterError> {
        let mut request = Request::builder().method(&call.method).uri(&call.path).header(ACCEPT, call.accept);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        for (name, value) in call.upgrade.iter().flat_map(Handshake::headers) {
            request = request.header(name, value);
        }
        let body = match &call.body {
            Some((content_type, bytes)) => {
                request = request.header(CONTENT_TYPE, *content_type);
                Body::from(bytes.clone())
            }
            None => Body::empty(),
        };
        let request =
            request.body(body).map_err(|error| ClusterError::Request { reason: error.to_string() })?;
        let start = Instant::now();
        let result = client.send(request).await;
        self.record(call, start.elapsed(), result.as_ref().ok());
        result.map_err(|error| self.unreachable(&error))
    }

    fn record(&self, call: &Call<'_>, elapsed: Duration, response: Option<&Response<Body>>) {
        let Some(observer) = &self.observer else { return };
        observer(&RequestRecord {
            method: call.method.to_string(),
            url: format!("{}{}", self.server, call.path),
            status: response.map(|response| response.status().as_u16()),
            elapsed,
            warnings: response.map(|response| answer::warnings(response.headers())).unwrap_or_default(),
        });
    }

    async fn read(&self, mut body: Body) -> Result<Vec<u8>, ClusterError> {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.unreachable(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len() + data.len() > BODY_LIMIT {
                return Err(ClusterError::TooLarge { limit: BODY_LIMIT });
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes)
    }

    /// An error of the HTTP client as ours.
    pub(crate) fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> ClusterError {
        ClusterError::Unreachable {
            server: self.server.clone(),
            proxy: self.proxy.clone(),
            fault: Fault::find(error),
        }
    }
}

/// How far an answer is read under the time limit.
#[derive(Clone, Copy)]
enum Reading {
    Whole,
    Head,
    /// The head of an answer that goes over to another protocol.
    Upgrade,
}

/// The body of a success.
enum Content {
    Bytes(Vec<u8>),
    Open(Body),
}

/// An answer that is what was asked for.
type Success = Response<Content>;

/// The client to send with, and the header that says who asks.
type Sender = (kube::Client, Option<HeaderValue>);

/// An answer that is not a success, before it is understood.
#[derive(Default)]
pub(crate) struct Rejected {
    /// `None` when the connection broke.
    pub(crate) status: Option<StatusCode>,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    retry_after: Option<Duration>,
}

impl Rejected {
    /// Worth another try: busy, starting, or a broken connection; a failure of the server's own (its leader changed, a
    /// proxy before it lost it) where the request may be repeated. A 504 has used up the server's whole minute, so it is
    /// tried again only when the server says so.
    fn is_temporary(&self, repeatable: bool) -> bool {
        match self.status {
            None | Some(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => true,
            Some(StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY) => repeatable,
            Some(StatusCode::GATEWAY_TIMEOUT) => self.retry_after.is_some(),
            Some(_) => false,
        }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}
