//! The protocol, on axum.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use base64::Engine as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;

use super::content;
use super::faults::Fault;
use super::misbehave::{half, misbehave};
use super::{Auth, Recorded, State};

/// What the listener should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Up,
    Down,
    Gone,
}

type SharedState = Arc<Mutex<State>>;

/// Serves until it is told to go.
pub(crate) fn run(
    listener: TcpListener,
    state: SharedState,
    mut wanted: tokio::sync::watch::Receiver<Wanted>,
    tls: Option<(Vec<u8>, Vec<u8>)>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let router = Router::new().fallback(answer).with_state(state);
    let tls = tls.map(|(certificate, key)| acceptor(certificate, key));
    let address = listener.local_addr().expect("an address");
    runtime.block_on(async move {
        let mut listener = Some(listener);
        loop {
            let state = *wanted.borrow_and_update();
            match state {
                Wanted::Gone => return,
                Wanted::Down => {
                    listener = None;
                    let _ = wanted.changed().await;
                }
                Wanted::Up => {
                    let bound =
                        listener.take().unwrap_or_else(|| TcpListener::bind(address).expect("its own port"));
                    bound.set_nonblocking(true).expect("non-blocking");
                    let bound = tokio::net::TcpListener::from_std(bound).expect("a listener");
                    // Connections are tasks of this scope: they end with the listener.
                    let mut connections = tokio::task::JoinSet::new();
                    loop {
                        tokio::select! {
                            _ = wanted.changed() => {
                                if *wanted.borrow() != Wanted::Up {
                                    break;
                                }
                            }
                            Ok((stream, _)) = bound.accept() => {
                                connections.spawn(serve(stream, router.clone(), tls.clone()));
                            }
                        }
                    }
                }
            }
        }
    });
}

/// The TLS side of a server with this certificate and key, in DER.
pub(crate) fn acceptor(certificate: Vec<u8>, key: Vec<u8>) -> tokio_rustls::TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], rustls::pki_types::PrivatePkcs8KeyDer::from(key).into())
        .expect("a certificate and its key");
    tokio_rustls::TlsAcceptor::from(Arc::new(config))
}

/// Serves one connection to its end.
pub(crate) async fn serve(
    stream: tokio::net::TcpStream,
    router: Router,
    tls: Option<tokio_rustls::TlsAcceptor>,
) {
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let service = TowerToHyperService::new(router);
    // A client that goes away is no error of the server.
    match tls {
        None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                drop(builder.serve_connection(TokioIo::new(stream), service).await);
            }
        }
    }
}

