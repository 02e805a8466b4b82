//! Where a value has another type than its schema wants, and the way out. Decoders name the type of Go and no place.

use super::structural::{Schema, Type};
use crate::core::kubernetes::finding::field_path;
use serde_json::Value;

/// Deepest place that is looked for.
const DEPTH: usize = 64;
/// Longest value that is quoted in a way out, in characters.
const SHOWN: usize = 40;

/// The first value, in the order of the object, whose type is not one of its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Its field path.
    pub path: String,
    /// What to write instead, where that can be said.
    pub way_out: Option<String>,
}

/// The first mismatch at or below `path`.
pub fn first(value: &Value, schema: &Schema, path: &str) -> Option<Mismatch> {
    look(value, schema, path, 0)
}

fn look(value: &Value, schema: &Schema, path: &str, depth: usize) -> Option<Mismatch> {
    if depth > DEPTH || value.is_null() || schema.types.is_any() || schema.is_int_or_string() {
        return None;
    }
    let wanted = schema.types.single()?;
    if !fits(value, wanted) {
        return Some(Mismatch { path: path.to_owned(), way_out: way_out(value, wanted, schema, path) });
    }
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let below = if path.is_empty() { name.clone() } else { field_path(path, name) };
            look(value, schema.member(name)?, &below, depth + 1)
        }),
        Value::Array(entries) => entries
            .iter()
            .enumerate()
            .find_map(|(index, entry)| look(entry, schema.items()?, &format!("{path}[{index}]"), depth + 1)),
        _ => None,
    }
}

fn fits(value: &Value, wanted: Type) -> bool {
    match wanted {
        Type::Object => value.is_object(),
        Type::Array => value.is_array(),
        Type::String => value.is_string(),
        Type::Integer => value.is_i64() || value.is_u64(),
        Type::Number => value.is_number(),
        Type::Boolean => value.is_boolean(),
    }
}

fn way_out(value: &Value, wanted: Type, schema: &Schema, path: &str) -> Option<String> {
    let name = path.rsplit(['.', '[']).next().unwrap_or(path).trim_end_matches(']');
    let shown = scalar(value);
    Some(match (wanted, value) {
        (Type::String, Value::Number(_) | Value::Bool(_)) => format!("quote the value: \"{}\"", shown?),
        (Type::Integer | Type::Number, Value::String(text)) if text.trim().parse::<f64>().is_ok() => {
            format!("write the number without quotes: {}", text.trim())
        }
        (Type::Integer | Type::Number, _) => "write a number".to_owned(),
        (Type::Boolean, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => "write true, without quotes".to_owned(),
            "false" | "no" | "off" | "0" => "write false, without quotes".to_owned(),
            _ => "write true or false".to_owned(),
        },
        (Type::Boolean, _) => "write true or false".to_owned(),
        (Type::Object, _) => {
            let field = main_field(schema)?;
            match shown {
                Some(shown) => format!("write an object: {name}: {{{field}: {shown}}}"),
                None => format!("write an object, with fields such as {field}"),
            }
        }
        (Type::Array, Value::Object(members)) => {
            let entry = schema.items().filter(|item| item.property("name").is_some());
            match (entry, members.iter().next()) {
                (Some(item), Some((key, value))) if item.property("value").is_some() => {
                    let value = scalar(value).unwrap_or_default();
                    format!("write a list of entries with name and value: - name: {key}, value: \"{value}\"")
                }
                (Some(_), _) => "write a list of entries, each with a name".to_owned(),
                _ => "write a list, each entry behind a dash".to_owned(),
            }
        }
        (Type::Array, _) => match shown {
            Some(shown) => format!("write a list: {name}: [\"{shown}\"]"),
            None => "write a list".to_owned(),
        },
        (Type::String, _) => "write a text".to_owned(),
    })
}

/// A short scalar as it is written.
fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    (text.chars().count() <= SHOWN && !text.chars().any(char::is_control)).then_some(text)
}

/// The field of an object that a bare value was probably meant for.
fn main_field(schema: &Schema) -> Option<&str> {
    ["name", "id", "type", "count", "enabled", "mode", "replicas"]
        .into_iter()
        .find(|name| schema.property(name).is_some())
        .or_else(|| schema.property_names().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_place_and_the_way_out_are_those_of_the_value() {
        let text = json!({"type": "string"});
        let entry = json!({"type": "object", "properties": {"name": text, "value": text}});
        let schema = Schema::compile(&json!({"type": "object", "properties": {
            "env": {"type": "array", "items": entry},
            "provider": {"type": "object", "properties": {"name": text}},
            "gpu": {"type": "object", "properties": {"count": {"type": "integer"}}},
            "on": {"type": "boolean"}, "args": {"type": "array", "items": text},
            "labels": {"type": "object", "additionalProperties": text},
        }}))
        .expect("a schema");
        for (object, path, way_out) in [
            (
                json!({"env": [{"name": "A"}, {"name": "B", "value": 2}]}),
                "env[1].value",
                "quote the value: \"2\"",
            ),
            (
                json!({"env": {"A": "1"}}),
                "env",
                "write a list of entries with name and value: - name: A, value: \"1\"",
            ),
            (json!({"provider": "vllm"}), "provider", "write an object: provider: {name: vllm}"),
            (json!({"gpu": {"count": "2"}}), "gpu.count", "write the number without quotes: 2"),
            (json!({"gpu": 2}), "gpu", "write an object: gpu: {count: 2}"),
            (json!({"on": "yes"}), "on", "write true, without quotes"),
            (json!({"args": "--x"}), "args", "write a list: args: [\"--x\"]"),
            (json!({"labels": {"a.b/c": true}}), "labels[a.b/c]", "quote the value: \"true\""),
        ] {
            let found = first(&object, &schema, "").expect("a mismatch");
            assert_eq!((found.path.as_str(), found.way_out.as_deref()), (path, Some(way_out)));
        }
        assert_eq!(first(&json!({"on": true, "args": null, "other": 1}), &schema, ""), None);
    }
}
