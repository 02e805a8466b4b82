//! Copies of the site's files on disk, so that a file is sent once and `--offline` needs no network.
//!
//! A copy is one file: a line of JSON that says what it is, then the bytes as they were received. Its name is the hash
//! of the address, so that no address can name a file of its own, and `Google/…` and `google/…` never meet. A copy
//! whose address or hash is not what its first line says is discarded. What cannot be written is not kept, and nobody
//! is told: the cache saves time, it holds nothing of its own.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::client::Validators;
use super::{MAX_CACHE_BYTES, MAX_CACHE_ENTRIES, MAX_RECIPE_BYTES};
use crate::core::image::Digest;
use crate::io::environment::Environment;
use crate::io::replace;

/// Layout of the first line; a copy of another layout is discarded.
const LAYOUT: u32 = 1;
/// Longest first line, in bytes.
const MAX_HEAD_BYTES: usize = 16 << 10;
/// After so many new copies the limits are looked at again.
const PRUNE_EVERY: usize = 256;

/// A directory of copies.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    written: AtomicUsize,
}

/// A copy that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) bytes: Vec<u8>,
    pub(super) validators: Validators,
    /// When the site last said that it is current.
    pub(super) confirmed: Option<SystemTime>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    layout: u32,
    url: String,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    last_modified: Option<String>,
}

impl Cache {
    /// The cache of this user: `$XDG_CACHE_HOME/kubectl-airunway/recipes`, else `~/.cache/kubectl-airunway/recipes`;
    /// none without a home.
    pub fn of_user(environment: &Environment) -> Option<Cache> {
        let absolute = |name: &str| environment.path(name).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .or_else(|| absolute("LOCALAPPDATA"))?;
        Some(Cache::at(base.join("kubectl-airunway").join("recipes")))
    }

    /// A cache in this directory, which is made when the first copy is written.
    pub fn at(folder: PathBuf) -> Cache {
        Cache { folder, written: AtomicUsize::new(0) }
    }

    /// The copy of a file, if there is one and it is whole.
    pub(super) fn get(&self, url: &Url) -> Option<Copy> {
        let path = self.path(url);
        let file = File::open(&path).ok()?;
        let confirmed = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let mut bytes = Vec::new();
        let limit = (MAX_HEAD_BYTES + MAX_RECIPE_BYTES + 1) as u64;
        file.take(limit).read_to_end(&mut bytes).ok()?;
        let copy = read(url, bytes, confirmed);
        if copy.is_none() {
            // Broken, or of another layout: it would only stand in the way.
            let _ = fs::remove_file(&path);
        }
        copy
    }

    /// Keeps a copy, if it can be kept.
    pub(super) fn put(&self, url: &Url, bytes: &[u8], validators: &Validators) {
        let head = Head {
            layout: LAYOUT,
            url: url.to_string(),
            digest: Digest::of(bytes).as_str().to_owned(),
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
        };
        let Ok(mut content) = serde_json::to_vec(&head) else { return };
        if bytes.len() > MAX_RECIPE_BYTES || content.len() >= MAX_HEAD_BYTES || make(&self.folder).is_err() {
            return;
        }
        content.push(b'\n');
        content.extend_from_slice(bytes);
        if replace::write(&self.path(url), &content).is_ok()
            && self.written.fetch_add(1, Ordering::Relaxed).is_multiple_of(PRUNE_EVERY)
        {
            prune(&self.folder, MAX_CACHE_ENTRIES, MAX_CACHE_BYTES);
        }
    }

    /// Notes that the site has just called a copy current, which also keeps it from being the oldest.
    pub(super) fn confirm(&self, url: &Url) {
        if let Ok(file) = File::options().append(true).open(self.path(url)) {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    fn path(&self, url: &Url) -> PathBuf {
        let digest = Digest::of(url.as_str().as_bytes());
        let name = digest.as_str().rsplit(':').next().unwrap_or_default().to_owned();
        self.folder.join(name)
    }
}

fn read(url: &Url, mut bytes: Vec<u8>, confirmed: Option<SystemTime>) -> Option<Copy> {
    let end = bytes.iter().take(MAX_HEAD_BYTES).position(|byte| *byte == b'\n')?;
    let body = bytes.split_off(end + 1);
    let head: Head = serde_json::from_slice(&bytes).ok()?;
    let whole = head.layout == LAYOUT
        && head.url == url.as_str()
        && body.len() <= MAX_RECIPE_BYTES
        && head.digest == Digest::of(&body).as_str();
    let validators = Validators { etag: head.etag, last_modified: head.last_modified };
    whole.then_some(Copy { bytes: body, validators, confirmed })
}

/// Makes the directory, for this user alone.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes the copies that were confirmed longest ago until the rest keeps within the limits.
fn prune(folder: &Path, entries: usize, bytes: u64) {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((metadata.modified().ok()?, metadata.len(), entry.path()))
    });
    let mut files: Vec<_> = listed.collect();
    files.sort();
    let (mut count, mut size) = (files.len(), files.iter().map(|(_, size, _)| size).sum::<u64>());
    for (_, length, path) in files {
        if count <= entries && size <= bytes {
            return;
        }
        let _ = fs::remove_file(path);
        (count, size) = (count - 1, size.saturating_sub(length));
    }
}

#[cfg(test)]
mod tests;
