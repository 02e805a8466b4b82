//! Image references, by the grammar of `github.com/distribution/reference` that kubelet and containerd use.

use crate::core::text::without_password;
use std::fmt;
use std::str::FromStr;

use super::digest::{Digest, DigestError};

/// Longest repository with its registry, in characters (`NameTotalLengthMax`).
const MAX_NAME: usize = 255;
/// Longest tag, in characters.
const MAX_TAG: usize = 128;
/// The registry of references that name none.
const DOCKER_HUB: &str = "docker.io";

/// A reference to a container image. A value that exists is well-formed.
///
/// The text is kept as typed, since a manifest should not change more than it must; [`ImageRef::canonical`] spells it
/// out.
#[derive(Debug, Clone)]
pub struct ImageRef {
    /// Everything before tag and digest, as typed.
    name: String,
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing there.
    #[error("the image reference is empty")]
    Empty,
    /// Longer than any registry takes.
    #[error("the image name has more than {MAX_NAME} characters")]
    TooLong,
    /// `http://` or `https://` in front, or another scheme.
    #[error("`{0}` begins with a URL scheme; an image reference has none")]
    Scheme(String),
    /// Upper-case letters in the repository.
    #[error("image repository `{0}` has upper-case letters; registries accept lower case only")]
    UpperCase(String),
    /// The registry is not a host name with an optional port.
    #[error("`{0}` is not a registry host")]
    Registry(String),
    /// The repository breaks the grammar.
    #[error("`{0}` is not an image repository")]
    Repository(String),
    /// The tag breaks the grammar.
    #[error(
        "`{0}` is not an image tag: up to {MAX_TAG} letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`"
    )]
    Tag(String),
    /// The part behind `@`.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// Looks like the id of a local image.
    #[error("`{0}` is an image id, which only one machine knows, not an image reference")]
    ImageId(String),
}

impl ImageRef {
    /// Host and port of the registry; `docker.io` when none was typed.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Repository inside the registry, `library/` spelled out, for example `library/nginx`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The name as typed, without tag and digest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag, if one was typed.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The tag that a registry is asked for: the one typed, else `latest` unless there is a digest.
    pub fn effective_tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, None) => Some("latest"),
            (None, Some(_)) => None,
        }
    }

    /// The digest, if one was typed.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Whether the registry is on this machine: `localhost`, `127.0.0.0/8` or `::1`, where Docker speaks plain http.
    pub fn is_loopback(&self) -> bool {
        let host = match self.registry.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.registry.split(':').next().unwrap_or(&self.registry),
        };
        host == "localhost" || host.parse::<::core::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The same image with everything spelled out: `docker.io/library/nginx:latest`.
    pub fn canonical(&self) -> String {
        let mut text = format!("{}/{}", self.registry, self.repository);
        if let Some(tag) = self.effective_tag() {
            text.push(':');
            text.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(digest.as_str());
        }
        text
    }

    /// The image by digest, with its tag kept.
    ///
    /// A reference without tag gets `latest` written out: AI Runway classes a digest without a tag as custom, whatever
    /// the image (airunway-providers.md section 4). One that had a digest only stays without a tag.
    #[must_use]
    pub fn pin(&self, digest: &Digest) -> ImageRef {
        ImageRef {
            tag: self.effective_tag().map(str::to_owned),
            digest: Some(digest.clone()),
            ..self.clone()
        }
    }

    /// The same image with the digest left out.
    #[must_use]
    pub fn unpinned(&self) -> ImageRef {
        ImageRef { digest: None, ..self.clone() }
    }

    /// Another tag of the same repository.
    ///
    /// # Errors
    /// When the text is not a tag.
    pub fn with_tag(&self, tag: &str) -> Result<ImageRef, ReferenceError> {
        check_tag(tag)?;
        Ok(ImageRef { tag: Some(tag.to_owned()), digest: None, ..self.clone() })
    }
}

/// Equal when they name the same image by the same tag and digest, however they were typed.
impl PartialEq for ImageRef {
    fn eq(&self, other: &ImageRef) -> bool {
        self.canonical() == other.canonical()
    }
}

impl Eq for ImageRef {}

impl std::hash::Hash for ImageRef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        self.tag.iter().try_for_each(|tag| write!(formatter, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(formatter, "@{digest}"))
    }
}

impl FromStr for ImageRef {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<ImageRef, ReferenceError> {
        if text.trim().is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.contains("://") {
            return Err(ReferenceError::Scheme(without_password(text).into_owned()));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse()?)),
            None => (text, None),
        };
        let after_slash = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest.rfind(':').filter(|colon| *colon >= after_slash) {
            Some(colon) => (rest.get(..colon).unwrap_or_default(), rest.get(colon + 1..)),
            None => (rest, None),
        };
        if name.chars().count() > MAX_NAME {
            return Err(ReferenceError::TooLong);
        }
        if name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ReferenceError::ImageId(name.to_owned()));
        }
        tag.map_or(Ok(()), check_tag)?;
        let (registry, repository) = split_name(name)?;
        Ok(ImageRef { name: name.to_owned(), registry, repository, tag: tag.map(str::to_owned), digest })
    }
}

/// Cuts the registry off a name and spells out Docker Hub's short forms.
fn split_name(name: &str) -> Result<(String, String), ReferenceError> {
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (first, path),
        // Docker reads a first part with upper-case letters as a host; no such host exists, and the letters are a slip.
        _ => (DOCKER_HUB, name),
    };
    let registry = if registry == "index.docker.io" { DOCKER_HUB } else { registry };
    check_registry(registry)?;
    check_path(path)?;
    if registry == DOCKER_HUB && !path.contains('/') {
        return Ok((registry.to_owned(), format!("library/{path}")));
    }
    Ok((registry.to_owned(), path.to_owned()))
}

fn check_registry(registry: &str) -> Result<(), ReferenceError> {
    let wrong = || ReferenceError::Registry(registry.to_owned());
    let (host, port) = match registry.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or_else(wrong)?;
            address.parse::<::core::net::Ipv6Addr>().map_err(|_| wrong())?;
            ("", if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or_else(wrong)?) })
        }
        None => registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port))),
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let host_is_well_formed = registry.starts_with('[') || host.split('.').all(label);
    let port_is_well_formed = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if host_is_well_formed && port_is_well_formed { Ok(()) } else { Err(wrong()) }
}

/// Path components are lowercase letters and digits, joined by `.`, `_`, `__` or any number of `-`.
fn check_path(path: &str) -> Result<(), ReferenceError> {
    if path.split('/').all(is_component) {
        Ok(())
    } else if path.chars().any(|character| character.is_ascii_uppercase()) {
        Err(ReferenceError::UpperCase(path.to_owned()))
    } else {
        Err(ReferenceError::Repository(path.to_owned()))
    }
}

fn is_component(component: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| alphanumeric(*byte));
    let bytes = component.as_bytes();
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.split(|byte| alphanumeric(*byte)).all(|separator| {
            matches!(separator, [] | [b'.'] | [b'_'] | [b'_', b'_'])
                || separator.iter().all(|byte| *byte == b'-')
        })
}

fn check_tag(tag: &str) -> Result<(), ReferenceError> {
    let bytes = tag.as_bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let well_formed = bytes.len() <= MAX_TAG
        && bytes.first().is_some_and(|byte| word(*byte))
        && bytes.iter().all(|byte| word(*byte) || matches!(byte, b'.' | b'-'));
    if well_formed { Ok(()) } else { Err(ReferenceError::Tag(tag.to_owned())) }
}
