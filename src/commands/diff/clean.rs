//! An object without what would only be noise in a difference.

use serde_json::{Map, Value};

/// Metadata fields that the server writes.
const METADATA: [&str; 7] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
    "selfLink",
    "ownerReferences",
];

/// The object with its fields sorted, without its status and the metadata that the server writes.
pub(super) fn cleaned(object: &Value) -> Value {
    let mut object = sorted(object);
    if let Value::Object(members) = &mut object {
        members.shift_remove("status");
        if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
            METADATA.iter().for_each(|key| drop(metadata.shift_remove(*key)));
        }
    }
    object
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            let entry = |key: &String| Some((key.clone(), sorted(members.get(key)?)));
            Value::Object(keys.into_iter().filter_map(entry).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        scalar => scalar.clone(),
    }
}
