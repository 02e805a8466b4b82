//! The overrides that the shim understands. The same object is merged into the root of the child afterwards.

use serde_json::{Map, Value};

use crate::core::api::ModelDeployment;
use crate::core::provider::overrides::{self, OverrideError};
use crate::core::schema::typed::{self, Kind, Struct, TEXT, optional, pointer};

static RESOURCES: Struct = Struct {
    name: "ResourceOverrides",
    type_name: "dynamo.ResourceOverrides",
    fields: &[optional("cpu", TEXT), optional("memory", TEXT)],
};
static FRONTEND: Struct = Struct {
    name: "FrontendOverrides",
    type_name: "dynamo.FrontendOverrides",
    fields: &[pointer("replicas", Kind::Int32), optional("resources", Kind::Struct(&RESOURCES))],
};
static EPP: Struct = Struct {
    name: "EPPOverrides",
    type_name: "dynamo.EPPOverrides",
    fields: &[pointer("replicas", Kind::Int32), optional("image", TEXT)],
};
static OVERRIDES: Struct = Struct {
    name: "DynamoOverrides",
    type_name: "dynamo.DynamoOverrides",
    fields: &[
        optional("routerMode", TEXT),
        optional("frontend", Kind::Struct(&FRONTEND)),
        optional("epp", Kind::Struct(&EPP)),
    ],
};

/// What the overrides say to the shim itself.
#[derive(Default)]
pub(super) struct Overrides(Value);

impl Overrides {
    /// Reads the overrides.
    ///
    /// # Errors
    /// Go's text when a member has the wrong type.
    pub(super) fn read(deployment: &ModelDeployment) -> Result<Self, OverrideError> {
        let Some(members) = overrides::object(deployment.overrides())? else { return Ok(Self::default()) };
        let named = with_declared_names(members, &OVERRIDES);
        typed::decode(&named, &OVERRIDES).map_err(OverrideError::Unreadable)?;
        Ok(Self(named))
    }

    /// A text that is not empty.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A number of replicas; zero is one.
    pub(super) fn replicas(&self, pointer: &str) -> Option<i64> {
        self.0.pointer(pointer).and_then(Value::as_i64)
    }
}

/// Only the declared members, under their declared names: Go's decoder takes names in any case, members in order (the
/// API server sorts them), and a `null` leaves a member as it is.
fn with_declared_names(members: &Map<String, Value>, structure: &'static Struct) -> Value {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|one, other| one.0.cmp(other.0));
    let mut named = Map::new();
    for (name, value) in sorted {
        let exact = structure.fields.iter().find(|field| field.name == name);
        let found = exact.or_else(|| structure.fields.iter().find(|field| is_same_name(field.name, name)));
        let Some(field) = found.filter(|_| !value.is_null()) else { continue };
        let value = match (&field.kind, value) {
            (Kind::Struct(structure), Value::Object(members)) => with_declared_names(members, structure),
            _ => value.clone(),
        };
        match (named.get_mut(field.name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, value) => {
                named.insert(field.name.to_owned(), value);
            }
        }
    }
    Value::Object(named)
}

/// Go folds case as Unicode does: two characters beyond ASCII fold to letters of it.
fn is_same_name(declared: &str, name: &str) -> bool {
    let fold = |character: char| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    declared.chars().map(fold).eq(name.chars().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::api::ProviderRef;
    use serde_json::json;

    fn read(overrides: Value) -> Result<Overrides, String> {
        let mut deployment = ModelDeployment::default();
        deployment.spec.provider = Some(ProviderRef { overrides: Some(overrides), ..Default::default() });
        Overrides::read(&deployment).map_err(|error| error.to_string())
    }

    /// Held against Go 1.26's `encoding/json`.
    #[test]
    fn wrong_types_are_refused_in_the_words_of_go() {
        for (overrides, expected) in [
            (
                json!({"routerMode": 1}),
                "number into Go struct field DynamoOverrides.routerMode of type string",
            ),
            (
                json!({"epp": []}),
                "array into Go struct field DynamoOverrides.epp of type dynamo.EPPOverrides",
            ),
            (
                json!({"EPP": {"Image": 5}}),
                "number into Go struct field EPPOverrides.epp.image of type string",
            ),
            (
                json!({"frontend": {"resources": {"cpu": 1}}}),
                "number into Go struct field ResourceOverrides.frontend.resources.cpu of type string",
            ),
            (
                json!({"frontend": {"replicas": 1.5}}),
                "number 1.5 into Go struct field FrontendOverrides.frontend.replicas of type int32",
            ),
        ] {
            let text = read(overrides.clone()).map(|_| ()).expect_err("it is refused");
            let expected = format!("failed to unmarshal overrides: json: cannot unmarshal {expected}");
            assert_eq!(text, expected, "{overrides}");
        }
    }

    #[test]
    fn names_match_in_any_case_and_null_changes_nothing() {
        let both =
            json!({"Epp": {"image": "a", "replicas": 3}, "epp": {"Image": null, "x": 1}, "ROUTERMODE": "kv"});
        let overrides = read(both).expect("it is read");
        assert_eq!(overrides.text("/epp/image"), Some("a"));
        assert_eq!(overrides.replicas("/epp/replicas"), Some(3));
        assert_eq!(overrides.text("/routerMode"), Some("kv"));
        assert!(read(json!({"epp": null})).is_ok_and(|overrides| overrides.text("/epp/image").is_none()));
    }
}
