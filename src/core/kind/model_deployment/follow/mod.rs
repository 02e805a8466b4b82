//! Whether a ModelDeployment really runs: one judgement over the object, its child Deployment and its pods.

mod conditions;
#[cfg(test)]
mod tests;

use super::provider::provider;
use crate::core::kind::follow::Follow;
use crate::core::kubernetes::json::{integer_at, text_at};
use crate::core::kubernetes::resource::DEPLOYMENT;
use crate::core::rollout::{
    Assessment, Door, Endpoint, Part, Problem, ProblemKind, Snapshot, Target, broken_pod, live_object,
    unfinished,
};
use conditions::Conditions;
use serde_json::Value;

/// The annotation that stops all of AI Runway's controllers.
const PAUSED: &str = "/metadata/annotations/airunway.ai~1reconcile-paused";

/// How a ModelDeployment is followed.
#[derive(Debug, Clone, Copy)]
pub struct ModelDeploymentFollow;

impl Follow for ModelDeploymentFollow {
    /// None before its provider is selected, and none for one whose child is not a Deployment of the same name.
    fn parts(&self, object: &Value) -> Vec<Part> {
        let name = text_at(object, "/metadata/name").to_owned();
        let pods =
            provider(text_at(object, "/status/provider/name")).and_then(|shim| shim.pod_selector(&name));
        pods.map(|pods| Part { resource: DEPLOYMENT, name, pods: Some(pods) }).into_iter().collect()
    }

    /// The object's own, unless overrides replace the container list.
    fn image(&self, object: &Value) -> Option<String> {
        if object.pointer("/spec/provider/overrides/spec/template/spec/containers").is_some() {
            return None;
        }
        super::IMAGES
            .iter()
            .map(|pointer| text_at(object, pointer))
            .find(|image| !image.is_empty())
            .map(str::to_owned)
    }

    fn assess(&self, target: &Target, snapshot: &Snapshot) -> Assessment {
        let object = match live_object(target, snapshot) {
            Ok(object) => object,
            Err(problem) => return Assessment::Stuck(problem),
        };
        if text_at(object, PAUSED) == "true" {
            let message = "reconciliation is paused by the annotation airunway.ai/reconcile-paused";
            return Assessment::Stuck(Problem::new(ProblemKind::Paused, message, None));
        }
        let conditions = Conditions::of(object, target.generation);
        if let Some(problem) = conditions.problem() {
            return Assessment::Stuck(problem);
        }
        if let Some(waiting) = conditions.waiting() {
            return match conditions.turn() {
                Some(idle) => Assessment::Idle { text: waiting, idle },
                None => Assessment::Waiting(waiting),
            };
        }
        let part = snapshot.parts.first();
        if let Some(problem) = broken_pod(part, target) {
            return Assessment::Stuck(problem);
        }
        if conditions.child_is_deployment()
            && let Some(assessment) = unfinished(part, target)
        {
            return assessment;
        }
        match conditions.ready() {
            true => Assessment::Ready,
            false => Assessment::Waiting(conditions.phase_text()),
        }
    }

    fn endpoint(&self, object: &Value) -> Option<Endpoint> {
        let service = text_at(object, "/status/endpoint/service");
        let gateway = text_at(object, "/status/gateway/endpoint");
        let model = [text_at(object, "/spec/model/servedName"), text_at(object, "/spec/model/id")];
        (!service.is_empty()).then(|| Endpoint {
            door: Door::Service(service.to_owned()),
            port: integer_at(object, "/status/endpoint/port").unwrap_or(80),
            gateway: (!gateway.is_empty()).then(|| gateway.to_owned()),
            model: model.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned(),
        })
    }
}
