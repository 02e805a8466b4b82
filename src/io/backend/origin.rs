//! The recipe origin of a run: a few recipes, bodies of any size without a declared length, and a record of who asked.
//!
//! `/<a>/<n>.json` and `/<a>/<n>` are a body of so many MiB. The backend asks for a recipe with `.json` at the end, which is
//! no part of the number (`test-plan.md` section 3.13, 11b).

use crate::core::kind::model_deployment::object::engine;
use futures::stream::{self, Stream};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinHandle, JoinSet};

/// Largest body that is served, in MiB.
const LARGEST: u64 = 1024;
/// Bytes that a large body gives at a time.
const PIECE: usize = 64 << 10;
/// Connections at a time; more of them wait.
const CONNECTIONS: usize = 64;
/// Requests that are remembered.
const REMEMBERED: usize = 1000;
/// How long bodies that are still on their way are waited for, before it is told what was seen.
const SETTLE: Duration = Duration::from_secs(2);
/// How long a connection may stay.
const LIFETIME: Duration = Duration::from_secs(120);

/// The model whose recipe there is.
const MODEL: &str = "microsoft/Phi-4-mini-instruct";

type Body = BoxBody<Bytes, Infallible>;

/// A running origin; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<Vec<Arc<Mutex<Seen>>>>,
    settled: Notify,
}

/// A request and what became of its answer.
#[derive(Debug, Clone, Default)]
struct Seen {
    path: String,
    written: u64,
    complete: bool,
    over: bool,
}

impl Origin {
    /// Listens on a free port of this machine.
    pub(super) async fn start() -> std::io::Result<Origin> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Origin { address, shared, server })
    }

    /// Its address, without a slash at the end.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forgets what it has seen.
    pub(super) fn forget(&self) {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What it has seen since, when nothing is on its way any more: `{"requests": [{"path", "written", "complete"}]}`.
    pub(super) async fn seen(&self) -> Value {
        // What is still on its way then is told as it is.
        let _ = tokio::time::timeout(SETTLE, self.settle()).await;
        let requests = self.requests();
        let told = requests
            .iter()
            .map(|seen| json!({ "path": seen.path, "written": seen.written, "complete": seen.complete }));
        json!({ "requests": told.collect::<Vec<_>>() })
    }

    async fn settle(&self) {
        loop {
            let settled = self.shared.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if self.requests().iter().all(|seen| seen.over) {
                return;
            }
            settled.await;
        }
    }

    fn requests(&self) -> Vec<Seen> {
        let requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().map(|seen| seen.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    // Its end is the end of every connection.
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    connection(stream, shared).await;
                    drop(permit);
                });
            }
            // No file to spare at the moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer(&request, &shared);
        async { Ok::<_, Infallible>(answer) }
    });
    let serving = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    // That the other side has gone is what a large body is for.
    let _ = tokio::time::timeout(LIFETIME, serving).await;
}

fn answer(request: &Request<Incoming>, shared: &Arc<Shared>) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let seen = Arc::new(Mutex::new(Seen { path: path.to_owned(), ..Seen::default() }));
    let mut requests = shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
    if requests.len() < REMEMBERED {
        requests.push(Arc::clone(&seen));
    }
    drop(requests);
    let track = Track { seen, shared: Arc::clone(shared) };
    let (status, body) = match size_of(request.uri().path()) {
        Some(mib) => (StatusCode::OK, StreamBody::new(flood(mib << 20, track)).boxed()),
        None => {
            let (status, value) = recipe(request.uri().path());
            let text = value.to_string();
            track.add(text.len(), true);
            (status, Full::from(text).boxed())
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

/// The MiB that a path asks for.
fn size_of(path: &str) -> Option<u64> {
    let last = path.rsplit('/').next()?;
    let last = last.strip_suffix(".json").unwrap_or(last);
    last.parse().ok().filter(|mib| (1..=LARGEST).contains(mib))
}

/// Notes what becomes of an answer, its end included.
struct Track {
    seen: Arc<Mutex<Seen>>,
    shared: Arc<Shared>,
}

impl Track {
    fn add(&self, bytes: usize, complete: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.written += bytes as u64;
        seen.complete |= complete;
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.shared.settled.notify_waiters();
    }
}

/// A recipe of so many bytes: a reader without a bound would take it for good.
fn flood(bytes: u64, track: Track) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> {
    let start = Bytes::from(format!("{{\"hf_id\":\"{MODEL}\",\"notes\":\""));
    let end = Bytes::from_static(b"\"}");
    let padding = Bytes::from(vec![b'a'; PIECE]);
    let around = (start.len() + end.len()) as u64;
    let begin = (Some(start), bytes.saturating_sub(around), Some(end), track);
    stream::unfold(begin, move |(mut start, mut left, mut end, track)| {
        let piece = start.take().or_else(|| {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
            left -= length as u64;
            if length > 0 { Some(padding.slice(..length)) } else { end.take() }
        });
        if let Some(piece) = &piece {
            track.add(piece.len(), end.is_none());
        }
        std::future::ready(piece.map(|piece| (Ok(Frame::data(piece)), (start, left, end, track))))
    })
}

/// The index, the one recipe, or that there is none.
fn recipe(path: &str) -> (StatusCode, Value) {
    if path == "/models.json" {
        let json = format!("/{MODEL}.json");
        let entry = json!({
            "hf_id": MODEL, "title": "Phi-4-mini", "provider": "Microsoft", "url": format!("/{MODEL}"), "json": json,
        });
        return (StatusCode::OK, json!([entry]));
    }
    if path.strip_prefix('/').and_then(|path| path.strip_suffix(".json")) == Some(MODEL) {
        let argv = [engine::VLLM, "serve", MODEL, "--enable-chunked-prefill"];
        let command = json!({ "argv": argv, "hardware": "a100", "env": {} });
        return (StatusCode::OK, json!({ "hf_id": MODEL, "recommended_command": command }));
    }
    (StatusCode::NOT_FOUND, json!({ "error": "not found" }))
}
