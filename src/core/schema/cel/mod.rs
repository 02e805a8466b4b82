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

pub(super) use rule::Rule;

use super::error::{ErrorKind, FieldError};
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
    let (found, not_evaluated) = walk::walk(object, old, schema);
    errors.extend(found);
    not_evaluated
}
