//! The field that an unknown one was probably meant to be.

use super::structural::Schema;
use crate::core::nearest::nearest;

/// Deepest field that is looked for elsewhere.
const DEPTH: usize = 8;

/// Where an unknown field probably belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// It is misspelt; the path with the right name.
    Spelling(String),
    /// The name is right and belongs elsewhere; the path there.
    Elsewhere(String),
}

/// The field that an unknown one was probably meant to be: the same name in another spelling beside it, else the only field
/// of that name in the schema that lies least deep, else one like it beside it.
pub fn meant(path: &str, schema: &Schema) -> Option<Meant> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let beside = nearest(name, schema_at(parent, schema)?.property_names());
    let below = |found: &str| if parent.is_empty() { found.to_owned() } else { format!("{parent}.{found}") };
    if let Some(found) = beside.filter(|found| fold(found) == fold(name)) {
        return Some(Meant::Spelling(below(found)));
    }
    if let Some(found) = elsewhere(name, schema) {
        return Some(Meant::Elsewhere(found));
    }
    beside.map(|found| Meant::Spelling(below(found)))
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

fn schema_at<'a>(path: &str, schema: &'a Schema) -> Option<&'a Schema> {
    let mut at = schema;
    for element in path.split('.').filter(|element| !element.is_empty()) {
        let (name, indexes) =
            element.split_once('[').map_or((element, 0), |(name, rest)| (name, rest.matches(']').count()));
        at = at.property(name).or_else(|| at.additional_schema())?;
        for _ in 0..indexes {
            at = at.items()?;
        }
    }
    Some(at)
}

/// The one field of a name that lies less deep than all others of it.
fn elsewhere(name: &str, schema: &Schema) -> Option<String> {
    let wanted = fold(name);
    // What a controller writes is nobody's place to write to.
    let mut level: Vec<(String, &Schema)> = schema
        .property_names()
        .filter(|top| !matches!(*top, "status" | "metadata"))
        .filter_map(|top| Some((top.to_owned(), schema.property(top)?)))
        .collect();
    for _ in 0..DEPTH {
        let found: Vec<&String> = level
            .iter()
            .filter(|(path, _)| path.rsplit('.').next().is_some_and(|last| fold(last) == wanted))
            .map(|(path, _)| path)
            .collect();
        match found.as_slice() {
            [] => {}
            [one] => return Some((*one).clone()),
            _ => return None,
        }
        level = level
            .iter()
            .flat_map(|(path, schema)| {
                schema
                    .property_names()
                    .filter_map(move |name| Some((format!("{path}.{name}"), schema.property(name)?)))
            })
            .collect();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_that_belongs_elsewhere_is_not_taken_for_a_misspelling() {
        let schema = Schema::compile(&json!({"type": "object", "properties": {
            "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
            "spec": {"type": "object", "properties": {
                "model": {"type": "object", "properties": {"id": {"type": "string"}}},
                "engine": {"type": "object", "properties": {"args": {"type": "object"}}},
                "serving": {"type": "object", "properties": {"mode": {"type": "string"}}},
                "scaling": {"type": "object", "properties": {
                    "replicas": {"type": "integer"},
                    "prefill": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
                    "decode": {"type": "object", "properties": {"gpu": {"type": "integer"}}},
                }},
                "gpus": {"type": "object", "properties": {"gpu": {"type": "integer"}}},
            }},
        }}))
        .expect("a schema");
        let spelling = |path: &str| Some(Meant::Spelling(path.to_owned()));
        let elsewhere = |path: &str| Some(Meant::Elsewhere(path.to_owned()));
        for (path, wanted) in [
            ("spec.mode", elsewhere("spec.serving.mode")),
            ("spec.Model", spelling("spec.model")),
            ("spec.modle", spelling("spec.model")),
            ("spec.replicas", elsewhere("spec.scaling.replicas")),
            ("engine", elsewhere("spec.engine")),
            ("spec.model.args", elsewhere("spec.engine.args")),
            ("spec.phase", None),
            ("spec.bogus", None),
        ] {
            assert_eq!(meant(path, &schema), wanted, "{path}");
        }
    }
}