async fn answer(
    Shared(state): Shared<SharedState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let recorded = Recorded {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        authorization: text(header::AUTHORIZATION),
        accept: text(header::ACCEPT).unwrap_or_default(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let host = text(header::HOST).unwrap_or_default();
    let (reply, delay) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(recorded.clone());
        if recorded.path == "/token" {
            (token(&mut state, &recorded), None)
        } else {
            route(&mut state, &recorded, &host)
        }
    };
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    reply
}

/// Everything below `/v2/`.
fn route(state: &mut State, request: &Recorded, host: &str) -> (Response, Option<Duration>) {
    let Some(rest) = request.path.strip_prefix("/v2/") else { return (status(StatusCode::NOT_FOUND), None) };
    if let Some(refusal) = challenge(state, request, host) {
        return (refusal, None);
    }
    if rest.is_empty() {
        return (status(StatusCode::OK), None);
    }
    if let Some((repository, reference)) = rest.rsplit_once("/manifests/") {
        return match take_fault(state) {
            Some(fault) => misbehave(state, &fault, request, repository, reference),
            None => (manifest(state, repository, reference), None),
        };
    }
    if let Some((_, digest)) = rest.rsplit_once("/blobs/") {
        let found = state.blobs.get(digest).cloned();
        let cut = |fault: &Fault| matches!(fault, Fault::HalfBlob(size) if found.as_ref().is_some_and(|blob| blob.len() > *size));
        if let Some(bytes) = found.as_ref().filter(|_| state.faults.iter().any(cut)) {
            return (half(bytes, "application/octet-stream"), None);
        }
        return (
            found.map_or_else(
                || protocol_error(404, "BLOB_UNKNOWN"),
                |bytes| Response::new(Body::from(bytes)),
            ),
            None,
        );
    }
    match rest.strip_suffix("/tags/list") {
        Some(repository) => (tags(state, repository, &request.query), None),
        None => (status(StatusCode::NOT_FOUND), None),
    }
}

/// The fault that is due, counted down when it has a count.
fn take_fault(state: &mut State) -> Option<Fault> {
    let elsewhere = |fault: &Fault| {
        matches!(
            fault,
            Fault::TokenStatus(_) | Fault::TokenBody(_) | Fault::UselessTokens | Fault::HalfBlob(_)
        )
    };
    let fault = state.faults.iter().find(|fault| !elsewhere(fault));
    let fault = fault.cloned()?;
    for (index, held) in state.faults.iter_mut().enumerate() {
        if let Fault::RateLimited { times, .. } | Fault::Unavailable { times } = held {
            *times -= 1;
            if *times == 0 {
                state.faults.remove(index);
            }
            break;
        }
    }
    Some(fault)
}

pub(crate) fn manifest(state: &State, repository: &str, reference: &str) -> Response {
    let Some(tags) = state.repositories.get(repository) else { return protocol_error(404, "NAME_UNKNOWN") };
    let Some(stored) = tags.get(reference) else { return protocol_error(404, "MANIFEST_UNKNOWN") };
    let digest = content::digest(&stored.bytes);
    sent(&stored.media_type, Some(&digest), Body::from(stored.bytes.clone()))
}

fn tags(state: &State, repository: &str, query: &str) -> Response {
    let Some(tags) = state.repositories.get(repository) else { return protocol_error(404, "NAME_UNKNOWN") };
    let last = query.split('&').find_map(|pair| pair.strip_prefix("last=")).unwrap_or_default();
    let names: Vec<&String> = tags.keys().filter(|tag| !tag.contains(':') && tag.as_str() > last).collect();
    let page: Vec<&&String> = names.iter().take(state.page).collect();
    let mut response = Response::builder().header(header::CONTENT_TYPE, "application/json");
    if let Some(end) = page.last().filter(|_| names.len() > page.len()) {
        let link = format!("</v2/{repository}/tags/list?n={}&last={end}>; rel=\"next\"", state.page);
        response = response.header(header::LINK, link);
    }
    let body = serde_json::json!({"name": repository, "tags": page}).to_string();
    response.body(Body::from(body)).expect("a response")
}

/// The 401 that is due, if any.
fn challenge(state: &State, request: &Recorded, host: &str) -> Option<Response> {
    let wanted = match &state.auth {
        Auth::Open => return None,
        Auth::Basic { user, password } => {
            if request.authorization.as_deref() == Some(basic(user, password).as_str()) {
                return None;
            }
            "Basic realm=\"test\"".to_owned()
        }
        Auth::Token | Auth::TokenFor { .. } => {
            let token = request.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
            if token.is_some_and(|token| state.tokens.iter().any(|given| given == token)) {
                return None;
            }
            let realm = state.realm.clone().unwrap_or_else(|| format!("http://{host}/token"));
            let repository = request.path.strip_prefix("/v2/").unwrap_or_default();
            let repository = repository
                .rsplit_once("/manifests/")
                .or(repository.rsplit_once("/tags/"))
                .or(repository.rsplit_once("/blobs/"));
            let scope =
                repository.map_or(String::new(), |(name, _)| format!(",scope=\"repository:{name}:pull\""));
            format!("Bearer realm=\"{realm}\",service=\"test\"{scope}")
        }
    };
    let mut response = protocol_error(401, "UNAUTHORIZED");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, wanted.parse().expect("a header"));
    Some(response)
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

fn token(state: &mut State, request: &Recorded) -> Response {
    for fault in &state.faults {
        match fault {
            Fault::TokenStatus(code) => return status(StatusCode::from_u16(*code).expect("a status")),
            Fault::TokenBody(body) => return Response::new(Body::from(body.clone())),
            _ => {}
        }
    }
    if let Auth::TokenFor { user, password } = &state.auth {
        let by_password = request.authorization.as_deref() == Some(basic(user, password).as_str());
        let by_identity = request.method == "POST"
            && request.body.split('&').any(|pair| pair == format!("refresh_token={password}"))
            && request.body.contains("grant_type=refresh_token");
        if !by_password && !by_identity {
            return protocol_error(401, "UNAUTHORIZED");
        }
    }
    let token = format!("token-{}", state.requests.len());
    if !state.faults.contains(&Fault::UselessTokens) {
        state.tokens.push(token.clone());
    }
    let body = if request.method == "POST" {
        serde_json::json!({"access_token": token, "expires_in": 300})
    } else {
        serde_json::json!({"token": token, "expires_in": 300})
    };
    Response::new(Body::from(body.to_string()))
}

pub(crate) fn status(code: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

pub(crate) fn protocol_error(code: u16, name: &str) -> Response {
    let body =
        serde_json::json!({"errors": [{"code": name, "message": "as asked for by the test"}]}).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(code).expect("a status");
    response
}

pub(crate) fn sent(media_type: &str, digest: Option<&str>, body: Body) -> Response {
    let mut response = Response::builder().header(header::CONTENT_TYPE, media_type);
    if let Some(digest) = digest {
        response = response.header("docker-content-digest", digest);
    }
    response.body(body).expect("a response")
}
