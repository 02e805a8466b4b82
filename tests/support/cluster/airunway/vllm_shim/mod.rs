//! The Direct vLLM shim, `airunway-providers.md` sections 3 to 5: one pass over one
//! ModelDeployment. The rules are the program's own (`core::kind::model_deployment::provider`); what the
//! API server, the registry and the Deployment say is real.

mod broken;
mod children;

use std::sync::Arc;
use std::time::Duration;

use kube::api::{Api, DeleteParams, DynamicObject, PostParams};
use kube::runtime::controller::Action;
use kubectl_airunway::core::kind::model_deployment::object::{
    Condition, ModelDeployment, ModelDeploymentStatus,
};
use kubectl_airunway::core::kind::model_deployment::provider::{ImageInput, Provider, vllm::Vllm};
use serde_json::{Value, json};

use super::faults::Fault;
use super::lapses::Lapse;
use super::resource::{child_resource, deployments_in, read};
use super::status::{now, set};
use super::{Error, Shared, images, rules, system};

/// Name of the provider.
const NAME: &str = "vllm";
/// Field manager of the shim's server-side apply.
const MANAGER: &str = "vllm-provider";
/// Annotation that stops all controllers.
pub const PAUSED: &str = "airunway.ai/reconcile-paused";

/// What one pass of the shim works on.
struct Pass<'a> {
    shared: &'a Shared,
    /// Namespace and name.
    namespace: String,
    name: String,
    deployment: ModelDeployment,
    value: Value,
    status: ModelDeploymentStatus,
    generation: i64,
}

/// One pass.
///
/// # Errors
///
/// Any refusal of the API server; the pass is repeated.
pub async fn reconcile(object: Arc<DynamicObject>, shared: Arc<Shared>) -> Result<Action, Error> {
    let (deployment, value) = read(&object)?;
    let namespace = deployment.metadata.namespace.clone().unwrap_or_default();
    let period = Action::requeue(shared.options.period);
    if !shared.shim_runs() || shared.faults.has(&namespace, &Fault::ShimStopped) {
        return Ok(period);
    }
    let status = deployment.status.clone().unwrap_or_default();
    let selected = status.provider.as_ref().and_then(|provider| provider.name.as_deref());
    if selected != Some(NAME) || deployment.metadata.annotation(PAUSED) == Some("true") {
        return Ok(period);
    }
    let mut pass = Pass {
        shared: &shared,
        namespace,
        name: deployment.metadata.name.clone().unwrap_or_default(),
        generation: deployment.metadata.generation.unwrap_or_default(),
        status,
        deployment,
        value,
    };
    let finalizer = Vllm.facts().finalizer();
    let held = pass.deployment.metadata.finalizers.contains(&finalizer);
    if pass.deployment.metadata.deletion_timestamp.is_some() {
        return if held { pass.delete(&finalizer).await } else { Ok(period) };
    }
    if !held && !pass.breaks(Lapse::NoFinalizer) {
        // The whole typed object is written, which drops zero values; the event of
        // the write starts the next pass.
        pass.put(&pass.settled(&finalizer)).await?;
        return Ok(period);
    }
    pass.create().await?;
    pass.stamp();
    pass.write_status().await?;
    Ok(period)
}

