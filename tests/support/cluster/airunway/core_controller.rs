//! The core controller, `airunway-api.md` section 5: engine and provider selection
//! and the conditions that tell of it. Gateways are not played.

use std::sync::Arc;

use kube::api::{DynamicObject, Patch, PatchParams};
use kube::runtime::controller::Action;
use kubectl_airunway::core::kind::model_deployment::object::{
    Condition, EngineStatus, ImageStatus, ModelDeployment, ModelDeploymentStatus, ProviderStatus,
};
use kubectl_airunway::core::kind::model_deployment::provider::{self, Selection};
use serde_json::{Map, Value, json};

use super::faults::Fault;
use super::lapses::Lapse;
use super::resource::{deployments_in, read};
use super::status::set;
use super::vllm_shim::PAUSED;
use super::{Error, Shared};

/// One pass over one ModelDeployment.
///
/// # Errors
///
/// Any refusal of the API server; the pass is repeated.
pub async fn reconcile(object: Arc<DynamicObject>, shared: Arc<Shared>) -> Result<Action, Error> {
    let (deployment, value) = read(&object)?;
    let namespace = deployment.metadata.namespace.clone().unwrap_or_default();
    if shared.faults.has(&namespace, &Fault::ControllerStopped) {
        return Ok(Action::requeue(shared.options.period));
    }
    let deleting = deployment.metadata.deletion_timestamp.is_some();
    if deleting || deployment.metadata.annotation(PAUSED) == Some("true") {
        return Ok(Action::await_change());
    }
    let mut status = deployment.status.clone().unwrap_or_default();
    let selection = provider::select(&value, &shared.registered.objects());
    let selection = broken(&shared, &deployment, selection);
    select(&deployment, selection, &mut status);
    let before = value.get("status").cloned().unwrap_or_else(|| json!({}));
    let changes = merge_patch(&before, &serde_json::to_value(&status)?);
    if !changes.is_empty() {
        let name = deployment.metadata.name.unwrap_or_default();
        deployments_in(&shared.client, &namespace)
            .patch_status(&name, &PatchParams::default(), &Patch::Merge(json!({"status": changes})))
            .await?;
    }
    // Stops have no timed retry upstream; the period here lets a lifted fault show.
    Ok(Action::requeue(shared.options.period))
}

/// What is selected when the controller breaks a promise, instead of what should be.
fn broken(shared: &Shared, deployment: &ModelDeployment, mut selection: Selection) -> Selection {
    let namespace = deployment.metadata.namespace.as_deref().unwrap_or_default();
    let name = deployment.metadata.name.as_deref().unwrap_or_default();
    let breaks = |lapse| shared.faults.breaks(namespace, name, lapse);
    if breaks(Lapse::SelectsVllm) {
        selection.provider = Some("vllm".to_owned());
        for condition in &mut selection.conditions {
            condition.message =
                condition.message.replace("Provider dynamo auto-selected", "Provider vllm auto-selected");
        }
    }
    if breaks(Lapse::NeedsNoGpu) {
        (selection.failed, selection.message) = (false, None);
        for condition in selection.conditions.iter_mut().filter(|condition| condition.kind == "Validated") {
            *condition = Condition::new("Validated", "True", "ValidationPassed", "Schema validation passed");
        }
    }
    if breaks(Lapse::WrongEngine) {
        selection.engine = Some("vllm".to_owned());
    }
    selection
}

/// What one pass changes in the status.
fn select(deployment: &ModelDeployment, selection: Selection, status: &mut ModelDeploymentStatus) {
    let generation = deployment.metadata.generation.unwrap_or_default();
    status.observed_generation = Some(generation);
    status.phase.get_or_insert_with(|| "Pending".to_owned());
    let recorded = status.provider.as_ref().is_some_and(|provider| provider.name.is_some());
    for condition in selection.conditions {
        if condition.reason == "ConflictingImageFields" {
            status.image = Some(ImageStatus {
                requested: Some(deployment.image_override().to_owned()),
                message: Some(condition.message.clone()),
                ..ImageStatus::default()
            });
        }
        // One that comes with a generation of its own is left as it is.
        if condition.observed_generation.is_none() {
            set(status, generation, condition);
        }
    }
    if let Some(engine) = selection.engine {
        let engine = EngineStatus {
            kind: Some(engine),
            selected_reason: selection.engine_reason,
            ..EngineStatus::default()
        };
        status.engine = Some(engine);
    }
    if let (Some(name), false) = (selection.provider, recorded) {
        let provider = status.provider.get_or_insert_with(ProviderStatus::default);
        provider.name = Some(name);
        provider.selected_reason = selection.provider_reason;
    }
    if selection.failed {
        status.phase = Some("Failed".to_owned());
    }
    if selection.message.is_some() {
        status.message = selection.message;
    }
}

/// The JSON merge patch from one object to another: what differs, and `null` for
/// what is gone. Lists are replaced as a whole.
fn merge_patch(before: &Value, after: &Value) -> Map<String, Value> {
    let empty = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    let mut patch = Map::new();
    for (key, value) in after {
        match before.get(key) {
            Some(known) if known == value => {}
            Some(known) if known.is_object() && value.is_object() => {
                patch.insert(key.clone(), Value::Object(merge_patch(known, value)));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    patch
}
