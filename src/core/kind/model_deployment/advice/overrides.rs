//! Overrides of what the shim renders.

use super::{Found, Situation, rule, view};
use crate::core::api_server::{Misfit, MisfitKind, misfits};
use crate::core::kind::model_deployment::provider::PROTECTED;
use serde_json::Value;

const PATH: &str = "spec.provider.overrides";

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let Some(overrides) = view::object(situation.stored, &["spec", "provider", "overrides"]) else { return };
    if !situation.is_used("provider.overrides") {
        return; // Which another rule says.
    }
    for name in PROTECTED.iter().filter(|name| overrides.contains_key(**name)) {
        refused(name, found);
    }
    let Some(shim) = situation.shim().filter(|shim| shim.facts().applies_server_side()) else { return };
    let overrides = overrides.iter().filter(|(name, _)| !PROTECTED.contains(&name.as_str()));
    let overrides = Value::Object(overrides.map(|(name, value)| (name.clone(), value.clone())).collect());
    let holds = |path: &&&str| view::at(&overrides, &path.split('.').collect::<Vec<_>>()).is_some();
    if let Some(path) = shim.facts().protected_overrides.iter().find(holds) {
        return refused(path, found);
    }
    check_fields(shim.facts().child_kind(), &overrides, found);
    shim.advise_overrides(&overrides, found);
}

fn refused(path: &str, found: &mut Found) {
    let message = format!("the shim refuses to render: overriding {path:?} is not allowed");
    found.add(&rule::OVERRIDE_AT_TOP, format!("{PATH}.{path}"), message);
}

/// Fields that the child does not have, and values that it cannot hold.
fn check_fields(child: &str, overrides: &Value, found: &mut Found) {
    for Misfit { path, kind } in misfits(child, overrides) {
        let place = format!("{PATH}{path}");
        match kind {
            MisfitKind::WrongType(wanted) => {
                found.add(
                    &rule::OVERRIDE_UNKNOWN,
                    place,
                    format!("a {child} needs {wanted} here; the API server refuses to apply it"),
                );
            }
            MisfitKind::Unknown { name, meant } => {
                let message =
                    format!("a {child} has no field {name} here; the API server refuses to apply it");
                match meant {
                    Some(meant) => {
                        let parent = place.strip_suffix(&name).unwrap_or(&place);
                        let hint = format!("did you mean {parent}{meant}?");
                        found.add_with_hint(&rule::OVERRIDE_UNKNOWN, &place, message, hint);
                    }
                    None => found.add(&rule::OVERRIDE_UNKNOWN, place, message),
                }
            }
        }
    }
}
