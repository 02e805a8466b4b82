//! The core controller, `airunway-api.md` section 5: engine and provider selection
//! and the conditions that tell of it. Gateways are not played.

use std::sync::Arc;

use kube::api::{DynamicObject, Patch, PatchParams};
use kube::runtime::controller::Action;
use kubectl_airunway::core::api::{
    Condition, EngineStatus, ImageStatus, ModelDeployment, ModelDeploymentStatus, ProviderStatus,
};
use serde_json::{Map, Value, json};

use super::faults::Fault;
use super::resource::{deployments_in, read};
use super::status::set;
use super::vllm_shim::PAUSED;
use super::{Error, Shared, rules};

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
    select(&deployment, &value, &shared.registered.objects(), &mut status);
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

/// What one pass changes in the status.
fn select(
    deployment: &ModelDeployment,
    value: &Value,
    registered: &[Value],
    status: &mut ModelDeploymentStatus,
) {
    let generation = deployment.metadata.generation.unwrap_or_default();
    status.observed_generation = Some(generation);
    status.phase.get_or_insert_with(|| "Pending".to_owned());

    if let Some(text) = rules::image_conflict(deployment) {
        set(status, generation, Condition::new("ImageResolved", "False", "ConflictingImageFields", &text));
        status.image = Some(ImageStatus {
            requested: Some(deployment.image_override().to_owned()),
            message: Some(text.clone()),
            ..ImageStatus::default()
        });
        return invalid(status, generation, &text);
    }
    let engine = match rules::select_engine(deployment, registered) {
        Ok(engine) => engine,
        Err(text) => {
            set(status, generation, Condition::new("EngineSelected", "False", "SelectionFailed", &text));
            status.message = Some(format!("Engine selection failed: {text}"));
            return;
        }
    };
    let explicit = engine.reason == rules::EXPLICIT_ENGINE;
    status.engine = Some(EngineStatus {
        kind: Some(engine.name.clone()),
        selected_reason: Some(engine.reason),
        ..EngineStatus::default()
    });
    if let Err(text) = rules::validate_spec(value, &engine.name, registered) {
        return invalid(status, generation, &text);
    }
    set(
        status,
        generation,
        Condition::new("Validated", "True", "ValidationPassed", "Schema validation passed"),
    );
    let selected = if explicit {
        Condition::new("EngineSelected", "True", "ExplicitSelection", "Engine explicitly specified in spec")
    } else {
        let text = format!("Engine {} auto-selected from provider capabilities", engine.name);
        Condition::new("EngineSelected", "True", "AutoSelected", text)
    };
    set(status, generation, selected);
    select_provider(deployment, registered, &engine.name, status, generation);
}

fn select_provider(
    deployment: &ModelDeployment,
    registered: &[Value],
    engine: &str,
    status: &mut ModelDeploymentStatus,
    generation: i64,
) {
    let wanted = rules::provider_name(deployment);
    let recorded = status.provider.as_ref().and_then(|provider| provider.name.clone()).unwrap_or_default();
    if !recorded.is_empty() {
        if !wanted.is_empty() && wanted != recorded {
            let text = format!(
                "changing spec.provider.name from \"{recorded}\" to \"{wanted}\" after a provider has been selected is not \
                 supported; delete and recreate the ModelDeployment to use a different provider"
            );
            set(
                status,
                generation,
                Condition::new("ProviderSelected", "False", "ProviderChangeNotSupported", &text),
            );
            status.phase = Some("Failed".to_owned());
            status.message = Some(text);
        }
        return;
    }
    let (name, reason, condition) = if wanted.is_empty() {
        match rules::select_provider(deployment, registered, engine) {
            Ok(provider) => {
                let text = format!("Provider {} auto-selected", provider.name);
                (
                    provider.name,
                    provider.reason,
                    Condition::new("ProviderSelected", "True", "AutoSelected", text),
                )
            }
            Err(text) => {
                set(
                    status,
                    generation,
                    Condition::new("ProviderSelected", "False", "SelectionFailed", &text),
                );
                status.message = Some(format!("Provider selection failed: {text}"));
                return;
            }
        }
    } else {
        let text = "Provider explicitly specified in spec";
        let condition = Condition::new("ProviderSelected", "True", "ExplicitSelection", text);
        (wanted.to_owned(), "explicit provider selection".to_owned(), condition)
    };
    let provider = status.provider.get_or_insert_with(ProviderStatus::default);
    provider.name = Some(name);
    provider.selected_reason = Some(reason);
    set(status, generation, condition);
}

fn invalid(status: &mut ModelDeploymentStatus, generation: i64, text: &str) {
    set(status, generation, Condition::new("Validated", "False", "ValidationFailed", text));
    status.phase = Some("Failed".to_owned());
    status.message = Some(format!("Validation failed: {text}"));
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
