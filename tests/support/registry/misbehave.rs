//! What each fault does to the answer for a manifest.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::content::{self, INDEX_TYPE, MANIFEST_TYPE};
use super::faults::Fault;
use super::server::{manifest, protocol_error, sent, status};
use super::{Recorded, State};

/// Bytes that a long body sends at a time.
const CHUNK: usize = 64 << 10;

/// The answer that a fault makes of a request for a manifest, and how long to wait before it.
pub(crate) fn misbehave(
    state: &State,
    fault: &Fault,
    request: &Recorded,
    repository: &str,
    reference: &str,
) -> (Response, Option<Duration>) {
    let stored = state.repositories.get(repository).and_then(|tags| tags.get(reference));
    let bytes = stored.map_or(Vec::new(), |stored| stored.bytes.clone());
    let wrong =
        refusal(fault).or_else(|| body(fault, &bytes)).or_else(|| content(fault, &bytes, &request.path));
    let delay = if let Fault::SlowHeaders(delay) = fault { Some(*delay) } else { None };
    (wrong.unwrap_or_else(|| manifest(state, repository, reference)), delay)
}

fn refusal(fault: &Fault) -> Option<Response> {
    Some(match fault {
        Fault::Unauthorized => protocol_error(401, "UNAUTHORIZED"),
        Fault::Forbidden => protocol_error(403, "DENIED"),
        Fault::NoRepository => protocol_error(404, "NAME_UNKNOWN"),
        Fault::NoTag => protocol_error(404, "MANIFEST_UNKNOWN"),
        Fault::RateLimited { retry_after, .. } => {
            let mut response = protocol_error(429, "TOOMANYREQUESTS");
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
            }
            response
        }
        Fault::Unavailable { .. } => protocol_error(503, "UNAVAILABLE"),
        Fault::Broken => {
            let mut response = Response::new(Body::from("<h1>oh no</h1>"));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
        _ => return None,
    })
}

fn body(fault: &Fault, bytes: &[u8]) -> Option<Response> {
    let zeros = |count: usize| {
        let chunk = move |index| Bytes::from(vec![b' '; CHUNK.min(count - index * CHUNK)]);
        streamed((0..count.div_ceil(CHUNK)).map(chunk))
    };
    Some(match fault {
        Fault::StalledBody => sent(MANIFEST_TYPE, None, stalled()),
        Fault::StalledRefusal => {
            let mut response = sent("application/json", None, stalled());
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
        Fault::EndlessBody => {
            sent(MANIFEST_TYPE, None, streamed(std::iter::repeat(Bytes::from_static(&[b' '; CHUNK]))))
        }
        Fault::HugeUnannounced(count) => sent(MANIFEST_TYPE, None, zeros(*count)),
        Fault::Huge(count) => {
            let mut response = sent(MANIFEST_TYPE, None, zeros(*count));
            response.headers_mut().insert(header::CONTENT_LENGTH, (*count).into());
            response
        }
        Fault::HalfBody => half(bytes, MANIFEST_TYPE),
        _ => return None,
    })
}

/// Half of some bytes, whose length is announced whole.
pub(crate) fn half(bytes: &[u8], media_type: &str) -> Response {
    let half = Bytes::copy_from_slice(&bytes[..bytes.len() / 2]);
    // The pause lets the server send what it has before the end.
    let end = futures::stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::other("the connection ends here"))
    });
    let broken = futures::StreamExt::chain(futures::stream::iter([Ok(half)]), end);
    let mut response = sent(media_type, None, Body::from_stream(broken));
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
    response
}

fn content(fault: &Fault, bytes: &[u8], path: &str) -> Option<Response> {
    let whole = || Body::from(bytes.to_vec());
    Some(match fault {
        Fault::LyingDigest => sent(MANIFEST_TYPE, Some(&content::digest(b"another")), whole()),
        Fault::MalformedDigest => sent(MANIFEST_TYPE, Some("sha256:beef"), whole()),
        Fault::NoDigest => sent(MANIFEST_TYPE, None, whole()),
        Fault::OtherContent => {
            let other = content::image("another", "amd64", "2026-01-01T00:00:00Z").manifest;
            sent(MANIFEST_TYPE, Some(&content::digest(&other)), Body::from(other))
        }
        Fault::Redirect(target) => {
            let path = if target.ends_with('/') { path.trim_start_matches('/') } else { "" };
            redirect(&format!("{target}{path}"))
        }
        Fault::RedirectLoop => redirect(path),
        Fault::LoginPage => sent("text/html; charset=utf-8", None, Body::from("<html>please log in</html>")),
        Fault::SchemaOne => sent(
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
            None,
            Body::from("{\"schemaVersion\":1,\"fsLayers\":[]}"),
        ),
        Fault::Artifact => sent(MANIFEST_TYPE, None, Body::from(artifact())),
        Fault::NoLayers => sent(MANIFEST_TYPE, None, Body::from(no_layers(bytes))),
        Fault::EmptyIndex => sent(INDEX_TYPE, None, Body::from(content::index(&[]))),
        Fault::Contradiction => sent(INDEX_TYPE, None, whole()),
        _ => return None,
    })
}

/// A body of one byte that never ends.
fn stalled() -> Body {
    let first = futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]);
    Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()))
}

/// A body that sends these chunks, one after the other.
fn streamed(chunks: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(futures::stream::iter(chunks.map(Ok::<_, Infallible>)))
}

fn redirect(location: &str) -> Response {
    let mut response = status(StatusCode::TEMPORARY_REDIRECT);
    response.headers_mut().insert(header::LOCATION, location.parse().expect("a header"));
    response
}

fn artifact() -> String {
    let empty = content::digest(b"{}");
    serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": "application/vnd.cncf.helm.config.v1+json",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2},
        "layers": [],
    })
    .to_string()
}

fn no_layers(manifest: &[u8]) -> String {
    let mut manifest: serde_json::Value = serde_json::from_slice(manifest).expect("a manifest");
    manifest["layers"] = serde_json::json!([]);
    manifest.to_string()
}
