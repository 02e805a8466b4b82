//! One pass of a shim over a settled object, as data: what it creates and what it writes into the status at once,
//! before any pod reports.

use serde_json::Value;

use crate::core::api_server::{self, Refusal};
use crate::core::kind::model_deployment::object::{Condition, ImageStatus, ModelDeployment};
use crate::core::kubernetes::json;

use super::contract::{ImageInput, Phase, Provider, Stop};
use super::versions::Versions;

/// What one pass of the shim leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Objects the shim created, by kind and name.
    pub children: Vec<Value>,
    /// `status.phase`.
    pub phase: Phase,
    /// `status.message`.
    pub message: Option<String>,
    /// Conditions the shim wrote, in order, without times.
    pub conditions: Vec<Condition>,
    /// `status.image`; Direct vLLM only.
    pub image: Option<ImageStatus>,
    /// Kind and name of the main child, once it exists.
    pub resource: Option<(String, String)>,
    /// What the API server refused, if it did.
    pub refusal: Option<Refusal>,
    /// What the shim does once it no longer has to wait for volumes or a download; `None` when it does not wait.
    pub later: Option<Box<Outcome>>,
}

impl Outcome {
    fn failed(conditions: Vec<Condition>, message: String) -> Self {
        Self {
            children: Vec::new(),
            phase: Phase::Failed,
            message: Some(message),
            conditions,
            image: None,
            resource: None,
            refusal: None,
            later: None,
        }
    }
}

/// One pass of the provider's shim over a settled object.
#[must_use]
pub fn reconcile(
    provider: &dyn Provider,
    deployment: &ModelDeployment,
    versions: &Versions,
    image: &ImageInput,
) -> Outcome {
    let mut conditions = Vec::new();
    if let Err(text) = provider.compatibility(deployment) {
        conditions.push(Condition::new("ProviderCompatible", "False", "IncompatibleConfiguration", &text));
        return Outcome::failed(conditions, text);
    }
    let compatible = format!("Configuration compatible with {}", provider.facts().display_name);
    conditions.push(Condition::new("ProviderCompatible", "True", "CompatibilityVerified", compatible));

    let review = provider.resolved_image(deployment, versions, image);
    conditions.extend(review.conditions);
    if let Some(failure) = review.failure {
        return Outcome { image: review.status, ..Outcome::failed(conditions, failure) };
    }
    let preparation = provider.prepare(deployment);
    conditions.extend(preparation.conditions);
    let created = |conditions| create(provider, deployment, versions, review.image.as_deref(), conditions);
    let mut outcome = match preparation.stop {
        None => created(conditions),
        Some(Stop { phase, message }) => {
            let later = Some(Box::new(created(Vec::new())));
            Outcome { phase, later, ..Outcome::failed(conditions, message) }
        }
    };
    outcome.children.extend(preparation.children);
    Outcome { image: review.status, ..outcome }
}

/// Renders and creates the children.
fn create(
    provider: &dyn Provider,
    deployment: &ModelDeployment,
    versions: &Versions,
    image: Option<&str>,
    mut conditions: Vec<Condition>,
) -> Outcome {
    let facts = provider.facts();
    let rendered = match provider.render(deployment, versions, image) {
        Ok(rendered) => rendered,
        Err(error) => {
            let text = error.to_string();
            let message = format!("Failed to generate {} resources: {text}", facts.display_name);
            conditions.push(Condition::new("ResourceCreated", "False", "TransformFailed", text));
            return Outcome::failed(conditions, message);
        }
    };
    let mut children = Vec::with_capacity(rendered.len());
    for child in rendered {
        let verdict = if facts.applies_server_side() { api_server::check(&child) } else { Ok(()) };
        if let Err(refusal) = verdict {
            let name = json::text(&child, &["metadata", "name"]);
            let message = format!("Failed to create/update resource {name}: {}", refusal.message);
            conditions.push(Condition::new("ResourceCreated", "False", "CreateFailed", &refusal.message));
            return Outcome { children, refusal: Some(refusal), ..Outcome::failed(conditions, message) };
        }
        children.push(child);
    }
    conditions.push(Condition::new("ResourceCreated", "True", "ResourceCreated", facts.created_message));
    conditions.push(Condition::new("Ready", "False", "DeploymentInProgress", "Deployment is in progress"));
    let resource = children
        .iter()
        .find(|child| json::text(child, &["kind"]) == facts.child_kind())
        .map(|child| (facts.child_kind().to_owned(), json::text(child, &["metadata", "name"]).to_owned()));
    Outcome {
        children,
        phase: Phase::Deploying,
        message: Some(format!("{} created, waiting for pods to be ready", facts.children_name)),
        conditions,
        image: None,
        resource,
        refusal: None,
        later: None,
    }
}
