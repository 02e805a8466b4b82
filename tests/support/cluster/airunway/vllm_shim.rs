//! The Direct vLLM shim, `airunway-providers.md` sections 3 to 5: one pass over one
//! ModelDeployment. The rules are the program's own (`core::kind::model_deployment::provider`); what the
//! API server, the registry and the Deployment say is real.

use std::sync::Arc;
use std::time::Duration;

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::runtime::controller::Action;
use kubectl_airunway::core::kind::model_deployment::object::{
    Condition, EndpointStatus, ModelDeployment, ModelDeploymentStatus, ProviderStatus, ReplicaStatus,
};
use kubectl_airunway::core::kind::model_deployment::provider::{ImageInput, Provider, vllm::Vllm};
use serde_json::{Value, json};

use super::faults::Fault;
use super::resource::{child_resource, deployments_in, read};
use super::status::{now, set};
use super::{Error, Shared, images, rules};

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
    if !held {
        // The whole typed object is written, which drops zero values; the event of
        // the write starts the next pass.
        pass.put(&rules::settle(&pass.value)).await?;
        return Ok(period);
    }
    pass.create().await?;
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

        let answer = self.ask_registry().await;
        let review = Vllm.resolved_image(&self.deployment, &self.shared.versions, &answer);
        self.status.image = review.status;
        for condition in review.conditions {
            self.condition(condition);
        }
        if let Some(failure) = review.failure {
            self.fail(failure);
            return Ok(());
        }
        match Vllm.render(&self.deployment, &self.shared.versions, review.image.as_deref()) {
            Ok(children) => self.apply(&children).await,
            Err(error) => {
                let text = error.to_string();
                self.condition(Condition::new("ResourceCreated", "False", "TransformFailed", &text));
                self.fail(format!("Failed to generate vLLM resources: {text}"));
                Ok(())
            }
        }
    }

    /// What the registry says about the image; it is asked only if there is something to ask.
    async fn ask_registry(&self) -> ImageInput {
        let review = Vllm.resolved_image(&self.deployment, &self.shared.versions, &ImageInput::NotAsked);
        if review.conditions.iter().any(|condition| condition.kind == "ImageResolved") {
            return ImageInput::NotAsked;
        }
        let requested = review.status.and_then(|image| image.requested).unwrap_or_default();
        let unreachable = self.shared.faults.has(&self.namespace, &Fault::RegistryUnreachable);
        let registry = self.shared.options.registry.as_deref().filter(|_| !unreachable);
        images::resolve(registry, requested.trim()).await
    }

    async fn apply(&mut self, children: &[Value]) -> Result<(), Error> {
        for child in children {
            let name = child.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let api: Api<DynamicObject> =
                Api::namespaced_with(self.shared.client.clone(), &self.namespace, &child_resource(child));
            let refusal = match self.foreign(&api, &name).await? {
                Some(text) => Some(("ResourceConflict", text)),
                None => {
                    match api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(child)).await {
                        Ok(_) => None,
                        Err(kube::Error::Api(status)) if status.code != 409 => {
                            Some(("CreateFailed", status.message))
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            };
            if let Some((reason, text)) = refusal {
                if reason == "ResourceConflict" {
                    self.condition(Condition::new("Ready", "False", reason, &text));
                }
                self.condition(Condition::new("ResourceCreated", "False", reason, &text));
                self.fail(format!("Failed to create/update resource {name}: {text}"));
                return Ok(());
            }
        }
        self.condition(Condition::new(
            "ResourceCreated",
            "True",
            "ResourceCreated",
            Vllm.facts().created_message,
        ));
        self.shared.models.serve(&self.namespace, served(children));
        let provider = self.status.provider.get_or_insert_with(ProviderStatus::default);
        provider.resource_name = Some(self.name.clone());
        provider.resource_kind = Some("Deployment".to_owned());
        self.observe().await
    }

    /// Why an object of that name is not the shim's to change, if it is not.
    async fn foreign(&self, api: &Api<DynamicObject>, name: &str) -> Result<Option<String>, Error> {
        let Some(existing) = api.get_opt(name).await? else { return Ok(None) };
        let owners = existing.metadata.owner_references.unwrap_or_default();
        let ours = self.deployment.metadata.uid.as_deref().unwrap_or_default();
        if owners.iter().any(|owner| owner.uid == ours) {
            return Ok(None);
        }
        let owners: Vec<String> =
            owners.iter().map(|owner| format!("{}/{} (uid {})", owner.kind, owner.name, owner.uid)).collect();
        let whose = if owners.is_empty() {
            "no owner references".to_owned()
        } else {
            format!("owned by {}", owners.join(", "))
        };
        Ok(Some(format!(
            "resource {}/{name} exists but is not managed by this ModelDeployment ({whose})",
            self.namespace
        )))
    }

    /// Translates what the Deployment reports.
    async fn observe(&mut self) -> Result<(), Error> {
        let deployment = self.children().get(&self.name).await?;
        let observed = rules::observe(&super::resource::json(&deployment), &self.name);
        if self.shared.faults.has(&self.namespace, &Fault::ReadyLies) {
            return self.lie();
        }
        self.status.replicas = Some(observed.replicas);
        self.status.endpoint = Some(observed.endpoint);
        self.condition(observed.ready);
        if observed.phase == "Running" || observed.phase == "Failed" {
            self.status.phase = Some(observed.phase.to_owned());
            self.status.message =
                Some(observed.message.unwrap_or_else(|| "Deployments created, pods are ready".to_owned()));
        } else {
            self.status.phase = Some("Deploying".to_owned());
            self.status.message = Some("Deployments created, waiting for pods to be ready".to_owned());
        }
        Ok(())
    }

    /// [`Fault::ReadyLies`].
    fn lie(&mut self) -> Result<(), Error> {
        let one = Some(1);
        self.status.replicas =
            Some(ReplicaStatus { desired: one, ready: one, available: one, ..ReplicaStatus::default() });
        self.status.endpoint = Some(EndpointStatus {
            service: Some(self.name.clone()),
            port: Some(8000),
            ..EndpointStatus::default()
        });
        self.condition(Condition::new("Ready", "True", "DeploymentReady", "All replicas are ready"));
        self.status.phase = Some("Running".to_owned());
        self.status.message = Some("Deployments created, pods are ready".to_owned());
        Ok(())
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
        }) && !self.overdue();
        if wait {
            match children.delete(&self.name, &DeleteParams::default()).await {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error.into()),
            }
            return Ok(Action::requeue(self.shared.options.deletion_retry));
        }
        let mut object = self.value.clone();
        if let Some(finalizers) = object.pointer_mut("/metadata/finalizers").and_then(Value::as_array_mut) {
            finalizers.retain(|held| held.as_str() != Some(finalizer));
        }
        self.put(&object).await?;
        Ok(Action::await_change())
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

/// The model name that the container was told to serve.
fn served(children: &[Value]) -> &str {
    let arguments = children
        .iter()
        .find_map(|child| child.pointer("/spec/template/spec/containers/0/args"))
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let after = |flag: &str| {
        let place = arguments.iter().position(|argument| argument.as_str() == Some(flag))?;
        arguments.get(place + 1)?.as_str()
    };
    after("--served-model-name").or_else(|| after("--model")).unwrap_or_default()
}

/// The status that the shim's heartbeat writes.
pub fn heartbeat(ready: bool, tag: &str) -> Value {
    let mut status = json!({"lastHeartbeat": now(), "upstreamCRDVersion": "apps/v1", "version": format!("vllm-provider:{tag}")});
    if let (true, Some(members)) = (ready, status.as_object_mut()) {
        members.insert("ready".to_owned(), json!(true));
    }
    status
}
