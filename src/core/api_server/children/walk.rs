//! The check itself, after `typed/validate.go` of sigs.k8s.io/structured-merge-diff v6.3.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::types::{self, Items, Type};
use crate::core::schema::text::quote;

/// What is wrong with an object of a known kind, one text a problem; nothing for kinds that are not known.
///
/// Only declared fields are entered and no declared type contains itself, so the depth is bounded by the types.
pub(super) fn problems(kind: &str, object: &Value) -> Vec<String> {
    let mut walk = Walk { path: String::new(), problems: Vec::new() };
    match types::named(kind) {
        Some(shape) if !fits(shape, object) => walk.visit(shape, object),
        _ => {}
    }
    walk.problems
}

/// Longest list whose items are compared with each other.
const COMPARED_ITEMS: usize = 64;

/// Whether there surely is no problem: nearly every object passes, and this needs neither paths nor order.
fn fits(shape: &Type, value: &Value) -> bool {
    match (shape.resolve(), value) {
        (_, Value::Null) => true,
        (Type::Fields(fields), Value::Object(members)) => {
            members.iter().all(|(name, value)| fields.get(name).is_some_and(|shape| fits(shape, value)))
        }
        (Type::Map(shape), Value::Object(members)) => members.values().all(|value| fits(shape, value)),
        (Type::List(shape, items), Value::Array(values)) => {
            values.iter().all(|value| fits(shape, value)) && are_distinct(items, values)
        }
        (Type::Fields(_) | Type::Map(_) | Type::List(..), _) => false,
        (Type::Number, value) => value.is_number(),
        (Type::String, value) => value.is_string(),
        (Type::Boolean, value) => value.is_boolean(),
        (Type::Scalar | Type::Quantity, value) => !value.is_array() && !value.is_object(),
        (Type::Any | Type::Named(_), _) => true,
    }
}

/// Whether the items of a list surely have names, each its own.
fn are_distinct(items: &Items, values: &[Value]) -> bool {
    let same = |one: &Value, other: &Value| match items {
        Items::Positions => false,
        Items::Values => one == other,
        Items::Keys(keys) => keys
            .iter()
            .all(|(key, default)| one.get(key).unwrap_or(default) == other.get(key).unwrap_or(default)),
    };
    let has_name = |value: &Value| match items {
        Items::Positions => true,
        Items::Values => !(value.is_object() || value.is_array() || value.is_null()),
        Items::Keys(_) => value.is_object(),
    };
    if matches!(items, Items::Positions) {
        return true;
    }
    values.len() <= COMPARED_ITEMS
        && values.iter().all(has_name)
        && values
            .iter()
            .enumerate()
            .all(|(index, one)| values.iter().take(index).all(|other| !same(one, other)))
}

struct Walk {
    /// Where the walk is, for example `.spec.template`.
    path: String,
    problems: Vec<String>,
}

impl Walk {
    fn report(&mut self, text: &str) {
        let path = &self.path;
        self.problems.push(if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") });
    }

    /// Takes one step down.
    fn at(&mut self, step: &[&str], visit: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        step.iter().for_each(|part| self.path.push_str(part));
        visit(self);
        self.path.truncate(length);
    }

    fn visit(&mut self, shape: &Type, value: &Value) {
        if value.is_null() {
            return;
        }
        match (shape.resolve(), value) {
            (Type::Fields(fields), Value::Object(members)) => self.visit_fields(fields, members),
            (Type::Map(shape), Value::Object(members)) => {
                for (name, value) in members {
                    self.at(&[".", name], |walk| walk.visit(shape, value));
                }
            }
            (Type::List(shape, items), Value::Array(values)) => self.visit_list(shape, items, values),
            (Type::Fields(_) | Type::Map(_), other) => {
                self.report(&format!("expected map, got &{{{}}}", go_value(other)));
            }
            (Type::List(..), other) => {
                self.report(&format!("expected list, got &{{{}}}", go_value(other)));
            }
            (scalar, value) => self.visit_scalar(scalar, value),
        }
    }

    fn visit_fields(&mut self, fields: &BTreeMap<String, Type>, members: &Map<String, Value>) {
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_unstable_by_key(|(name, _)| name.as_str());
        for (name, value) in sorted {
            match fields.get(name) {
                Some(shape) => self.at(&[".", name], |walk| walk.visit(shape, value)),
                // The library leaves the object at its first unknown field.
                None => {
                    return self.at(&[".", name], |walk| walk.report("field not declared in schema"));
                }
            }
        }
    }

    fn visit_scalar(&mut self, shape: &Type, value: &Value) {
        let text = match (shape, value) {
            (Type::Number, Value::Number(_))
            | (Type::String, Value::String(_))
            | (Type::Boolean, Value::Bool(_)) => return,
            (Type::Scalar | Type::Quantity, Value::Number(_) | Value::String(_) | Value::Bool(_)) => return,
            (Type::Number, _) => format!("expected numeric (int or float), got {}", go_type(value)),
            (Type::String, _) => {
                format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(value))
            }
            (Type::Boolean, _) => format!("expected boolean, got &{{{}}}", go_value(value)),
            (Type::Scalar | Type::Quantity, _) => {
                format!("expected any scalar, got &{{{}}}", go_value(value))
            }
            _ => return,
        };
        self.report(&text);
    }

