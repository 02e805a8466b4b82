//! The overrides that the shim understands. The same object is merged into the root of the child afterwards.

use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::object::ModelDeployment;
use crate::core::kind::model_deployment::provider::overrides::{self, OverrideError};
use crate::core::kubernetes::json::{integer_at, text_at};
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
        let mut assignments = Vec::new();
        assignments_of(members, &OVERRIDES, &mut Vec::new(), &mut assignments);
        let mut read = Value::Object(Map::new());
        for assignment in assignments {
            // Of a member in two spellings a wrong type counts even when the other spelling replaces it.
            let alone =
                assignment.path.iter().rfold(assignment.value.clone(), |inner, name| json!({*name: inner}));
            typed::decode(&alone, &OVERRIDES).map_err(OverrideError::Unreadable)?;
            assignment.write(&mut read);
        }
        Ok(Self(read))
    }

    /// A text that is not empty.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        Some(text_at(&self.0, pointer)).filter(|text| !text.is_empty())
    }

    /// A number of replicas; zero is one.
    pub(super) fn replicas(&self, pointer: &str) -> Option<i64> {
        integer_at(&self.0, pointer)
    }
}

/// One value that Go's decoder writes, and where.
struct Assignment<'a> {
    /// Declared names.
    path: Vec<&'static str>,
    value: &'a Value,
    /// Whether `null` empties the member: everything but a text is behind a pointer.
    is_pointer: bool,
}

impl Assignment<'_> {
    fn write(&self, target: &mut Value) {
        let Some((name, parents)) = self.path.split_last() else { return };
        let mut place = target;
        for parent in parents {
            if !place[*parent].is_object() {
                place[*parent] = Value::Object(Map::new());
            }
            place = &mut place[*parent];
        }
        match self.value {
            Value::Null if self.is_pointer => place[*name] = Value::Null,
            Value::Null => {}
            value => place[*name] = value.clone(),
        }
    }
}

/// What the decoder writes, in its order: it takes names in any case and members as they come, which the API server
/// sorts; a second object for the same member is read over the first.
fn assignments_of<'a>(
    members: &'a Map<String, Value>,
    structure: &'static Struct,
    path: &mut Vec<&'static str>,
    found: &mut Vec<Assignment<'a>>,
) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|one, other| one.0.cmp(other.0));
    for (name, value) in sorted {
        let exact = structure.fields.iter().find(|field| field.name == name);
        let Some(field) =
            exact.or_else(|| structure.fields.iter().find(|field| is_same_name(field.name, name)))
        else {
            continue;
        };
        path.push(field.name);
        match (&field.kind, value) {
            (Kind::Struct(inner), Value::Object(members)) => assignments_of(members, inner, path, found),
            (kind, value) => found.push(Assignment {
                path: path.clone(),
                value,
                is_pointer: !matches!(kind, Kind::Text(_)),
            }),
        }
        path.pop();
    }
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
mod tests;
