//! What an answer means: a digest and a manifest, an error of the protocol, a next page.

use reqwest::Url;
use serde::Deserialize;

use super::credentials::CredentialSource;
use super::error::RegistryErrorKind as Kind;
use super::transport::{Answer, retry_after};
use crate::core::image::{Descriptor, Digest, Endpoint, ImageRef, Manifest, Platform};

pub(super) fn choose<'a>(platform: &Platform, listed: &'a [Descriptor]) -> Result<&'a Descriptor, Kind> {
    let fits = |descriptor: &&Descriptor| {
        !descriptor.is_index() && descriptor.platform.as_ref().is_some_and(|listed| platform.accepts(listed))
    };
    listed.iter().find(fits).ok_or_else(|| Kind::Platform {
        wanted: platform.clone(),
        available: listed.iter().filter_map(|listed| Some(listed.platform.as_ref()?.to_string())).collect(),
    })
}

pub(super) fn read_manifest(
    image: &ImageRef,
    host: &str,
    answer: &Answer,
) -> Result<(Digest, Manifest), Kind> {
    let digest = Digest::of(&answer.body);
    let wrong = |received: Digest, promised: String, by| Kind::WrongDigest {
        host: host.to_owned(),
        received,
        promised,
        by,
    };
    if let Some(asked) = image.digest() {
        let received = asked.same_algorithm(&answer.body);
        if received != *asked {
            return Err(wrong(received, asked.to_string(), "the reference"));
        }
    }
    if let Some(header) = answer.headers.get("docker-content-digest") {
        let text = String::from_utf8_lossy(header.as_bytes()).into_owned();
        let received = text.parse::<Digest>().map(|promised| promised.same_algorithm(&answer.body));
        match received {
            Ok(received) if received.as_str() == text => {}
            Ok(received) => return Err(wrong(received, text, "its header")),
            Err(_) => return Err(wrong(digest, text, "its header")),
        }
    }
    let content_type = answer.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let manifest = Manifest::parse(content_type, &answer.body)?;
    Ok((image.digest().cloned().unwrap_or(digest), manifest))
}

/// Turns a status that is not a success into an error.
pub(super) fn check_status(
    endpoint: &Endpoint,
    what: &str,
    answer: &Answer,
    used: &CredentialSource,
) -> Result<(), Kind> {
    let (host, repository) = (endpoint.host.clone(), endpoint.repository.clone());
    let code = error_code(&answer.body);
    Err(match answer.status.as_u16() {
        200..=299 => return Ok(()),
        401 => Kind::Unauthorized { host, repository, used: used.to_string() },
        403 => Kind::Forbidden { host, repository, used: used.to_string() },
        404 if code == "NAME_UNKNOWN" => Kind::RepositoryNotFound { host, repository },
        404 => Kind::NotFound { host, repository, reference: what.to_owned() },
        429 => Kind::RateLimited { host, retry_after: retry_after(&answer.headers) },
        status => Kind::Status { host, status, detail: code },
    })
}

/// The first error code of the protocol's JSON; empty when the body is something else.
fn error_code(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Body {
        errors: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        code: String,
    }
    let code =
        serde_json::from_slice::<Body>(body).ok().and_then(|body| Some(body.errors.into_iter().next()?.code));
    code.filter(|code| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')).unwrap_or_default()
}

/// Path below the repository of the next page of a tag list, from `Link: <...>; rel="next"`; only on the same
/// repository.
pub(super) fn next_page(answer: &Answer, endpoint: &Endpoint) -> Option<String> {
    let link = answer.headers.get(http::header::LINK)?.to_str().ok()?;
    let target = link.trim().strip_prefix('<')?.split_once('>')?.0;
    let list = format!("/{}/{}/tags/list", endpoint.base, endpoint.repository);
    let url = Url::parse("http://registry.invalid").ok()?.join(&list).ok()?.join(target).ok()?;
    (url.path() == list).then(|| format!("tags/list?{}", url.query().unwrap_or_default()))
}
