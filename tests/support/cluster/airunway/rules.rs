//! Where the reference takes its rules from: the program's own `core`, in the shape
//! that the controllers ask for them.

use kubectl_airunway::core::kind::model_deployment::object::{Condition, EndpointStatus, ReplicaStatus};
use kubectl_airunway::core::kind::model_deployment::provider::{self, vllm::Vllm};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook;
use serde_json::Value;

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
    webhook::mutate(object)
}

/// The validating webhook.
pub fn validate(object: &Value, old: Option<&Value>, registered: &[Value]) -> Verdict {
    let answer = webhook::validate(object, old, &webhook::Providers::of(registered));
    let warnings = answer.cautions.iter().map(|caution| caution.text.clone()).collect();
    Verdict { denial: answer.message(), warnings }
}

/// The object as the shim's typed client writes it back when it adds its finalizer.
pub fn settle(object: &Value) -> Value {
    provider::settle(object, &Vllm, Release::newest())
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
