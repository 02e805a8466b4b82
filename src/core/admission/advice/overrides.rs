//! Overrides of the Deployment that the Direct vLLM and llm-d shims apply.

use super::{Found, Situation, rule, view};
use crate::core::schema::nearest::nearest;
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Map, Value};

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

/// Members that a Deployment does not have: those that reading one and writing it again loses.
fn check_members(overrides: &Value, found: &mut Found) {
    let deployment: Deployment = match serde_json::from_value(overrides.clone()) {
        Ok(deployment) => deployment,
        Err(error) => {
            found.add(&rule::OVERRIDE_UNKNOWN, PATH, format!("no Deployment can hold this: {error}"));
            return;
        }
    };
    let Ok(written) = serde_json::to_value(&deployment) else { return };
    find_lost(overrides, &written, &mut PATH.to_owned(), found);
}

fn find_lost(value: &Value, written: &Value, path: &mut String, found: &mut Found) {
    let length = path.len();
    match (value, written) {
        (Value::Object(members), Value::Object(kept)) => {
            for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                path.push('.');
                path.push_str(name);
                match kept.get(name) {
                    Some(kept) => find_lost(member, kept, path, found),
                    None => report_lost(name, kept, path, found),
                }
                path.truncate(length);
            }
        }
        (Value::Array(items), Value::Array(kept)) => {
            for (index, (item, kept)) in items.iter().zip(kept).enumerate() {
                *path += &format!("[{index}]");
                find_lost(item, kept, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn report_lost(name: &str, kept: &Map<String, Value>, path: &str, found: &mut Found) {
    let message = format!("a Deployment has no member {name} here; the API server refuses to apply it");
    let known = [
        "spec",
        "template",
        "containers",
        "initContainers",
        "volumes",
        "tolerations",
        "affinity",
        "strategy",
    ];
    let parent = path.strip_suffix(name).unwrap_or(path);
    match nearest(name, kept.keys().map(String::as_str).chain(known)) {
        Some(meant) => found.add_with_hint(
            &rule::OVERRIDE_UNKNOWN,
            path,
            message,
            format!("did you mean {parent}{meant}?"),
        ),
        None => found.add(&rule::OVERRIDE_UNKNOWN, path, message),
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
