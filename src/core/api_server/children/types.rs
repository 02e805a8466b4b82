//! The types of `data/kubernetes/apply-types.json`.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::core::schema::typed::read_quantity;

static SOURCE: &str = include_str!("../../../../data/kubernetes/apply-types.json");

/// Every type by name; read when the first object is checked.
static TYPES: LazyLock<HashMap<String, Type>> = LazyLock::new(|| {
    let source: Map<String, Value> = serde_json::from_str(SOURCE).unwrap_or_default();
    source.into_iter().map(|(name, shape)| (name, Type::read(shape))).collect()
});

/// The type of that name.
pub(super) fn named(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

/// The first amount of an object that is not a quantity, in the server's words.
pub(super) fn unreadable_quantity(kind: &str, object: &Value) -> Option<String> {
    named(kind)?.unreadable_quantity(object)
}

/// What a value may be.
#[derive(Debug, PartialEq)]
pub(super) enum Type {
    String,
    Number,
    Boolean,
    /// A scalar of any kind: times, ports that may be names.
    Scalar,
    /// A quantity, which is read as a scalar at first.
    Quantity,
    Any,
    Named(String),
    Fields(BTreeMap<String, Type>),
    Map(Box<Type>),
    List(Box<Type>, Items),
}

/// How the items of a list are told apart.
#[derive(Debug, PartialEq)]
pub(super) enum Items {
    /// By position.
    Positions,
    /// By value.
    Values,
    /// By these fields and their defaults, sorted by name.
    Keys(Vec<(String, Value)>),
}

impl Type {
    fn read(shape: Value) -> Self {
        match shape {
            Value::String(name) => Self::read_name(&name),
            Value::Object(members) => Self::read_members(members),
            _ => Self::Any,
        }
    }

    fn read_name(name: &str) -> Self {
        match name {
            "s" => Self::String,
            "n" => Self::Number,
            "b" => Self::Boolean,
            "u" => Self::Scalar,
            "q" => Self::Quantity,
            other => other.strip_prefix('#').map_or(Self::Any, |name| Self::Named(name.to_owned())),
        }
    }

    fn read_members(mut members: Map<String, Value>) -> Self {
        if let Some(Value::Object(fields)) = members.remove("fields") {
            return Self::Fields(fields.into_iter().map(|(name, shape)| (name, Self::read(shape))).collect());
        }
        if let Some(values) = members.remove("map") {
            return Self::Map(Box::new(Self::read(values)));
        }
        let Some(item) = members.remove("list") else { return Self::Any };
        let items = match (members.remove("keys"), members.contains_key("set")) {
            (Some(Value::Array(keys)), _) => {
                let default = |key: &str| members.get("defaults").and_then(|all| all.get(key)).cloned();
                let keys = keys.iter().filter_map(Value::as_str);
                let mut keys: Vec<_> =
                    keys.map(|key| (key.to_owned(), default(key).unwrap_or(Value::Null))).collect();
                keys.sort_by(|left, right| left.0.cmp(&right.0));
                Items::Keys(keys)
            }
            (_, true) => Items::Values,
            _ => Items::Positions,
        };
        Self::List(Box::new(Self::read(item)), items)
    }

    /// Recursion is bounded by the declared types, none of which contains itself.
    fn unreadable_quantity(&self, value: &Value) -> Option<String> {
        match (self.resolve(), value) {
            (_, Value::Null) => None,
            (Self::Fields(fields), Value::Object(members)) => {
                fields.iter().find_map(|(name, shape)| shape.unreadable_quantity(members.get(name)?))
            }
            (Self::Map(shape), Value::Object(members)) => {
                members.values().find_map(|value| shape.unreadable_quantity(value))
            }
            (Self::List(shape, _), Value::Array(values)) => {
                values.iter().find_map(|value| shape.unreadable_quantity(value))
            }
            (Self::Quantity, value) => read_quantity(value).err().map(|error| error.to_string()),
            _ => None,
        }
    }

    /// The type behind a name.
    pub(super) fn resolve(&self) -> &Self {
        match self {
            Self::Named(name) => named(name).unwrap_or(&Self::Any),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_embedded_table_has_a_type() {
        fn visit(shape: &Type) {
            match shape {
                Type::Named(name) => assert!(named(name).is_some(), "{name}"),
                Type::Fields(fields) => fields.values().for_each(visit),
                Type::Map(inner) | Type::List(inner, _) => visit(inner),
                _ => {}
            }
        }
        assert!(named("Deployment").is_some() && named("Service").is_some());
        TYPES.values().for_each(visit);
    }
}
