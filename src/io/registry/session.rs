//! Getting into a repository: which login it wants is learned once, and one token serves all that is asked of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::HeaderValue;
use reqwest::Url;
use tokio::sync::Mutex as AsyncMutex;

use super::answer::check_status;
use super::auth::{Challenge, authorize};
use super::client::RegistryOptions;
use super::credentials::{CredentialSource, Found, find};
use super::error::RegistryErrorKind as Kind;
use super::transport::{Answer, Request, TimeLimits, Transport};
use crate::core::image::Endpoint;

/// Something to GET below a repository.
pub(super) struct Wanted<'a> {
    /// Path below the repository, for example `manifests/latest`.
    pub(super) path: &'a str,
    pub(super) accept: &'static str,
    /// Largest body in bytes.
    pub(super) limit: usize,
    /// What the body is called when it is too large.
    pub(super) body: &'static str,
    /// What is missing after a 404, for example `tag latest`.
    pub(super) what: &'a str,
    /// Whether the body of a good answer is left to be read by the caller.
    pub(super) streamed: bool,
}

/// What came of a request.
pub(super) struct Got {
    pub(super) answer: Answer,
    pub(super) credentials: CredentialSource,
}

/// A request that failed, with the sources of credentials that could not be read.
pub(super) struct Failed {
    pub(super) kind: Kind,
    pub(super) credential_problems: Vec<String>,
}

/// By host and repository.
type ByRepository = HashMap<(String, String), Arc<AsyncMutex<Session>>>;

/// The logins of one client.
pub(super) struct Sessions {
    options: RegistryOptions,
    transport: Transport,
    /// One lock for each repository, so that many tags of it ask for one token.
    sessions: Mutex<ByRepository>,
    /// Challenges by host: a second repository needs no first request to learn the realm.
    challenges: Mutex<HashMap<String, Challenge>>,
}

/// What is known about getting into one repository.
#[derive(Default)]
struct Session {
    /// Whether the registry has answered, so that `authorization` is what it wants.
    known: bool,
    authorization: Option<HeaderValue>,
    found: Option<Found>,
}

impl Session {
    fn source(&self) -> CredentialSource {
        self.found.as_ref().map_or(CredentialSource::Anonymous, |found| found.source.clone())
    }
}

impl Sessions {
    pub(super) fn new(options: RegistryOptions) -> Sessions {
        let transport = Transport::new(&options);
        Sessions { options, transport, sessions: Mutex::default(), challenges: Mutex::default() }
    }

    pub(super) fn options(&self) -> &RegistryOptions {
        &self.options
    }

    /// The time limits.
    pub(super) fn limits(&self) -> TimeLimits {
        self.transport.limits()
    }

    /// When a request that starts now has to be done.
    pub(super) fn deadline(&self) -> Instant {
        self.transport.deadline()
    }

    /// A GET below a repository, with whatever login the registry wants.
    pub(super) async fn get(
        &self,
        endpoint: &Endpoint,
        wanted: &Wanted<'_>,
        deadline: Instant,
    ) -> Result<Got, Failed> {
        let mut credential_problems = Vec::new();
        self.transport.hosts().trust(&endpoint.host, &endpoint.trust);
        let result = self.attempt(endpoint, wanted, &mut credential_problems, deadline).await;
        let result = result.and_then(|got| {
            check_status(endpoint, wanted.what, &got.answer, &got.credentials)?;
            Ok(got)
        });
        result.map_err(|kind| Failed { kind, credential_problems })
    }

    /// Sends a request: with the login that is known, else learning what is wanted from the first answer.
    async fn attempt(
        &self,
        endpoint: &Endpoint,
        wanted: &Wanted<'_>,
        problems: &mut Vec<String>,
        deadline: Instant,
    ) -> Result<Got, Kind> {
        let session = self.session(endpoint);
        let mut guard = session.lock().await;
        if !guard.known
            && let Some(challenge) = self.challenge_of(&endpoint.host)
        {
            self.log_in(endpoint, &challenge, &mut guard, problems, deadline).await?;
        }
        if guard.known {
            let (authorization, credentials) = (guard.authorization.clone(), guard.source());
            drop(guard);
            let answer = self.send(endpoint, wanted, authorization.clone(), deadline).await?;
            if answer.status.as_u16() != 401 || !answer.same_origin {
                return Ok(Got { answer, credentials });
            }
            guard = session.lock().await;
            if guard.authorization != authorization {
                // Another request has renewed the login in the meantime.
                let (authorization, credentials) = (guard.authorization.clone(), guard.source());
                drop(guard);
                let answer = self.send(endpoint, wanted, authorization, deadline).await?;
                return Ok(Got { answer, credentials });
            }
            // An expired token, or a guess about the realm that was wrong: once more by the book.
        }
        // The lock is held, so that others with the same repository wait for what this request learns.
        let answer = self.send(endpoint, wanted, None, deadline).await?;
        let challenge = Challenge::from_headers(&answer.headers).filter(|_| answer.same_origin);
        let (401, Some(challenge)) = (answer.status.as_u16(), challenge) else {
            guard.known = answer.status.as_u16() != 401;
            guard.authorization = None;
            return Ok(Got { answer, credentials: guard.source() });
        };
        self.log_in(endpoint, &challenge, &mut guard, problems, deadline).await?;
        let (authorization, credentials) = (guard.authorization.clone(), guard.source());
        self.remember(&endpoint.host, challenge);
        drop(guard);
        if authorization.is_none() {
            return Ok(Got { answer, credentials });
        }
        let answer = self.send(endpoint, wanted, authorization, deadline).await?;
        Ok(Got { answer, credentials })
    }

