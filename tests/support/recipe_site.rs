//! A recipe site in this process: the published files from memory on a loopback port, and every way a site can misbehave.
//!
//! ```ignore
//! let site = RecipeSite::start();
//! site.publish("/models.json", b"[]");
//! site.fault("/models.json", SiteFault::EndlessBody);
//! assert_eq!(site.paths(), ["/models.json"]);
//! ```
//!
//! It runs on a thread of its own, so that a test may be sync or async, and ends when it is dropped.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;

use super::recipe_data;
use super::registry::{digest, server};

/// Bytes that a long body sends at a time.
const CHUNK: usize = 64 << 10;

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteFault {
    /// Nothing for this long, then the answer.
    SlowHeaders(Duration),
    /// Headers and the first byte, then nothing.
    StalledBody,
    /// A byte now and then, without an end.
    Trickle,
    /// A body without an end.
    EndlessBody,
    /// A body of so many bytes, with its length in the header.
    Huge(usize),
    /// A body of so many bytes, without its length in the header.
    HugeUnannounced(usize),
    /// So many bytes, packed into a few.
    Packed(usize),
    /// The header promises twice the bytes that come.
    HalfBody,
    /// This text in place of the file, with a content type.
    Text(&'static str, String),
    /// 307 to a URL; `{path}` in it stands for the path.
    Redirect(String),
    /// This status for so many requests.
    Status { code: u16, times: usize, retry_after: Option<u64> },
}

/// One request that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRequest {
    /// Path and query as they were sent.
    pub path: String,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// Status of the answer.
    pub status: u16,
}

#[derive(Default)]
struct Content {
    files: BTreeMap<String, Bytes>,
    faults: Vec<(String, SiteFault)>,
    requests: Vec<SiteRequest>,
}

