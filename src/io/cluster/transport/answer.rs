//! What an answer of the API server means.

use http::{HeaderMap, StatusCode};

use super::super::error::ClusterError;
use super::Rejected;
use super::status::{Forbidden, Status, quoted};
use crate::core::kubernetes::resource::Resource;

/// How much of a text that is not a Status is shown.
const EXCERPT: usize = 120;

/// What a request is about, for messages when the server's own say less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// Verb as in access rules: `get`, `list`, `patch`.
    pub(crate) verb: &'static str,
    /// On what.
    pub(crate) resource: Resource,
    /// Where.
    pub(crate) namespace: Option<&'a str>,
}

/// The error that a refusal stands for.
pub(crate) fn refusal(about: &About<'_>, server: &str, identity: &str, rejected: Rejected) -> ClusterError {
    let Some(code) = rejected.status else {
        let fault = super::fault::Fault::Broken;
        return ClusterError::Unreachable { server: server.to_owned(), proxy: None, fault };
    };
    if code == StatusCode::UNAUTHORIZED {
        return ClusterError::Unauthorized { identity: identity.to_owned() };
    }
    match Status::read(&rejected.body) {
        Some(status) => of_status(about, code.as_u16(), status),
        None => without_status(about, server, code, &rejected),
    }
}

/// The error of a Status, also of one within a watch.
pub(crate) fn of_status(about: &About<'_>, code: u16, status: Status) -> ClusterError {
    let code = if status.code == 0 { code } else { status.code };
    if let Some(by) = status.denied_by() {
        return ClusterError::Denied { code, by, message: status.message };
    }
    if let Some(webhook) = status.unreachable_webhook() {
        return ClusterError::WebhookUnreachable { webhook, message: status.message };
    }
    let message = status.message.clone();
    match code {
        400 => ClusterError::BadRequest { message },
        401 => ClusterError::Unauthorized { identity: "this request".to_owned() },
        403 => of_forbidden(about, status),
        404 => of_not_found(about, status),
        409 => {
            let conflicts = status.field_conflicts();
            if conflicts.is_empty() {
                ClusterError::Conflict { message }
            } else {
                ClusterError::FieldConflict { conflicts }
            }
        }
        410 => ClusterError::Gone { message },
        422 => ClusterError::Invalid { message, causes: status.details.causes },
        429 | 503 | 504 => ClusterError::Busy { code, message },
        // Server-side apply reports a member that the schema does not know as an internal error.
        _ if message.starts_with("failed to create typed patch object") => {
            ClusterError::BadRequest { message }
        }
        _ => ClusterError::Server { code, message },
    }
}

fn of_forbidden(about: &About<'_>, status: Status) -> ClusterError {
    if let Some(what) = status.forbidden() {
        return ClusterError::Forbidden { what, message: status.message };
    }
    let terminating = status.details.causes.iter().any(|cause| cause.reason == "NamespaceTerminating");
    if let (true, Some(namespace)) = (terminating, about.namespace) {
        return ClusterError::NamespaceTerminating { namespace: namespace.to_owned() };
    }
    if status.message.contains(" is forbidden: ") {
        return ClusterError::Refused { message: status.message };
    }
    ClusterError::Forbidden { what: asked(about), message: status.message }
}

fn of_not_found(about: &About<'_>, status: Status) -> ClusterError {
    if status.details.kind == "namespaces" && about.resource.plural != "namespaces" {
        return ClusterError::NoNamespace { namespace: status.details.name };
    }
    if status.details.name.is_empty() {
        return unknown_resource(about);
    }
    ClusterError::NotFound { message: status.message }
}

/// A refusal that is not a Status: of the API server's front door, or of something else that answers in its place.
fn without_status(about: &About<'_>, server: &str, code: StatusCode, rejected: &Rejected) -> ClusterError {
    let text = String::from_utf8_lossy(&rejected.body);
    let text = text.trim();
    let is_plain = !rejected.content_type.contains("html") && !text.starts_with('<');
    match code {
        // The answer for a path of an API group that is not installed.
        StatusCode::NOT_FOUND if is_plain && text == "404 page not found" => unknown_resource(about),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
            if is_plain =>
        {
            ClusterError::Busy { code: code.as_u16(), message: excerpt(text) }
        }
        _ => {
            let what = match &rejected.location {
                Some(location) if code.is_redirection() => format!("it redirects to {}", excerpt(location)),
                _ => described(code.as_u16(), &rejected.content_type, text),
            };
            ClusterError::NotKubernetes { server: server.to_owned(), what }
        }
    }
}

/// A success whose body is not what an API server sends.
pub(crate) fn not_kubernetes(server: &str, body: &[u8]) -> ClusterError {
    let what = described(200, "", String::from_utf8_lossy(body).trim());
    ClusterError::NotKubernetes { server: server.to_owned(), what }
}

fn described(code: u16, content_type: &str, text: &str) -> String {
    let kind = if content_type.is_empty() { String::new() } else { format!(" {content_type}") };
    if text.is_empty() { format!("{code}{kind}, empty") } else { format!("{code}{kind}: {}", excerpt(text)) }
}

fn unknown_resource(about: &About<'_>) -> ClusterError {
    ClusterError::UnknownResource {
        resource: about.resource.qualified(),
        api_version: about.resource.api_version(),
    }
}

fn asked(about: &About<'_>) -> Forbidden {
    Forbidden {
        user: String::new(),
        verb: about.verb.to_owned(),
        resource: about.resource.qualified(),
        namespace: about.namespace.map(str::to_owned),
    }
}

/// The start of a text in one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(EXCERPT).collect();
    if line.chars().count() > EXCERPT {
        shown.push_str("...");
    }
    shown
}

/// The texts of the `Warning` headers in order (RFC 7234 section 5.5; code 299 is all that an API server sends).
pub(crate) fn warnings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(http::header::WARNING).iter();
    values.filter_map(|value| std::str::from_utf8(value.as_bytes()).ok()).flat_map(parse_warnings).collect()
}

/// `299 - "text"`, several after commas, each with an optional date in quotes after it.
fn parse_warnings(mut header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        header = header.trim_start_matches([' ', ',', '\t']);
        let mut parts = header.splitn(3, ' ');
        let (Some(code), Some(_agent), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return texts;
        };
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return texts;
        }
        let Some((text, after)) = quoted(rest.trim_start()) else { return texts };
        texts.push(text);
        header = match quoted(after.trim_start()) {
            Some((_date, after)) => after,
            None => after,
        };
    }
}
