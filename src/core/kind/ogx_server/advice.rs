//! What the API server accepts and the OGX operator then fails on, passes over or reads in another way
//! (llama-stack.md sections B3 and B8, recorded on a real operator).

use super::catalogue as rule;
use super::webhook::{ADOPTIONS, DISTRIBUTIONS};
use crate::core::kind::judge::PredictedStatus;
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json;
use crate::core::kubernetes::meta::Condition;
use crate::core::kubernetes::names::is_label_text;
use crate::core::kubernetes::rule::Found;
use serde_json::Value;
use std::collections::HashSet;

/// Port of the API where the object names none.
const PORT: i64 = 8321;
/// Port of the metrics where the object names none.
const METRICS_PORT: i64 = 9464;
/// Longest name of an object that the operator makes.
const NAME_LIMIT: usize = 63;
/// What the operator appends to the server's name and checks, in its order, as far as the order shows.
const NAME_ENDS: [&str; 4] = ["-pvc", "-service", "-network-policy", "-prometheus-rules"];
/// The blocks of which one at least makes the operator generate a configuration.
const DECLARATIVE: [&str; 3] = ["providers", "resources", "storage"];

/// The findings, and the status that the operator will set when it fails for good.
pub(super) fn advice(stored: &Value) -> (Vec<Finding>, Option<PredictedStatus>) {
    let mut found = Found::default();
    let failures = [
        name(stored, &mut found),
        ports(stored, &mut found),
        variables(stored, &mut found),
        autoscaling(stored, &mut found),
    ];
    unused(stored, &mut found);
    ingress(stored, &mut found);
    adoptions(stored, &mut found);
    base(stored, &mut found);
    (found.0, failures.into_iter().flatten().next().map(|reason| failed(&reason)))
}

/// The status of a server of which the operator could not make everything.
fn failed(reason: &str) -> PredictedStatus {
    let message = format!("Resource reconciliation failed: {reason}");
    let condition = Condition {
        kind: "DeploymentReady".to_owned(),
        status: "False".to_owned(),
        reason: "DeploymentFailed".to_owned(),
        message: message.clone(),
        ..Condition::default()
    };
    let sentence = format!("would become Failed (DeploymentReady=False/DeploymentFailed): {message}");
    PredictedStatus { phase: "Failed", message, conditions: vec![condition], sentence, later: false }
}

/// A server's name is the beginning of every other.
fn name(stored: &Value, found: &mut Found) -> Option<String> {
    let name = json::text(stored, &["metadata", "name"]);
    let (end, why) = if name.contains('.') {
        ("-pvc", "must not contain dots")
    } else {
        let end = NAME_ENDS.into_iter().find(|end| name.len() + end.len() > NAME_LIMIT)?;
        (end, "must be no more than 63 characters")
    };
    let reason = format!("failed to validate name \"{name}{end}\": {why}");
    found.add(&rule::NAME_UNUSABLE, "metadata.name", format!("the operator will fail: {reason}"));
    // Above the limit of labels something else fails first where a configuration is generated.
    (name.len() <= NAME_LIMIT).then(|| {
        format!(
            "failed to render manifests: failed to render base manifests: failed to apply name prefix: failed to make valid prefixed name: {reason}"
        )
    })
}

/// What the second write of the Deployment ends with, for a list whose key comes twice.
fn second_write(stored: &Value, list: &str, key: &str) -> String {
    let text = |member| json::text(stored, &["metadata", member]);
    let (name, namespace) = (text("name"), text("namespace"));
    format!(
        "failed to apply manifests: failed to manage resource Deployment/{name}: failed to create typed patch object ({namespace}/{name}; apps/v1, Kind=Deployment): .spec.template.spec.containers[name=\"ogx\"].{list}: duplicate entries for key [{key}]"
    )
}

fn ports(stored: &Value, found: &mut Found) -> Option<String> {
    let number = |pointer: &str, default| json::integer_at(stored, pointer).unwrap_or(default);
    if stored.pointer("/spec/monitoring/enabled") == Some(&Value::Bool(false)) {
        return None;
    }
    let port = number("/spec/network/port", PORT);
    if port != number("/spec/monitoring/metricsPort", METRICS_PORT) {
        return None;
    }
    let path = match json::integer_at(stored, "/spec/monitoring/metricsPort") {
        Some(_) => "spec.monitoring.metricsPort",
        None => "spec.network.port",
    };
    found.add(&rule::PORT_TWICE, path, format!("port {port} is that of the API and of the metrics"));
    Some(second_write(stored, "ports", &format!("containerPort={port},protocol=\"TCP\"")))
}

