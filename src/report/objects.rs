//! Objects as a table.

use super::table::table;
use serde_json::Value;

/// The CRD's printer columns and the image.
pub fn wide(objects: &[&Value]) -> String {
    let row = |object: &&Value| {
        let text = |pointer: &str| match object.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let first = |pointers: &[&str]| {
            pointers.iter().map(|pointer| text(pointer)).find(|text| !text.is_empty()).unwrap_or_default()
        };
        [
            text("/metadata/name"),
            text("/status/phase"),
            first(&["/status/provider/name", "/spec/provider/name"]),
            first(&["/status/engine/type", "/spec/engine/type"]),
            text("/status/replicas/ready"),
            text("/status/endpoint/service"),
            first(&["/spec/engine/image", "/spec/image", "/status/image/resolved"]),
        ]
    };
    let rows: Vec<_> = objects.iter().map(row).collect();
    table(&["NAME", "PHASE", "PROVIDER", "ENGINE", "READY", "ENDPOINT", "IMAGE"], &rows).into_string()
}
