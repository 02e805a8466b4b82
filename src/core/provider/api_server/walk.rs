//! The check itself, after `typed/validate.go` of sigs.k8s.io/structured-merge-diff v6.3.

use serde_json::Value;

use super::types::{self, Items, Type};
use crate::core::schema::text::quote;

/// What is wrong with an object of a known kind, one text a problem; nothing for kinds that are not known.
///
/// Only declared fields are entered and no declared type contains itself, so the depth is bounded by the types.
pub(super) fn problems(kind: &str, object: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(shape) = types::named(kind) {
        visit(shape, object, "", &mut problems);
    }
    problems
}

fn report(path: &str, text: &str, problems: &mut Vec<String>) {
    problems.push(if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") });
}

fn visit(shape: &Type, value: &Value, path: &str, problems: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    match (shape.resolve(), value) {
        (Type::Fields(fields), Value::Object(members)) => {
            let mut names: Vec<_> = members.iter().collect();
            names.sort_by(|left, right| left.0.cmp(right.0));
            for (name, value) in names {
                let path = format!("{path}.{name}");
                let Some(shape) = fields.get(name) else {
                    // The library leaves the object at its first unknown field.
                    return report(&path, "field not declared in schema", problems);
                };
                visit(shape, value, &path, problems);
            }
        }
        (Type::Map(shape), Value::Object(members)) => {
            for (name, value) in members {
                visit(shape, value, &format!("{path}.{name}"), problems);
            }
        }
        (Type::List(shape, items), Value::Array(values)) => visit_list(shape, items, values, path, problems),
        (Type::Fields(_) | Type::Map(_), other) => {
            report(path, &format!("expected map, got &{{{}}}", go_value(other)), problems);
        }
        (Type::List(..), other) => {
            report(path, &format!("expected list, got &{{{}}}", go_value(other)), problems);
        }
        (scalar, value) => visit_scalar(scalar, value, path, problems),
    }
}

fn visit_scalar(shape: &Type, value: &Value, path: &str, problems: &mut Vec<String>) {
    let text = match (shape, value) {
        (Type::Number, Value::Number(_))
        | (Type::String, Value::String(_))
        | (Type::Boolean, Value::Bool(_)) => return,
        (Type::Scalar, Value::Number(_) | Value::String(_) | Value::Bool(_)) => return,
        (Type::Number, _) => format!("expected numeric (int or float), got {}", go_type(value)),
        (Type::String, _) => {
            format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(value))
        }
        (Type::Boolean, _) => format!("expected boolean, got &{{{}}}", go_value(value)),
        (Type::Scalar, _) => format!("expected any scalar, got &{{{}}}", go_value(value)),
        _ => return,
    };
    report(path, &text, problems);
}

fn visit_list(shape: &Type, items: &Items, values: &[Value], path: &str, problems: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    for (index, value) in values.iter().enumerate() {
        let element = match element(items, index, value) {
            Ok(element) => element,
            // The library leaves the list at the first item it cannot name.
            Err(text) => return report(path, &format!("element {index}: {text}"), problems),
        };
        if !seen.insert(element.clone()) {
            report(path, &format!("duplicate entries for key {element}"), problems);
        }
        visit(shape, value, &format!("{path}{element}"), problems);
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
        }
    }
}
