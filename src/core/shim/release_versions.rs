//! `versions.env`: the versions of what a release of AI Runway is built with.

use std::collections::BTreeMap;

/// Longest `versions.env` that is read, in bytes; upstream's has two thousand.
pub const VERSIONS_LIMIT: usize = 64 << 10;

/// The names and values of a `versions.env`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionsEnv {
    values: BTreeMap<String, String>,
}

/// Why a text is no `versions.env`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionsError {
    /// Larger than [`VERSIONS_LIMIT`].
    #[error("it has {0} bytes, limit {VERSIONS_LIMIT}")]
    TooLong(usize),
    /// A line that is neither empty, a comment, nor `NAME=value`.
    #[error("line {0} is neither a comment nor NAME=value")]
    Line(usize),
    /// A name that is set twice, differently.
    #[error("line {line} sets {name} again, to another value")]
    Twice {
        /// Line, from 1.
        line: usize,
        /// The name.
        name: String,
    },
    /// None of the names that a shim is built with.
    #[error("it sets none of DYNAMO_VERSION, LLMD_VERSION, VLLM_VERSION, GAIE_VERSION")]
    Nothing,
}

/// Names that are injected into a shim or the controller.
const INJECTED: [&str; 4] = ["DYNAMO_VERSION", "LLMD_VERSION", "VLLM_VERSION", "GAIE_VERSION"];

impl VersionsEnv {
    /// Reads `NAME=value` lines, comments and empty lines; `export` and quotes around a value are allowed as in a shell.
    ///
    /// # Errors
    /// What is wrong, with the line.
    pub fn parse(text: &str) -> Result<VersionsEnv, VersionsError> {
        if text.len() > VERSIONS_LIMIT {
            return Err(VersionsError::TooLong(text.len()));
        }
        let mut values = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = assignment(line).ok_or(VersionsError::Line(index + 1))?;
            match values.get(name) {
                Some(before) if *before != value => {
                    return Err(VersionsError::Twice { line: index + 1, name: name.to_owned() });
                }
                _ => values.insert(name.to_owned(), value),
            };
        }
        if INJECTED.iter().any(|name| values.contains_key(*name)) {
            Ok(VersionsEnv { values })
        } else {
            Err(VersionsError::Nothing)
        }
    }

    /// The value of a name, for example `VLLM_VERSION`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

fn assignment(line: &str) -> Option<(&str, String)> {
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (name, value) = line.split_once('=')?;
    let first = name.bytes().next()?;
    let is_name =
        !first.is_ascii_digit() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let value = value.trim();
    let unquoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let value = match unquoted {
        Some(value) => value,
        // As in a shell, a blank ends the value and only a comment may follow.
        None => match value.split_once(char::is_whitespace) {
            Some((value, rest)) if rest.trim_start().starts_with('#') => value,
            Some(_) => return None,
            None => value,
        },
    };
    is_name.then(|| (name, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_quotes_and_export_are_read_as_a_shell_does() {
        let text = "# a comment\n\nGAIE_VERSION=v1.5.0\r\nexport VLLM_VERSION=\"cu130-nightly\"\nLLMD_VERSION=0.6.0 # why\n";
        let versions = VersionsEnv::parse(text).unwrap();
        assert_eq!(versions.get("GAIE_VERSION"), Some("v1.5.0"));
        assert_eq!(versions.get("VLLM_VERSION"), Some("cu130-nightly"));
        assert_eq!(versions.get("LLMD_VERSION"), Some("0.6.0"));
        assert_eq!(versions.get("DYNAMO_VERSION"), None);
    }

    #[test]
    fn what_is_no_versions_file_is_refused_with_its_line() {
        assert_eq!(VersionsEnv::parse("VLLM_VERSION=1\nhello\n"), Err(VersionsError::Line(2)));
        assert_eq!(VersionsEnv::parse("1A=2\n"), Err(VersionsError::Line(1)));
        assert_eq!(VersionsEnv::parse("VLLM_VERSION=a b\n"), Err(VersionsError::Line(1)));
        assert_eq!(VersionsEnv::parse("PATH=/bin\n"), Err(VersionsError::Nothing));
        assert_eq!(VersionsEnv::parse(""), Err(VersionsError::Nothing));
        let twice = VersionsEnv::parse("VLLM_VERSION=1\nVLLM_VERSION=2\n");
        assert_eq!(twice, Err(VersionsError::Twice { line: 2, name: "VLLM_VERSION".to_owned() }));
        assert!(VersionsEnv::parse(&"#".repeat(VERSIONS_LIMIT + 1)).is_err());
    }

    #[test]
    fn the_embedded_releases_have_one() {
        for release in crate::core::kind::model_deployment::release::Release::all() {
            let text: String = release.versions().map(|(name, value)| format!("{name}={value}\n")).collect();
            assert_eq!(
                VersionsEnv::parse(&text).unwrap().get("VLLM_VERSION"),
                release.version("VLLM_VERSION")
            );
        }
    }
}
