//! What the API server takes of a ModelService and what then fails, is lost or changes.

pub(super) mod catalogue;
#[cfg(test)]
mod tests;

use super::names::LABEL_LIMIT;
use super::refusals::Refused;
use super::render::{GATEWAY_NAMESPACE, Service, device};
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json::{integer_at, list_at, text_at};
use crate::core::kubernetes::rule::Found;
use catalogue as rule;
use serde_json::Value;

/// What is judged.
pub(super) struct Situation<'a> {
    /// The object as its author wrote it.
    pub authored: &'a Value,
    /// As the API server stores it.
    pub stored: &'a Value,
    /// As the operator leaves it, and what it was started with.
    pub service: &'a Service<'a>,
    /// The child that the API server will refuse.
    pub refused: Option<&'a Refused>,
}

/// The roles, by the member that sets them.
const ROLES: [&str; 2] = ["decode", "prefill"];
/// Where the endpoint picker answers health checks.
const HEALTH_PORT: i64 = 9003;
/// What the operator sets itself.
const OWN_VARIABLES: [&str; 3] = ["TP_SIZE", "DP_SIZE", "DP_SIZE_LOCAL"];

/// Judges an object beyond what the server looks at.
pub(super) fn advice(situation: &Situation<'_>) -> Vec<Finding> {
    let mut found = Found::default();
    refusal(situation, &mut found);
    names(situation, &mut found);
    model(situation, &mut found);
    accelerators(situation, &mut found);
    env(situation, &mut found);
    routing(situation, &mut found);
    rewritten(situation, &mut found);
    found.0
}

fn refusal(situation: &Situation<'_>, found: &mut Found) {
    let Some(refused) = situation.refused else { return };
    if refused.by_name {
        let message = format!(
            "{} {} will be refused: a label's value has at most {LABEL_LIMIT} bytes",
            refused.kind, refused.name
        );
        found.add(&rule::NAME_LONG, "metadata.name", message);
    } else {
        let path = refused.paths.first().map_or("", |path| source_of(path, refused));
        found.add(&rule::CHILD_REFUSED, path, refused.error());
    }
}

/// The field of the ModelService behind a field of a child.
fn source_of(path: &str, refused: &Refused) -> &'static str {
    let role = if refused.name.ends_with("-prefill") { 1 } else { 0 };
    let of_role = |decode, prefill| [decode, prefill][role];
    let is_picker = refused.name.ends_with("-epp");
    let table = [
        ("spec.template.spec.volumes", "spec.model.imagePullSecrets[0].name"),
        ("spec.template.spec.initContainers", "spec.model.mountPath"),
        ("spec.template.annotations", of_role("spec.decode.annotations", "spec.prefill.annotations")),
        ("spec.template.spec.nodeSelector", of_role("spec.decode.nodeSelector", "spec.prefill.nodeSelector")),
        ("spec.template.spec.tolerations", of_role("spec.decode.tolerations", "spec.prefill.tolerations")),
        (
            "spec.template.spec.containers[0].resources",
            match is_picker {
                true => "spec.inferencePool.endpointPicker.resources",
                false => of_role("spec.decode.resources", "spec.prefill.resources"),
            },
        ),
        ("spec.template.spec.containers[0].imagePullPolicy", "spec.engine.imagePullPolicy"),
        ("spec.template.spec.containers[0].env", "spec.engine.env"),
        ("spec.template.spec.containers[0].volumeMounts", "spec.model.mountPath"),
        ("spec.ports", "spec.inferencePool.endpointPicker.port"),
        ("spec.hostnames", "spec.httpRoute.hostnames"),
        ("spec.parentRefs", "spec.httpRoute.gatewayRef"),
        ("spec.podMetricsEndpoints", "spec.monitoring.podMonitor.interval"),
    ];
    table.iter().find(|(child, _)| path.starts_with(child)).map_or("spec", |(_, source)| source)
}

fn names(situation: &Situation<'_>, found: &mut Found) {
    let name = situation.service.name;
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        let message = format!("the endpoint picker's objects will be called {}", situation.service.picker);
        found.add(&rule::NAME_DIGIT, "metadata.name", message);
    }
    if let Some(other) = name.strip_suffix("-epp").filter(|other| !other.is_empty()) {
        let message = format!("a ModelService {other} in this namespace would delete its pool");
        found.add(&rule::NAME_PICKER, "metadata.name", message);
    }
}

fn model(situation: &Situation<'_>, found: &mut Found) {
    let secrets = list_at(situation.stored, "/spec/model/imagePullSecrets");
    if let [first, second, ..] = secrets {
        let message = format!(
            "the model is unpacked with the login of {:?}, not of {:?}",
            text_at(first, "/name"),
            text_at(second, "/name")
        );
        found.add(&rule::PULL_SECRETS, "spec.model.imagePullSecrets[1]", message);
    }
    let path = text_at(situation.service.object, "/spec/model/mountPath");
    let why = match path {
        "/" => "hides the whole image",
        path if path.contains(':') => "cannot be mounted",
        path if !path.starts_with('/') => "is relative",
        _ => return,
    };
    found.add(&rule::MOUNT_PATH, "spec.model.mountPath", format!("{path:?} {why}"));
}

