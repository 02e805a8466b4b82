//! What a shim reports about itself: `<provider>-provider:<tag>`.
//!
//! Source of the grammar: airunway-providers.md section 9.1 (upstream at `b0d3fb7`), and the list of stale constants in
//! the decision table of test-plan.md section 5.

use std::fmt;
use std::str::FromStr;

/// What stands between the provider's name and the tag.
const SEPARATOR: &str = "-provider:";
/// Longest reported version that is read, in bytes; a container tag has at most 128, a name 253.
const LENGTH_LIMIT: usize = 512;
/// Hexadecimal digits of the commit in the tag of a build of the main branch.
const MAIN_DIGITS: usize = 12;
/// Constants that shims reported before the linker injected their version.
const STALE_LITERALS: [&str; 2] = ["v0.1.0", "v0.2.0"];

/// A reported version in its two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedVersion {
    /// Name of the provider, for example `vllm`.
    pub provider: String,
    /// What was injected when the shim was linked.
    pub tag: ShimTag,
}

/// The tag of a shim, well-formed: one or more of `[A-Za-z0-9._-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShimTag(String);

/// Which kind of build gives a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TagKind {
    /// A release or another name that somebody chose, for example `v0.8.0`.
    Release,
    /// A build of the main branch: `main-` and the first 12 digits of the commit.
    Main,
    /// The default of the source, `dev`: nothing was injected.
    Dev,
    /// A local build at a commit: `dev-<digits>`, with `-dirty` if the tree had changes.
    DevCommit {
        /// The tree had changes.
        dirty: bool,
    },
    /// A local build where git could not name the commit: `dev-unknown`.
    DevUnknown {
        /// The tree had changes.
        dirty: bool,
    },
    /// A constant from before versions were injected: `v0.1.0`, `v0.2.0`.
    Stale,
    /// Begins like the stamp of a local build or of the main branch and goes on differently, as `dev-abc1234-x` does.
    BrokenStamp,
}

/// Why a text is not a reported version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Longer than any version.
    #[error("it is {0} bytes long")]
    TooLong(usize),
    /// No `-provider:` between name and tag.
    #[error("`{0}` does not look like <provider>-provider:<tag>")]
    Shape(String),
    /// The name before `-provider:` is not one.
    #[error("`{0}` is not a provider name")]
    Provider(String),
    /// An empty tag.
    #[error("the tag is empty")]
    Empty,
    /// A character that no tag has.
    #[error("the tag `{0}` has characters other than letters, digits, dot, underscore and dash")]
    Characters(String),
}

impl ReportedVersion {
    /// The text for a provider and a tag.
    pub fn text(provider: &str, tag: &str) -> String {
        format!("{provider}{SEPARATOR}{tag}")
    }
}

impl FromStr for ReportedVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<ReportedVersion, VersionError> {
        if text.len() > LENGTH_LIMIT {
            return Err(VersionError::TooLong(text.len()));
        }
        let (provider, tag) =
            text.split_once(SEPARATOR).ok_or_else(|| VersionError::Shape(text.to_owned()))?;
        let named = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
        let is_name = provider.starts_with(named)
            && provider.ends_with(named)
            && provider.chars().all(|character| named(character) || character == '-' || character == '.');
        if !is_name {
            return Err(VersionError::Provider(provider.to_owned()));
        }
        Ok(ReportedVersion { provider: provider.to_owned(), tag: tag.parse()? })
    }
}

impl fmt::Display for ReportedVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{SEPARATOR}{}", self.provider, self.tag)
    }
}

impl ShimTag {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of build that gives this tag.
    pub fn kind(&self) -> TagKind {
        let text = self.as_str();
        if STALE_LITERALS.contains(&text) {
            return TagKind::Stale;
        }
        if text == "dev" {
            return TagKind::Dev;
        }
        if let Some(stamp) = text.strip_prefix("dev-") {
            let (commit, dirty) = match stamp.strip_suffix("-dirty") {
                Some(commit) => (commit, true),
                None => (stamp, false),
            };
            return match commit {
                "unknown" => TagKind::DevUnknown { dirty },
                _ if is_hexadecimal(commit) => TagKind::DevCommit { dirty },
                _ => TagKind::BrokenStamp,
            };
        }
        match text.strip_prefix("main-") {
            Some(commit) if commit.len() == MAIN_DIGITS && is_hexadecimal(commit) => TagKind::Main,
            Some(_) => TagKind::BrokenStamp,
            None => TagKind::Release,
        }
    }
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl FromStr for ShimTag {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<ShimTag, VersionError> {
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if text.len() > LENGTH_LIMIT {
            return Err(VersionError::TooLong(text.len()));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !text.bytes().all(allowed) {
            return Err(VersionError::Characters(text.to_owned()));
        }
        Ok(ShimTag(text.to_owned()))
    }
}

impl fmt::Display for ShimTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl TagKind {
    /// Whether only a build outside of the release workflow gives such a tag.
    pub const fn is_local(self) -> bool {
        matches!(self, TagKind::Dev | TagKind::DevCommit { .. } | TagKind::DevUnknown { .. })
    }

    /// The kind in words, to stand after "is".
    pub const fn as_str(self) -> &'static str {
        match self {
            TagKind::Release => "a release",
            TagKind::Main => "a build of the main branch",
            TagKind::Dev => "the default in the source; nothing was injected",
            TagKind::DevCommit { dirty: false } => "a local build",
            TagKind::DevCommit { dirty: true } => "a local build of changed sources",
            TagKind::DevUnknown { .. } => "a local build of an unknown commit",
            TagKind::Stale => "a constant from before versions were injected",
            TagKind::BrokenStamp => "a value that no build of AI Runway sets",
        }
    }
}

#[cfg(test)]
mod tests;