    fn visit_list(&mut self, shape: &Type, items: &Items, values: &[Value]) {
        let mut seen = HashSet::new();
        for (index, value) in values.iter().enumerate() {
            let element = match element(items, index, value) {
                Ok(element) => element,
                // The library leaves the list at the first item it cannot name.
                Err(text) => return self.report(&format!("element {index}: {text}")),
            };
            if seen.contains(&element) {
                self.report(&format!("duplicate entries for key {element}"));
            }
            self.at(&[&element], |walk| walk.visit(shape, value));
            seen.insert(element);
        }
    }
}

/// How the path names an item.
fn element(items: &Items, index: usize, value: &Value) -> Result<String, &'static str> {
    match (items, value) {
        (Items::Positions, _) => Ok(format!("[{index}]")),
        (Items::Values, Value::Object(_)) => {
            Err("associative list without keys has an element that's a map type")
        }
        (Items::Values, Value::Array(_)) => Err("not supported: associative list with lists as elements"),
        (Items::Values, Value::Null) => {
            Err("associative list without keys has an element that's an explicit null")
        }
        (Items::Values, scalar) => Ok(format!("[={}]", key_value(scalar))),
        (Items::Keys(keys), Value::Object(members)) => {
            let pairs: Vec<_> = keys
                .iter()
                .map(|(key, default)| format!("{key}={}", key_value(members.get(key).unwrap_or(default))))
                .collect();
            Ok(format!("[{}]", pairs.join(",")))
        }
        (Items::Keys(_), Value::Null) => Err("associative list with keys may not have a null element"),
        (Items::Keys(_), _) => Err("associative list with keys may not have non-map elements"),
    }
}

/// A value in the name of an item.
fn key_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quote)
}

/// A value as Go's `%v` prints it.
fn go_value(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_value).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let mut pairs: Vec<_> =
                members.iter().map(|(key, value)| format!("{key}:{}", go_value(value))).collect();
            pairs.sort();
            format!("map[{}]", pairs.join(" "))
        }
        scalar => scalar.to_string(),
    }
}

/// A value as Go's `%#v` prints it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(go_syntax).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let mut pairs: Vec<_> =
                members.iter().map(|(key, value)| format!("{}:{}", quote(key), go_syntax(value))).collect();
            pairs.sort();
            format!("map[string]interface {{}}{{{}}}", pairs.join(", "))
        }
        scalar => key_value(scalar),
    }
}

/// The Go type a JSON value is decoded into.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(object: &Value) -> Vec<String> {
        problems("Deployment", object)
    }

    #[test]
    fn unknown_fields_wrong_types_and_repeated_keys_are_named() {
        for (object, expected) in [
            (json!({"routerMode": null}), vec![".routerMode: field not declared in schema"]),
            (json!({"spec": {"b": 1, "a": 1}}), vec![".spec.a: field not declared in schema"]),
            (json!({"spec": "x"}), vec![".spec: expected map, got &{x}"]),
            (json!({"spec": []}), vec![".spec: expected map, got &{[]}"]),
            (json!({"spec": null}), vec![]),
            (json!({"spec": {"paused": 1}}), vec![".spec.paused: expected boolean, got &{1}"]),
            (
                json!({"spec": {"minReadySeconds": "1"}}),
                vec![".spec.minReadySeconds: expected numeric (int or float), got string"],
            ),
            (
                json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "env": [{"name": "A"}, {"name": "A"}, {"name": "B", "value": 1}]}]}}}}),
                vec![
                    r#".spec.template.spec.containers[name="a"].env: duplicate entries for key [name="A"]"#,
                    r#".spec.template.spec.containers[name="a"].env[name="B"].value: expected string, got &value.valueUnstructured{Value:1}"#,
                ],
            ),
            (
                json!({"spec": {"template": {"spec": {"containers": ["x"]}}}}),
                vec![
                    ".spec.template.spec.containers: element 0: associative list with keys may not have non-map elements",
                ],
            ),
            (
                json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 1}, {"containerPort": 1, "protocol": "TCP"}]}]}}}}),
                vec![
                    r#".spec.template.spec.containers[name="a"].ports: duplicate entries for key [containerPort=1,protocol="TCP"]"#,
                ],
            ),
        ] {
            assert_eq!(of(&object), expected, "{object}");
            let shape = types::named("Deployment").expect("it is known");
            assert_eq!(fits(shape, &object), expected.is_empty(), "{object}");
        }
    }
}
