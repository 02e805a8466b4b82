//! The variable `spec` of a selection rule: the specification as Go's encoder writes it.

use serde_json::{Map, Value};

/// Members that Go holds as pointers, whose zero value is written all the same.
const POINTERS: [&str; 4] = ["contextLength", "enabled", "storageClassName", "tolerationSeconds"];
/// Members that are maps in Go: their entries are data, and an empty one is left out.
const MAPS: [&str; 4] = ["args", "nodeSelector", "labels", "annotations"];

/// Zero values and empty members are missing, `engine` is always there and names the selected engine.
pub(super) fn view(stored: &Value, engine: &str) -> Value {
    let mut spec = stored.get("spec").map(strip).unwrap_or_default();
    if let Value::Object(members) = &mut spec {
        let place = members.entry("engine").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(place) = place {
            place.entry("type").or_insert_with(|| engine.into());
        }
    }
    spec
}

fn strip(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.iter().filter_map(|(key, value)| Some((key.clone(), member(key, value)?))).collect(),
        ),
        Value::Array(items) => items.iter().map(strip).collect(),
        scalar => scalar.clone(),
    }
}

fn member(key: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        // Raw JSON in Go: kept to the letter.
        raw if key == "overrides" => Some(raw.clone()),
        Value::Object(entries) if MAPS.contains(&key) => (!entries.is_empty()).then(|| value.clone()),
        Value::Array(items) => (!items.is_empty()).then(|| strip(value)),
        Value::Object(_) => Some(strip(value)),
        scalar if POINTERS.contains(&key) => Some(scalar.clone()),
        Value::Bool(false) => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::String(text) if text.is_empty() => None,
        scalar => Some(scalar.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::view;
    use serde_json::json;

    #[test]
    fn zero_values_are_missing_but_for_entries_of_maps_pointers_and_raw_json() {
        let entries = json!({"a": "", "b": "0"});
        let stored = json!({"spec": {
            "model": {"id": "", "source": "custom", "storage": null},
            "engine": {"args": entries, "contextLength": 0},
            "scaling": {"replicas": 0, "gpu": {}},
            "nodeSelector": {},
            "env": [],
            "podTemplate": {"metadata": {"labels": entries, "name": ""}},
            "provider": {"overrides": {"a": "", "b": null}},
        }});
        let seen = json!({
            "model": {"source": "custom"},
            "engine": {"args": entries, "contextLength": 0, "type": "vllm"},
            "scaling": {"gpu": {}},
            "podTemplate": {"metadata": {"labels": entries}},
            "provider": {"overrides": {"a": "", "b": null}},
        });
        assert_eq!(view(&stored, "vllm"), seen);
        assert_eq!(view(&json!({}), "vllm"), json!(null));
    }
}