/// A running site.
pub struct RecipeSite {
    address: SocketAddr,
    scheme: &'static str,
    content: Arc<Mutex<Content>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RecipeSite {
    /// Starts an empty site over plain http.
    pub fn start() -> RecipeSite {
        RecipeSite::launch(None)
    }

    /// Starts an empty site that speaks TLS with a certificate and key in DER.
    pub fn start_tls(certificate: Vec<u8>, key: Vec<u8>) -> RecipeSite {
        RecipeSite::launch(Some((certificate, key)))
    }

    fn launch(tls: Option<(Vec<u8>, Vec<u8>)>) -> RecipeSite {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let tls = tls.map(|(certificate, key)| server::acceptor(certificate, key));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let content = Arc::new(Mutex::new(Content::default()));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&content));
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                listener.set_nonblocking(true).expect("non-blocking");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let accept = async {
                    // Connections are tasks of this scope: they end with the site.
                    let mut connections = tokio::task::JoinSet::new();
                    while let Ok((stream, _)) = listener.accept().await {
                        connections.spawn(server::serve(stream, router.clone(), tls.clone()));
                    }
                };
                tokio::select! {
                    _ = stopped => {}
                    () = accept => {}
                }
            });
            runtime.shutdown_background();
        });
        RecipeSite { address, scheme, content, stop: Some(stop), thread: Some(thread) }
    }

    /// Starts a site with everything that the official one has published; it is unpacked once for all tests.
    pub fn official() -> RecipeSite {
        static PUBLISHED: OnceLock<BTreeMap<String, Bytes>> = OnceLock::new();
        let published = PUBLISHED.get_or_init(|| {
            let root = recipe_data::ROOT.iter().map(|name| ((*name).to_owned(), recipe_data::root(name)));
            let below = recipe_data::models().into_iter().chain(recipe_data::renderings());
            root.chain(below).map(|(path, bytes)| (format!("/{path}"), Bytes::from(bytes))).collect()
        });
        let site = RecipeSite::start();
        site.content().files.clone_from(published);
        site
    }

    /// Its base, for `--recipes-url`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Publishes a file, or replaces it.
    pub fn publish(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.content().files.insert(path.to_owned(), Bytes::from(bytes.into()));
    }

    /// Changes a file: each `from` in it becomes `to`.
    #[allow(dead_code, reason = "the tests with a cluster use it")]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let mut content = self.content();
        let text = String::from_utf8_lossy(content.files.get(path).expect("a published file")).into_owned();
        assert!(text.contains(from), "{path} does not hold {from}");
        content.files.insert(path.to_owned(), Bytes::from(text.replace(from, to)));
    }

    /// The bytes of a file.
    pub fn file(&self, path: &str) -> Vec<u8> {
        self.content().files.get(path).expect("a published file").to_vec()
    }

    /// Takes a file away.
    pub fn withdraw(&self, path: &str) {
        self.content().files.remove(path);
    }

    /// Misbehaves from now on for paths that begin like this.
    pub fn fault(&self, prefix: &str, fault: SiteFault) {
        self.content().faults.push((prefix.to_owned(), fault));
    }

    /// Behaves from now on.
    pub fn clear_faults(&self) {
        self.content().faults.clear();
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<SiteRequest> {
        self.content().requests.clone()
    }

    /// The paths of every request so far, in order.
    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.content().requests.clear();
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RecipeSite {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(Shared(content): Shared<Arc<Mutex<Content>>>, uri: Uri, headers: HeaderMap) -> Response {
    let if_none_match =
        headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let path = uri.path_and_query().map_or(String::new(), ToString::to_string);
    let (response, delay) = {
        let mut content = content.lock().unwrap_or_else(PoisonError::into_inner);
        let (response, delay) = respond(&mut content, uri.path(), if_none_match.as_deref());
        let status = response.status().as_u16();
        content.requests.push(SiteRequest { path, if_none_match, status });
        (response, delay)
    };
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    response
}

fn respond(content: &mut Content, path: &str, if_none_match: Option<&str>) -> (Response, Option<Duration>) {
    let Some(index) = content.faults.iter().position(|(prefix, _)| path.starts_with(prefix.as_str())) else {
        return (file(content, path, if_none_match), None);
    };
    if let (_, SiteFault::Status { times, .. }) = &mut content.faults[index] {
        if *times == 0 {
            return (file(content, path, if_none_match), None);
        }
        *times -= 1;
    }
    let fault = content.faults[index].1.clone();
    let delay = if let SiteFault::SlowHeaders(delay) = fault { Some(delay) } else { None };
    let bytes = content.files.get(path).cloned().unwrap_or_default();
    (misbehave(&fault, path, bytes).unwrap_or_else(|| file(content, path, if_none_match)), delay)
}

fn file(content: &Content, path: &str, if_none_match: Option<&str>) -> Response {
    let Some(bytes) = content.files.get(path) else { return status(404) };
    let etag = format!("\"{}\"", digest(bytes));
    let mut response =
        if if_none_match == Some(etag.as_str()) { status(304) } else { json(Body::from(bytes.clone())) };
    response.headers_mut().insert(header::ETAG, etag.parse().expect("a header"));
    response
}

fn misbehave(fault: &SiteFault, path: &str, bytes: Bytes) -> Option<Response> {
    let first = || futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"["))]);
    Some(match fault {
        SiteFault::SlowHeaders(_) => return None,
        SiteFault::StalledBody => {
            json(Body::from_stream(futures::StreamExt::chain(first(), futures::stream::pending())))
        }
        SiteFault::Trickle => json(Body::from_stream(futures::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
        }))),
        SiteFault::EndlessBody => json(streamed(std::iter::repeat(Bytes::from_static(&[b' '; CHUNK])))),
        SiteFault::HugeUnannounced(count) => json(spaces(*count)),
        SiteFault::Huge(count) => {
            let mut response = json(spaces(*count));
            response.headers_mut().insert(header::CONTENT_LENGTH, (*count).into());
            response
        }
        SiteFault::Packed(count) => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            let chunk = vec![b' '; CHUNK];
            for _ in 0..count.div_ceil(CHUNK) {
                packer.write_all(&chunk).expect("packed");
            }
            let mut response = json(Body::from(packer.finish().expect("packed")));
            response.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().expect("a header"));
            response
        }
        SiteFault::HalfBody => {
            let end = futures::stream::once(async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("the connection ends here"))
            });
            let length = bytes.len() * 2;
            let broken = futures::StreamExt::chain(futures::stream::iter([Ok(bytes)]), end);
            let mut response = json(Body::from_stream(broken));
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            response
        }
        SiteFault::Text(content_type, text) => {
            let mut response = Response::new(Body::from(text.clone()));
            response.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().expect("a header"));
            response
        }
        SiteFault::Redirect(target) => {
            let mut response = status(307);
            let target = target.replace("{path}", path);
            response.headers_mut().insert(header::LOCATION, target.parse().expect("a header"));
            response
        }
        SiteFault::Status { code, retry_after, .. } => {
            let mut response = status(*code);
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
            }
            response
        }
    })
}

fn spaces(count: usize) -> Body {
    let chunk = move |index| Bytes::from(vec![b' '; CHUNK.min(count - index * CHUNK)]);
    streamed((0..count.div_ceil(CHUNK)).map(chunk))
}

fn streamed(chunks: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(futures::stream::iter(chunks.map(Ok::<_, Infallible>)))
}

fn json(body: Body) -> Response {
    Response::builder().header(header::CONTENT_TYPE, "application/json").body(body).expect("a response")
}

fn status(code: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(code).expect("a status");
    response
}
