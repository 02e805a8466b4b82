//! One bounded request: sizes, times, redirects, retries.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::Url;
use tokio::sync::Semaphore;

use super::client::RegistryOptions;
use super::error::RegistryErrorKind as Kind;
use super::hosts::Hosts;
use super::{MAX_ERROR_BYTES, MAX_PARALLEL_REQUESTS, MAX_REDIRECTS, MAX_RETRIES};

/// Longest wait for the body of an answer that is no success.
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

/// Whether to use the proxies that the environment names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; never for hosts of this machine.
    #[default]
    Environment,
    /// None.
    Direct,
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
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The body; of an error only the beginning.
    pub(super) body: Vec<u8>,
    /// Whether the answer came from the host that was asked, not from a redirect's target.
    pub(super) same_origin: bool,
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
        let location =
            location.ok_or_else(|| refuse("to nowhere: the answer has no readable Location".to_owned()))?;
        let mut next =
            request.url.join(location).map_err(|_| refuse("to something that is no URL".to_owned()))?;
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
        let body = read_body(&mut response, status, &headers, request, &host);
        let body = if status.is_success() {
            bounded(self.limits.body, deadline, self.limits.total, "send the whole answer", &host, body)
                .await??
        } else {
            // What a refusal says is a courtesy that nobody waits for.
            let limit = self.limits.body.min(REFUSAL_BODY);
            tokio::time::timeout(limit, body).await.unwrap_or_else(|_| Ok(Vec::new()))?
        };
        Ok(Answer { status, headers, body, same_origin: true })
    }

    /// Turns the HTTP library's error into one that names the cause.
    fn classify(&self, url: &Url, error: reqwest::Error) -> Kind {
        let host = host_of(url);
        let causes = causes(&error.without_url());
        let detail = causes.last().cloned().unwrap_or_default();
        let said = |part: &str| causes.iter().any(|cause| cause.contains(part));
        if let Some(proxy) = self.proxy_of(url, &host)
            && (said("tunnel")
                || said("proxy")
                || said("dns error")
                || said("onnection refused")
                || said("timed out"))
        {
            return Kind::Proxy { proxy, host, detail };
        }
        if said("dns error") {
            Kind::Dns { host: url.host_str().unwrap_or_default().to_owned() }
        } else if said("onnection refused") {
            Kind::Refused { host }
        } else if said("invalid peer certificate")
            || said("TLS")
            || said("tls")
            || said("received corrupt message")
        {
            Kind::Tls { host, detail }
        } else if said("timed out") {
            Kind::TimedOut { host, stage: "accept a connection", limit: self.limits.connect }
        } else {
            Kind::Connection { host, detail }
        }
    }

    /// The proxy that the environment names for a URL, without its password.
    fn proxy_of(&self, url: &Url, host: &str) -> Option<String> {
        if self.proxies == ProxyChoice::Direct || is_loopback(host) {
            return None;
        }
        let destination = url.as_str().parse::<http::Uri>().ok()?;
        let matcher = hyper_util::client::proxy::matcher::Matcher::from_env();
        let proxy = matcher.intercept(&destination)?;
        Some(proxy.uri().authority().map_or_else(String::new, |authority| {
            authority.as_str().rsplit('@').next().unwrap_or_default().to_owned()
        }))
    }
}

async fn bounded<T>(
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
    response: &mut reqwest::Response,
    status: StatusCode,
    headers: &HeaderMap,
    request: &Request,
    host: &str,
) -> Result<Vec<u8>, Kind> {
    let too_large = || Kind::TooLarge { host: host.to_owned(), limit: request.limit, what: request.what };
    let promised =
        headers.get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
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
                let detail = causes(&error.without_url()).pop().unwrap_or_default();
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

/// Texts of an error and what caused it, the outermost first.
pub(super) fn causes(error: &reqwest::Error) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    texts
}

/// Host and port as an image reference writes them.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a host, with or without a port, is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `Retry-After` in seconds, or as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let wait = date.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}
