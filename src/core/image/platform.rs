//! Platforms of a multi-platform image.

use std::fmt;
use std::str::FromStr;

use oci_spec::image as oci;

/// Operating system and processor, as `os/architecture[/variant]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// Operating system by Go's name, for example `linux`.
    pub os: String,
    /// Architecture by Go's name, for example `amd64`.
    pub architecture: String,
    /// Variant of the architecture, for example `v8`.
    pub variant: Option<String>,
}

/// A text that is not a platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform, which looks like linux/amd64 or linux/arm64/v8")]
pub struct PlatformError(pub String);

impl Platform {
    /// `linux/amd64`.
    pub fn linux_amd64() -> Platform {
        Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None }
    }

    /// The platform of an image's configuration; `None` for one that leaves it empty.
    pub fn of(config: &oci::ImageConfiguration) -> Option<Platform> {
        let (os, architecture) = (config.os().to_string(), config.architecture().to_string());
        let variant = config.variant().clone().filter(|variant| !variant.is_empty());
        (!os.is_empty() && !architecture.is_empty()).then_some(Platform { os, architecture, variant })
    }

    /// Whether an image for `other` runs here: equal, where a variant that one side leaves out fits any.
    ///
    /// `arm64` and `arm64/v8` are the same by the OCI image index specification.
    pub fn accepts(&self, other: &Platform) -> bool {
        let same_variant = match (&self.variant, &other.variant) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        self.os == other.os && self.architecture == other.architecture && same_variant
    }
}

impl From<&oci::Platform> for Platform {
    fn from(platform: &oci::Platform) -> Platform {
        Platform {
            os: platform.os().to_string(),
            architecture: platform.architecture().to_string(),
            variant: platform.variant().clone().filter(|variant| !variant.is_empty()),
        }
    }
}

/// Names that uname and Rust use for what Go, and so OCI, calls otherwise.
fn architecture(name: &str) -> &str {
    match name {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Platform, PlatformError> {
        let wrong = || PlatformError(text.to_owned());
        let well_formed = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
        };
        let parts: Vec<&str> = text.split('/').collect();
        if !parts.iter().all(well_formed) {
            return Err(wrong());
        }
        let (os, name, variant) = match parts.as_slice() {
            [os, name] => (os, name, None),
            [os, name, variant] => (os, name, Some((*variant).to_owned())),
            _ => return Err(wrong()),
        };
        Ok(Platform { os: (*os).to_owned(), architecture: architecture(name).to_owned(), variant })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(formatter, "/{variant}"))
    }
}
