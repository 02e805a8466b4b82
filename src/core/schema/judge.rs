//! All that a schema says of an object, in the server's order.

use super::cel::{self, NotEvaluated};
use super::error::FieldError;
use super::structural::Schema;
use super::{embedded, lists, validate};
use serde_json::Value;

/// What a schema says of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What a reply 422 would list.
    pub errors: Vec<FieldError>,
    /// Rules that were not evaluated; whether the object keeps them is not known.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// Judges an object that was pruned and given its defaults: types and bounds, resources inside it,
/// lists that are sets or maps, CEL rules.
/// Errors found before (those of the metadata) come first, and count for what the server still looks at.
pub fn judge(object: &Value, old: Option<&Value>, schema: &Schema, earlier: Vec<FieldError>) -> Judgement {
    let mut errors = earlier;
    errors.extend(validate::validate(object, old, schema));
    errors.extend(embedded::validate(object, schema));
    // An object that was stored with doubled entries may keep them.
    if old.is_none_or(|old| lists::validate(old, schema).is_empty()) {
        errors.extend(lists::validate(object, schema));
    }
    let not_evaluated = cel::validate(object, old, schema, &mut errors);
    Judgement { errors, not_evaluated }
}