fn variables(stored: &Value, found: &mut Found) -> Option<String> {
    let mut seen = HashSet::new();
    let mut first = None;
    let env = json::list_at(stored, "/spec/workload/overrides/env");
    for (index, entry) in env.iter().enumerate() {
        let name = json::text(entry, &["name"]);
        if !seen.insert(name) {
            let path = format!("spec.workload.overrides.env[{index}].name");
            found.add(&rule::VARIABLE_TWICE, &path, format!("{name} is listed twice"));
            first.get_or_insert_with(|| second_write(stored, "env", &format!("name=\"{name}\"")));
        }
    }
    first
}

fn autoscaling(stored: &Value, found: &mut Found) -> Option<String> {
    let maximum = json::integer_at(stored, "/spec/workload/autoscaling/maxReplicas")?;
    let number = |pointer: &str| json::integer_at(stored, pointer).unwrap_or(1);
    let minimum =
        number("/spec/workload/replicas").max(number("/spec/workload/autoscaling/minReplicas")).max(1);
    if minimum <= maximum {
        return None;
    }
    let path = "spec.workload.autoscaling.maxReplicas";
    found.add(
        &rule::REPLICAS_ABOVE_MAXIMUM,
        path,
        format!("a minimum of {minimum} above a maximum of {maximum}"),
    );
    let name = json::text(stored, &["metadata", "name"]);
    Some(format!(
        "failed to apply manifests: failed to manage resource HorizontalPodAutoscaler/{name}-hpa: HorizontalPodAutoscaler.autoscaling \"{name}-hpa\" is invalid: spec.maxReplicas: Invalid value: {maximum}: must be greater than or equal to `minReplicas`"
    ))
}

/// Whether the operator generates a configuration (section B3).
fn generates(stored: &Value) -> bool {
    let has = |member: &str| json::object(stored, &["spec", member]).is_some();
    !has("overrideConfig")
        && (DECLARATIVE.into_iter().any(has) || !json::list_at(stored, "/spec/disabledAPIs").is_empty())
}

fn unused(stored: &Value, found: &mut Found) {
    let is_set = |pointer: &str| stored.pointer(pointer).is_some_and(|value| !value.is_null());
    let no_ingress = json::list_at(stored, "/spec/network/policy/ingress").is_empty();
    let rows = [
        ("/spec/network/tls", true, "the server is served without TLS all the same"),
        ("/spec/network/externalAccess/hostname", true, "the Ingress has no host"),
        ("/spec/tls/identity", true, "no client certificate is shown"),
        ("/spec/network/policy/policyTypes", true, "the types of the NetworkPolicy follow from its rules"),
        ("/spec/network/policy/egress", no_ingress, "outgoing rules count beside incoming ones only"),
        ("/spec/baseConfig", !generates(stored), "nothing is generated, so that no base is used"),
    ];
    for (pointer, counts, effect) in rows {
        if counts && is_set(pointer) {
            let path = pointer[1..].replace('/', ".");
            found.add(&rule::FIELD_UNUSED, &path, format!("not read by the operator: {effect}"));
        }
    }
}

fn ingress(stored: &Value, found: &mut Found) {
    let is_off = stored.pointer("/spec/network/policy/enabled") == Some(&Value::Bool(false));
    if !is_off && !json::list_at(stored, "/spec/network/policy/ingress").is_empty() {
        let text = "these rules replace those of the operator".to_owned();
        found.add(&rule::INGRESS_REPLACES, "spec.network.policy.ingress", text);
    }
}

fn adoptions(stored: &Value, found: &mut Found) {
    for annotation in ADOPTIONS {
        let value = json::text(stored, &["metadata", "annotations", annotation]);
        if !value.is_empty() && !is_label_text(value) {
            let path = format!("metadata.annotations[{annotation}]");
            found.add(&rule::ADOPTION_NAME, &path, format!("\"{value}\" is not the name of a server"));
        }
    }
}

fn base(stored: &Value, found: &mut Found) {
    let name = json::text(stored, &["spec", "distribution", "name"]);
    if generates(stored) && DISTRIBUTIONS.contains(&name) && stored.pointer("/spec/baseConfig").is_none() {
        let text = format!(
            "the operator takes the base configuration of {name} from the labels of its image, and asks the registry without a login"
        );
        found.add(&rule::BASE_NOT_FETCHED, "spec.distribution.name", text);
    }
}
