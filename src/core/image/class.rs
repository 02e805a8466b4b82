//! How AI Runway reads an image reference and which class it puts it in.
//!
//! Its Direct vLLM shim does not parse references as Docker does, and the class decides a condition that users see, so
//! both are kept apart from [`super::ImageRef`]. Source: `providers/vllm` at `b0d3fb7`, airunway-providers.md section 4.

use std::fmt;

/// The repository whose tags the shim knows.
const KNOWN_REPOSITORY: &str = "vllm/vllm-openai";

/// A reference in the parts that the shim cuts it into, whatever it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShimReference<'a> {
    /// Everything before the tag and the digest, as typed.
    pub repository: &'a str,
    /// Text behind the last colon that follows the last slash.
    pub tag: Option<&'a str>,
    /// Text behind the first `@`.
    pub digest: Option<&'a str>,
}

impl<'a> ShimReference<'a> {
    /// Cuts a reference; never fails.
    pub fn parse(reference: &'a str) -> ShimReference<'a> {
        let reference = reference.trim();
        let (name, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference, None),
        };
        let after_slash = name.rfind('/').map_or(0, |slash| slash + 1);
        match name.rfind(':').filter(|colon| *colon >= after_slash) {
            Some(colon) => {
                let tag = name.get(colon + 1..).unwrap_or_default();
                ShimReference { repository: name.get(..colon).unwrap_or_default(), tag: Some(tag), digest }
            }
            None => ShimReference { repository: name, tag: None, digest },
        }
    }

    /// The repository without a leading `docker.io/`, then without a leading `index.docker.io/`.
    pub fn normalised_repository(&self) -> &'a str {
        let repository = self.repository.strip_prefix("docker.io/").unwrap_or(self.repository);
        repository.strip_prefix("index.docker.io/").unwrap_or(repository)
    }
}

/// What the shim thinks an image is: `status.image.source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceClass {
    /// A tag made for the launch of a model.
    Launch,
    /// A nightly build of vLLM.
    Nightly,
    /// The last release of vLLM.
    Stable,
    /// Anything else; sets the condition `UnsupportedImage`.
    Custom,
}

impl SourceClass {
    /// Classifies a reference; `default_image` is the one that the shim was built with. The first rule that fits wins.
    pub fn of(reference: &str, default_image: &str) -> SourceClass {
        let parts = ShimReference::parse(reference);
        let tag = parts.tag.unwrap_or_default();
        let lower = tag.to_lowercase();
        let known = parts.normalised_repository() == KNOWN_REPOSITORY;
        if lower.contains("launch") {
            SourceClass::Launch
        } else if reference.trim() == default_image || (known && lower.contains("nightly")) {
            SourceClass::Nightly
        } else if known && tag == "latest" {
            SourceClass::Stable
        } else {
            SourceClass::Custom
        }
    }

    /// The word in `status.image.source`.
    pub const fn as_str(self) -> &'static str {
        match self {
            SourceClass::Launch => "launch",
            SourceClass::Nightly => "nightly",
            SourceClass::Stable => "stable",
            SourceClass::Custom => "custom",
        }
    }
}

impl fmt::Display for SourceClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for SourceClass {
    type Err = String;

    fn from_str(text: &str) -> Result<SourceClass, String> {
        let all = [SourceClass::Launch, SourceClass::Nightly, SourceClass::Stable, SourceClass::Custom];
        let found = all.into_iter().find(|class| class.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no class of images: launch, nightly, stable, custom"))
    }
}
