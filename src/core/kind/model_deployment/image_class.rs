//! How AI Runway reads an image reference and which class it puts it in.
//!
//! Its Direct vLLM shim does not parse references as Docker does, and the class decides a condition that users see, so
//! both are kept apart from [`crate::core::image::ImageRef`]. Source: `providers/vllm` at `b0d3fb7`, airunway-providers.md
//! section 4.

use std::fmt;

use super::provider::Versions;

/// The repository whose tags the shim knows.
const KNOWN_REPOSITORY: &str = "vllm/vllm-openai";
/// The tag of the default image in `versions.env`.
pub const VERSION: &str = "VLLM_VERSION";

/// The image that the shim runs when an object names none; a reference that equals it is of class nightly.
#[must_use]
pub fn default_image(versions: &Versions) -> String {
    format!("{KNOWN_REPOSITORY}:{}", versions.get(VERSION))
}

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

    /// Whether the registry has to be asked what the reference means: a tag is there and no digest.
    pub fn moves(&self) -> bool {
        self.tag.is_some_and(|tag| !tag.is_empty()) && self.digest.is_none_or(str::is_empty)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn source_classes_are_the_shims() {
        let default = "vllm/vllm-openai:cu130-nightly";
        for (reference, class) in [
            ("docker.io/vllm/vllm-openai:latest", SourceClass::Stable),
            ("index.docker.io/vllm/vllm-openai:latest", SourceClass::Stable),
            ("vllm/vllm-openai:LATEST", SourceClass::Custom),
            ("vllm/vllm-openai:v0.11.0", SourceClass::Custom),
            ("vllm/vllm-openai:deepseekv4-cu130", SourceClass::Custom),
            ("vllm/vllm-openai", SourceClass::Custom),
            ("localhost:5000/vllm/vllm-openai:latest", SourceClass::Custom),
            ("localhost:5000/x/y", SourceClass::Custom),
            ("x/y:my-LAUNCH-1", SourceClass::Launch),
            ("vllm/vllm-openai:Nightly-launch", SourceClass::Launch),
            (" vllm/vllm-openai:cu130-nightly ", SourceClass::Nightly),
            ("vllm/vllm-openai:cu130-nightly@sha256:aa", SourceClass::Nightly),
            ("vllm/vllm-openai@sha256:aa", SourceClass::Custom),
            ("docker.io/index.docker.io/vllm/vllm-openai:latest", SourceClass::Stable),
            ("index.docker.io/docker.io/vllm/vllm-openai:latest", SourceClass::Custom),
            ("", SourceClass::Custom),
            ("@:", SourceClass::Custom),
        ] {
            assert_eq!(SourceClass::of(reference, default), class, "{reference}");
        }
        assert_eq!(SourceClass::of("my/own:default", "my/own:default"), SourceClass::Nightly);
    }

    #[test]
    fn references_are_cut_as_the_shim_cuts_them() {
        let parts = ShimReference::parse(" host:5000/a/b:c@d@e ");
        assert_eq!((parts.repository, parts.tag, parts.digest), ("host:5000/a/b", Some("c"), Some("d@e")));
        for (reference, moves) in [
            ("a/b:c", true),
            ("a:5000/b", false),
            ("a/b@sha256:00", false),
            ("a/b:c@sha256:00", false),
            (" a:b ", true),
            ("a/b:", false),
        ] {
            assert_eq!(ShimReference::parse(reference).moves(), moves, "{reference}");
        }
    }
    proptest! {
        #[test]
        fn any_text_has_a_class(text in any::<String>(), odd in "[a@:/.\\[\\]A-]{0,20}") {
            for text in [text, odd] {
                let _ = (SourceClass::of(&text, ""), ShimReference::parse(&text).moves());
            }
        }
    }
}
