//! The rules of a schema (`x-kubernetes-validations`), evaluated as an API server 1.36 does.
//!
//! * [`parser`] and [`macros`] make an [`ast`] of an expression, [`eval`] and [`fold`] compute it, [`functions`] are what
//!   it may call.
//! * [`value`] and [`data`] are what an expression sees of an object.
//! * [`rule`] is one rule, [`walk`] runs those of a schema over an object.
//!
//! What is not known here (a function of a later release, the time zones of the server's host) is never taken for true:
//! it is answered as [`NotEvaluated`]. Types are not checked: a definition that an API server stored has passed its
//! checks, and a value of the wrong type fails here with the words that it has at run time there.

mod arithmetic;
mod ast;
mod data;
mod equality;
mod eval;
mod field_path;
mod fold;
mod functions;
mod go_url;
mod kind;
mod lexer;
mod macros;
mod parser;
mod print;
mod regex;
mod rule;
#[cfg(test)]
mod tests;
mod time;
mod value;
mod walk;
mod work;

pub(super) use rule::Rule;

use super::error::{ErrorKind, FieldError};
use super::metadata::SERVER_SET;
use super::structural::Schema;
use serde_json::Value;

/// A rule that was not evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotEvaluated {
    /// Field path of the value that the rule is about.
    pub path: String,
    /// The rule as the schema spells it.
    pub rule: String,
    /// What in it could not be evaluated.
    pub what: String,
}

/// Runs the rules of a schema, unless errors that were found before keep the server from it; adds to the errors.
pub fn validate(
    object: &Value,
    old: Option<&Value>,
    schema: &Schema,
    errors: &mut Vec<FieldError>,
) -> Vec<NotEvaluated> {
    if !schema.has_rules {
        return Vec::new();
    }
    let is_blocking = |error: &FieldError| {
        matches!(
            error.kind,
            ErrorKind::NotSupported
                | ErrorKind::Required
                | ErrorKind::TooLong
                | ErrorKind::TooMany
                | ErrorKind::TypeInvalid
        )
    };
    if errors.iter().any(is_blocking) {
        let detail = "some validation rules were not checked because the object was invalid; correct the existing \
                      errors to complete validation";
        errors.push(FieldError::invalid("<nil>", "null", detail));
        return Vec::new();
    }
    let completed = old.filter(|_| !schema.rules.is_empty()).map(|old| with_server_set(object, old));
    let (found, not_evaluated) = walk::walk(completed.as_ref().unwrap_or(object), old, schema);
    errors.extend(found);
    not_evaluated
}

/// The object with the members of the metadata that the server sets before it runs the rules of a replacement. Rules see
/// none of them, but `self == oldSelf` compares them.
fn with_server_set(object: &Value, old: &Value) -> Value {
    let mut object = object.clone();
    let is_same = |(name, member): (&String, &Value)| name == "metadata" || old.get(name) == Some(member);
    let is_unchanged = object.as_object().is_some_and(|members| members.iter().all(is_same))
        && object.as_object().map(|members| members.len()) == old.as_object().map(|members| members.len());
    let set = old.get("metadata").and_then(Value::as_object).into_iter().flatten();
    let own = object.get_mut("metadata").and_then(Value::as_object_mut);
    let (Some(own), set) = (own, set.filter(|(name, _)| SERVER_SET.contains(&name.as_str()))) else {
        return object;
    };
    for (name, value) in set {
        let value = match value.as_i64() {
            Some(generation) if name == "generation" && !is_unchanged => {
                Value::from(generation.wrapping_add(1))
            }
            _ => value.clone(),
        };
        own.entry(name.clone()).or_insert(value);
    }
    object
}
