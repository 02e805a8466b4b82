//! Objects as a table.

use super::table::table;
use crate::core::kind::Column;
use serde_json::Value;

/// A row an object, with the columns of its kind behind the name.
pub fn wide(objects: &[&Value], columns: &[Column]) -> String {
    let text = |object: &Value, pointer: &str| match object.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let cell = |object: &Value, fields: &[&str]| {
        fields.iter().map(|field| text(object, field)).find(|text| !text.is_empty()).unwrap_or_default()
    };
    let row = |object: &&Value| -> Vec<String> {
        let name = text(object, "/metadata/name");
        [name].into_iter().chain(columns.iter().map(|column| cell(object, column.fields))).collect()
    };
    let rows: Vec<_> = objects.iter().map(row).collect();
    let heads: Vec<&str> = ["NAME"].into_iter().chain(columns.iter().map(|column| column.name)).collect();
    table(&heads, &rows).into_string()
}
