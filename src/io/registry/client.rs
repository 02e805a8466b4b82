//! From a reference to a digest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::HeaderValue;
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex as AsyncMutex;

use super::auth::{Challenge, authorize};
use super::credentials::{CredentialFiles, CredentialSource, Found, PullSecret, find};
use super::error::{RegistryError, RegistryErrorKind as Kind};
use super::transport::{Answer, ProxyChoice, Request, TimeLimits, Transport, retry_after};
use super::{MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES, MAX_TAG_PAGE_BYTES, MAX_TAG_PAGES};
use crate::core::image::{Content, Descriptor, Digest, ImageConfig, ImageRef, Manifest, MediaType, Platform};

/// Where Docker Hub answers the registry protocol.
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";
/// `Accept` of a manifest, all of [`MediaType::ALL`].
const MANIFEST_TYPES: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// Whether a host is Docker Hub under one of its names.
pub(super) fn is_docker_hub(host: &str) -> bool {
    matches!(host, "docker.io" | "index.docker.io" | DOCKER_HUB_HOST)
}

/// How a [`Registry`] works.
#[derive(Debug, Clone, Default)]
pub struct RegistryOptions {
    /// Hosts, with their port, that are asked over plain http besides those of this machine.
    pub plain_http: Vec<String>,
    /// Files of credentials.
    pub credentials: CredentialFiles,
    /// Pull secrets of a cluster, asked after the files.
    pub pull_secrets: Vec<PullSecret>,
    /// Proxies.
    pub proxies: ProxyChoice,
    /// Time limits.
    pub limits: TimeLimits,
}

impl RegistryOptions {
    /// What a user of this machine has configured for Docker and podman.
    pub fn from_environment() -> RegistryOptions {
        RegistryOptions { credentials: CredentialFiles::from_environment(), ..RegistryOptions::default() }
    }
}

/// A client of registries. Clones share connections, tokens and answers; a dropped future stops its request.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    options: RegistryOptions,
    transport: Transport,
    /// One lock for each repository, so that many tags of it ask for one token.
    sessions: Mutex<Sessions>,
    /// Challenges by host: a second repository needs no first request to learn the realm.
    challenges: Mutex<HashMap<String, Challenge>>,
    /// Answers by reference.
    resolved: Mutex<Answers>,
}

type Answered = Arc<(Resolved, Manifest)>;
/// By canonical reference.
type Answers = HashMap<String, Arc<AsyncMutex<Option<Answered>>>>;
/// By host and repository.
type Sessions = HashMap<(String, String), Arc<AsyncMutex<Session>>>;

/// What is known about getting into one repository.
#[derive(Default)]
struct Session {
    known: bool,
    authorization: Option<HeaderValue>,
    found: Option<Found>,
}

/// One platform of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformDigest {
    /// The platform.
    pub platform: Platform,
    /// Digest of its manifest.
    pub digest: Digest,
    /// Size of its manifest in bytes.
    pub size: u64,
}

/// What a reference means at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The reference as asked for.
    pub image: ImageRef,
    /// Digest of what the reference names: of the index if there is one, else of the image manifest. The hash of received bytes.
    pub digest: Digest,
    /// What it names.
    pub media_type: MediaType,
    /// Size of that manifest in bytes.
    pub size: u64,
    /// The platforms of an index, in its order; empty for an image of one platform.
    pub platforms: Vec<PlatformDigest>,
    /// Digest of the manifest for the platform asked for; for an image of one platform its own.
    pub platform_digest: Option<Digest>,
    /// Time of the build, when an annotation of the manifest tells; RFC 3339 as written.
    pub created: Option<String>,
    /// Commit of the source, when an annotation of the manifest tells.
    pub revision: Option<String>,
    /// Host that answered.
    pub host: String,
    /// Credentials that were used.
    pub credentials: CredentialSource,
}

