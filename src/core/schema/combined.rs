//! `anyOf`, `oneOf`, `allOf` and `not` (`kube-openapi/pkg/validation/validate/schema_props.go`).

use super::error::FieldError;
use super::structural::{Combined, Schema};
use super::text;
use super::validate::{Outcome, check as check_schema};
use serde_json::Value;
use std::collections::HashSet;

/// The outcome of all alternatives. Of failed ones the errors of the closest are kept.
pub(super) fn check(value: &Value, combined: &Combined, path: &mut String) -> Outcome {
    let mut outcome = Outcome::default();
    let quoted = text::quote(path);
    if !combined.any_of.is_empty() {
        let (valid, best) = alternatives(value, &combined.any_of, path, true);
        if valid == 0 {
            report(&mut outcome, format!("{quoted} must validate at least one schema (anyOf)"));
        }
        merge(&mut outcome, best);
    }
    if !combined.one_of.is_empty() {
        let (valid, best) = alternatives(value, &combined.one_of, path, false);
        if valid != 1 {
            let found = match valid {
                0 => "Found none valid".to_owned(),
                _ => format!("Found {valid} valid alternatives"),
            };
            report(&mut outcome, format!("{quoted} must validate one and only one schema (oneOf). {found}"));
        }
        if valid < 2 {
            merge(&mut outcome, best);
        }
    }
    if !combined.all_of.is_empty() {
        let mut valid = 0;
        for schema in &combined.all_of {
            let result = check_schema(value, None, schema, path);
            valid += usize::from(result.is_valid());
            merge(&mut outcome, result);
        }
        if valid != combined.all_of.len() {
            let none = if valid == 0 { ". None validated" } else { "" };
            report(&mut outcome, format!("{quoted} must validate all the schemas (allOf){none}"));
        }
    }
    if let Some(not) = &combined.not
        && check_schema(value, None, not, path).is_valid()
    {
        report(&mut outcome, format!("{quoted} must not validate the schema (not)"));
    }
    outcome
}

/// How many schemas hold, and the outcome that counts: the first that holds, else the closest.
fn alternatives(
    value: &Value,
    schemas: &[Schema],
    path: &mut String,
    stop_at_first: bool,
) -> (usize, Outcome) {
    let mut valid = 0;
    let mut best: Option<Outcome> = None;
    for schema in schemas {
        let result = check_schema(value, None, schema, path);
        if result.is_valid() {
            valid += 1;
            if valid == 1 {
                best = Some(result);
            }
            if stop_at_first {
                break;
            }
        } else if valid == 0 && best.as_ref().is_none_or(|best| result.matches > best.matches) {
            best = Some(result);
        }
    }
    (valid, best.unwrap_or_default())
}

fn report(outcome: &mut Outcome, detail: String) {
    // These errors carry no field; the server prints them so.
    merge(
        outcome,
        Outcome { errors: vec![FieldError::invalid("<nil>", text::quote(""), detail)], matches: 0 },
    );
}

/// Adds what is not there yet; alternatives repeat one another.
fn merge(outcome: &mut Outcome, other: Outcome) {
    outcome.matches += other.matches;
    if other.errors.is_empty() {
        return;
    }
    let mut known: HashSet<String> = outcome.errors.iter().map(ToString::to_string).collect();
    outcome.errors.extend(other.errors.into_iter().filter(|error| known.insert(error.to_string())));
}
