//! The short form of a definition that is embedded in the program: without descriptions and printer columns.

use crate::core::kubernetes::json::list_at;
use serde_json::{Map, Value};

/// What [`super::Crd::compile`] reads of a definition, and nothing else.
pub fn compact(definition: &Value) -> Value {
    let spec = definition.get("spec").unwrap_or(&Value::Null);
    let mut short = pick(spec, &["group", "names", "scope"]);
    let versions = list_at(spec, "/versions").iter();
    let versions: Vec<Value> = versions
        .map(|version| {
            let mut short = pick(version, &["name", "served", "storage", "subresources"]);
            if let Some(schema) = version.pointer("/schema/openAPIV3Schema") {
                let mut schema = schema.clone();
                drop_descriptions(&mut schema);
                short.insert(
                    "schema".to_owned(),
                    Value::Object(Map::from_iter([("openAPIV3Schema".to_owned(), schema)])),
                );
            }
            Value::Object(short)
        })
        .collect();
    short.insert("versions".to_owned(), Value::Array(versions));
    Value::Object(Map::from_iter([("spec".to_owned(), Value::Object(short))]))
}

fn pick(value: &Value, names: &[&str]) -> Map<String, Value> {
    let picked = names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone())));
    picked.collect()
}

fn drop_descriptions(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    members.remove("description");
    for (name, member) in members {
        match (name.as_str(), member) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(drop_descriptions),
            ("items" | "additionalProperties" | "not", below) => drop_descriptions(below),
            ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(drop_descriptions)
            }
            _ => {}
        }
    }
}