impl Resolved {
    /// The reference with its tag and the digest.
    pub fn pinned(&self) -> ImageRef {
        self.image.pin(&self.digest)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

impl Registry {
    /// A client. Nothing is read or sent before the first request.
    pub fn new(options: RegistryOptions) -> Registry {
        let transport = Transport::new(options.limits, options.proxies, &options.plain_http);
        Registry {
            inner: Arc::new(Inner {
                options,
                transport,
                sessions: Mutex::default(),
                challenges: Mutex::default(),
                resolved: Mutex::default(),
            }),
        }
    }

    /// What a reference means now. With a platform, that platform has to be there.
    ///
    /// The same reference is asked for once, however many callers want it at the same time.
    ///
    /// # Errors
    /// See [`RegistryErrorKind`](super::RegistryErrorKind); nothing is remembered of a failure.
    pub async fn resolve(
        &self,
        image: &ImageRef,
        platform: Option<&Platform>,
    ) -> Result<Resolved, RegistryError> {
        let answered = self.manifest(image).await?;
        let (mut resolved, manifest) = (answered.0.clone(), &answered.1);
        resolved.image = image.clone();
        resolved.platform_digest = match (platform, &manifest.content) {
            (_, Content::Image { .. }) => Some(resolved.digest.clone()),
            (None, Content::Index(_)) => None,
            (Some(platform), Content::Index(listed)) => {
                let descriptor = choose(platform, listed);
                Some(descriptor.map_err(|kind| self.error(image, &resolved.host, kind))?.digest.clone())
            }
        };
        Ok(resolved)
    }

    /// The configuration of an image, for its build time, revision and labels: one or two more requests.
    ///
    /// # Errors
    /// As [`Registry::resolve`]; also when the content does not have its promised digest.
    pub async fn config(&self, image: &ImageRef, platform: &Platform) -> Result<ImageConfig, RegistryError> {
        let answered = self.manifest(image).await?;
        let host = answered.0.host.clone();
        let config = match &answered.1.content {
            Content::Image { config, .. } => config.clone(),
            Content::Index(listed) => {
                let chosen = choose(platform, listed).map_err(|kind| self.error(image, &host, kind))?;
                let single = self.manifest(&image.unpinned().pin(&chosen.digest)).await?;
                match &single.1.content {
                    Content::Image { config, .. } => config.clone(),
                    Content::Index(_) => {
                        let detail = "an index stands where an image was promised".to_owned();
                        let kind = Kind::Manifest(crate::core::image::ManifestError::Contradiction(detail));
                        return Err(self.error(image, &host, kind));
                    }
                }
            }
        };
        let body = self.blob(image, &config).await?;
        ImageConfig::parse(&body).map_err(|error| self.error(image, &host, Kind::Manifest(error)))
    }

    /// All tags of an image's repository, in the registry's order.
    ///
    /// # Errors
    /// As [`Registry::resolve`]. A list longer than [`MAX_TAG_PAGES`] pages is cut there.
    pub async fn tags(&self, image: &ImageRef) -> Result<Vec<String>, RegistryError> {
        #[derive(Deserialize)]
        struct Page {
            tags: Option<Vec<String>>,
        }
        let host = api_host(image);
        let deadline = self.inner.transport.deadline();
        let mut tags = Vec::new();
        let mut next = Some(format!("v2/{}/tags/list?n=1000", image.repository()));
        for _ in 0..MAX_TAG_PAGES {
            let Some(path) = next.take() else { break };
            let answer =
                self.get(image, &path, "application/json", MAX_TAG_PAGE_BYTES, "tags", deadline).await?;
            let page: Page = serde_json::from_slice(&answer.body).map_err(|_| {
                let detail = "the tag list is not the JSON of the protocol".to_owned();
                self.error(
                    image,
                    &host,
                    Kind::Status { host: host.clone(), status: answer.status.as_u16(), detail },
                )
            })?;
            tags.extend(page.tags.unwrap_or_default());
            next = next_page(&answer, image.repository());
        }
        Ok(tags)
    }

    /// A small blob, checked against its digest.
    async fn blob(&self, image: &ImageRef, descriptor: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        let deadline = self.inner.transport.deadline();
        let path = format!("v2/{}/blobs/{}", image.repository(), descriptor.digest);
        let answer = self.get(image, &path, "*/*", MAX_CONFIG_BYTES, "configuration", deadline).await?;
        let received = descriptor.digest.same_algorithm(&answer.body);
        if received != descriptor.digest {
            let (host, promised) = (api_host(image), descriptor.digest.to_string());
            let kind = Kind::WrongDigest { host: host.clone(), received, promised, by: "the manifest" };
            return Err(self.error(image, &host, kind));
        }
        Ok(answer.body)
    }

    async fn manifest(&self, image: &ImageRef) -> Result<Answered, RegistryError> {
        let slot = {
            let mut resolved = self.inner.resolved.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(resolved.entry(image.canonical()).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(answered) = slot.as_ref() {
            return Ok(Arc::clone(answered));
        }
        let answered = Arc::new(self.fetch_manifest(image).await?);
        *slot = Some(Arc::clone(&answered));
        Ok(answered)
    }

    async fn fetch_manifest(&self, image: &ImageRef) -> Result<(Resolved, Manifest), RegistryError> {
        let host = api_host(image);
        let deadline = self.inner.transport.deadline();
        let reference = image.digest().map(Digest::as_str).or(image.effective_tag()).unwrap_or("latest");
        let path = format!("v2/{}/manifests/{reference}", image.repository());
        let answer = self.get(image, &path, MANIFEST_TYPES, MAX_MANIFEST_BYTES, "manifest", deadline).await?;
        let (digest, manifest) =
            read_manifest(image, &host, &answer).map_err(|kind| self.error(image, &host, kind))?;
        let platform = |descriptor: &Descriptor| {
            let platform = descriptor.platform.clone()?;
            Some(PlatformDigest { platform, digest: descriptor.digest.clone(), size: descriptor.size })
        };
        let session = self.session(&host, image);
        let source = session.lock().await.found.as_ref().map(|found| found.source.clone());
        let resolved = Resolved {
            image: image.clone(),
            digest,
            media_type: manifest.media_type,
            size: answer.body.len() as u64,
            platforms: manifest.platforms().iter().filter_map(platform).collect(),
            platform_digest: None,
            created: manifest.created.clone(),
            revision: manifest.revision.clone(),
            host,
            credentials: source.unwrap_or(CredentialSource::Anonymous),
        };
        Ok((resolved, manifest))
    }

    fn session(&self, host: &str, image: &ImageRef) -> Arc<AsyncMutex<Session>> {
        let mut sessions = self.inner.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sessions.entry((host.to_owned(), image.repository().to_owned())).or_default())
    }

    /// A GET below `/`, with whatever login the registry wants.
    async fn get(
        &self,
        image: &ImageRef,
        path: &str,
        accept: &'static str,
        limit: usize,
        what: &'static str,
        deadline: Instant,
    ) -> Result<Answer, RegistryError> {
        let host = api_host(image);
        let session = self.session(&host, image);
        let request = |authorization| {
            let url = format!("{}://{host}/{path}", self.inner.transport.scheme(&host));
            Url::parse(&url)
                .map(|url| Request { url, accept, authorization, form: None, limit, what })
                .map_err(|error| Kind::Connection { host: host.clone(), detail: error.to_string() })
        };
        let mut problems = Vec::new();
        let result = self.attempt(image, &host, &session, &request, &mut problems, deadline).await;
        let result = result
            .and_then(|(answer, used)| check_status(image, &host, path, &answer, &used).map(|()| answer));
        result
            .map_err(|kind| RegistryError { credential_problems: problems, ..self.error(image, &host, kind) })
    }

    /// Sends a request: with the login that is known, else learning what is wanted from the first answer.
    async fn attempt(
        &self,
        image: &ImageRef,
        host: &str,
        session: &AsyncMutex<Session>,
        request: &impl Fn(Option<HeaderValue>) -> Result<Request, Kind>,
        problems: &mut Vec<String>,
        deadline: Instant,
    ) -> Result<(Answer, CredentialSource), Kind> {
        let mut guard = session.lock().await;
        let mut known = guard.known;
        let mut authorization = guard.authorization.clone();
        if !known && let Some(challenge) = self.challenge_of(host) {
            authorization = self.log_in(image, host, &challenge, &mut guard, problems, deadline).await?;
            known = true;
        }
        let source = |session: &Session| {
            session.found.as_ref().map_or(CredentialSource::Anonymous, |found| found.source.clone())
        };
        if known {
            let used = source(&guard);
            drop(guard);
            let answer = self.send(host, request, authorization.clone(), deadline).await?;
            if answer.status.as_u16() != 401 || !answer.same_origin {
                return Ok((answer, used));
            }
            // An expired token, or a guess about the realm that was wrong: once more by the book.
            guard = session.lock().await;
            if guard.known && guard.authorization != authorization {
                let (authorization, used) = (guard.authorization.clone(), source(&guard));
                drop(guard);
                return Ok((self.send(host, request, authorization, deadline).await?, used));
            }
        }
        // The lock is held, so that others with the same repository wait for what this request learns.
        let answer = self.send(host, request, None, deadline).await?;
        let challenge = Challenge::from_headers(&answer.headers).filter(|_| answer.same_origin);
        let (401, Some(challenge)) = (answer.status.as_u16(), challenge) else {
            guard.known = answer.status.as_u16() != 401;
            guard.authorization = None;
            return Ok((answer, source(&guard)));
        };
        let authorization = self.log_in(image, host, &challenge, &mut guard, problems, deadline).await?;
        let used = source(&guard);
        self.inner
            .challenges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(host.to_owned(), challenge);
        drop(guard);
        if authorization.is_none() {
            return Ok((answer, used));
        }
        Ok((self.send(host, request, authorization, deadline).await?, used))
    }

    /// The challenge to expect, with the scope of another repository left out.
    fn challenge_of(&self, host: &str) -> Option<Challenge> {
        let challenges = self.inner.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        match challenges.get(host).cloned().or_else(|| Challenge::known(host))? {
            Challenge::Bearer { realm, service, .. } => {
                Some(Challenge::Bearer { realm, service, scope: None })
            }
            Challenge::Basic => Some(Challenge::Basic),
        }
    }

    async fn log_in(
        &self,
        image: &ImageRef,
        host: &str,
        challenge: &Challenge,
        session: &mut Session,
        problems: &mut Vec<String>,
        deadline: Instant,
    ) -> Result<Option<HeaderValue>, Kind> {
        let options = &self.inner.options;
        let found = match &session.found {
            Some(found) => found.clone(),
            None => find(image, &options.credentials, &options.pull_secrets).await,
        };
        problems.clone_from(&found.problems);
        let authorization =
            authorize(&self.inner.transport, challenge, host, image.repository(), &found, deadline).await?;
        *session = Session { known: true, authorization: authorization.clone(), found: Some(found) };
        Ok(authorization)
    }

    /// Sends a request; a registry of this machine that turns out to speak TLS is asked again over https.
    async fn send(
        &self,
        host: &str,
        request: &impl Fn(Option<HeaderValue>) -> Result<Request, Kind>,
        authorization: Option<HeaderValue>,
        deadline: Instant,
    ) -> Result<Answer, Kind> {
        let transport = &self.inner.transport;
        let first = transport.send(&request(authorization.clone())?, deadline).await;
        if transport.scheme(host) == "http" && wants_tls(&first) {
            transport.use_tls(host);
            let second = transport.send(&request(authorization)?, deadline).await;
            return second;
        }
        first
    }

    fn error(&self, image: &ImageRef, host: &str, kind: Kind) -> RegistryError {
        RegistryError {
            image: image.to_string(),
            host: host.to_owned(),
            kind: Box::new(kind),
            credential_problems: Vec::new(),
        }
    }
}

/// Go's servers answer plain http on a TLS port with 400 and a sentence; others send a TLS alert, which is no HTTP.
fn wants_tls(result: &Result<Answer, Kind>) -> bool {
    match result {
        Ok(answer) => {
            answer.status.as_u16() == 400 && answer.body.windows(5).any(|window| window == b"HTTPS")
        }
        Err(Kind::Connection { detail, .. }) => detail.contains("HTTP version"),
        Err(_) => false,
    }
}

/// The host that answers for a registry.
fn api_host(image: &ImageRef) -> String {
    if is_docker_hub(image.registry()) { DOCKER_HUB_HOST.to_owned() } else { image.registry().to_owned() }
}

fn choose<'a>(platform: &Platform, listed: &'a [Descriptor]) -> Result<&'a Descriptor, Kind> {
    let fits = |descriptor: &&Descriptor| {
        descriptor.platform.as_ref().is_some_and(|listed| platform.accepts(listed))
    };
    listed.iter().find(fits).ok_or_else(|| Kind::Platform {
        wanted: platform.clone(),
        available: listed.iter().filter_map(|listed| Some(listed.platform.as_ref()?.to_string())).collect(),
    })
}

fn read_manifest(image: &ImageRef, host: &str, answer: &Answer) -> Result<(Digest, Manifest), Kind> {
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

/// Turns a status that is no success into an error.
fn check_status(
    image: &ImageRef,
    host: &str,
    path: &str,
    answer: &Answer,
    used: &CredentialSource,
) -> Result<(), Kind> {
    let (host, repository) = (host.to_owned(), image.repository().to_owned());
    let code = error_code(&answer.body);
    Err(match answer.status.as_u16() {
        200..=299 => return Ok(()),
        401 => Kind::Unauthorized { host, repository, used: used.to_string() },
        403 => Kind::Forbidden { host, repository, used: used.to_string() },
        404 if code == "NAME_UNKNOWN" => Kind::RepositoryNotFound { host, repository },
        404 => {
            let reference = match (image.digest(), image.effective_tag(), path.contains("/manifests/")) {
                (Some(digest), _, true) => format!("digest {digest}"),
                (None, Some(tag), true) => format!("tag {tag}"),
                _ => "such content".to_owned(),
            };
            Kind::NotFound { host, repository, reference }
        }
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

/// The next page of a tag list, from `Link: <...>; rel="next"`; only on the same repository.
fn next_page(answer: &Answer, repository: &str) -> Option<String> {
    let link = answer.headers.get(http::header::LINK)?.to_str().ok()?;
    let target = link.trim().strip_prefix('<')?.split_once('>')?.0;
    let base = Url::parse("http://registry.invalid/").ok()?;
    let url = base.join(target).ok()?;
    let path = url.path().strip_prefix('/')?;
    (path == format!("v2/{repository}/tags/list"))
        .then(|| format!("{path}?{}", url.query().unwrap_or_default()))
}
