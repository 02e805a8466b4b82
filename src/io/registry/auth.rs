//! Token authentication: challenges, tokens, and who may see which credentials.
//!
//! Docker's token specification (`distribution` docs, spec/auth/token.md and oauth.md).

use std::time::Instant;

use http::{HeaderMap, HeaderValue};
use reqwest::Url;
use serde::Deserialize;

use super::MAX_TOKEN_BYTES;
use super::credentials::{Credential, Found};
use super::error::RegistryErrorKind as Kind;
use super::secret::Secret;
use super::transport::{Answer, Request, Transport, host_of, is_loopback, retry_after};
use crate::core::image::Endpoint;

/// What a registry asks for in `WWW-Authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password to the registry itself.
    Basic,
    /// A token from a server.
    Bearer {
        /// URL of the token server.
        realm: String,
        /// Name that the registry has there.
        service: Option<String>,
        /// Rights, when the registry spells them out.
        scope: Option<String>,
    },
}

/// Token servers of registries that need no first request to ask: registry host, realm, service.
const KNOWN_REALMS: [(&str, &str, &str); 3] = [
    ("registry-1.docker.io", "https://auth.docker.io/token", "registry.docker.io"),
    ("ghcr.io", "https://ghcr.io/token", "ghcr.io"),
    ("quay.io", "https://quay.io/v2/auth", "quay.io"),
];

impl Challenge {
    /// The challenge that a well-known registry would send.
    pub(super) fn known(host: &str) -> Option<Challenge> {
        let (_, realm, service) = KNOWN_REALMS.iter().find(|(known, ..)| *known == host)?;
        Some(Challenge::Bearer {
            realm: (*realm).to_owned(),
            service: Some((*service).to_owned()),
            scope: None,
        })
    }

    /// The first challenge that can be met: Bearer before Basic, whatever their order.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Challenge> {
        let mut basic = None;
        for value in headers.get_all(http::header::WWW_AUTHENTICATE) {
            let Ok(text) = value.to_str() else { continue };
            for (scheme, parameters) in split_challenges(text) {
                let parameter = |name: &str| {
                    let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                    found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
                };
                if scheme.eq_ignore_ascii_case("bearer")
                    && let Some(realm) = parameter("realm")
                {
                    return Some(Challenge::Bearer {
                        realm,
                        service: parameter("service"),
                        scope: parameter("scope"),
                    });
                }
                if scheme.eq_ignore_ascii_case("basic") {
                    basic = Some(Challenge::Basic);
                }
            }
        }
        basic
    }
}

/// A scheme and its parameters.
type RawChallenge = (String, Vec<(String, String)>);

/// Cuts a `WWW-Authenticate` value (RFC 9110 section 11.6.1) into challenges; what does not fit the grammar is left out.
fn split_challenges(text: &str) -> Vec<RawChallenge> {
    let mut challenges: Vec<RawChallenge> = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let after_space = after.trim_start_matches([' ', '\t']);
        if let Some(value) = after_space.strip_prefix('=') {
            let (value, remaining) = take_value(value.trim_start_matches([' ', '\t']));
            if let Some((_, parameters)) = challenges.last_mut() {
                parameters.push((word.to_owned(), value));
            }
            rest = remaining;
        } else {
            if !word.is_empty() {
                challenges.push((word.to_owned(), Vec::new()));
            }
            rest = after_space;
        }
        let trimmed = rest.trim_start_matches([' ', '\t', ',']);
        // Always gets shorter: a character that fits nowhere is passed over.
        rest = if trimmed.len() == text.len() { "" } else { trimmed };
    }
    challenges
}

