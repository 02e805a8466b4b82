//! The lock file: which digest each image reference meant when somebody last looked.
//!
//! YAML, sorted by image, one block of lines with a blank line around it for each entry, so that two branches that add
//! different images merge without a conflict, and one that moves an image shows the move in a few lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::digest::Digest;
use super::manifest::MediaType;
use super::platform::Platform;
use super::reference::ImageRef;
use crate::core::yaml::{self, Document, Position, SyntaxError};

/// Name of the lock file where none is given.
pub const LOCK_FILE: &str = "airunway.lock";
/// Version of the format that is written, and the only one that is read.
pub const LOCK_VERSION: u64 = 1;
const HEADER: &str = "# Written by `kubectl airunway pin --lock`: the digest that each image tag had when it was last verified.\n";

/// What is known about one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockEntry {
    /// Reference that was asked for, without a digest.
    pub image: ImageRef,
    /// Digest that it meant: of the index if there is one.
    pub digest: Digest,
    /// Kind of that manifest, as a media type.
    pub media_type: String,
    /// Size of that manifest in bytes.
    pub size: u64,
    /// Digest for each platform; empty for an image of one platform.
    pub platforms: BTreeMap<Platform, Digest>,
    /// What the product that runs the image thinks of it, in a word of its own.
    pub class: String,
    /// Time of the build, RFC 3339, when the image tells.
    pub created: Option<String>,
    /// Commit of the source, when the image tells.
    pub revision: Option<String>,
    /// When this digest was first seen behind this reference, RFC 3339.
    pub first_seen: String,
    /// When it was last seen there, RFC 3339.
    pub last_verified: String,
    /// Members that this version does not know, kept as they are.
    extra: Map<String, Value>,
}

/// What a registry answered, to be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// Digest of the index or manifest.
    pub digest: Digest,
    /// Its kind.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub size: u64,
    /// Digest for each platform.
    pub platforms: BTreeMap<Platform, Digest>,
    /// Time of the build, RFC 3339.
    pub created: Option<String>,
    /// Commit of the source.
    pub revision: Option<String>,
}

/// A lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<String, LockEntry>,
}

