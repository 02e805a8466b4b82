//! Objects inside an object (`x-kubernetes-embedded-resource`): type and metadata of their own
//! (`apiextensions-apiserver/pkg/apiserver/schema/objectmeta/validation.go`).

use super::error::FieldError;
use super::structural::Schema;
use super::{metadata, text};
use crate::core::kubernetes::names;
use serde_json::{Map, Value};

/// The errors of all embedded resources, in the order of the names.
pub(super) fn validate(object: &Value, schema: &Schema) -> Vec<FieldError> {
    let mut errors = Vec::new();
    visit(object, schema, &mut String::new(), &mut errors);
    errors
}

fn visit(value: &Value, schema: &Schema, path: &mut String, errors: &mut Vec<FieldError>) {
    if !schema.has_embedded {
        return;
    }
    let length = path.len();
    match value {
        Value::Object(members) => {
            if schema.embedded_resource {
                resource(members, path, errors);
            }
            for (name, member) in members {
                match (schema.property(name), schema.additional_schema()) {
                    (Some(below), _) => {
                        let separator = if path.is_empty() { "" } else { "." };
                        *path += &format!("{separator}{name}");
                        visit(member, below, path, errors);
                    }
                    (None, Some(below)) => {
                        *path += &format!("[{name}]");
                        visit(member, below, path, errors);
                    }
                    (None, None) => {}
                }
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            let Some(below) = schema.items() else { return };
            for (index, item) in items.iter().enumerate() {
                *path += &format!("[{index}]");
                visit(item, below, path, errors);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn resource(members: &Map<String, Value>, path: &str, errors: &mut Vec<FieldError>) {
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for name in ["apiVersion", "kind"] {
        let Some(value) = members.get(name) else {
            errors.push(FieldError::required(at(name), ""));
            continue;
        };
        let why = match value {
            Value::String(text) if text.is_empty() => Some("must not be empty".to_owned()),
            Value::String(text) if name == "kind" => {
                let wrong = names::service_label_errors(&text.to_lowercase());
                let words = "may have mixed case, but should otherwise match: ";
                (!wrong.is_empty()).then(|| format!("{words}{}", wrong.join(",")))
            }
            Value::String(text) if text.matches('/').count() > 1 => {
                Some(format!("unexpected GroupVersion string: {text}"))
            }
            Value::String(_) => None,
            _ => Some("must be a string".to_owned()),
        };
        errors.extend(why.map(|why| FieldError::invalid(at(name), text::value(value), why)));
    }
    if let Some(own) = members.get("metadata").filter(|own| own.is_object()) {
        let own_errors = metadata::validate_embedded(own).into_iter();
        errors.extend(own_errors.map(|error| FieldError { path: at(&error.path), ..error }));
    }
}
