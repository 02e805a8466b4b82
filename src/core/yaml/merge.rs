//! What `<<` does, and values as keys.

use granit_parser::Tag;
use serde_json::{Map, Value};

use super::build::YAML_TAGS;
use super::scalar::Scalar;

/// The error for a merge of anything else.
pub(super) const WANT_MAP: &str = "`<<` needs a map, or a list of maps";

/// Merges as `go.yaml.in/yaml/v2` does: at the place of `<<`, over members that stand before it, under those that follow.
pub(super) fn merge(members: &mut Map<String, Value>, value: Value) -> Result<(), &'static str> {
    match value {
        Value::Object(object) => {
            members.extend(object);
            Ok(())
        }
        // The first map of a list counts most.
        Value::Array(items) => items.into_iter().rev().try_for_each(|item| match item {
            Value::Object(object) => {
                members.extend(object);
                Ok(())
            }
            _ => Err(WANT_MAP),
        }),
        _ => Err(WANT_MAP),
    }
}

/// Whether a tag says that a key is a merge.
pub(super) fn is_merge_tag(tag: Option<&Tag>) -> bool {
    tag.and_then(|tag| tag.suffix_in_namespace(YAML_TAGS)).is_some_and(|name| name == "merge")
}

/// A value as a key.
pub(super) fn key_of_value(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Ok(value.to_string()),
            (None, Some(value)) if number.is_f64() => Scalar::Float(value).into_key(""),
            _ => Err(format!("`{number}` is too large for a map key, quote it")),
        },
        Value::Null => Err("null cannot be a map key".to_owned()),
        Value::Array(_) | Value::Object(_) => Err("a list or a map cannot be a map key".to_owned()),
    }
}
