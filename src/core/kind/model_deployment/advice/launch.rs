//! What the engine is started with.

use super::{Found, Situation, rule, view};
use serde_json::Value;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let length = view::at(situation.stored, &["spec", "engine", "contextLength"]).and_then(Value::as_i64);
    if length.is_some_and(|length| length < 1) {
        let message = "the engine needs a context of at least one token";
        found.add(&rule::CONTEXT_LENGTH_NOT_POSITIVE, "spec.engine.contextLength", message);
    }
    if let Some(shim) = situation.shim() {
        shim.advise_arguments(situation.stored, found);
    }
}
