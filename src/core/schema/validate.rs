//! Judging an object by its schema (`kube-openapi/pkg/validation/validate`).
//!
//! The library reports the errors of sibling members in Go's random map order; here they come in the order of the names.

use super::error::{ErrorKind, FieldError};
use super::ratchet::{OldItems, is_unchanged};
use super::structural::{Additional, Schema, Type};
use super::{combined, text};
use serde_json::{Map, Number, Value};

/// Largest float that counts as a whole number: beyond it, JSON numbers are not exact.
const WHOLE_LIMIT: f64 = 9_007_199_254_740_991.0;

/// Errors, and the number of checks that the library counts to find the best of several alternatives.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) errors: Vec<FieldError>,
    pub(super) matches: usize,
}

impl Outcome {
    fn merge(&mut self, other: Outcome) {
        self.errors.extend(other.errors);
        self.matches += other.matches;
    }

    pub(super) fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
}

/// The errors of an object. With the object that it replaces, parts that did not change are not judged again.
pub fn validate(object: &Value, old: Option<&Value>, schema: &Schema) -> Vec<FieldError> {
    let mut path = String::new();
    correlated(object, old, schema, &mut path).errors
}

/// The server's ratcheting: errors of a value that equals the one it replaces do not count.
fn correlated(value: &Value, old: Option<&Value>, schema: &Schema, path: &mut String) -> Outcome {
    let outcome = check(value, old, schema, path);
    if !outcome.is_valid() && old.is_some_and(|old| is_unchanged(value, old, schema)) {
        return Outcome::default();
    }
    outcome
}

/// All checks of one value against one schema, in the library's order.
pub(super) fn check(value: &Value, old: Option<&Value>, schema: &Schema, path: &mut String) -> Outcome {
    let mut outcome = Outcome::default();
    if value.is_null() {
        if !schema.types.is_any() && !schema.nullable {
            outcome.errors.push(wrong_type(path, &schema.types.names(), "null"));
        } else {
            outcome.matches += 1;
        }
        check_enumeration(value, schema, path, &mut outcome);
        return outcome;
    }
    if !schema.types.is_any() || schema.format.is_some() {
        check_type(value, schema, path, &mut outcome);
        outcome.matches += 1;
    }
    if let Some(combined) = &schema.combined {
        outcome.merge(combined::check(value, combined, path));
    }
    outcome.matches += 2;
    match value {
        Value::String(text) => check_text(text, schema, path, &mut outcome),
        Value::Number(number) => {
            super::numbers::check(number, schema, path, &mut outcome.errors);
            outcome.matches += 2;
        }
        Value::Array(items) => {
            check_items(items, old, schema, path, &mut outcome);
            outcome.matches += 2;
        }
        _ => {}
    }
    check_enumeration(value, schema, path, &mut outcome);
    outcome.matches += 1;
    if let Value::Object(members) = value {
        check_members(members, old, schema, path, &mut outcome);
        outcome.matches += 1;
    }
    outcome.matches += 1;
    outcome
}

/// A path as the error's field: the library starts paths of unnamed members of the root with a point.
pub(super) fn field(path: &str) -> String {
    match path.strip_prefix('.').unwrap_or(path) {
        "" => "<nil>".to_owned(),
        field => field.to_owned(),
    }
}

fn invalid(path: &str, value: String, detail: String) -> FieldError {
    FieldError::invalid(field(path), value, detail)
}

fn wrong_type(path: &str, expected: &str, found: &str) -> FieldError {
    FieldError {
        kind: ErrorKind::TypeInvalid,
        path: field(path),
        value: Some(text::quote(found)),
        detail: format!("{path} in body must be of type {expected}: {}", text::quote(found)),
    }
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Boolean,
        Value::String(_) => Type::String,
        Value::Array(_) => Type::Array,
        Value::Number(number) if number.as_i64().is_some() => Type::Integer,
        Value::Number(_) => Type::Number,
        // Null is handled before.
        Value::Object(_) | Value::Null => Type::Object,
    }
}

