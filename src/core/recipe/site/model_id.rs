//! Ids of models on Hugging Face.

use std::fmt;
use std::str::FromStr;

use crate::core::recipe::site::documents::SitePath;

/// Longest id: Hugging Face allows 96 characters for each half.
pub const MODEL_ID_LIMIT: usize = 256;

/// The id of a model: `organization/model`, checked before anything is asked of a recipe site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(String);

/// Why a text is not a model id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelIdError {
    /// Not exactly two parts, or a part that is empty, `.` or `..`; upstream's words.
    #[error("invalid Hugging Face model ID: {0}")]
    Shape(String),
    /// A character that would change the path of a request.
    #[error("invalid Hugging Face model ID: {id}: {what} is not allowed")]
    Character {
        /// The id, escaped.
        id: String,
        /// The character in words.
        what: &'static str,
    },
    /// Too long.
    #[error("invalid Hugging Face model ID: longer than {MODEL_ID_LIMIT} bytes")]
    Long,
}

impl ModelId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`ModelIdError`] for everything that is not two path segments, or could become something else in a URL.
    pub fn parse(text: &str) -> Result<ModelId, ModelIdError> {
        if text.len() > MODEL_ID_LIMIT {
            return Err(ModelIdError::Long);
        }
        let shown = || text.escape_debug().to_string();
        if let Some(what) = text.chars().find_map(forbidden) {
            return Err(ModelIdError::Character { id: shown(), what });
        }
        let segments: Vec<&str> = text.split('/').collect();
        let clean = |segment: &&str| !matches!(*segment, "" | "." | "..");
        if segments.len() != 2 || !segments.iter().all(clean) {
            return Err(ModelIdError::Shape(shown()));
        }
        Ok(ModelId(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the slash.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// Where the recipe would be if its directory were named as the id; only for want of an index, because directories
    /// may differ in case (`recipes-data.md` section 1).
    #[must_use]
    pub fn guessed_path(&self) -> SitePath {
        SitePath::new(format!("/{}.json", self.0))
    }
}

/// Characters that a URL or a path reads as something else. `%` goes whole: `%2f` and `%2e` are no exceptions.
fn forbidden(character: char) -> Option<&'static str> {
    match character {
        '%' => Some("a percent sign"),
        '\\' => Some("a backslash"),
        '?' => Some("a question mark"),
        '#' => Some("a number sign"),
        _ if character.is_control() => Some("a control character"),
        _ if character.is_whitespace() => Some("a blank"),
        // Marks that turn the order of the letters around on a screen.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("an invisible character")
        }
        _ => None,
    }
}

impl FromStr for ModelId {
    type Err = ModelIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_segments() {
        let id = ModelId::parse("Qwen/Qwen3-0.6B").unwrap();
        assert_eq!(id.name(), "Qwen3-0.6B");
        assert_eq!(id.guessed_path().as_str(), "/Qwen/Qwen3-0.6B.json");
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "/",
            "a",
            "a/",
            "/b",
            "a/b/c",
            "a/../b",
            "../b",
            "a/..",
            "./b",
            "a/.",
            "a/b%2fc",
            "a/%2e%2e",
            "a\\b/c",
            "a/b c",
            "a/b\n",
            "a/b\u{0}",
            "a/b?x",
            "a/b#x",
            "a/\u{202e}b",
            "a/\u{a0}",
        ] {
            assert!(ModelId::parse(text).is_err(), "{text:?}");
        }
        assert!(ModelId::parse(&format!("a/{}", "b".repeat(MODEL_ID_LIMIT))).is_err());
    }
}
