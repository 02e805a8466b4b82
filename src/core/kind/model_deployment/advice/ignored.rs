//! Fields that the provider does not use.

use super::{Found, Situation, rule, view};
use crate::core::kubernetes::quantity::Quantity;
use serde_json::Value;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    if let Some(shim) = situation.shim() {
        for field in shim.unused(situation.engine_name()) {
            let path: Vec<&str> = std::iter::once("spec").chain(field.split('.')).collect();
            if view::at(situation.stored, &path).is_some_and(says_something) {
                let message = format!("provider {} does not use it", shim.id());
                found.add(&rule::MEMBER_IGNORED, format!("spec.{field}"), message);
            }
        }
    }
    check_components(situation, found);
    check_hardware(situation, found);
}

/// Empty members and defaults ask for nothing.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => members.values().any(says_something),
        _ => true,
    }
}

fn check_components(situation: &Situation<'_>, found: &mut Found) {
    let mode = view::serving_mode(situation.stored);
    // What defaults put there is not the author's.
    let members: &[&[&str]] = if situation.is_aggregated() {
        &[&["spec", "scaling", "prefill"], &["spec", "scaling", "decode"]]
    } else {
        &[&["spec", "scaling", "replicas"], &["spec", "resources", "memory"], &["spec", "resources", "cpu"]]
    };
    for path in members {
        if view::at(situation.authored, path).is_some() {
            found.add(&rule::COMPONENT_IGNORED, path.join("."), format!("it has no effect in {mode} mode"));
        }
    }
}

fn check_hardware(situation: &Situation<'_>, found: &mut Found) {
    let asks_for_nvidia = situation.shim().map(|shim| shim.facts()).filter(|facts| !facts.gpu_type);
    for component in [&["resources"][..], &["scaling", "prefill"], &["scaling", "decode"]] {
        let member = |name: &'static str| {
            let path: Vec<&str> =
                std::iter::once("spec").chain(component.iter().copied()).chain(name.split('.')).collect();
            (view::text(situation.stored, &path), path.join("."))
        };
        let (gpu_type, path) = member("gpu.type");
        if let Some(facts) = asks_for_nvidia
            && !matches!(gpu_type, "" | "nvidia.com/gpu")
        {
            let message = format!("provider {} requests NVIDIA GPUs, not {gpu_type}", facts.id);
            found.add(&rule::GPU_TYPE_IGNORED, path, message);
        }
        for name in ["cpu", "memory"] {
            let (quantity, path) = member(name);
            if Quantity::parse(quantity).is_ok_and(|quantity| quantity.is_negative()) {
                found.add(&rule::RESOURCES_NEGATIVE, path, format!("{quantity} is below zero"));
            }
        }
    }
}
