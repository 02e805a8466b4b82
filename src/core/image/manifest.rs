//! Manifests and indexes, as a registry answers them.
//!
//! OCI image specification 1.1 (manifest.md, image-index.md, config.md) and Docker's schema 2 before it.

use std::collections::HashMap;

use oci_spec::image as oci;
use oci_spec::image::{ANNOTATION_CREATED, ANNOTATION_REVISION};
use serde::Deserialize;

use super::digest::{Digest, DigestError};
use super::platform::Platform;

/// The kinds of manifest that name an image, Docker's included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// OCI image index: several platforms.
    OciIndex,
    /// Docker manifest list: several platforms.
    DockerList,
    /// OCI image manifest: one platform.
    OciManifest,
    /// Docker image manifest, schema 2: one platform.
    DockerManifest,
}

impl MediaType {
    /// All of them, the order in which they are asked for.
    pub const ALL: [MediaType; 4] =
        [MediaType::OciIndex, MediaType::DockerList, MediaType::OciManifest, MediaType::DockerManifest];

    /// The text in `Accept`, `Content-Type` and `mediaType`.
    pub const fn as_str(self) -> &'static str {
        match self {
            MediaType::OciIndex => "application/vnd.oci.image.index.v1+json",
            MediaType::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
            MediaType::OciManifest => "application/vnd.oci.image.manifest.v1+json",
            MediaType::DockerManifest => "application/vnd.docker.distribution.manifest.v2+json",
        }
    }

    /// Whether it lists platforms.
    pub const fn is_index(self) -> bool {
        matches!(self, MediaType::OciIndex | MediaType::DockerList)
    }

    fn parse(text: &str) -> Option<MediaType> {
        MediaType::ALL.into_iter().find(|media_type| media_type.as_str() == text)
    }
}

/// A pointer to content: what it is, its digest and its size. Unlike the descriptor of a document, its digest is one
/// that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Media type, as written.
    pub media_type: String,
    /// Digest of the content.
    pub digest: Digest,
    /// Size in bytes, as promised.
    pub size: u64,
    /// Platform, in an index.
    pub platform: Option<Platform>,
}

impl Descriptor {
    /// Whether it points to an index, which lists further manifests.
    pub fn is_index(&self) -> bool {
        MediaType::parse(&self.media_type).is_some_and(MediaType::is_index)
    }
}

/// What a manifest lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// One manifest for each platform, and indexes of more of them (the specification allows that); attestations and
    /// other attachments are left out.
    Index(Vec<Descriptor>),
    /// One image.
    Image {
        /// The configuration blob.
        config: Descriptor,
        /// The layers, the lowest first.
        layers: Vec<Descriptor>,
    },
}

/// A manifest that names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its kind.
    pub media_type: MediaType,
    /// What it lists.
    pub content: Content,
    /// Time of the build, when it says so itself; RFC 3339 as written.
    pub created: Option<String>,
    /// Commit of the source, when it says so itself.
    pub revision: Option<String>,
}

/// Why an answer names no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The format that Docker 1.9 and older pushed.
    #[error("the registry answered with a manifest of schema 1, which no current runtime pulls")]
    SchemaOne,
    /// Not a manifest at all, for example the page of a login portal.
    #[error("the registry answered with media type `{0}`, not with an image manifest")]
    MediaType(String),
    /// The body is not what its type says.
    #[error("the registry's manifest cannot be read: {0}")]
    Malformed(String),
    /// Two readers could see two different images.
    #[error("the registry's manifest contradicts itself: {0}")]
    Contradiction(String),
    /// Something else stored in a registry: a chart, a model, a signature.
    #[error("this is an OCI artifact of type `{0}`, not a container image")]
    Artifact(String),
    /// An image manifest that nothing could run.
    #[error("the image has no layers")]
    NoLayers,
    /// An index that lists no platform.
    #[error("the image index lists no platforms")]
    EmptyIndex,
}

/// A manifest or an index: read as either alone, a document that is both would pass (CVE-2021-41190).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<oci::Descriptor>,
    layers: Option<Vec<oci::Descriptor>>,
    manifests: Option<Vec<oci::Descriptor>>,
    #[serde(rename = "fsLayers")]
    fs_layers: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    annotations: Option<HashMap<String, String>>,
}

impl TryFrom<oci::Descriptor> for Descriptor {
    type Error = DigestError;

    fn try_from(listed: oci::Descriptor) -> Result<Descriptor, DigestError> {
        Ok(Descriptor {
            media_type: listed.media_type().to_string(),
            digest: listed.digest().as_ref().parse()?,
            size: listed.size(),
            platform: listed.platform().as_ref().map(Platform::from),
        })
    }
}

/// Build attestations hang in an index as manifests for the platform unknown/unknown.
pub fn is_attestation(listed: &oci::Descriptor) -> bool {
    let unknown = |platform: Platform| platform.os == "unknown" || platform.architecture == "unknown";
    listed.platform().as_ref().is_some_and(|platform| unknown(platform.into()))
}

fn checked(listed: oci::Descriptor) -> Result<Descriptor, ManifestError> {
    listed.try_into().map_err(malformed)
}

fn malformed(error: impl ToString) -> ManifestError {
    ManifestError::Malformed(error.to_string())
}

