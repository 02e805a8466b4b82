//! Where a digest comes from: the lock file if it has the answer, else the registry.

use crate::core::image::{Digest, ImageRef, LOCK_FILE, Lock, Platform};
use crate::error::{Error, Result};
use crate::io::World;
use crate::io::files::{self, Source};
use crate::io::registry::{PullSecret, Registry, RegistryError, RegistryOptions, Resolved};
use futures::future::join_all;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A lock file that has been read.
#[derive(Debug, Clone)]
pub struct LockFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub lock: Lock,
}

impl LockFile {
    /// Reads the file at `path`; without one `airunway.lock` of the working folder. `None` when there is no file.
    ///
    /// # Errors
    /// A file that cannot be read or is no lock file.
    pub fn find(path: Option<&Path>) -> Result<Option<LockFile>> {
        let path = path.unwrap_or(Path::new(LOCK_FILE));
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&Source::File(path.to_owned()))?;
        let lock = Lock::parse(&bytes).map_err(|error| {
            Error::failure(format!("{}: {error}", path.display())).hint(format!(
                "remove the file and write it anew with `kubectl airunway pin --lock {} IMAGE`",
                path.display()
            ))
        })?;
        Ok(Some(LockFile { path: path.to_owned(), lock }))
    }

    /// As [`LockFile::find`]; a file that was named has to be there.
    ///
    /// # Errors
    /// As [`LockFile::find`], and a file that is named and absent.
    pub fn for_reading(path: Option<&Path>) -> Result<Option<LockFile>> {
        let found = LockFile::find(path)?;
        match (path, found) {
            (Some(path), None) => Err(absent(path)),
            (_, found) => Ok(found),
        }
    }
}

/// The error for a lock file that is not there.
pub fn absent(path: &Path) -> Error {
    Error::failure(format!("there is no lock file {}", path.display()))
        .hint(format!("write it with `kubectl airunway pin --lock {} IMAGE`", path.display()))
}

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
#[derive(Debug)]
pub struct PinFailure {
    /// What the user is told.
    pub error: Error,
    /// Whether other credentials could help.
    pub needs_login: bool,
}

impl From<PinFailure> for Error {
    fn from(failure: PinFailure) -> Error {
        failure.error
    }
}

impl From<Error> for PinFailure {
    fn from(error: Error) -> PinFailure {
        PinFailure { error, needs_login: false }
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
        Pinner {
            registry: Registry::new(options.clone()),
            options,
            lock,
            locked,
            platform,
            tag_may_do: false,
        }
    }

    /// The same with the pull secrets of a cluster, which come after this machine's credentials.
    #[must_use]
    pub fn with_pull_secrets(self, secrets: Vec<PullSecret>) -> Pinner {
        let options = RegistryOptions { pull_secrets: secrets, ..self.options };
        Pinner { registry: Registry::new(options.clone()), options, ..self }
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
    pub fn from_lock(&self, image: &ImageRef) -> Result<Option<Answer>> {
        let Some(LockFile { lock, path }) = &self.lock else { return Ok(None) };
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

    /// The digest of one image.
    ///
    /// # Errors
    /// With `--locked` an image that is not in the lock; else what the registry could not answer.
    pub async fn pin(&self, image: &ImageRef) -> std::result::Result<Answer, PinFailure> {
        if let Some(digest) = image.digest() {
            return Ok(Answer::Typed(digest.clone()));
        }
        if let Some(answer) = self.from_lock(image)? {
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

    /// The digests of many images, asked for at the same time; each reference once.
    ///
    /// # Errors
    /// The first failure in the order of the images.
    pub async fn pin_all(
        &self,
        images: &[ImageRef],
    ) -> std::result::Result<HashMap<String, Answer>, PinFailure> {
        let answers = join_all(images.iter().map(|image| self.pin(image))).await;
        let named = images.iter().zip(answers);
        named.map(|(image, answer)| Ok((image.to_string(), answer?))).collect()
    }

    /// What the user is told of a registry that did not answer.
    fn failure(&self, image: &ImageRef, error: &RegistryError) -> PinFailure {
        let mut failure = Error::failure(format!("cannot pin image {image}"));
        for cause in error.passed_over.iter().chain([&error.to_string()]).chain(&error.credential_problems) {
            failure = failure.caused_by(cause.clone());
        }
        let mut failure = error.hints().into_iter().fold(failure, Error::hint);
        if self.tag_may_do && error.tag_may_do() {
            failure =
                failure.hint("use --pin=never to keep the tag, or --lock FILE with an entry for this image");
        }
        PinFailure { error: failure, needs_login: error.needs_login() }
    }
}
