//! From a reference to a digest.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::Mutex as AsyncMutex;

use super::ProxyChoice;
use super::answer::{choose, next_page, read_manifest};
use super::credentials::{CredentialFiles, CredentialSource, PullSecret};
use super::error::{RegistryError, RegistryErrorKind as Kind};
use super::mirrors::{MirrorFiles, endpoints};
use super::session::{Failed, Got, Sessions, Wanted};
use super::transport::TimeLimits;
use super::{MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES, MAX_TAG_PAGE_BYTES, MAX_TAG_PAGES};
use crate::core::image::{
    Content, Descriptor, Digest, Endpoint, ImageConfig, ImageRef, Manifest, ManifestError, MediaType,
    Platform,
};
use crate::io::environment::Environment;

/// Where Docker Hub answers the registry protocol.
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";
/// `Accept` of a manifest.
static MANIFEST_TYPES: LazyLock<String> = LazyLock::new(|| MediaType::ALL.map(MediaType::as_str).join(", "));

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
    /// Files that name mirrors.
    pub mirrors: MirrorFiles,
    /// Directories that hold, for a host, a directory of that name with `*.crt` files of authorities to trust there.
    pub certificates: Vec<PathBuf>,
    /// Proxies.
    pub proxies: ProxyChoice,
    /// Time limits.
    pub limits: TimeLimits,
}

impl RegistryOptions {
    /// What a user of this machine has configured for Docker, podman and containerd.
    pub fn of(environment: &Environment) -> RegistryOptions {
        RegistryOptions {
            credentials: CredentialFiles::of(environment),
            mirrors: MirrorFiles::of(environment),
            certificates: certificate_folders(environment),
            ..RegistryOptions::default()
        }
    }
}

/// The `certs.d` directories of Docker and podman (docs.docker.com "Verify repository client with certificates",
/// containers-certs.d.5).
fn certificate_folders(environment: &Environment) -> Vec<PathBuf> {
    let own = [".config/containers/certs.d", ".config/docker/certs.d"];
    let own = environment.home().into_iter().flat_map(|home| own.map(|folder| home.join(folder)));
    own.chain(["/etc/containers/certs.d", "/etc/docker/certs.d"].map(PathBuf::from)).collect()
}

/// A client of registries. Clones share connections, tokens and answers; a dropped future stops its request.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    sessions: Sessions,
    answers: Mutex<Answers>,
}

/// Answers by canonical reference.
type Answers = HashMap<String, Arc<AsyncMutex<Option<Arc<Answered>>>>>;

pub(super) struct Answered {
    pub(super) resolved: Resolved,
    manifest: Manifest,
    /// Where it was found, and so where its blobs are.
    pub(super) endpoint: Endpoint,
}

/// Most indexes within an index that are looked into.
const MAX_NESTED: usize = 8;

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
    /// Digest of what the reference names: of the index if there is one, else of the image manifest. The hash of
    /// received bytes.
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
    /// Mirrors that were asked before and did not have it, each with what came of it.
    pub passed_over: Vec<String>,
}

