//! One file of the site over HTTP: bounded, redirects judged, sent again when the site is busy.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, CONTENT_LENGTH, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, StatusCode};
use reqwest::{Client, Url};
use tokio::sync::Semaphore;

use super::error::{RecipeError, RecipeErrorKind as Kind};
use super::{
    MAX_PARALLEL_REQUESTS, MAX_RECIPE_BYTES, MAX_REDIRECTS, MAX_RETRIES, REQUEST_LIMIT, RETRY_WAIT,
    TOTAL_LIMIT,
};
use crate::core::recipe::site::Site;
use crate::io::http::{self as shared, Packing, ProxyChoice, Trouble};

/// Longest validator that is kept and sent back.
const MAX_VALIDATOR_BYTES: usize = 1_024;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one request, from the connection to the last byte of its body.
    pub request: Duration,
    /// For one file, retries and waits included.
    pub total: Duration,
    /// First wait before a request is sent again.
    pub retry: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { request: REQUEST_LIMIT, total: TOTAL_LIMIT, retry: RETRY_WAIT }
    }
}

/// By what the site recognises a copy as current.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What the site has under an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// A file.
    Body {
        /// Its bytes, unpacked.
        bytes: Vec<u8>,
        /// For asking again.
        validators: Validators,
    },
    /// Still the copy whose validators were sent.
    NotModified,
    /// 404 or 410.
    Missing {
        /// Number and words.
        status: String,
    },
}

/// A client of one site.
pub struct SiteClient {
    site: Site,
    limits: Limits,
    proxies: ProxyChoice,
    client: OnceLock<Result<Client, String>>,
    permits: Semaphore,
}

impl SiteClient {
    /// A client; nothing is sent yet.
    pub fn new(site: Site, limits: Limits, proxies: ProxyChoice) -> SiteClient {
        SiteClient {
            site,
            limits,
            proxies,
            client: OnceLock::new(),
            permits: Semaphore::new(MAX_PARALLEL_REQUESTS),
        }
    }

    /// Asks for a file; with validators, whether it is still the same.
    ///
    /// # Errors
    /// No answer, an answer that is not a success, or one that is not taken.
    pub async fn fetch(&self, url: &Url, known: &Validators) -> Result<Fetched, RecipeError> {
        // The semaphore is never closed, so this cannot fail.
        let _permit = self.permits.acquire().await;
        let deadline = Instant::now() + self.limits.total;
        let mut attempt = 0;
        loop {
            let outcome = self.once(url, known, deadline).await;
            let backoff = self.limits.retry.saturating_mul(1 << attempt.min(8));
            let wait = worth_another_try(&outcome).map(|asked| asked.unwrap_or(backoff));
            let left = deadline.saturating_duration_since(Instant::now());
            match (wait, outcome) {
                // Waiting longer than there is time would end in a time-out: what the site said is the better message.
                (Some(wait), _) if attempt < MAX_RETRIES && wait < left => tokio::time::sleep(wait).await,
                (_, Ok(Reply::Done(fetched))) => return Ok(fetched),
                (_, Ok(Reply::Busy { status, .. })) => {
                    return Err(Kind::Status { url: url.to_string(), status }.into());
                }
                (_, Err(error)) => return Err(error),
            }
            attempt += 1;
        }
    }