impl Pass<'_> {
    fn condition(&mut self, condition: Condition) {
        set(&mut self.status, self.generation, condition);
    }

    fn fail(&mut self, message: String) {
        self.status.phase = Some("Failed".to_owned());
        self.status.message = Some(message);
    }

    /// Compatibility, image, rendering, children, and what they report.
    async fn create(&mut self) -> Result<(), Error> {
        if let Err(text) = Vllm.compatibility(&self.deployment) {
            self.condition(Condition::new("ProviderCompatible", "False", "IncompatibleConfiguration", &text));
            self.fail(text);
            return Ok(());
        }
        let text = format!("Configuration compatible with {}", Vllm.facts().display_name);
        self.condition(Condition::new("ProviderCompatible", "True", "CompatibilityVerified", text));

        let deployment = self.looked_at();
        let answer = self.ask_registry(&deployment).await?;
        let review = Vllm.resolved_image(&deployment, &self.shared.versions, &answer);
        let review = self.told(review);
        self.status.image = review.status;
        for condition in review.conditions {
            self.condition(condition);
        }
        if let Some(failure) = review.failure {
            self.fail(failure);
            return Ok(());
        }
        match Vllm.render(&self.rendered(), &self.shared.versions, review.image.as_deref()) {
            Ok(children) => self.apply(&self.made(children)).await,
            Err(error) => {
                let text = error.to_string();
                self.condition(Condition::new("ResourceCreated", "False", "TransformFailed", &text));
                self.fail(format!("Failed to generate vLLM resources: {text}"));
                Ok(())
            }
        }
    }

    /// What the registry says about the image; it is asked only if there is something to ask.
    async fn ask_registry(&self, deployment: &ModelDeployment) -> Result<ImageInput, Error> {
        let review = Vllm.resolved_image(deployment, &self.shared.versions, &ImageInput::NotAsked);
        if review.conditions.iter().any(|condition| condition.kind == "ImageResolved") {
            return Ok(ImageInput::NotAsked);
        }
        let requested = review.status.and_then(|image| image.requested).unwrap_or_default();
        let unreachable = self.shared.faults.has(&self.namespace, &Fault::RegistryUnreachable)
            || system::registry_is_blocked(&self.shared.client).await?;
        let registry = self.shared.options.registry.as_deref().filter(|_| !unreachable);
        Ok(self.heard(images::resolve(registry, requested.trim()).await))
    }

    /// The object with the finalizer, as it is written back.
    fn settled(&self, finalizer: &str) -> Value {
        if !self.breaks(Lapse::FalseSurvives) {
            return rules::settle(&self.value);
        }
        let mut object = self.value.clone();
        object["metadata"]["finalizers"] = json!([finalizer]);
        object
    }

    /// Deletes the Deployment and lets go of the object once it is gone, is not
    /// ours, or has taken too long.
    async fn delete(&mut self, finalizer: &str) -> Result<Action, Error> {
        self.status.phase = Some("Terminating".to_owned());
        if self.write_status().await? {
            // The event of the write starts the next pass.
            return Ok(Action::requeue(self.shared.options.period));
        }
        let children = self.children();
        let existing = children.get_opt(&self.name).await?;
        let ours = self.deployment.metadata.uid.as_deref().unwrap_or_default();
        let wait = existing.is_some_and(|existing| {
            existing.metadata.owner_references.unwrap_or_default().iter().any(|owner| owner.uid == ours)
        }) && !self.gives_up();
        if wait {
            match children.delete(&self.name, &DeleteParams::default()).await {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error.into()),
            }
            return Ok(Action::requeue(self.shared.options.deletion_retry));
        }
        if self.breaks(Lapse::KeepsFinalizer) {
            return Ok(Action::requeue(self.shared.options.period));
        }
        let mut object = self.value.clone();
        if let Some(finalizers) = object.pointer_mut("/metadata/finalizers").and_then(Value::as_array_mut) {
            finalizers.retain(|held| held.as_str() != Some(finalizer));
        }
        self.put(&object).await?;
        Ok(Action::await_change())
    }

    /// Whether the shim waits no longer for the Deployment to be gone.
    fn gives_up(&self) -> bool {
        self.breaks(Lapse::GivesUpAtOnce) || (self.overdue() && !self.breaks(Lapse::NeverGivesUp))
    }

    /// Whether the deletion has taken longer than the shim waits.
    fn overdue(&self) -> bool {
        let asked = self
            .deployment
            .metadata
            .deletion_timestamp
            .as_deref()
            .and_then(|time| time.parse::<jiff::Timestamp>().ok());
        asked.is_some_and(|asked| {
            Duration::try_from(jiff::Timestamp::now().duration_since(asked))
                .is_ok_and(|waited| waited >= self.shared.options.finalizer_timeout)
        })
    }

    fn children(&self) -> Api<DynamicObject> {
        let resource = child_resource(&json!({"apiVersion": "apps/v1", "kind": "Deployment"}));
        Api::namespaced_with(self.shared.client.clone(), &self.namespace, &resource)
    }

    async fn put(&self, value: &Value) -> Result<(), Error> {
        let object: DynamicObject = serde_json::from_value(value.clone())?;
        deployments_in(&self.shared.client, &self.namespace)
            .replace(&self.name, &PostParams::default(), &object)
            .await?;
        Ok(())
    }

    /// Writes the status if it has changed; says whether it had.
    async fn write_status(&self) -> Result<bool, Error> {
        if self.deployment.status.as_ref() == Some(&self.status) {
            return Ok(false);
        }
        let mut value = self.value.clone();
        if let Some(object) = value.as_object_mut() {
            object.insert("status".to_owned(), serde_json::to_value(&self.status)?);
        }
        let object: DynamicObject = serde_json::from_value(value)?;
        deployments_in(&self.shared.client, &self.namespace)
            .replace_status(&self.name, &PostParams::default(), &object)
            .await?;
        Ok(true)
    }
}

/// The status that the shim's heartbeat writes.
pub fn heartbeat(ready: bool, tag: &str) -> Value {
    let mut status = json!({"lastHeartbeat": now(), "upstreamCRDVersion": "apps/v1", "version": format!("vllm-provider:{tag}")});
    if let (true, Some(members)) = (ready, status.as_object_mut()) {
        members.insert("ready".to_owned(), json!(true));
    }
    status
}