/// Why a lock file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// It is not YAML.
    #[error("{0}")]
    Syntax(#[from] SyntaxError),
    /// A merge was not finished.
    #[error("{0}: an unresolved merge conflict")]
    Conflict(Position),
    /// It was written by another version of the program.
    #[error("it has version {found}; this program reads version {LOCK_VERSION}")]
    Version {
        /// What stands there.
        found: String,
    },
    /// An entry breaks the format.
    #[error("{position}: {message}")]
    Entry {
        /// Where the entry begins.
        position: Position,
        /// What is wrong with it.
        message: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    image: String,
    digest: String,
    media_type: String,
    size: u64,
    class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    first_seen: String,
    last_verified: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    platforms: BTreeMap<String, String>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl Lock {
    /// Reads a lock file; an empty one is a lock without entries.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(text: &[u8]) -> Result<Lock, LockError> {
        if let Some(conflict) = conflict_marker(text) {
            return Err(LockError::Conflict(conflict));
        }
        let documents = yaml::parse(text)?;
        let Some(document) = documents.first() else { return Ok(Lock::default()) };
        match document.value.get("version") {
            Some(version) if version.as_u64() == Some(LOCK_VERSION) => {}
            other => {
                let found = other.map_or_else(|| "none".to_owned(), Value::to_string);
                return Err(LockError::Version { found });
            }
        }
        let wrong =
            |path: &str, message: String| LockError::Entry { position: document.position(path), message };
        let listed = match document.value.get("images") {
            None | Some(Value::Null) => return Ok(Lock::default()),
            Some(Value::Array(listed)) => listed,
            Some(_) => return Err(wrong("images", "`images` is not a list".to_owned())),
        };
        let mut lock = Lock::default();
        for (index, raw) in listed.iter().enumerate() {
            let path = format!("images[{index}]");
            let entry = read_entry(raw).map_err(|message| wrong(&path, message))?;
            lock.add_read(entry, document, &path)?;
        }
        Ok(lock)
    }

    /// Takes an entry in; two entries for one image, as a merge can leave them, must agree.
    fn add_read(&mut self, entry: LockEntry, document: &Document, path: &str) -> Result<(), LockError> {
        let key = entry.image.canonical();
        match self.entries.get(&key) {
            Some(other) if other.digest != entry.digest => Err(LockError::Entry {
                position: document.position(path),
                message: format!("the image {key} is locked twice, to different digests"),
            }),
            Some(other) if other.last_verified >= entry.last_verified => Ok(()),
            _ => {
                self.entries.insert(key, entry);
                Ok(())
            }
        }
    }

    /// Writes the file; the same entries always give the same bytes.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}version: {LOCK_VERSION}\nimages:\n");
        for entry in self.entries.values() {
            let raw = serde_json::to_value(write_entry(entry)).unwrap_or_default();
            text.push_str(&yaml::to_yaml(&Value::Array(vec![raw])));
            text.push('\n');
        }
        if self.entries.is_empty() {
            text = text.replace("images:\n", "images: []\n");
        }
        text
    }

    /// The entry of an image; its digest, if it has one, does not matter.
    pub fn get(&self, image: &ImageRef) -> Option<&LockEntry> {
        self.entries.get(&image.unpinned().canonical())
    }

    /// All entries, sorted by image.
    pub fn entries(&self) -> impl Iterator<Item = &LockEntry> {
        self.entries.values()
    }

    /// Writes down what an image means `now` (RFC 3339), and its class; tells the digest that it meant before, if that was
    /// another.
    pub fn record(&mut self, image: &ImageRef, locked: Locked, class: &str, now: &str) -> Option<Digest> {
        let key = image.unpinned().canonical();
        let before = self.entries.remove(&key);
        let same = before.as_ref().filter(|before| before.digest == locked.digest);
        let entry = LockEntry {
            image: image.unpinned(),
            digest: locked.digest,
            media_type: locked.media_type.as_str().to_owned(),
            size: locked.size,
            platforms: locked.platforms,
            class: class.to_owned(),
            created: locked.created.or_else(|| same.and_then(|same| same.created.clone())),
            revision: locked.revision.or_else(|| same.and_then(|same| same.revision.clone())),
            first_seen: same.map_or(now, |same| same.first_seen.as_str()).to_owned(),
            last_verified: now.to_owned(),
            extra: same.map(|same| same.extra.clone()).unwrap_or_default(),
        };
        let moved = before.map(|before| before.digest).filter(|digest| *digest != entry.digest);
        self.entries.insert(key, entry);
        moved
    }

    /// Drops the entries that nothing names any more; returns their images.
    pub fn prune(&mut self, named: &[ImageRef]) -> Vec<String> {
        let named: Vec<String> = named.iter().map(|image| image.unpinned().canonical()).collect();
        let dropped: Vec<String> = self.entries.keys().filter(|key| !named.contains(key)).cloned().collect();
        self.entries.retain(|key, _| named.contains(key));
        dropped
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The first line that git wrote for a conflict.
fn conflict_marker(text: &[u8]) -> Option<Position> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let line = lines.position(|line| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> "))?;
    Some(Position { line: line + 1, column: 1 })
}

fn read_entry(raw: &Value) -> Result<LockEntry, String> {
    let raw: RawEntry = serde_json::from_value(raw.clone()).map_err(|error| error.to_string())?;
    let image: ImageRef = raw.image.parse().map_err(|error| format!("image `{}`: {error}", raw.image))?;
    if image.digest().is_some() {
        return Err(format!("image `{}` has a digest itself", raw.image));
    }
    let digest = raw.digest.parse().map_err(|error| format!("{error}"))?;
    let platform = |(platform, digest): (String, String)| {
        let digest: Digest = digest.parse().map_err(|error| format!("{error}"))?;
        Ok((platform.parse::<Platform>().map_err(|error| error.to_string())?, digest))
    };
    Ok(LockEntry {
        image,
        digest,
        media_type: raw.media_type,
        size: raw.size,
        platforms: raw.platforms.into_iter().map(platform).collect::<Result<_, String>>()?,
        class: raw.class,
        created: raw.created,
        revision: raw.revision,
        first_seen: raw.first_seen,
        last_verified: raw.last_verified,
        extra: raw.extra,
    })
}

fn write_entry(entry: &LockEntry) -> RawEntry {
    RawEntry {
        image: entry.image.canonical(),
        digest: entry.digest.to_string(),
        media_type: entry.media_type.clone(),
        size: entry.size,
        class: entry.class.clone(),
        created: entry.created.clone(),
        revision: entry.revision.clone(),
        first_seen: entry.first_seen.clone(),
        last_verified: entry.last_verified.clone(),
        platforms: entry
            .platforms
            .iter()
            .map(|(platform, digest)| (platform.to_string(), digest.to_string()))
            .collect(),
        extra: entry.extra.clone(),
    }
}

#[cfg(test)]
mod tests;
