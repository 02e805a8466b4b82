//! Lists that are sets or maps: no item twice (`schema/listtype/validation.go`).

use super::error::{ErrorKind, FieldError};
use super::structural::{ListType, Schema};
use super::text;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The errors of all sets and maps in an object, in the order of the names.
pub fn validate(object: &Value, schema: &Schema) -> Vec<FieldError> {
    let mut errors = Vec::new();
    visit(object, schema, &mut String::new(), &mut errors);
    errors
}

fn visit(value: &Value, schema: &Schema, path: &mut String, errors: &mut Vec<FieldError>) {
    if !schema.has_list_types {
        return;
    }
    let length = path.len();
    match value {
        Value::Object(members) => {
            for (name, property) in schema.properties.iter().filter(|(_, property)| property.has_list_types) {
                let Some(member) = members.get(name.as_ref()) else { continue };
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                visit(member, property, path, errors);
                path.truncate(length);
            }
            let Some(additional) = schema.additional_schema() else { return };
            for (name, member) in members.iter().filter(|(name, _)| schema.property(name).is_none()) {
                *path += &format!("[{name}]");
                visit(member, additional, path, errors);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            match schema.list_type {
                Some(ListType::Set) => duplicates(items.to_vec(), path, errors),
                Some(ListType::Map) => validate_map(items, schema, path, errors),
                _ => {}
            }
            if let Some(below) = schema.items() {
                for (index, item) in items.iter().enumerate() {
                    *path += &format!("[{index}]");
                    visit(item, below, path, errors);
                    path.truncate(length);
                }
            }
        }
        _ => {}
    }
}

fn validate_map(items: &[Value], schema: &Schema, path: &str, errors: &mut Vec<FieldError>) {
    let stray = items.iter().enumerate().find(|(_, item)| !item.is_object() && !item.is_null());
    if let Some((index, item)) = stray {
        let detail = "must be an object for an array of list-type map";
        errors.push(FieldError::invalid(format!("{path}[{index}]"), text::value(item), detail));
        return;
    }
    let key_of = |item: &Value| -> Value {
        let members = schema.list_map_keys.iter().filter_map(|name| {
            let value = item.get(name.as_ref())?;
            Some((name.as_ref().to_owned(), value.clone()))
        });
        Value::Object(members.collect::<Map<String, Value>>())
    };
    duplicates(items.iter().map(key_of).collect(), path, errors);
}

/// One error for the second of each group of equal values, none for the third and later ones.
fn duplicates(values: Vec<Value>, path: &str, errors: &mut Vec<FieldError>) {
    if values.len() < 2 {
        return;
    }
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let times = seen.entry(text::json(value)).or_default();
        *times += 1;
        if *times == 2 {
            errors.push(FieldError {
                kind: ErrorKind::Duplicate,
                path: format!("{path}[{index}]"),
                value: Some(text::value(value)),
                detail: String::new(),
            });
        }
    }
}