    fn session(&self, endpoint: &Endpoint) -> Arc<AsyncMutex<Session>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sessions.entry((endpoint.host.clone(), endpoint.repository.clone())).or_default())
    }

    fn remember(&self, host: &str, challenge: Challenge) {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), challenge);
    }

    /// The challenge to expect, with the scope of another repository left out.
    fn challenge_of(&self, host: &str) -> Option<Challenge> {
        let challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        match challenges.get(host).cloned().or_else(|| Challenge::known(host))? {
            Challenge::Bearer { realm, service, .. } => {
                Some(Challenge::Bearer { realm, service, scope: None })
            }
            Challenge::Basic => Some(Challenge::Basic),
        }
    }

    async fn log_in(
        &self,
        endpoint: &Endpoint,
        challenge: &Challenge,
        session: &mut Session,
        problems: &mut Vec<String>,
        deadline: Instant,
    ) -> Result<(), Kind> {
        let found = match &session.found {
            Some(found) => found.clone(),
            None => find(endpoint, &self.options.credentials, &self.options.pull_secrets).await,
        };
        problems.clone_from(&found.problems);
        let authorization = authorize(&self.transport, challenge, endpoint, &found, deadline).await?;
        *session = Session { known: true, authorization, found: Some(found) };
        Ok(())
    }

    /// Sends a request; a host that does not speak what was expected is asked again the other way, where that is
    /// allowed.
    async fn send(
        &self,
        endpoint: &Endpoint,
        wanted: &Wanted<'_>,
        authorization: Option<HeaderValue>,
        deadline: Instant,
    ) -> Result<Answer, Kind> {
        let hosts = self.transport.hosts();
        let spoken = hosts.scheme(&endpoint.host);
        let first =
            self.transport.send(&self.request(endpoint, wanted, authorization.clone())?, deadline).await;
        let other = match spoken {
            "http" if wants_tls(&first) => "https",
            "https" if hosts.may_be_plain(&endpoint.host) && speaks_no_tls(&first) => "http",
            _ => return first,
        };
        if !hosts.turn_to(&endpoint.host, other) {
            return first;
        }
        self.transport.send(&self.request(endpoint, wanted, authorization)?, deadline).await
    }

    fn request(
        &self,
        endpoint: &Endpoint,
        wanted: &Wanted<'_>,
        authorization: Option<HeaderValue>,
    ) -> Result<Request, Kind> {
        let Endpoint { host, base, repository, .. } = endpoint;
        let url =
            format!("{}://{host}/{base}/{repository}/{}", self.transport.hosts().scheme(host), wanted.path);
        let wrong = |_| Kind::Connection { host: host.clone(), detail: format!("`{url}` is not a URL") };
        let mut url = Url::parse(&url).map_err(wrong)?;
        if let Some(namespace) = &endpoint.namespace {
            url.query_pairs_mut().append_pair("ns", namespace);
        }
        let (accept, limit, what) = (wanted.accept, wanted.limit, wanted.body);
        let streamed = wanted.streamed;
        Ok(Request { url, accept, authorization, form: None, limit, what, streamed })
    }
}

/// Go's servers answer plain http on a TLS port with 400 and a sentence; others send a TLS alert, which is not HTTP.
fn wants_tls(result: &Result<Answer, Kind>) -> bool {
    match result {
        Ok(answer) => {
            answer.status.as_u16() == 400 && answer.body.windows(5).any(|window| window == b"HTTPS")
        }
        Err(Kind::Connection { detail, .. }) => detail.contains("HTTP version"),
        Err(_) => false,
    }
}

/// Whether a host that was asked over https has none.
fn speaks_no_tls(result: &Result<Answer, Kind>) -> bool {
    matches!(result, Err(Kind::Tls { .. } | Kind::Refused { .. } | Kind::Connection { .. }))
}