fn check_type(value: &Value, schema: &Schema, path: &str, outcome: &mut Outcome) {
    let found = type_of(value);
    let types = schema.types;
    let whole_float =
        || value.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() <= WHOLE_LIMIT);
    let fits = types.contains(found)
        || (found == Type::Number && types.contains(Type::Integer) && whole_float())
        || (found == Type::Integer && types.contains(Type::Number));
    if let Some(format) = &schema.format {
        let is_numeric = types.contains(Type::Number) || types.contains(Type::Integer);
        let is_text_or_list = matches!(found, Type::String | Type::Array);
        if !is_text_or_list && !fits {
            let native = match found {
                Type::Integer => "int64",
                Type::Number => "float64",
                _ => "",
            };
            outcome.errors.push(wrong_type(path, &format.name, native));
            return;
        }
        if !is_numeric && is_text_or_list {
            outcome.matches += 1;
            return;
        }
    }
    if fits {
        outcome.matches += 1;
    } else {
        outcome.errors.push(wrong_type(path, &types.names(), found.name()));
    }
}

fn check_text(value: &str, schema: &Schema, path: &str, outcome: &mut Outcome) {
    if let Some(error) = first_text_error(value, schema, path) {
        outcome.errors.push(error);
    }
    outcome.matches += 1;
    if let Some(format) = &schema.format
        && let Some(check) = format.text_check()
    {
        if !check(value) {
            outcome.errors.push(wrong_type(path, &format.name, value));
        }
        outcome.matches += 1;
    }
}

fn first_text_error(value: &str, schema: &Schema, path: &str) -> Option<FieldError> {
    let length = || u64::try_from(value.chars().count()).unwrap_or(u64::MAX);
    if let Some(bounds) = &schema.bounds {
        if let Some(limit) = bounds.max_length.filter(|limit| length() > *limit) {
            let unit = if limit == 1 { "byte" } else { "bytes" };
            return Some(FieldError {
                kind: ErrorKind::TooLong,
                path: field(path),
                value: None,
                detail: format!("may not be more than {limit} {unit}"),
            });
        }
        if let Some(limit) = bounds.min_length.filter(|limit| length() < *limit) {
            let detail = format!("{path} in body should be at least {limit} chars long");
            return Some(invalid(path, text::quote(value), detail));
        }
    }
    let pattern = schema.pattern.as_ref().filter(|pattern| !pattern.matches(value))?;
    let detail = format!("{path} in body should match '{}'", pattern.text());
    Some(invalid(path, text::quote(value), detail))
}

fn check_enumeration(value: &Value, schema: &Schema, path: &str, outcome: &mut Outcome) {
    if schema.enumeration.is_empty() || schema.enumeration.iter().any(|allowed| converts_to(value, allowed)) {
        return;
    }
    let allowed: Vec<String> = schema
        .enumeration
        .iter()
        .map(|allowed| allowed.as_str().map_or_else(|| text::quote(&text::json(allowed)), text::quote))
        .collect();
    outcome.errors.push(FieldError {
        kind: ErrorKind::NotSupported,
        path: field(path),
        value: Some(text::value(value)),
        detail: format!("supported values: {}", allowed.join(", ")),
    });
}

/// Go's comparison after conversion to the type of the allowed value: fractions are cut off.
fn converts_to(value: &Value, allowed: &Value) -> bool {
    match (value, allowed) {
        (Value::Number(value), Value::Number(allowed)) => {
            let cut = |number: &Number| number.as_f64().map(f64::trunc);
            match (value.as_i64(), allowed.as_i64()) {
                (Some(value), Some(allowed)) => value == allowed,
                (None, Some(_)) => cut(value) == allowed.as_f64(),
                _ => value.as_f64() == allowed.as_f64(),
            }
        }
        _ => value == allowed && !allowed.is_null(),
    }
}

fn check_items(
    items: &[Value],
    old: Option<&Value>,
    schema: &Schema,
    path: &mut String,
    outcome: &mut Outcome,
) {
    let length = path.len();
    if let Some(below) = schema.items() {
        let replaced = OldItems::of(old, schema);
        for (index, item) in items.iter().enumerate() {
            *path += &format!("[{index}]");
            outcome.merge(correlated(item, replaced.get(item), below, path));
            path.truncate(length);
        }
    }
    let Some(bounds) = &schema.bounds else { return };
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    if let Some(limit) = bounds.min_items.filter(|limit| count < *limit) {
        let detail = format!("{path} in body should have at least {limit} items");
        outcome.errors.push(invalid(path, count.to_string(), detail));
    }
    if let Some(limit) = bounds.max_items.filter(|limit| count > *limit) {
        outcome.errors.push(too_many(path, count, limit));
    }
    if bounds.unique_items && has_duplicates(items) {
        let detail = format!("{path} in body shouldn't contain duplicates");
        outcome.errors.push(invalid(path, text::quote(""), detail));
    }
}

