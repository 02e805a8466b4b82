//! Overrides of the Deployment that the Direct vLLM and llm-d shims apply.

use super::{Found, Situation, rule, view};
use crate::core::api_server::{Misfit, MisfitKind, misfits};
use serde_json::Value;

const PATH: &str = "spec.provider.overrides";
/// Members that every shim keeps for itself.
const KEPT: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];
/// Seconds that the generated start-up probe allows: its delay and its tries.
const STARTUP_SECONDS: i64 = 15 + 60 * 10;
/// Seconds until a Deployment counts as failed, unless it says otherwise.
const PROGRESS_SECONDS: i64 = 600;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let provider = situation.provider_name();
    let Some(overrides) = view::object(situation.stored, &["spec", "provider", "overrides"]) else { return };
    if provider == "kuberay" {
        return; // Not used at all, which another rule says.
    }
    for name in KEPT.iter().filter(|name| overrides.contains_key(**name)) {
        let message = format!("the shim refuses to render: overriding {name:?} is not allowed");
        found.add(&rule::OVERRIDE_AT_TOP, format!("{PATH}.{name}"), message);
    }
    if !matches!(provider, "vllm" | "llmd") {
        return;
    }
    let overrides = Value::Object(
        overrides
            .iter()
            .filter(|(name, _)| !KEPT.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    );
    let pod = view::at(&overrides, &["spec", "template", "spec"]);
    if provider == "llmd" && pod.is_some() {
        let message = "the shim refuses to render: overriding \"spec.template.spec\" is not allowed";
        found.add(&rule::OVERRIDE_AT_TOP, format!("{PATH}.spec.template.spec"), message);
        return;
    }
    check_members(&overrides, found);
    if pod.is_some_and(|pod| pod.get("containers").is_some()) {
        let path = format!("{PATH}.spec.template.spec.containers");
        found.add(&rule::OVERRIDE_CONTAINERS, path, "the generated container is replaced, not merged");
    }
    check_startup(&overrides, found);
}

/// Members that a Deployment does not have, and values that it cannot hold.
fn check_members(overrides: &Value, found: &mut Found) {
    for Misfit { path, kind } in misfits("Deployment", overrides) {
        let place = format!("{PATH}{path}");
        match kind {
            MisfitKind::WrongType(wanted) => {
                found.add(
                    &rule::OVERRIDE_UNKNOWN,
                    place,
                    format!("a Deployment wants {wanted} here; the API server refuses to apply it"),
                );
            }
            MisfitKind::Unknown { name, meant } => {
                let message =
                    format!("a Deployment has no member {name} here; the API server refuses to apply it");
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

/// Compares the time to start with the time of the rollout, when the overrides change one of them.
fn check_startup(overrides: &Value, found: &mut Found) {
    let deadline = view::at(overrides, &["spec", "progressDeadlineSeconds"]).and_then(Value::as_i64);
    let containers =
        view::at(overrides, &["spec", "template", "spec", "containers"]).and_then(Value::as_array);
    let startup = match containers {
        None => Some(STARTUP_SECONDS),
        Some(containers) => containers.iter().filter_map(startup_seconds).max(),
    };
    let (Some(startup), true) = (startup, deadline.is_some() || containers.is_some()) else { return };
    let limit = deadline.unwrap_or(PROGRESS_SECONDS);
    if startup > limit {
        let path = format!("{PATH}.spec.progressDeadlineSeconds");
        found.add(
            &rule::STARTUP_WINDOW,
            path,
            format!("a pod may take {startup} s to start, the rollout fails after {limit} s"),
        );
    }
}

fn startup_seconds(container: &Value) -> Option<i64> {
    let probe = view::at(container, &["startupProbe"])?;
    let number =
        |name: &str, default: i64| view::at(probe, &[name]).and_then(Value::as_i64).unwrap_or(default);
    Some(
        number("initialDelaySeconds", 0)
            .saturating_add(number("failureThreshold", 3).saturating_mul(number("periodSeconds", 10))),
    )
}
