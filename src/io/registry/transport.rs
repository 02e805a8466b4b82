//! One bounded request: sizes, times, redirects, retries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use ::http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::{Response, Url};
use tokio::sync::Semaphore;

use super::client::RegistryOptions;
use super::error::RegistryErrorKind as Kind;
use super::hosts::Hosts;
use super::{MAX_ERROR_BYTES, MAX_PARALLEL_REQUESTS, MAX_REDIRECTS, MAX_RETRIES};
use crate::io::http::{self, ProxyChoice, Trouble};
pub(super) use crate::io::http::{host_of, is_loopback, retry_after};

/// Longest wait for the body of an answer that is not a success.
const REFUSAL_BODY: Duration = Duration::from_secs(2);

/// How long each part of a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the request to the headers of the answer.
    pub headers: Duration,
    /// For the whole body of a manifest, token or tag list.
    pub body: Duration,
    /// For one image, retries and waits included.
    pub total: Duration,
    /// First wait before a request is sent again; doubles each time. `Retry-After` goes before it.
    pub retry: Duration,
}

impl Default for TimeLimits {
    fn default() -> TimeLimits {
        TimeLimits {
            connect: Duration::from_secs(10),
            headers: Duration::from_secs(20),
            body: Duration::from_secs(30),
            total: Duration::from_secs(90),
            retry: Duration::from_millis(500),
        }
    }
}

/// A request that may be sent again.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) url: Url,
    pub(super) accept: &'static str,
    pub(super) authorization: Option<HeaderValue>,
    /// A form to POST; without one it is a GET.
    pub(super) form: Option<String>,
    /// Largest body of a good answer.
    pub(super) limit: usize,
    /// What the body is called in messages.
    pub(super) what: &'static str,
    /// Whether the body of a good answer is left to be read by the caller.
    pub(super) streamed: bool,
}

/// An answer, read to its end unless it is streamed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The body; of an error only the beginning.
    pub(super) body: Vec<u8>,
    /// Whether the answer came from the host that was asked, not from a redirect's target.
    pub(super) same_origin: bool,
    /// The answer itself where its body is still to be read.
    pub(super) rest: Option<Response>,
}

/// Sends requests for one [`super::Registry`].
pub(super) struct Transport {
    limits: TimeLimits,
    proxies: ProxyChoice,
    hosts: Hosts,
    permits: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Transport {
    pub(super) fn new(options: &RegistryOptions) -> Transport {
        let RegistryOptions { limits, proxies, plain_http, certificates, .. } = options;
        let hosts = Hosts::new(*limits, *proxies, plain_http, certificates.clone());
        Transport { limits: *limits, proxies: *proxies, hosts, permits: Mutex::default() }
    }

    /// How each host is spoken to.
    pub(super) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The time limits.
    pub(super) fn limits(&self) -> TimeLimits {
        self.limits
    }

    /// When a request for one image that starts now has to be done.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.limits.total
    }

    /// Sends a request, follows redirects, and sends it again when the server is busy.
    pub(super) async fn send(&self, request: &Request, deadline: Instant) -> Result<Answer, Kind> {
        let mut attempt = 0;
        loop {
            let answer = self.follow(request, deadline).await?;
            let busy = matches!(answer.status.as_u16(), 429 | 502 | 503 | 504);
            if !busy || attempt >= MAX_RETRIES || request.form.is_some() {
                return Ok(answer);
            }
            let backoff = self.limits.retry.saturating_mul(1 << attempt.min(8));
            let wait = retry_after(&answer.headers).unwrap_or(backoff);
            if wait >= deadline.saturating_duration_since(Instant::now()) {
                // Waiting so long would end in a time-out: what the server said is the better message.
                return Ok(answer);
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn follow(&self, request: &Request, deadline: Instant) -> Result<Answer, Kind> {
        let mut request = request.clone();
        let origin = request.url.origin();
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.once(&request, deadline).await?;
            if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer { same_origin: request.url.origin() == origin, ..answer });
            }
            let next = self.redirect_target(&request, &answer)?;
            if next.origin() != request.url.origin() {
                request.authorization = None;
            }
            request.url = next;
        }
        Err(Kind::Redirect {
            host: host_of(&request.url),
            detail: format!("more than {MAX_REDIRECTS} times, which is not followed"),
        })
    }