/// A token or quoted string at the beginning of a text, and the rest.
fn take_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(index + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// The `Authorization` header that answers a challenge; none when the registry should be asked without one.
pub(super) async fn authorize(
    transport: &Transport,
    challenge: &Challenge,
    endpoint: &Endpoint,
    found: &Found,
    deadline: Instant,
) -> Result<Option<HeaderValue>, Kind> {
    let (registry, repository) = (endpoint.host.as_str(), endpoint.repository.as_str());
    let unusable = || Kind::Token {
        host: registry.to_owned(),
        detail: "the credentials do not fit into a header".to_owned(),
    };
    match (challenge, &found.credential) {
        (Challenge::Basic, Some(Credential::Basic { user, password })) => {
            if transport.hosts().scheme(registry) == "http" && !is_loopback(registry) {
                return Err(Kind::InsecureCredentials { host: registry.to_owned() });
            }
            password.basic(user).map(Some).ok_or_else(unusable)
        }
        (Challenge::Basic, Some(_)) => Err(Kind::Token {
            host: registry.to_owned(),
            detail: "it needs a user name and a password, but the credentials are a token".to_owned(),
        }),
        (Challenge::Basic, None) => Ok(None),
        (Challenge::Bearer { .. }, Some(Credential::RegistryToken(token))) => {
            if transport.hosts().scheme(registry) == "http" && !is_loopback(registry) {
                return Err(Kind::InsecureCredentials { host: registry.to_owned() });
            }
            token.bearer().map(Some).ok_or_else(unusable)
        }
        (Challenge::Bearer { realm, service, scope }, credential) => {
            let scope = scope.clone().unwrap_or_else(|| format!("repository:{repository}:pull"));
            let service = service.as_deref();
            let token =
                fetch_token(transport, registry, realm, service, &scope, credential.as_ref(), deadline)
                    .await?;
            token.bearer().map(Some).ok_or_else(unusable)
        }
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

async fn fetch_token(
    transport: &Transport,
    registry: &str,
    realm: &str,
    service: Option<&str>,
    scope: &str,
    credential: Option<&Credential>,
    deadline: Instant,
) -> Result<Secret, Kind> {
    let url = realm_url(transport, registry, realm, credential.is_some())?;
    let host = host_of(&url);
    let request = token_request(url, service, scope, credential);
    let answer = transport.send(&request, deadline).await?;
    let failed = |detail: String| Kind::Token { host: host.clone(), detail };
    if answer.status.as_u16() == 429 {
        return Err(Kind::RateLimited { host, retry_after: retry_after(&answer.headers) });
    }
    if !answer.status.is_success() {
        return Err(failed(refusal(&answer, credential.is_some())));
    }
    // The parser's message is left out, it could quote a token.
    let read: TokenAnswer =
        serde_json::from_slice(&answer.body).map_err(|_| failed("the answer is not a token".to_owned()))?;
    let token =
        read.token.filter(|token| !token.is_empty()).or(read.access_token).filter(|token| !token.is_empty());
    token.map(Secret::new).ok_or_else(|| failed("the answer has no token".to_owned()))
}

fn refusal(answer: &Answer, with_credentials: bool) -> String {
    match (answer.status.as_u16(), with_credentials) {
        (400 | 401 | 403, true) => format!("the credentials were refused ({})", answer.status.as_u16()),
        (400 | 401 | 403, false) => format!("it gives no token without a login ({})", answer.status.as_u16()),
        (status, _) => format!("it answered {status}"),
    }
}

/// Checks where a token is asked for: https, or plain http on this machine. Without credentials also a host that the user allowed.
fn realm_url(
    transport: &Transport,
    registry: &str,
    realm: &str,
    with_credentials: bool,
) -> Result<Url, Kind> {
    let wrong = |detail: &str| Kind::Token { host: registry.to_owned(), detail: detail.to_owned() };
    let mut url = Url::parse(realm).map_err(|_| wrong("it names a token server that is not a URL"))?;
    if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
        return Err(wrong("it names a token server without a host"));
    }
    let host = host_of(&url);
    match url.scheme() {
        "https" => Ok(url),
        // A registry elsewhere must not send its clients, and their credentials, to a port of this machine.
        "http" if is_loopback(&host) && is_loopback(registry) => Ok(url),
        "http" if transport.hosts().may_be_plain(&host) && !is_loopback(&host) && !with_credentials => {
            Ok(url)
        }
        "http" if with_credentials => Err(Kind::InsecureCredentials { host }),
        _ => Err(wrong("it names a token server without https")),
    }
}

fn token_request(
    mut url: Url,
    service: Option<&str>,
    scope: &str,
    credential: Option<&Credential>,
) -> Request {
    let mut authorization = None;
    let mut form = None;
    if let Some(Credential::IdentityToken(token)) = credential {
        // The query of a URL has the very encoding of a form.
        let mut body = url.clone();
        body.query_pairs_mut()
            .clear()
            .append_pair("grant_type", "refresh_token")
            .append_pair("service", service.unwrap_or_default())
            .append_pair("client_id", "kubectl-airunway")
            .append_pair("scope", scope)
            .append_pair("refresh_token", token.expose());
        form = body.query().map(str::to_owned);
    } else {
        let mut query = url.query_pairs_mut();
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        query.append_pair("scope", scope);
        drop(query);
        if let Some(Credential::Basic { user, password }) = credential {
            authorization = password.basic(user);
        }
    }
    let (accept, limit, what) = ("application/json", MAX_TOKEN_BYTES, "token");
    Request { url, accept, authorization, form, limit, what, streamed: false }
}

#[cfg(test)]
mod tests;
