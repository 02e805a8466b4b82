//! Images in files: what `docker save` writes, and the OCI image layout, as a tar file, packed or not, or a directory.

use std::io::Read;
use std::path::Path;

use super::read::{LayerError, LayerLimits, Outcome, read_layer};
use super::store::Store;
use super::unpack::{Packing, packing};
use crate::core::image::{Content, Descriptor, Digest, Manifest, ManifestError, Platform};
use crate::core::shim::archive::{RunConfig, SavedImage, Unreadable, layout_entries, saved_images};

/// Largest table of contents, manifest or configuration, in bytes.
const MAX_JSON_BYTES: u64 = 4 << 20;
/// Indexes inside indexes that are followed.
const MAX_INDEXES: usize = 3;

/// Why an archive gives no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum ArchiveError {
    /// Neither kind of archive.
    #[error(
        "neither an archive of `docker save` nor an OCI image layout: it has no manifest.json and no index.json"
    )]
    Neither,
    /// A member that another one names.
    #[error("the archive has no {0}")]
    Missing(String),
    /// A member that is not what it should be.
    #[error("{name} of the archive cannot be read: {error}")]
    Member {
        name: String,
        /// What is wrong with it.
        error: Unreadable,
    },
    /// A manifest that names no image.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A member that is not what its name promises.
    #[error("{name} of the archive has digest {received}")]
    WrongDigest {
        name: String,
        /// Digest of what it holds.
        received: Digest,
    },
    /// Nothing in it, or more than one image.
    #[error("the archive has {} images{}", .0.len(), listed(.0))]
    Several(Vec<String>),
    /// No image for the platform.
    #[error("the archive has no image for {wanted}, only for {}", .available.join(", "))]
    Platform {
        /// What was asked for.
        wanted: Platform,
        /// What there is.
        available: Vec<String>,
    },
    /// A layer.
    #[error("layer {number}: {error}")]
    Layer {
        /// Number of the layer, the lowest is 1.
        number: usize,
        /// What is wrong with it.
        error: LayerError,
    },
    /// The archive itself.
    #[error("{0}")]
    Unreadable(#[from] LayerError),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}

/// A file or directory with one image.
#[derive(Debug)]
pub struct Archive {
    store: Store,
}

/// The image of an archive.
#[derive(Debug)]
pub struct ArchiveImage {
    /// Names that it was saved under: whole references, or tags alone.
    pub names: Vec<String>,
    /// Digest of its manifest, in an OCI layout.
    pub digest: Option<Digest>,
    /// Its configuration.
    pub config: RunConfig,
    /// Number of its layers.
    pub layers: usize,
    members: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    name: String,
    promised: Promised,
}

/// What the bytes of a layer have to be.
#[derive(Debug)]
enum Promised {
    /// The bytes as they are stored.
    Stored(Digest),
    /// The bytes after unpacking.
    Unpacked(Digest),
    Nothing,
}

impl Archive {
    /// An archive at a path; nothing of it is read yet.
    ///
    /// # Errors
    /// When nothing is at the path, or it is not readable.
    pub fn at(path: &Path) -> std::io::Result<Archive> {
        std::fs::metadata(path)?;
        Ok(Archive { store: Store::at(path) })
    }

    /// The one image of the archive for a platform.
    ///
    /// # Errors
    /// What is missing or wrong in the archive, several images, or none for the platform.
    pub fn image(&self, platform: &Platform) -> Result<ArchiveImage, ArchiveError> {
        // Newer versions of Docker write both tables; only the layout's has digests.
        if let Some(index) = self.json("index.json")? {
            return self.layout(&index, platform);
        }
        let table = self.json("manifest.json")?.ok_or(ArchiveError::Neither)?;
        let images = saved_images(&table).map_err(|error| member("manifest.json", error))?;
        let count = images.len();
        let names = images.iter().map(|image| image.tags.join(" ")).collect();
        match images.into_iter().next() {
            Some(image) if count == 1 => self.saved(image),
            _ => Err(ArchiveError::Several(names)),
        }
    }

    /// Reads a layer, the lowest is 0, and looks for a file at a path in it.
    ///
    /// # Errors
    /// As [`read_layer`], and a layer that is not there.
    pub fn layer(
        &self,
        image: &ArchiveImage,
        number: usize,
        wanted: Option<&str>,
        limits: &LayerLimits,
    ) -> Result<Outcome, ArchiveError> {
        let missing = || ArchiveError::Missing(format!("layer {number}"));
        let layer = image.members.get(number).ok_or_else(missing)?;
        let outcome = self.store.with(&layer.name, |source| {
            let mut first = Vec::new();
            source
                .take(4)
                .read_to_end(&mut first)
                .map_err(|error| LayerError::Malformed(error.to_string()))?;
            let promised = match &layer.promised {
                Promised::Stored(digest) => Some(digest),
                Promised::Unpacked(digest) if packing(&first) == Packing::Plain => Some(digest),
                Promised::Unpacked(_) | Promised::Nothing => None,
            };
            read_layer(first.as_slice().chain(source), promised, wanted, limits)
        });
        let outcome = outcome.map_err(|error| ArchiveError::Layer { number: number + 1, error })?;
        outcome.ok_or_else(|| ArchiveError::Missing(layer.name.clone()))
    }

    fn saved(&self, image: SavedImage) -> Result<ArchiveImage, ArchiveError> {
        let missing = || ArchiveError::Missing(image.config.clone());
        let body = self.json(&image.config)?.ok_or_else(missing)?;
        // Docker names a configuration by its own digest.
        let name = image.config.rsplit('/').next().unwrap_or_default();
        let name = name.strip_suffix(".json").unwrap_or(name);
        if let Ok(promised) = format!("sha256:{name}").parse::<Digest>() {
            check(&image.config, &promised, &body)?;
        }
        let config = RunConfig::parse(&body).map_err(|error| member(&image.config, error))?;
        let one_each = config.diff_ids.len() == image.layers.len();
        let promised = |number: usize| match config.diff_ids.get(number).filter(|_| one_each) {
            Some(digest) => Promised::Unpacked(digest.clone()),
            None => Promised::Nothing,
        };
        let members = image.layers.iter().enumerate();
        let members: Vec<Layer> =
            members.map(|(number, name)| Layer { name: name.clone(), promised: promised(number) }).collect();
        Ok(ArchiveImage { names: image.tags, digest: None, config, layers: members.len(), members })
    }

    fn layout(&self, index: &[u8], platform: &Platform) -> Result<ArchiveImage, ArchiveError> {
        let entries = layout_entries(index).map_err(|error| member("index.json", error))?;
        let fits = |listed: &Option<Platform>| listed.as_ref().is_none_or(|listed| platform.accepts(listed));
        let mut fitting: Vec<_> = entries.iter().filter(|entry| fits(&entry.descriptor.platform)).collect();
        fitting.dedup_by(|one, other| one.descriptor.digest == other.descriptor.digest);
        let entry = match fitting.as_slice() {
            [one] => *one,
            [] if !entries.is_empty() => {
                let listed = entries.iter().filter_map(|entry| entry.descriptor.platform.as_ref());
                let available = listed.map(ToString::to_string).collect();
                return Err(ArchiveError::Platform { wanted: platform.clone(), available });
            }
            several => {
                return Err(ArchiveError::Several(
                    several.iter().map(|entry| entry.names.join(" ")).collect(),
                ));
            }
        };
        let same = entries.iter().filter(|other| other.descriptor.digest == entry.descriptor.digest);
        let mut names: Vec<String> = same.flat_map(|entry| entry.names.iter().cloned()).collect();
        names.dedup();
        let mut digest = entry.descriptor.digest.clone();
        let mut media_type = entry.descriptor.media_type.clone();
        for _ in 0..MAX_INDEXES {
            let manifest = Manifest::parse(Some(&media_type), &self.blob(&digest)?)?;
            match manifest.content {
                Content::Index(listed) => {
                    let chosen = choose(platform, &listed)?;
                    (digest, media_type) = (chosen.digest.clone(), chosen.media_type.clone());
                }
                Content::Image { config, layers } => {
                    let name = blob_name(&config.digest);
                    let config = RunConfig::parse(&self.blob(&config.digest)?);
                    let config = config.map_err(|error| member(&name, error))?;
                    let members = layers.into_iter().map(|layer| Layer {
                        name: blob_name(&layer.digest),
                        promised: Promised::Stored(layer.digest),
                    });
                    let members: Vec<Layer> = members.collect();
                    let (digest, layers) = (Some(digest), members.len());
                    return Ok(ArchiveImage { names, digest, config, layers, members });
                }
            }
        }
        Err(ArchiveError::Manifest(ManifestError::Contradiction(
            "indexes list indexes without end".to_owned(),
        )))
    }

    /// A small blob of a layout, checked against its digest.
    fn blob(&self, digest: &Digest) -> Result<Vec<u8>, ArchiveError> {
        let name = blob_name(digest);
        let body = self.json(&name)?.ok_or_else(|| ArchiveError::Missing(name.clone()))?;
        check(&name, digest, &body)?;
        Ok(body)
    }

    fn json(&self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let body = self.store.with(name, |source| {
            let mut body = Vec::new();
            let read = source.take(MAX_JSON_BYTES + 1).read_to_end(&mut body);
            read.map_err(|error| LayerError::Malformed(error.to_string()))?;
            Ok(body)
        })?;
        match body {
            Some(body) if body.len() as u64 > MAX_JSON_BYTES => {
                Err(member(name, Unreadable(format!("it has more than {} MiB", MAX_JSON_BYTES >> 20))))
            }
            body => Ok(body),
        }
    }
}

fn choose<'a>(platform: &Platform, listed: &'a [Descriptor]) -> Result<&'a Descriptor, ArchiveError> {
    let fits = |entry: &&Descriptor| entry.platform.as_ref().is_some_and(|listed| platform.accepts(listed));
    listed.iter().find(fits).ok_or_else(|| ArchiveError::Platform {
        wanted: platform.clone(),
        available: listed.iter().filter_map(|entry| Some(entry.platform.as_ref()?.to_string())).collect(),
    })
}

fn check(name: &str, promised: &Digest, body: &[u8]) -> Result<(), ArchiveError> {
    let received = promised.same_algorithm(body);
    if received == *promised {
        return Ok(());
    }
    Err(ArchiveError::WrongDigest { name: name.to_owned(), received })
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.digits())
}

fn member(name: &str, error: Unreadable) -> ArchiveError {
    ArchiveError::Member { name: name.to_owned(), error }
}
