//! Parts of an object that no object of its kind can hold, with their places: for advice about what was written by hand.

use serde_json::Value;

use super::types::{self, Type};
use crate::core::nearest::nearest;

/// One part that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where, as `.spec.template` or `.spec.template.spec.containers[0].image`.
    pub path: String,
    /// What is wrong.
    pub kind: MisfitKind,
}

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MisfitKind {
    /// A member that is not declared.
    Unknown {
        /// Its name.
        name: String,
        /// The declared name that was probably meant.
        meant: Option<String>,
    },
    /// A value of another type; the type that is wanted.
    WrongType(&'static str),
}

/// Everything of an object of a known kind that does not fit; nothing for kinds that are not known.
#[must_use]
pub fn misfits(kind: &str, object: &Value) -> Vec<Misfit> {
    let mut search = Search { path: String::new(), found: Vec::new() };
    if let Some(shape) = types::named(kind) {
        search.visit(shape, object);
    }
    search.found
}

struct Search {
    path: String,
    found: Vec<Misfit>,
}

impl Search {
    fn report(&mut self, kind: MisfitKind) {
        self.found.push(Misfit { path: self.path.clone(), kind });
    }

    fn at(&mut self, step: &str, visit: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        visit(self);
        self.path.truncate(length);
    }

    /// Recursion is bounded by the declared types, none of which contains itself.
    fn visit(&mut self, shape: &Type, value: &Value) {
        match (shape.resolve(), value) {
            (_, Value::Null) | (Type::Any | Type::Named(_), _) => {}
            (Type::Fields(fields), Value::Object(members)) => {
                for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                    self.at(&format!(".{name}"), |search| match fields.get(name) {
                        Some(shape) => search.visit(shape, value),
                        None => {
                            let meant = nearest(name, fields.keys().map(String::as_str)).map(str::to_owned);
                            search.report(MisfitKind::Unknown { name: name.clone(), meant });
                        }
                    });
                }
            }
            (Type::Map(shape), Value::Object(members)) => {
                for (name, value) in members {
                    self.at(&format!(".{name}"), |search| search.visit(shape, value));
                }
            }
            (Type::List(shape, _), Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.at(&format!("[{index}]"), |search| search.visit(shape, value));
                }
            }
            (shape, value) => {
                if let Some(wanted) = wanted(shape, value) {
                    self.report(MisfitKind::WrongType(wanted));
                }
            }
        }
    }
}

/// The type that is wanted, when the value has another.
fn wanted(shape: &Type, value: &Value) -> Option<&'static str> {
    let (fits, wanted) = match shape {
        Type::Fields(_) | Type::Map(_) => (value.is_object(), "a map"),
        Type::List(..) => (value.is_array(), "a list"),
        Type::String => (value.is_string(), "a text"),
        Type::Number => (value.is_number(), "a number"),
        Type::Boolean => (value.is_boolean(), "true or false"),
        Type::Scalar | Type::Quantity => (!value.is_array() && !value.is_object(), "a number or a text"),
        Type::Any | Type::Named(_) => (true, "anything"),
    };
    (!fits).then_some(wanted)
}
