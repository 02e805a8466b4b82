//! The definitions that the tests create.

use serde_json::{Value, json};

/// The kind of a plural name.
pub(super) fn kind(plural: &str) -> String {
    let mut kind = plural.trim_end_matches('s').to_owned();
    if let Some(first) = kind.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    kind
}

/// A schema of whole objects that have such a `spec`.
pub(super) fn around(spec: Value) -> Value {
    json!({"type": "object", "properties": {"spec": spec}})
}

/// A definition of objects with that schema.
pub(super) fn of(plural: &str, schema: &Value) -> Value {
    let kind = kind(plural);
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.test.example.com")},
        "spec": {
            "group": "test.example.com", "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List")},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]
        }
    })
}

/// A `spec` with a member of every type that rules can see.
pub(super) fn every_type(rules: Vec<Value>) -> Value {
    let text = json!({"type": "string", "maxLength": 100});
    around(json!({"type": "object", "x-kubernetes-validations": rules, "properties": {
        "s": text, "i": {"type": "integer"}, "n": {"type": "number"}, "b": {"type": "boolean"},
        "l": {"type": "array", "maxItems": 10, "items": text},
        "li": {"type": "array", "maxItems": 10, "items": {"type": "integer"}},
        "ln": {"type": "array", "maxItems": 10, "items": {"type": "number"}},
        "lo": {"type": "array", "maxItems": 10, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "required": ["k"], "properties": {"k": text, "v": {"type": "integer"}}}},
        "set": {"type": "array", "maxItems": 10, "x-kubernetes-list-type": "set", "items": text},
        "set2": {"type": "array", "maxItems": 10, "x-kubernetes-list-type": "set", "items": text},
        "m": {"type": "object", "maxProperties": 10, "additionalProperties": text},
        "mo": {"type": "object", "maxProperties": 10, "additionalProperties": {"type": "object", "properties": {"v": {"type": "integer"}}}},
        "o": {"type": "object", "properties": {"a": text, "b": {"type": "object", "properties": {"c": {"type": "integer"}}}}},
        "ios": {"x-kubernetes-int-or-string": true, "maxLength": 20},
        "ios2": {"x-kubernetes-int-or-string": true, "maxLength": 20},
        "dt": {"type": "string", "format": "date-time"}, "da": {"type": "string", "format": "date"},
        "du": {"type": "string", "format": "duration"}, "by": {"type": "string", "format": "byte", "maxLength": 100},
        "nul": {"type": "string", "nullable": true, "maxLength": 10},
        "ml": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "string", "nullable": true, "maxLength": 10}},
        "pu": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"known": text}},
        "er": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true},
        "namespace": text, "x-y": text, "a.b": text, "c__d": text, "e/f": text,
        "def": {"type": "string", "maxLength": 10, "default": "filled"},
        "ips": {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 50}}
    }}))
}
