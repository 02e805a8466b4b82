//! The children of a ModelDeployment: applied where they are the shim's to change, and what they report.

use kube::api::{Api, DynamicObject};
use kubectl_airunway::core::kind::model_deployment::object::{
    Condition, EndpointStatus, ProviderStatus, ReplicaStatus,
};
use kubectl_airunway::core::kind::model_deployment::provider::{Provider, vllm::Vllm};
use serde_json::Value;

use super::super::faults::Fault;
use super::super::lapses::Lapse;
use super::super::resource::{child_resource, json};
use super::super::{Error, rules};
use super::Pass;

impl Pass<'_> {
    /// Applies the children in their order, up to one that is not the shim's.
    pub(super) async fn apply(&mut self, children: &[Value]) -> Result<(), Error> {
        for child in children {
            let name = child.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let api: Api<DynamicObject> =
                Api::namespaced_with(self.shared.client.clone(), &self.namespace, &child_resource(child));
            let refusal = match self.foreign(&api, &name).await? {
                Some(text) if !self.takes(child) => Some(("ResourceConflict", text)),
                _ => match self.write_child(&api, &name, child).await {
                    Ok(()) => None,
                    Err(kube::Error::Api(status)) if status.code != 409 => {
                        Some(("CreateFailed", status.message))
                    }
                    Err(error) => return Err(error.into()),
                },
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
        if owners.iter().any(|owner| owner.uid == ours) || self.breaks(Lapse::NoOwner) {
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
        let deployment = json(&self.children().get(&self.name).await?);
        let mut observed = rules::observe(&deployment, &self.name);
        if self.shared.faults.has(&self.namespace, &Fault::ReadyLies) {
            return self.lie();
        }
        if self.tells_update(&deployment) {
            observed.phase = "Deploying";
            observed.ready =
                Condition::new("Ready", "False", "DeploymentInProgress", "Deployment is in progress");
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