impl Resolved {
    /// The reference with its tag and the digest.
    pub fn pinned(&self) -> ImageRef {
        self.image.pin(&self.digest)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Registry")
            .field("options", self.inner.sessions.options())
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// When a request that starts now has to be done, and how long each part of it may take.
    pub(super) fn limits(&self) -> TimeLimits {
        self.inner.sessions.limits()
    }

    /// A client. Nothing is read or sent before the first request.
    pub fn new(options: RegistryOptions) -> Registry {
        Registry { inner: Arc::new(Inner { sessions: Sessions::new(options), answers: Mutex::default() }) }
    }

    /// What a reference means now. With a platform, that platform has to be there.
    ///
    /// The same reference is asked for once, however many callers want it at the same time. Mirrors come before the
    /// registry; one that fails, in whatever way, is passed over.
    ///
    /// # Errors
    /// See [`RegistryErrorKind`](super::RegistryErrorKind); nothing is remembered of a failure.
    pub async fn resolve(
        &self,
        image: &ImageRef,
        platform: Option<&Platform>,
    ) -> Result<Resolved, RegistryError> {
        let answered = self.manifest(image).await?;
        let mut resolved = answered.resolved.clone();
        resolved.image = image.clone();
        resolved.platform_digest = match (platform, &answered.manifest.content) {
            (None, Content::Image { .. }) => Some(resolved.digest.clone()),
            (None, Content::Index(_)) => None,
            (Some(platform), Content::Image { .. }) => {
                self.check_platform(image, &answered.endpoint, platform).await?;
                Some(resolved.digest.clone())
            }
            (Some(platform), Content::Index(_)) => Some(self.chosen(image, &answered, platform).await?),
        };
        Ok(resolved)
    }

    /// What an image of one platform was built for stands in its configuration alone.
    async fn check_platform(
        &self,
        image: &ImageRef,
        endpoint: &Endpoint,
        platform: &Platform,
    ) -> Result<(), RegistryError> {
        let built_for = self.config(image, platform).await?.platform;
        match built_for {
            Some(built_for) if !platform.accepts(&built_for) => {
                let available = vec![built_for.to_string()];
                let kind = Kind::Platform { wanted: platform.clone(), available };
                Err(failed(image, endpoint, kind))
            }
            // One that says nothing is what it is taken for.
            _ => Ok(()),
        }
    }

    /// Digest of the image of a platform: of an image its own, else that in the index, or in an index that this lists (the
    /// specification allows that).
    async fn chosen(
        &self,
        image: &ImageRef,
        answered: &Answered,
        platform: &Platform,
    ) -> Result<Digest, RegistryError> {
        let Content::Index(listed) = &answered.manifest.content else {
            return Ok(answered.resolved.digest.clone());
        };
        let mut all = listed.clone();
        if let Ok(chosen) = choose(platform, listed) {
            return Ok(chosen.digest.clone());
        }
        for index in listed.iter().filter(|descriptor| descriptor.is_index()).take(MAX_NESTED) {
            let nested = self.manifest(&image.unpinned().pin(&index.digest)).await?;
            let Content::Index(listed) = &nested.manifest.content else { continue };
            if let Ok(chosen) = choose(platform, listed) {
                return Ok(chosen.digest.clone());
            }
            // For the message, which tells what there is.
            all.extend(listed.iter().cloned());
        }
        choose(platform, &all)
            .map(|chosen| chosen.digest.clone())
            .map_err(|kind| failed(image, &answered.endpoint, kind))
    }

    /// The configuration of an image, for its build time, revision and labels: one or two more requests.
    ///
    /// # Errors
    /// As [`Registry::resolve`]; also when the content does not have its promised digest.
    pub async fn config(&self, image: &ImageRef, platform: &Platform) -> Result<ImageConfig, RegistryError> {
        let (answered, config, _) = self.image_manifest(image, platform).await?;
        let body = self.blob(image, &answered.endpoint, &config).await?;
        ImageConfig::parse(&body).map_err(|error| failed(image, &answered.endpoint, Kind::Manifest(error)))
    }

    /// The manifest of an image for a platform, with its configuration and layers.
    pub(super) async fn image_manifest(
        &self,
        image: &ImageRef,
        platform: &Platform,
    ) -> Result<(Arc<Answered>, Descriptor, Vec<Descriptor>), RegistryError> {
        let mut answered = self.manifest(image).await?;
        if matches!(answered.manifest.content, Content::Index(_)) {
            let digest = self.chosen(image, &answered, platform).await?;
            answered = self.manifest(&image.unpinned().pin(&digest)).await?;
        }
        let Content::Image { config, layers } = &answered.manifest.content else {
            let error = ManifestError::Contradiction("an index where an image was expected".to_owned());
            return Err(failed(image, &answered.endpoint, Kind::Manifest(error)));
        };
        let (config, layers) = (config.clone(), layers.clone());
        Ok((answered, config, layers))
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
        // A mirror holds what was pulled through it, not all that there is.
        let endpoint = self.endpoints(image).await?.pop().unwrap_or_else(|| Endpoint::of(image));
        let deadline = self.inner.sessions.deadline();
        let mut tags = Vec::new();
        let mut next = Some("tags/list?n=1000".to_owned());
        for _ in 0..MAX_TAG_PAGES {
            let Some(path) = next.take() else { break };
            let (accept, limit) = ("application/json", MAX_TAG_PAGE_BYTES);
            let wanted =
                Wanted { path: &path, accept, limit, body: "tags", what: "tag list", streamed: false };
            let Got { answer, .. } = self.get(image, &endpoint, &wanted, deadline).await?;
            let page: Page = serde_json::from_slice(&answer.body).map_err(|_| {
                let detail = "the tag list is not the JSON of the protocol".to_owned();
                let (host, status) = (endpoint.host.clone(), answer.status.as_u16());
                failed(image, &endpoint, Kind::Status { host, status, detail })
            })?;
            tags.extend(page.tags.unwrap_or_default());
            next = next_page(&answer, &endpoint);
        }
        Ok(tags)
    }

    /// A small blob, checked against its digest.
    pub(super) async fn blob(
        &self,
        image: &ImageRef,
        endpoint: &Endpoint,
        descriptor: &Descriptor,
    ) -> Result<Vec<u8>, RegistryError> {
        let path = format!("blobs/{}", descriptor.digest);
        let (accept, limit, body) = ("*/*", MAX_CONFIG_BYTES, "configuration");
        let what = "configuration of the image";
        let wanted = Wanted { path: &path, accept, limit, body, what, streamed: false };
        let Got { answer, .. } = self.get(image, endpoint, &wanted, self.inner.sessions.deadline()).await?;
        let received = descriptor.digest.same_algorithm(&answer.body);
        if received != descriptor.digest {
            let (host, promised) = (endpoint.host.clone(), descriptor.digest.to_string());
            return Err(failed(
                image,
                endpoint,
                Kind::WrongDigest { host, received, promised, by: "the manifest" },
            ));
        }
        Ok(answer.body)
    }

    async fn manifest(&self, image: &ImageRef) -> Result<Arc<Answered>, RegistryError> {
        let slot = {
            let mut answers = self.inner.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(image.canonical()).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(answered) = slot.as_ref() {
            return Ok(Arc::clone(answered));
        }
        let answered = Arc::new(self.fetch_manifest(image).await?);
        *slot = Some(Arc::clone(&answered));
        Ok(answered)
    }

    async fn endpoints(&self, image: &ImageRef) -> Result<Vec<Endpoint>, RegistryError> {
        let endpoints = endpoints(image, &self.inner.sessions.options().mirrors).await;
        let mut endpoints = endpoints.map_err(|kind| failed(image, &Endpoint::of(image), kind))?;
        for endpoint in endpoints.iter_mut().filter(|endpoint| is_docker_hub(&endpoint.host)) {
            DOCKER_HUB_HOST.clone_into(&mut endpoint.host);
        }
        Ok(endpoints)
    }

    async fn fetch_manifest(&self, image: &ImageRef) -> Result<Answered, RegistryError> {
        let mut passed_over = Vec::new();
        let deadline = self.inner.sessions.deadline();
        for endpoint in self.endpoints(image).await? {
            match self.fetch_manifest_from(image, &endpoint, deadline).await {
                Ok(mut answered) => {
                    answered.resolved.passed_over = passed_over;
                    return Ok(answered);
                }
                Err(error) if endpoint.is_mirror => {
                    passed_over.push(format!("mirror {}: {error}", endpoint.host))
                }
                Err(error) => return Err(RegistryError { passed_over, ..error }),
            }
        }
        // The last endpoint is never a mirror, so this is only reached when there is none at all.
        let endpoint = Endpoint::of(image);
        self.fetch_manifest_from(image, &endpoint, deadline).await
    }

    async fn fetch_manifest_from(
        &self,
        image: &ImageRef,
        endpoint: &Endpoint,
        deadline: std::time::Instant,
    ) -> Result<Answered, RegistryError> {
        let (reference, what) = match (image.digest(), image.effective_tag()) {
            (Some(digest), _) => (digest.as_str(), format!("digest {digest}")),
            (None, tag) => {
                let tag = tag.unwrap_or("latest");
                (tag, format!("tag {tag}"))
            }
        };
        let path = format!("manifests/{reference}");
        let (accept, limit) = (MANIFEST_TYPES.as_str(), MAX_MANIFEST_BYTES);
        let wanted = Wanted { path: &path, accept, limit, body: "manifest", what: &what, streamed: false };
        let Got { answer, credentials } = self.get(image, endpoint, &wanted, deadline).await?;
        let (digest, manifest) =
            read_manifest(image, &endpoint.host, &answer).map_err(|kind| failed(image, endpoint, kind))?;
        let platform = |descriptor: &Descriptor| {
            let platform = descriptor.platform.clone()?;
            Some(PlatformDigest { platform, digest: descriptor.digest.clone(), size: descriptor.size })
        };
        let resolved = Resolved {
            image: image.clone(),
            digest,
            media_type: manifest.media_type,
            size: answer.body.len() as u64,
            platforms: manifest.platforms().iter().filter_map(platform).collect(),
            platform_digest: None,
            created: manifest.created.clone(),
            revision: manifest.revision.clone(),
            host: endpoint.host.clone(),
            credentials,
            passed_over: Vec::new(),
        };
        Ok(Answered { resolved, manifest, endpoint: endpoint.clone() })
    }

    pub(super) async fn get(
        &self,
        image: &ImageRef,
        endpoint: &Endpoint,
        wanted: &Wanted<'_>,
        deadline: std::time::Instant,
    ) -> Result<Got, RegistryError> {
        let got = self.inner.sessions.get(endpoint, wanted, deadline).await;
        got.map_err(|Failed { kind, credential_problems }| RegistryError {
            credential_problems,
            ..failed(image, endpoint, kind)
        })
    }
}

pub(super) fn failed(image: &ImageRef, endpoint: &Endpoint, kind: Kind) -> RegistryError {
    RegistryError {
        image: image.to_string(),
        host: endpoint.host.clone(),
        kind: Box::new(kind),
        credential_problems: Vec::new(),
        passed_over: Vec::new(),
    }
}