fn has_duplicates(items: &[Value]) -> bool {
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    items.iter().any(|item| !seen.insert(text::json(item)))
}

fn too_many(path: &str, count: u64, limit: u64) -> FieldError {
    FieldError {
        kind: ErrorKind::TooMany,
        path: field(path),
        value: Some(count.to_string()),
        detail: format!("must have at most {limit} item{}", if limit == 1 { "" } else { "s" }),
    }
}

fn check_members(
    members: &Map<String, Value>,
    old: Option<&Value>,
    schema: &Schema,
    path: &mut String,
    outcome: &mut Outcome,
) {
    if let Some(bounds) = &schema.bounds {
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if let Some(limit) = bounds.min_properties.filter(|limit| count < *limit) {
            let detail = format!("{path} in body should have at least {limit} properties");
            outcome.errors.push(invalid(path, count.to_string(), detail));
        }
        if let Some(limit) = bounds.max_properties.filter(|limit| count > *limit) {
            outcome.errors.push(too_many(path, count, limit));
        }
    }
    let length = path.len();
    match &schema.additional {
        None | Some(Additional::Allowed(true)) => {}
        Some(additional) => check_unnamed(members, old, schema, additional, path, outcome),
    }
    for (name, property) in &schema.properties {
        let Some(member) = members.get(name.as_ref()) else { continue };
        if length > 0 {
            path.push('.');
        }
        path.push_str(name);
        // The type members of the resource are never taken for unchanged: the client does not see their old values.
        let is_type_member = length == 0 && matches!(name.as_ref(), "apiVersion" | "kind");
        let old_member = old.filter(|_| !is_type_member).and_then(|old| old.get(name.as_ref()));
        outcome.merge(correlated(member, old_member, property, path));
        path.truncate(length);
    }
    for name in &schema.required {
        if !members.contains_key(name.as_ref()) {
            outcome.errors.push(FieldError::required(field(&format!("{path}.{name}")), ""));
        }
    }
}

/// Members that the schema does not name.
fn check_unnamed(
    members: &Map<String, Value>,
    old: Option<&Value>,
    schema: &Schema,
    additional: &Additional,
    path: &mut String,
    outcome: &mut Outcome,
) {
    let length = path.len();
    for (name, member) in members.iter().filter(|(name, _)| schema.property(name).is_none()) {
        match additional {
            Additional::Allowed(_) => {
                let detail = format!("{path}.{name} in body is a forbidden property");
                outcome.errors.push(invalid(path, text::quote(name), detail));
            }
            Additional::Schema(additional) => {
                path.push('.');
                path.push_str(name);
                let old_member = old.and_then(|old| old.get(name));
                outcome.merge(correlated(member, old_member, additional, path));
                path.truncate(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::schema::{Schema, judge};
    use serde_json::{Value, json};

    fn errors(list: &Value, bounds: Value) -> Vec<String> {
        let item = json!({"type": "object", "nullable": true, "properties": {"name": {"type": "string"}}});
        let mut schema = json!({"type": "array", "items": item});
        schema.as_object_mut().expect("an object").extend(bounds.as_object().expect("an object").clone());
        let schema =
            Schema::compile(&json!({"type": "object", "properties": {"l": schema}})).expect("a schema");
        let judgement = judge(&json!({"l": list}), None, &schema, Vec::new());
        judgement.errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_list_may_be_as_long_or_short_as_its_limit() {
        let two = json!([{"name": "a"}, {"name": "b"}]);
        for bounds in [json!({"minItems": 2}), json!({"maxItems": 2})] {
            assert_eq!(errors(&two, bounds.clone()), Vec::<String>::new(), "{bounds}");
        }
        assert!(errors(&two, json!({"minItems": 3}))[0].contains("should have at least 3 items"));
        assert!(errors(&two, json!({"maxItems": 1}))[0].contains("must have at most 1 item"));
    }

    #[test]
    fn null_may_stand_in_a_list_by_key() {
        let by_name = json!({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]});
        assert_eq!(errors(&json!([{"name": "a"}, null]), by_name.clone()), Vec::<String>::new());
        assert_eq!(errors(&json!([{"name": "a"}, {"name": "a"}]), by_name).len(), 1);
    }
}