fn accelerators(situation: &Situation<'_>, found: &mut Found) {
    let Some(device) = device(text_at(situation.stored, "/spec/accelerator/type")) else { return };
    let settled = situation.service.object;
    for role in ROLES {
        let size =
            |name: &str| integer_at(settled, &format!("/spec/{role}/parallelism/{name}")).unwrap_or(1).max(1);
        let count = (size("tensor") * size("dataLocal")).to_string();
        for bound in ["limits", "requests"] {
            let own = crate::core::kubernetes::json::at(settled, &["spec", role, "resources", bound, device]);
            if let Some(own) = own.and_then(Value::as_str).filter(|own| *own != count) {
                let path = format!("spec.{role}.resources.{bound}[{device}]");
                let message = format!("{own} becomes {count}: tensor times dataLocal");
                found.add(&rule::ACCELERATOR_OVERWRITTEN, path, message);
            }
        }
    }
}

fn env(situation: &Situation<'_>, found: &mut Found) {
    let variables = list_at(situation.stored, "/spec/engine/env");
    let name_of = |variable| text_at(variable, "/name");
    for (index, variable) in variables.iter().enumerate() {
        let name = name_of(variable);
        let path = format!("spec.engine.env[{index}].name");
        if OWN_VARIABLES.contains(&name) {
            found.add(&rule::ENV_TWICE, path, format!("{name} is set by the operator too"));
        } else if variables.iter().take(index).any(|earlier| name_of(earlier) == name) {
            found.add(&rule::ENV_TWICE, path, format!("{name} is set before"));
        }
    }
    let side = variables.iter().position(|variable| name_of(variable) == super::render::SIDE_PORT);
    if let Some(index) = side
        && let Some(variable) = variables.get(index)
        && super::render::side_port(std::slice::from_ref(variable)).is_none()
    {
        let message = format!("the value {:?} adds no port", text_at(variable, "/value"));
        found.add(&rule::SIDE_PORT, format!("spec.engine.env[{index}].value"), message);
    }
}

fn routing(situation: &Situation<'_>, found: &mut Found) {
    let (authored, stored) = (situation.authored, situation.stored);
    let has = |pointer: &str| stored.pointer(pointer).is_some_and(|member| !member.is_null());
    if has("/spec/prefill") && !has("/spec/routingProxy") {
        let message = "no request will reach the prefill pods: there is no routing proxy";
        found.add(&rule::NO_PROXY, "spec.prefill", message);
    }
    if integer_at(stored, "/spec/inferencePool/endpointPicker/port") == Some(HEALTH_PORT) {
        let message = "port 9003 is where the endpoint picker answers health checks";
        found.add(&rule::PICKER_PORT, "spec.inferencePool.endpointPicker.port", message);
    }
    if has("/spec/monitoring/podMonitor") && !authored_has(authored, "/spec/monitoring/podMonitor/enabled") {
        let message = "there will be no PodMonitor: enabled is false where it is not set";
        found.add(&rule::POD_MONITOR_OFF, "spec.monitoring.podMonitor", message);
    }
    let gateway = &situation.service.inputs.gateway;
    if !has("/spec/httpRoute") && !gateway.is_empty() {
        let message = format!("the route needs the gateway {gateway} in namespace {GATEWAY_NAMESPACE}");
        found.add(&rule::GATEWAY_ASSUMED, "spec", message);
    }
    let mode = "/spec/inferencePool/endpointPicker/failureMode";
    if has("/spec/inferencePool") && !authored_has(authored, mode) {
        let message = "failureMode will be FailOpen; without inferencePool it is FailClose";
        found.add(&rule::FAILURE_MODE, "spec.inferencePool.endpointPicker", message);
    }
}

fn authored_has(authored: &Value, pointer: &str) -> bool {
    authored.pointer(pointer).is_some_and(|member| !member.is_null())
}

/// Texts that were written empty and come back as a default.
fn rewritten(situation: &Situation<'_>, found: &mut Found) {
    const FIELDS: [(&str, &str); 5] = [
        ("/spec/model/mountPath", "spec.model.mountPath"),
        ("/spec/routingProxy/connector", "spec.routingProxy.connector"),
        ("/spec/monitoring/podMonitor/portName", "spec.monitoring.podMonitor.portName"),
        ("/spec/monitoring/podMonitor/path", "spec.monitoring.podMonitor.path"),
        ("/spec/monitoring/podMonitor/interval", "spec.monitoring.podMonitor.interval"),
    ];
    for (pointer, path) in FIELDS {
        let written = situation.stored.pointer(pointer).and_then(Value::as_str);
        let after = text_at(situation.service.object, pointer);
        if written == Some("") && !after.is_empty() {
            found.add(&rule::REWRITTEN, path, format!("\"\" becomes {after:?}"));
        }
    }
}
