//! What the mutating webhook's decoder refuses.

use super::catalogue as rule;
use super::shape::MODEL_DEPLOYMENT;
use super::{MUTATING, view};
use crate::core::api_server::custom::{Denial, Refusal};
use crate::core::kubernetes::json;
use crate::core::schema::{Schema, mismatch, typed};
use serde_json::Value;

/// What the webhook's decoder says about an object.
///
/// # Errors
/// The text of its error.
pub fn decode_for_webhook(object: &Value) -> Result<(), String> {
    typed::decode(object, &MODEL_DEPLOYMENT)
}

/// [`decode_for_webhook`] as a refusal.
pub(super) fn read(object: &Value, schema: &Schema) -> Result<(), Refusal> {
    decode_for_webhook(object).map_err(|error| {
        let (rule, path) =
            if error.starts_with("json: cannot unmarshal number ") && error.contains("of type int") {
                (&rule::NUMBER_OUT_OF_RANGE, go_path(&error))
            } else if error.starts_with("json: ") {
                (&rule::DECODE_TYPE, go_path(&error))
            } else if error.starts_with("parsing time ") {
                (&rule::DECODE_TYPE, String::new())
            } else {
                (&rule::QUANTITY_SYNTAX, find_bad_quantity(object).unwrap_or_default())
            };
        let denial = Denial::by_webhook(MUTATING, 400, None, &error);
        // Go names neither the entry of a list nor what to write; the schema tells both, if it means the same field.
        let exact = mismatch::first(object, schema, "")
            .filter(|exact| rule.id == rule::DECODE_TYPE.id && without_indexes(&exact.path) == path);
        let (path, hint) = exact.map_or((path, None), |exact| (exact.path, exact.way_out));
        Box::new((denial, vec![rule.refusal(&path, error, hint)]))
    })
}

/// A path as Go writes it: `spec.env.value` for `spec.env[1].value`.
fn without_indexes(path: &str) -> String {
    path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect()
}

/// The path in an error of Go's decoder: `EngineSpec.spec.engine.type`, without the structure's name in front.
fn go_path(error: &str) -> String {
    let field = error.split("Go struct field ").nth(1).and_then(|rest| rest.split(" of type ").next());
    let path = field.and_then(|field| field.split_once('.')).map_or("", |(_, path)| path);
    path.replace("LocalObjectReference.", "").replace("TypeMeta.", "")
}

/// The first size or divisor that cannot be read; Go's error does not say where it is.
fn find_bad_quantity(object: &Value) -> Option<String> {
    let is_bad = |value: Option<&Value>| value.is_some_and(|value| typed::read_quantity(value).is_err());
    let env = json::list(object, &["spec", "env"]).iter().enumerate().find_map(|(index, entry)| {
        let path = ["valueFrom", "resourceFieldRef", "divisor"];
        is_bad(json::at(entry, &path)).then(|| format!("spec.env[{index}].{}", path.join(".")))
    });
    env.or_else(|| {
        view::volumes(object).iter().enumerate().find_map(|(index, volume)| {
            is_bad(json::at(volume, &["size"])).then(|| format!("spec.model.storage.volumes[{index}].size"))
        })
    })
}
