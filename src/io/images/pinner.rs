//! Where a digest comes from: the lock file if it has the answer, else the registry.

use super::lock_file::LockFile;
use crate::core::image::{Digest, ImageRef, LOCK_FILE, Platform};
use crate::error::{Error, Result};
use crate::io::World;
use crate::io::registry::{PullSecret, Registry, RegistryError, RegistryOptions, Resolved};
use futures::future::join_all;
use std::collections::HashMap;
use std::path::Path;

/// Where the answer for one image came from.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The image has a digest already.
    Typed(Digest),
    /// The lock file.
    Locked(Digest, Vec<Digest>),
    /// The registry.
    Resolved(Box<Resolved>),
}

impl Answer {
    /// Digests of the manifests for single platforms, where they are known.
    pub fn platform_digests(&self) -> Vec<Digest> {
        match self {
            Answer::Typed(_) => Vec::new(),
            Answer::Locked(_, platforms) => platforms.clone(),
            Answer::Resolved(resolved) if resolved.platforms.is_empty() => vec![resolved.digest.clone()],
            Answer::Resolved(resolved) => {
                resolved.platforms.iter().map(|listed| listed.digest.clone()).collect()
            }
        }
    }

    /// The digest.
    pub fn digest(&self) -> &Digest {
        match self {
            Answer::Typed(digest) | Answer::Locked(digest, _) => digest,
            Answer::Resolved(resolved) => &resolved.digest,
        }
    }
}

/// An image without a digest, and why.
struct Failure {
    error: Error,
    /// Whether other credentials could help.
    needs_login: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, needs_login: false }
    }
}

/// Finds digests.
#[derive(Debug)]
pub struct Pinner {
    registry: Registry,
    options: RegistryOptions,
    lock: Option<LockFile>,
    locked: bool,
    platform: Option<Platform>,
    /// Whether the verb could go on with the tag alone.
    tag_may_do: bool,
}

impl Pinner {
    /// A pinner. With `locked` nothing is asked of a registry.
    pub fn new(
        world: &World,
        plain_http: Vec<String>,
        platform: Option<Platform>,
        lock: Option<LockFile>,
        locked: bool,
    ) -> Pinner {
        let options = RegistryOptions { plain_http, ..world.registry_options() };
        let registry = Registry::new(options.clone());
        Pinner { registry, options, lock, locked, platform, tag_may_do: false }
    }

    /// The same for a verb that has `--pin=never`, which failures then name.
    #[must_use]
    pub fn or_tag(self) -> Pinner {
        Pinner { tag_may_do: true, ..self }
    }

    /// The registry client, for what goes beyond a digest.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What the lock file says about an image.
    ///
    /// # Errors
    /// When the locked image is not built for the platform asked for.
    pub fn in_lock(&self, image: &ImageRef) -> Result<Option<Answer>> {
        let Some(LockFile { lock, path, .. }) = &self.lock else { return Ok(None) };
        let Some(entry) = lock.get(image) else { return Ok(None) };
        if let Some(platform) = &self.platform
            && !entry.platforms.is_empty()
            && !entry.platforms.keys().any(|listed| platform.accepts(listed))
        {
            let listed: Vec<String> = entry.platforms.keys().map(ToString::to_string).collect();
            return Err(Error::failure(format!("image {image} is not built for {platform}"))
                .caused_by(format!("{} lists {}", path.display(), listed.join(", ")))
                .hint("choose another --platform"));
        }
        Ok(Some(Answer::Locked(entry.digest.clone(), entry.platforms.values().cloned().collect())))
    }

    /// The platforms that the lock file lists for an image.
    pub fn locked_platforms(&self, image: &ImageRef) -> Vec<Platform> {
        let entry = self.lock.as_ref().and_then(|file| file.lock.get(image));
        entry.map(|entry| entry.platforms.keys().cloned().collect()).unwrap_or_default()
    }

    /// The digests of many images, asked for at the same time; each reference once.
    ///
    /// Where a registry wants a login that this machine does not have, it is asked again with what `secrets` answers; those
    /// come after this machine's credentials, and stay.
    ///
    /// # Errors
    /// The first failure in the order of the images: with `--locked` an image that is not in the lock; else what the
    /// registry could not answer.
    pub async fn pin_all(
        &mut self,
        images: &[ImageRef],
        secrets: impl AsyncFnOnce() -> Vec<PullSecret>,
    ) -> Result<HashMap<String, Answer>> {
        let refused = match self.ask(images).await {
            Err(refused) if refused.needs_login => refused.error,
            answers => return answers.map_err(|failure| failure.error),
        };
        let secrets = secrets().await;
        if secrets.is_empty() {
            return Err(refused);
        }
        self.registry = Registry::new(RegistryOptions { pull_secrets: secrets, ..self.options.clone() });
        self.ask(images).await.map_err(|failure| failure.error)
    }

    async fn ask(&self, images: &[ImageRef]) -> std::result::Result<HashMap<String, Answer>, Failure> {
        let answers = join_all(images.iter().map(|image| self.pin(image))).await;
        let named = images.iter().zip(answers);
        named.map(|(image, answer)| Ok((image.to_string(), answer?))).collect()
    }

    async fn pin(&self, image: &ImageRef) -> std::result::Result<Answer, Failure> {
        if let Some(digest) = image.digest() {
            return Ok(Answer::Typed(digest.clone()));
        }
        if let Some(answer) = self.in_lock(image)? {
            return Ok(answer);
        }
        if self.locked {
            let path = self.lock.as_ref().map_or(Path::new(LOCK_FILE), |file| &file.path);
            return Err(Error::failure(format!("image {image} is not in {}", path.display()))
                .hint(format!("add it with `kubectl airunway pin --lock {} {image}`", path.display()))
                .into());
        }
        let resolved = self.registry.resolve(image, self.platform.as_ref()).await;
        resolved
            .map(|resolved| Answer::Resolved(Box::new(resolved)))
            .map_err(|error| self.failure(image, &error))
    }

    /// What the user is told of a registry that did not answer.
    fn failure(&self, image: &ImageRef, error: &RegistryError) -> Failure {
        let mut failure = Error::failure(format!("cannot pin image {image}"));
        for cause in error.passed_over.iter().chain([&error.to_string()]).chain(&error.credential_problems) {
            failure = failure.caused_by(cause.clone());
        }
        let mut failure = error.hints().into_iter().fold(failure, Error::hint);
        if self.tag_may_do && error.tag_may_do() {
            failure =
                failure.hint("use --pin=never to keep the tag, or --lock FILE with an entry for this image");
        }
        Failure { error: failure, needs_login: error.needs_login() }
    }
}

/// A client for registries with this machine's credentials, and after them the given pull secrets.
pub fn registry(world: &World, plain_http: &[String], pull_secrets: Vec<PullSecret>) -> Registry {
    let plain_http = plain_http.to_vec();
    Registry::new(RegistryOptions { plain_http, pull_secrets, ..world.registry_options() })
}
