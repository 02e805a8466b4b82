//! The documents of a recipe site as views: what is there is read, what is odd is left out, nothing panics.
//!
//! Shapes are those of `recipes-data.md`; unknown members are normal, and `null` is like an absent one.

mod index;
mod recipe;
mod rendering;
mod taxonomy;

pub use index::{Index, Row};
pub use recipe::{Feature, FeatureMode, Recipe, Variant};
pub use rendering::{DeployType, Rendering, Role};
pub use taxonomy::{HardwareProfile, Taxonomy};

use serde_json::{Map, Value};

/// A document that has not the shape it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Longest name (hardware, strategy, variant, feature …) that is taken for one.
pub const NAME_LIMIT: usize = 256;
/// Most tokens of a command.
pub const ARGV_LIMIT: usize = 1024;
/// Longest token of a command, in bytes.
pub const TOKEN_LIMIT: usize = 64 * 1024;

/// A member that is an object.
pub(super) fn object<'a>(value: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    value.get(name).and_then(Value::as_object)
}

/// A member that is a text with something in it; unlike in a Kubernetes object, blanks alone are nothing.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// The texts of a list; entries of other types are left out.
pub(super) fn texts<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    let entries = value.get(name).and_then(Value::as_array);
    entries.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The texts of a list, of which every entry must be one.
pub(super) fn tokens<'a>(value: &'a Value, name: &str) -> Result<Option<Vec<&'a str>>, Malformed> {
    let entries = match value.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(Malformed(format!("{name} is not a list"))),
    };
    if entries.len() > ARGV_LIMIT {
        return Err(Malformed(format!("{name} has more than {ARGV_LIMIT} entries")));
    }
    let read = |entry: &'a Value| match entry.as_str() {
        Some(text) if text.len() <= TOKEN_LIMIT && !text.contains('\0') => Ok(text),
        Some(_) => Err(Malformed(format!("{name} has a string that is too long or has a zero byte"))),
        None => Err(Malformed(format!("{name} has an entry that is not a string"))),
    };
    entries.iter().map(read).collect::<Result<_, _>>().map(Some)
}
