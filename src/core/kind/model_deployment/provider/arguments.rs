//! Command-line arguments of engines: the rules that all shims share (`airunway-providers.md` section 3.2).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::core::kind::model_deployment::advice::catalogue as rule;
use crate::core::kubernetes::finding::field_path;
use crate::core::kubernetes::json;
use crate::core::kubernetes::rule::Found;
use crate::core::schema::text::quote;

/// Why engine arguments are refused; the texts are the shims'.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// A flag that the shim sets itself; the whole text.
    #[error("{0}")]
    Reserved(String),
    /// A flag that is set twice.
    #[error("{}", conflict_text(key, token))]
    Conflict {
        /// Flag without dashes.
        key: String,
        /// Token that repeats it.
        token: String,
    },
    /// A key that is not a flag.
    #[error(
        "invalid engine arg key {}: must contain only alphanumeric characters, hyphens, and underscores",
        quote(.0)
    )]
    InvalidKey(String),
}

fn conflict_text(key: &str, token: &str) -> String {
    format!(
        "launch flag {} is set in both spec.engine.args and spec.engine.extraArgs ({}); \
         set it in exactly one place so the engine does not receive conflicting values",
        quote(key),
        quote(token)
    )
}

/// The flag a raw token sets, without dashes: `--a=b` sets `a`; `-a`, `--`, `---a` and `--=x` set none.
#[must_use]
pub fn launch_flag_key(token: &str) -> Option<&str> {
    let flag = token.strip_prefix("--")?;
    if flag.is_empty() || flag.starts_with('-') {
        return None;
    }
    let key = flag.split_once('=').map_or(flag, |(key, _)| key).trim();
    (!key.is_empty()).then_some(key)
}

/// The first raw token that repeats a key of the argument map: key and token.
#[must_use]
pub fn launch_flag_conflict<'a>(
    args: &BTreeMap<String, String>,
    extra_args: &'a [String],
) -> Option<(&'a str, &'a str)> {
    extra_args.iter().find_map(|token| {
        let key = launch_flag_key(token)?;
        args.contains_key(key).then_some((key, token.as_str()))
    })
}

/// [`launch_flag_conflict`] as a refusal.
pub(super) fn refuse_conflicts(
    args: &BTreeMap<String, String>,
    extra_args: &[String],
) -> Result<(), ArgumentError> {
    match launch_flag_conflict(args, extra_args) {
        Some((key, token)) => Err(ArgumentError::Conflict { key: key.to_owned(), token: token.to_owned() }),
        None => Ok(()),
    }
}

/// Flags that the user set in either place.
pub(super) fn explicit_flags<'a>(
    args: &'a BTreeMap<String, String>,
    extra_args: &'a [String],
) -> BTreeSet<&'a str> {
    let tokens = extra_args.iter().filter_map(|token| launch_flag_key(token));
    args.keys().map(String::as_str).chain(tokens).collect()
}

/// Appends the argument map in key order; an empty value is a bare flag.
///
/// # Errors
/// The first key, in that order, that is not a flag name.
pub(super) fn push_map<'a>(
    tokens: &mut Vec<String>,
    args: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<(), ArgumentError> {
    for (key, value) in args {
        check_key(key)?;
        tokens.push(format!("--{key}"));
        if !value.is_empty() {
            tokens.push(value.clone());
        }
    }
    Ok(())
}

/// Whether a key may stand behind two dashes.
pub(super) fn check_key(key: &str) -> Result<(), ArgumentError> {
    let clean = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if key.is_empty() || key.starts_with('-') || !key.bytes().all(clean) {
        return Err(ArgumentError::InvalidKey(key.to_owned()));
    }
    Ok(())
}

/// Says which keys of the argument map of a stored object the shim will refuse.
pub(super) fn advise_keys(stored: &Value, found: &mut Found) {
    for key in engine_args(stored).filter(|key| check_key(key).is_err()) {
        advise_key(key, found);
    }
}

/// The finding that the shim refuses a key.
pub(super) fn advise_key(key: &str, found: &mut Found) {
    let message = "the shim takes only letters, digits, '-' and '_', not '-' in front";
    found.add(&rule::LAUNCH_FLAG_KEY, field_path("spec.engine.args", key), message);
}

/// The keys of the argument map of a stored object, in its own order.
pub(super) fn engine_args(stored: &Value) -> impl Iterator<Item = &str> {
    let args = json::object(stored, &["spec", "engine", "args"]);
    args.into_iter().flat_map(|args| args.keys().map(String::as_str))
}

/// Appends a flag and its value.
pub(super) fn push(tokens: &mut Vec<String>, flag: &str, value: impl Into<String>) {
    tokens.push(flag.to_owned());
    tokens.push(value.into());
}