    fn redirect_target(&self, request: &Request, answer: &Answer) -> Result<Url, Kind> {
        let refuse = |detail: String| Kind::Redirect { host: host_of(&request.url), detail };
        if request.form.is_some() {
            return Err(refuse("a request that carries a secret, which is not followed".to_owned()));
        }
        let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| refuse("without a readable Location".to_owned()))?;
        let mut next =
            request.url.join(location).map_err(|_| refuse("to something that is not a URL".to_owned()))?;
        // A redirect must not bring credentials of its own, which could show up in messages.
        let cleared = next.set_username("").and_then(|()| next.set_password(None));
        let host = host_of(&next);
        match next.scheme() {
            _ if cleared.is_err() || next.host_str().is_none() => {
                Err(refuse("to something without a host".to_owned()))
            }
            "https" => Ok(next),
            "http" if request.url.scheme() == "http" && self.hosts.may_be_plain(&host) => Ok(next),
            "http" => Err(refuse(format!("to plain http at {host}, which is not followed"))),
            other => Err(refuse(format!("to a URL of the scheme {other}, which is not followed"))),
        }
    }

    /// One request and its whole answer.
    async fn once(&self, request: &Request, deadline: Instant) -> Result<Answer, Kind> {
        let host = host_of(&request.url);
        let permits = Arc::clone(
            self.permits
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(host.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(MAX_PARALLEL_REQUESTS))),
        );
        // The semaphore is never closed, so this cannot fail.
        let _permit = permits.acquire().await;
        let client = self.hosts.client(&host)?;
        let mut builder = match &request.form {
            None => client.get(request.url.clone()),
            Some(form) => client
                .post(request.url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone()),
        };
        builder = builder.header(ACCEPT, request.accept);
        if let Some(authorization) = &request.authorization {
            builder = builder.header(AUTHORIZATION, authorization.clone());
        }
        let limit = self.limits.headers;
        let response = bounded(limit, deadline, self.limits.total, "answer", &host, builder.send()).await?;
        let mut response = response.map_err(|error| self.classify(&request.url, error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        if request.streamed && status.is_success() {
            return Ok(Answer { status, headers, body: Vec::new(), same_origin: true, rest: Some(response) });
        }
        let body = read_body(&mut response, status, &headers, request, &host);
        let body = if status.is_success() {
            bounded(self.limits.body, deadline, self.limits.total, "send the whole answer", &host, body)
                .await??
        } else {
            // What a refusal says is a courtesy that nobody waits for.
            let limit = self.limits.body.min(REFUSAL_BODY);
            tokio::time::timeout(limit, body).await.unwrap_or_else(|_| Ok(Vec::new()))?
        };
        Ok(Answer { status, headers, body, same_origin: true, rest: None })
    }

    /// Turns the HTTP library's error into one that names the cause.
    fn classify(&self, url: &Url, error: reqwest::Error) -> Kind {
        let host = host_of(url);
        let direct = self.proxies == ProxyChoice::Direct || is_loopback(&host);
        match http::trouble(url, direct, error) {
            Trouble::Proxy { proxy, detail } => Kind::Proxy { proxy, host, detail },
            Trouble::Dns => Kind::Dns { host: url.host_str().unwrap_or_default().to_owned() },
            Trouble::Refused => Kind::Refused { host },
            Trouble::Tls { detail } => Kind::Tls { host, detail },
            Trouble::TimedOut => {
                Kind::TimedOut { host, stage: "accept a connection", limit: self.limits.connect }
            }
            Trouble::Other { detail } => Kind::Connection { host, detail },
        }
    }
}

pub(super) async fn bounded<T>(
    limit: Duration,
    deadline: Instant,
    total: Duration,
    stage: &'static str,
    host: &str,
    work: impl Future<Output = T>,
) -> Result<T, Kind> {
    let left = deadline.saturating_duration_since(Instant::now());
    let (limit, shown) = if left < limit { (left, total) } else { (limit, limit) };
    let timed_out = |_| Kind::TimedOut { host: host.to_owned(), stage, limit: shown };
    tokio::time::timeout(limit, work).await.map_err(timed_out)
}

async fn read_body(
    response: &mut Response,
    status: StatusCode,
    headers: &HeaderMap,
    request: &Request,
    host: &str,
) -> Result<Vec<u8>, Kind> {
    let too_large = || Kind::TooLarge { host: host.to_owned(), limit: request.limit, what: request.what };
    let promised = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if status.is_success() && promised.is_some_and(|length| length > request.limit as u64) {
        return Err(too_large());
    }
    let limit = if status.is_success() { request.limit } else { MAX_ERROR_BYTES };
    let mut body = Vec::new();
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok(body),
            // What an error says is a courtesy; that it was cut off matters to nobody.
            Err(_) if !status.is_success() => return Ok(body),
            Err(error) => {
                let detail = http::last_cause(error);
                return Err(Kind::CutOff { host: host.to_owned(), detail });
            }
        };
        if body.len() + chunk.len() <= limit {
            body.extend_from_slice(&chunk);
        } else if status.is_success() {
            return Err(too_large());
        } else {
            return Ok(body);
        }
    }
}
