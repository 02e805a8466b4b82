//! Where the reference takes its rules from: the program's own `core`, in the shape
//! that the controllers ask for them.

use kubectl_airunway::core::admission;
use kubectl_airunway::core::api::{Condition, EndpointStatus, ReplicaStatus};
use kubectl_airunway::core::provider;
use kubectl_airunway::core::release::Release;
use serde_json::{Value, json};

pub use provider::Versions;

/// Port of the Service.
const PORT: i32 = 8000;

/// The validating webhook's answer.
pub struct Verdict {
    pub denial: Option<String>,
    pub warnings: Vec<String>,
}

/// What the Deployment says about the ModelDeployment, `airunway-providers.md` section 5.
pub struct Observed {
    pub phase: &'static str,
    pub message: Option<String>,
    pub ready: Condition,
    pub replicas: ReplicaStatus,
    pub endpoint: EndpointStatus,
}

/// The versions that the newest release was built with.
pub fn versions() -> Versions {
    Versions::of(Release::newest())
}

/// What the shims of the newest release register.
pub fn registrations() -> Vec<Value> {
    provider::registrations(Release::newest())
}

/// The mutating webhook.
pub fn mutate(object: &Value) -> Value {
    admission::mutate(object)
}

/// The validating webhook.
pub fn validate(object: &Value, old: Option<&Value>, registered: &[Value]) -> Verdict {
    let answer = admission::validate(object, old, &admission::Providers::of(registered));
    let warnings = answer.cautions.iter().map(|caution| caution.text.clone()).collect();
    Verdict { denial: answer.message(), warnings }
}

/// The object as the shim's typed client writes it back when it adds its finalizer:
/// what Go leaves out when it is zero is gone (`parity/README.md` section 3); the API
/// server then puts its defaults there.
pub fn settle(object: &Value, finalizer: &str) -> Value {
    let mut object = object.clone();
    if let Some(spec) = object.get_mut("spec") {
        drop_zeros(spec);
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
        if let Some(finalizers) = finalizers.as_array_mut() {
            finalizers.push(json!(finalizer));
        }
    }
    object
}

/// Members whose zero Go keeps: pointers, and maps of strings with what is in them.
const KEPT: [&str; 9] = [
    "contextLength",
    "storageClassName",
    "enabled",
    "tolerationSeconds",
    "optional",
    "args",
    "labels",
    "annotations",
    "nodeSelector",
];

fn drop_zeros(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, value| {
                if key == "overrides" || (KEPT.contains(&key.as_str()) && !value.is_null()) {
                    return true;
                }
                drop_zeros(value);
                match value {
                    Value::Null | Value::Bool(false) => false,
                    Value::Number(number) => number.as_f64() != Some(0.0),
                    Value::String(text) => !text.is_empty(),
                    Value::Array(items) => !items.is_empty(),
                    Value::Bool(true) | Value::Object(_) => true,
                }
            });
        }
        Value::Array(items) => items.iter_mut().for_each(drop_zeros),
        _ => {}
    }
}

/// Translates the status of a Deployment.
pub fn observe(deployment: &Value, name: &str) -> Observed {
    let count = |pointer: &str| {
        deployment
            .pointer(pointer)
            .and_then(Value::as_i64)
            .and_then(|count| i32::try_from(count).ok())
            .unwrap_or(0)
    };
    let conditions =
        deployment.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let find = |kind: &str| {
        conditions.iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))
    };
    let text = |condition: Option<&Value>, member: &str| {
        condition
            .and_then(|condition| condition.get(member))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (available, progressing) = (find("Available"), find("Progressing"));
    let late =
        text(progressing, "status") == "False" && text(progressing, "reason") == "ProgressDeadlineExceeded";
    let unavailable = text(available, "message");
    let (phase, message) = if conditions.is_empty() {
        ("Pending", None)
    } else if text(available, "status") == "True" {
        ("Running", None)
    } else if late {
        let said = text(progressing, "message");
        let message =
            if said.is_empty() { "deployment timed out waiting for rollout".to_owned() } else { said };
        ("Failed", Some(message))
    } else if text(progressing, "status") == "True" {
        ("Deploying", None)
    } else if text(available, "status") == "False" && !unavailable.is_empty() {
        ("Failed", Some(unavailable))
    } else {
        ("Pending", None)
    };
    let ready = match phase {
        "Running" => Condition::new("Ready", "True", "DeploymentReady", "All replicas are ready"),
        "Failed" => Condition::new("Ready", "False", "DeploymentFailed", message.clone().unwrap_or_default()),
        _ => Condition::new("Ready", "False", "DeploymentInProgress", "Deployment is in progress"),
    };
    Observed {
        phase,
        message,
        ready,
        replicas: ReplicaStatus {
            desired: Some(count("/spec/replicas")),
            // Zero is left out, as Go writes it.
            ready: Some(count("/status/readyReplicas")).filter(|count| *count > 0),
            available: Some(count("/status/availableReplicas")).filter(|count| *count > 0),
            ..ReplicaStatus::default()
        },
        endpoint: EndpointStatus {
            service: Some(name.to_owned()),
            port: Some(PORT),
            ..EndpointStatus::default()
        },
    }
}
