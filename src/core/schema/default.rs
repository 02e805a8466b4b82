//! Filling in the defaults of a schema (`schema/defaulting/algorithm.go`).

use super::structural::Schema;
use serde_json::Value;

/// Fills in defaults, in members that are there; members that are absent and have no default stay absent.
pub fn fill(value: &mut Value, schema: &Schema) {
    if !schema.has_defaults {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, property) in &schema.properties {
                let Some(default) = &property.default else { continue };
                let is_missing = match members.get(name.as_ref()) {
                    None => true,
                    Some(Value::Null) => !property.nullable,
                    Some(_) => false,
                };
                if is_missing {
                    members.insert(name.as_ref().to_owned(), default.clone());
                }
            }
            for (name, property) in schema.properties.iter().filter(|(_, property)| property.has_defaults) {
                if let Some(member) = members.get_mut(name.as_ref()) {
                    fill(member, property);
                }
            }
            let Some(additional) = schema.additional_schema().filter(|additional| additional.has_defaults)
            else {
                return;
            };
            for (_, member) in members.iter_mut().filter(|(name, _)| schema.property(name).is_none()) {
                fill_null(member, additional);
                fill(member, additional);
            }
        }
        Value::Array(list) => {
            if let Some(schema) = schema.items() {
                for item in list {
                    fill_null(item, schema);
                    fill(item, schema);
                }
            }
        }
        _ => {}
    }
}

fn fill_null(value: &mut Value, schema: &Schema) {
    if value.is_null()
        && !schema.nullable
        && let Some(default) = &schema.default
    {
        *value = default.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fills_members_items_and_defaults_of_defaults() {
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "object", "default": {}, "properties": {"b": {"type": "integer", "default": 1}}},
            "c": {"type": "object", "properties": {"d": {"type": "integer", "default": 2}}},
            "n": {"type": "string", "nullable": true, "default": "x"},
            "l": {"type": "array", "items": {"type": "object", "default": {"e": 3}, "properties": {"f": {"default": 4}}}},
            "m": {"type": "object", "additionalProperties": {"type": "string", "default": "y"}}}});
        let mut object = json!({"n": null, "l": [{}, null], "m": {"k": null, "z": "w"}});
        fill(&mut object, &Schema::compile(&schema).expect("a valid schema"));
        assert_eq!(
            object,
            json!({"a": {"b": 1}, "n": null, "l": [{"f": 4}, {"e": 3, "f": 4}], "m": {"k": "y", "z": "w"}})
        );
    }
}
