//! Reading members of an object as a controller's Go program sees them: absent and null are the same, and so is a value
//! of another type.
//!
//! A place is a path of names, where a name may be any text, or a JSON pointer (RFC 6901): `text_at(pod, "/metadata/name")`.

use serde_json::{Map, Value};

/// The value at a path of member names.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(*name)).filter(|value| !value.is_null())
}

/// The text at a path; empty when it is absent.
pub fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The flag at a path; `false` when it is absent.
pub fn flag(value: &Value, path: &[&str]) -> bool {
    at(value, path).and_then(Value::as_bool).unwrap_or(false)
}

/// The whole number at a path; 0 when it is absent.
pub fn number(value: &Value, path: &[&str]) -> i64 {
    at(value, path).and_then(Value::as_number).and_then(crate::core::schema::whole).unwrap_or(0)
}

/// The list at a path; empty when it is absent.
pub fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The object at a path.
pub fn object<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Map<String, Value>> {
    at(value, path).and_then(Value::as_object)
}

/// The text at a pointer; empty when it is absent.
pub fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The flag at a pointer; `false` when it is absent.
pub fn flag_at(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The integer at a pointer, where 0 is not the same as absent; `1.0` is not an integer.
pub fn integer_at(value: &Value, pointer: &str) -> Option<i64> {
    value.pointer(pointer).and_then(Value::as_i64)
}

/// The list at a pointer; empty when it is absent.
pub fn list_at<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