    /// One request with its redirects, whole, within one limit.
    async fn once(&self, url: &Url, known: &Validators, deadline: Instant) -> Result<Reply, RecipeError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = self.limits.request.min(left);
        let shown = if left < self.limits.request { self.limits.total } else { self.limits.request };
        tokio::time::timeout(limit, self.follow(url, known))
            .await
            .unwrap_or_else(|_| Err(Kind::TimedOut { url: url.to_string(), limit: shown }.into()))
    }

    async fn follow(&self, url: &Url, known: &Validators) -> Result<Reply, RecipeError> {
        let mut place = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut response = self.send(&place, known).await?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return read(&place, &mut response, known).await;
            }
            let refuse = |detail: String| Kind::Redirect { url: url.to_string(), detail };
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let location = location.ok_or_else(|| refuse("to an unreadable address".to_owned()))?;
            place = self.site.redirect(&place, location).map_err(|error| refuse(error.to_string()))?;
        }
        let detail = format!("more than {MAX_REDIRECTS} redirects");
        Err(Kind::Redirect { url: url.to_string(), detail }.into())
    }

    async fn send(&self, url: &Url, known: &Validators) -> Result<reqwest::Response, RecipeError> {
        let direct = self.proxies == ProxyChoice::Direct || shared::is_loopback(&shared::host_of(url));
        let client = self.client.get_or_init(|| {
            let builder = shared::client_builder(self.limits.request, direct, Packing::Unpacked);
            shared::build(builder)
        });
        let unreachable =
            |detail: String, tls, proxy| Kind::Unreachable { url: url.to_string(), detail, tls, proxy };
        let client = client
            .as_ref()
            .map_err(|detail| unreachable(format!("no HTTPS client: {detail}"), true, false))?;
        let mut request = client.get(url.clone()).header(ACCEPT, "application/json");
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        request.send().await.map_err(|error| {
            match shared::trouble(url, direct, error) {
                Trouble::Dns => unreachable("the host name cannot be resolved".to_owned(), false, false),
                Trouble::Refused => unreachable("the connection was refused".to_owned(), false, false),
                Trouble::TimedOut => Kind::TimedOut { url: url.to_string(), limit: self.limits.request },
                Trouble::Tls { detail } => {
                    unreachable(format!("no secure connection: {detail}"), true, false)
                }
                Trouble::Proxy { proxy, detail } => {
                    unreachable(format!("the proxy {proxy} did not connect: {detail}"), false, true)
                }
                Trouble::Other { detail } => unreachable(detail, false, false),
            }
            .into()
        })
    }
}

/// What one request came to.
enum Reply {
    Done(Fetched),
    /// 429 or 5xx.
    Busy {
        status: String,
        wait: Option<Duration>,
    },
}

/// Whether to ask again, and after what wait where the site named one.
fn worth_another_try(outcome: &Result<Reply, RecipeError>) -> Option<Option<Duration>> {
    match outcome {
        Ok(Reply::Done(_)) => None,
        Ok(Reply::Busy { wait, .. }) => Some(*wait),
        Err(error) => match *error.kind {
            Kind::Unreachable { tls: false, proxy: false, .. } | Kind::CutOff { .. } => Some(None),
            _ => None,
        },
    }
}

async fn read(url: &Url, response: &mut reqwest::Response, known: &Validators) -> Result<Reply, RecipeError> {
    let status = response.status();
    let text = status.to_string();
    let headers = std::mem::take(response.headers_mut());
    match status {
        StatusCode::NOT_MODIFIED if *known != Validators::default() => Ok(Reply::Done(Fetched::NotModified)),
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Reply::Done(Fetched::Missing { status: text })),
        StatusCode::TOO_MANY_REQUESTS => {
            Ok(Reply::Busy { status: text, wait: shared::retry_after(&headers) })
        }
        _ if status.is_server_error() => {
            Ok(Reply::Busy { status: text, wait: shared::retry_after(&headers) })
        }
        _ if !status.is_success() => Err(Kind::Status { url: url.to_string(), status: text }.into()),
        _ => {
            let bytes = body(url, response, &headers).await?;
            let kept = |name| {
                let value = headers.get(name)?.to_str().ok()?;
                (value.len() <= MAX_VALIDATOR_BYTES).then(|| value.to_owned())
            };
            let validators = Validators { etag: kept(ETAG), last_modified: kept(LAST_MODIFIED) };
            Ok(Reply::Done(Fetched::Body { bytes, validators }))
        }
    }
}

/// The body, unpacked, up to the limit and not a byte further.
async fn body(
    url: &Url,
    response: &mut reqwest::Response,
    headers: &HeaderMap,
) -> Result<Vec<u8>, RecipeError> {
    let too_large = |length| Kind::TooLarge { url: url.to_string(), length };
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = announced.filter(|length| *length > MAX_RECIPE_BYTES as u64) {
        return Err(too_large(Some(length)).into());
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(bytes),
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MAX_RECIPE_BYTES => {
                return Err(too_large(None).into());
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(_) => return Err(Kind::CutOff { url: url.to_string() }.into()),
        }
    }
}