impl Manifest {
    /// Reads an answer; `content_type` is the header as it came.
    ///
    /// # Errors
    /// When the answer is not an image manifest, or could be read in two ways (CVE-2021-41190).
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Manifest, ManifestError> {
        let header =
            content_type.map(|text| text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase());
        let header = header.filter(|text| !text.is_empty());
        if header.as_deref().is_some_and(|text| text.contains("distribution.manifest.v1+")) {
            return Err(ManifestError::SchemaOne);
        }
        let declared = header.as_deref().and_then(MediaType::parse);
        if let (None, Some(text)) = (declared, &header)
            && !matches!(text.as_str(), "application/json" | "application/octet-stream" | "text/plain")
        {
            return Err(ManifestError::MediaType(text.clone()));
        }
        let raw: Raw = serde_json::from_slice(body).map_err(malformed)?;
        if raw.fs_layers.is_some() || raw.schema_version == Some(1) {
            return Err(ManifestError::SchemaOne);
        }
        let media_type = media_type_of(&raw, declared, header.as_deref())?;
        let (annotations, content) = raw.into_content(media_type)?;
        Ok(Manifest {
            media_type,
            content,
            created: annotations.get(ANNOTATION_CREATED).cloned(),
            revision: annotations.get(ANNOTATION_REVISION).cloned(),
        })
    }

    /// The platforms listed, none for an image of one platform.
    pub fn platforms(&self) -> &[Descriptor] {
        match &self.content {
            Content::Index(manifests) => manifests,
            Content::Image { .. } => &[],
        }
    }
}

fn media_type_of(
    raw: &Raw,
    declared: Option<MediaType>,
    header: Option<&str>,
) -> Result<MediaType, ManifestError> {
    let written = raw.media_type.as_deref().filter(|text| !text.is_empty());
    let media_type = match (declared, written.map(|text| (text, MediaType::parse(text)))) {
        (Some(declared), Some((_, Some(written)))) if declared == written => declared,
        (Some(declared), Some((text, _))) => {
            return Err(ManifestError::Contradiction(format!(
                "sent as `{}`, but named `{text}` inside",
                declared.as_str()
            )));
        }
        (None, Some((_, Some(written)))) => written,
        (None, Some((text, None))) => return Err(ManifestError::MediaType(text.to_owned())),
        (Some(declared), None) => declared,
        // OCI leaves the member optional; its shape then tells.
        (None, None) if raw.manifests.is_some() => MediaType::OciIndex,
        (None, None) if raw.config.is_some() => MediaType::OciManifest,
        (None, None) => return Err(ManifestError::MediaType(header.unwrap_or("none").to_owned())),
    };
    if raw.manifests.is_some() && (raw.config.is_some() || raw.layers.is_some()) {
        return Err(ManifestError::Contradiction("it lists both platforms and layers".to_owned()));
    }
    Ok(media_type)
}

impl Raw {
    fn into_content(
        self,
        media_type: MediaType,
    ) -> Result<(HashMap<String, String>, Content), ManifestError> {
        let annotations = self.annotations.unwrap_or_default();
        if media_type.is_index() {
            let names_images = |listed: &oci::Descriptor| {
                MediaType::parse(listed.media_type().as_ref()).is_some() && !is_attestation(listed)
            };
            let listed = self.manifests.unwrap_or_default();
            let platforms =
                listed.into_iter().filter(names_images).map(checked).collect::<Result<Vec<_>, _>>()?;
            if platforms.is_empty() {
                return Err(self.artifact_type.map_or(ManifestError::EmptyIndex, ManifestError::Artifact));
            }
            return Ok((annotations, Content::Index(platforms)));
        }
        let config = checked(self.config.ok_or_else(|| malformed("it has no config"))?)?;
        let is_image = config.media_type.starts_with("application/vnd.oci.image.config.")
            || config.media_type.starts_with("application/vnd.docker.container.image.");
        if !is_image {
            return Err(ManifestError::Artifact(self.artifact_type.unwrap_or(config.media_type)));
        }
        let layers =
            self.layers.unwrap_or_default().into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        if layers.is_empty() {
            return Err(self.artifact_type.map_or(ManifestError::NoLayers, ManifestError::Artifact));
        }
        Ok((annotations, Content::Image { config, layers }))
    }
}

/// What an image's configuration says about its build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// Platform of the image.
    pub platform: Option<Platform>,
    /// Time of the build, RFC 3339 as written: the member `created`, else the label.
    pub created: Option<String>,
    /// Commit of the source, from the label.
    pub revision: Option<String>,
}

impl ImageConfig {
    /// Reads a configuration blob.
    ///
    /// # Errors
    /// When the blob is not the JSON that the specification describes.
    pub fn parse(body: &[u8]) -> Result<ImageConfig, ManifestError> {
        let config: oci::ImageConfiguration = serde_json::from_slice(body).map_err(malformed)?;
        let labels = config.config().as_ref().and_then(|config| config.labels().as_ref());
        let label = |name: &str| labels.and_then(|labels| labels.get(name).cloned());
        let created = config.created().clone().filter(|text| !text.is_empty());
        Ok(ImageConfig {
            platform: Platform::of(&config),
            created: created.or_else(|| label(ANNOTATION_CREATED)),
            revision: label(ANNOTATION_REVISION),
        })
    }
}
