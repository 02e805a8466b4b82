//! What a user says about one feature of a recipe.

use std::fmt;
use std::str::FromStr;

/// Adds or removes a feature, as `--feature` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureChoice {
    /// `NAME` or `NAME=MODE`.
    Add {
        /// The feature.
        name: String,
        /// The mode, for a feature that has modes; without one the recipe's default holds.
        mode: Option<String>,
    },
    /// `no-NAME` or `-NAME`.
    Remove {
        /// The feature.
        name: String,
    },
}

/// Why a text is not a choice of a feature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid feature {0:?}: expected NAME, NAME=MODE or no-NAME")]
pub struct FeatureChoiceError(pub String);

impl FeatureChoice {
    /// The feature's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Add { name, .. } | Self::Remove { name } => name,
        }
    }
}

impl FromStr for FeatureChoice {
    type Err = FeatureChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || FeatureChoiceError(text.to_owned());
        let clean = |part: &str| {
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.';
            !part.is_empty() && !part.starts_with('-') && part.bytes().all(plain)
        };
        if let Some(name) = text.strip_prefix("no-").or_else(|| text.strip_prefix('-')) {
            return if clean(name) { Ok(Self::Remove { name: name.to_owned() }) } else { Err(bad()) };
        }
        let (name, mode) = text.split_once('=').map_or((text, None), |(name, mode)| (name, Some(mode)));
        if !clean(name) || mode.is_some_and(|mode| !clean(mode)) {
            return Err(bad());
        }
        Ok(Self::Add { name: name.to_owned(), mode: mode.map(str::to_owned) })
    }
}

impl fmt::Display for FeatureChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { name, mode: None } => formatter.write_str(name),
            Self::Add { name, mode: Some(mode) } => write!(formatter, "{name}={mode}"),
            Self::Remove { name } => write!(formatter, "no-{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_say_it() {
        let read = |text: &str| text.parse::<FeatureChoice>();
        assert_eq!(read("reasoning"), Ok(FeatureChoice::Add { name: "reasoning".into(), mode: None }));
        assert_eq!(
            read("spec_decoding=mtp"),
            Ok(FeatureChoice::Add { name: "spec_decoding".into(), mode: Some("mtp".into()) })
        );
        for text in ["no-reasoning", "-reasoning"] {
            assert_eq!(read(text), Ok(FeatureChoice::Remove { name: "reasoning".into() }));
        }
        for text in ["", "no-", "-", "--x", "a=", "=b", "a b", "a=b=c", "no-a=b", "no--a"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
