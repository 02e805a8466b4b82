//! Whether a ModelService serves: decode, prefill and the endpoint picker have rolled out, the condition speaks of this
//! generation, and the pool is there. The phase is not believed: the operator leaves it as it was when it fails
//! (model-service.md section 1).

use super::names;
use super::render::INFERENCE_POOL;
use crate::core::kind::follow::Follow;
use crate::core::kubernetes::json::{integer_at, list_at, text_at};
use crate::core::kubernetes::resource::DEPLOYMENT;
use crate::core::rollout::{
    Assessment, Door, Endpoint, Part, Problem, ProblemKind, SeenPart, Snapshot, Target, broken_pod,
    live_object, unfinished,
};
use serde_json::Value;

/// How a ModelService is followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct ModelServiceFollow;

impl Follow for ModelServiceFollow {
    fn parts(&self, object: &Value) -> Vec<Part> {
        let name = text_at(object, "/metadata/name");
        let picker = names::picker(name);
        let serving = |role: &str| Part {
            resource: DEPLOYMENT,
            name: format!("{name}-{role}"),
            pods: Some(format!("llm-d.ai/model={name},llm-d.ai/role={role}")),
        };
        let mut parts = vec![serving("decode")];
        if object.pointer("/spec/prefill").is_some_and(|prefill| !prefill.is_null()) {
            parts.push(serving("prefill"));
        }
        parts.push(Part {
            resource: DEPLOYMENT,
            name: picker.clone(),
            pods: Some(format!("inferencepool={picker}")),
        });
        parts.push(Part { resource: INFERENCE_POOL, name: name.to_owned(), pods: None });
        parts
    }

    fn assess(&self, target: &Target, snapshot: &Snapshot) -> Assessment {
        let object = match live_object(target, snapshot) {
            Ok(object) => object,
            Err(problem) => return Assessment::Stuck(problem),
        };
        let ready = list_at(object, "/status/conditions")
            .iter()
            .find(|condition| text_at(condition, "/type") == "Ready")
            .filter(|condition| {
                integer_at(condition, "/observedGeneration").unwrap_or(0) >= target.generation
            });
        if let Some(failed) = ready.filter(|ready| text_at(ready, "/reason") == "ReconcileError") {
            let detail = text_at(failed, "/message").to_owned();
            let message = "the model operator cannot create or change an object".to_owned();
            return Assessment::Stuck(Problem::new(refusal_kind(&detail), message, Some(&detail)));
        }
        for seen in &snapshot.parts {
            if let Some(assessment) = part(seen, target) {
                return assessment;
            }
        }
        match ready {
            Some(ready) if text_at(ready, "/status") == "True" => Assessment::Ready,
            Some(ready) => Assessment::Waiting(text_at(ready, "/message").to_owned()),
            None => Assessment::Waiting("waiting for the model operator to see the object".to_owned()),
        }
    }

    fn endpoint(&self, object: &Value) -> Option<Endpoint> {
        let name = text_at(object, "/metadata/name");
        let is_ready = list_at(object, "/status/conditions")
            .iter()
            .any(|each| text_at(each, "/type") == "Ready" && text_at(each, "/status") == "True");
        // Requests go through the gateway of the route, whose address the object does not say.
        let gateway = match text_at(object, "/spec/httpRoute/gatewayRef/name") {
            "" => "the operator's default gateway".to_owned(),
            gateway => format!("gateway {gateway}"),
        };
        is_ready.then(|| Endpoint {
            // No Service is in front of the engine; the port is that of its routing proxy where there is one.
            door: Door::Deployment(format!("{name}-decode")),
            port: integer_at(object, "/spec/engine/port").unwrap_or(8000),
            gateway: Some(format!("{gateway}, with header {}: {name}", super::render::HEADER)),
            model: text_at(object, "/spec/model/name").to_owned(),
        })
    }
}

/// What the API server calls invalid stays so; anything else may pass.
fn refusal_kind(message: &str) -> ProblemKind {
    if message.contains(" is invalid: ") { ProblemKind::Refused } else { ProblemKind::PodsRefused }
}

/// What keeps a part from being there; nothing once it is.
fn part(seen: &SeenPart, target: &Target) -> Option<Assessment> {
    let Part { resource, name, .. } = &seen.part;
    if *resource != DEPLOYMENT {
        let is_there = seen.child.is_some();
        return (!is_there).then(|| Assessment::Waiting(format!("waiting for {} {name}", resource.kind)));
    }
    // Messages name the part, and the image of the object is that of the engine alone.
    let of_part = Target { name: name.clone(), image: None, ..target.clone() };
    let broken = broken_pod(Some(seen), &of_part).map(Assessment::Stuck);
    broken.or_else(|| unfinished(Some(seen), &of_part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(reason: &str, status: &str, generation: i64) -> Value {
        json!({
            "kind": "ModelService", "metadata": {"name": "a.b", "uid": "u", "generation": 2},
            "spec": {"prefill": {}, "model": {"name": "org/m"}},
            // What it was before the last change: it must not be believed.
            "status": {"phase": "Ready", "conditions": [{"type": "Ready", "status": status, "reason": reason,
                "message": "the operator's words is invalid: x", "observedGeneration": generation}]},
        })
    }

    fn assess(object: Value, pool: bool) -> Assessment {
        let parts = ModelServiceFollow.parts(&object);
        let owners = json!([{"uid": "u"}]);
        let seen = parts.into_iter().map(|part| {
            let is_there = part.resource == DEPLOYMENT || pool;
            let child = json!({"metadata": {"name": part.name, "generation": 1, "ownerReferences": owners},
                "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1,
                "readyReplicas": 1, "availableReplicas": 1}});
            SeenPart { child: is_there.then_some(child), ..SeenPart::unseen(part) }
        });
        let snapshot = Snapshot { parts: seen.collect(), object: Some(object.clone()) };
        ModelServiceFollow.assess(&Target::of(&object, None, |_| Vec::new()), &snapshot)
    }

    #[test]
    fn requests_come_through_a_gateway_and_the_picker_is_no_endpoint() {
        let mut service = object("AllReplicasReady", "True", 2);
        let endpoint = ModelServiceFollow.endpoint(&service).expect("a ready service");
        assert_eq!((endpoint.door, endpoint.port), (Door::Deployment("a.b-decode".to_owned()), 8000));
        let default = "the operator's default gateway, with header OtterScale-Model-Name: a.b";
        assert_eq!(endpoint.gateway.as_deref(), Some(default));
        service["spec"]["httpRoute"] = json!({"gatewayRef": {"name": "gw"}});
        let named = ModelServiceFollow.endpoint(&service).and_then(|endpoint| endpoint.gateway);
        assert_eq!(named.as_deref(), Some("gateway gw, with header OtterScale-Model-Name: a.b"));
        assert_eq!(ModelServiceFollow.endpoint(&object("PartiallyReady", "False", 2)), None);
    }

    #[test]
    fn decode_prefill_picker_and_pool_are_waited_for() {
        let parts = ModelServiceFollow.parts(&object("", "", 2));
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["a.b-decode", "a.b-prefill", "a-b-epp", "a.b"]);
        assert_eq!(assess(object("AllReplicasReady", "True", 2), true), Assessment::Ready);
        let waiting = assess(object("AllReplicasReady", "True", 2), false);
        assert_eq!(waiting, Assessment::Waiting("waiting for InferencePool a.b".to_owned()));
    }

    #[test]
    fn a_child_that_is_refused_ends_the_wait_whatever_the_phase_says() {
        let Assessment::Stuck(problem) = assess(object("ReconcileError", "False", 2), true) else {
            panic!("it is not stuck")
        };
        assert_eq!(problem.kind, ProblemKind::Refused);
        assert_eq!(problem.detail.as_deref(), Some("the operator's words is invalid: x"));
        // A condition of an older generation says nothing of this one.
        assert!(matches!(assess(object("ReconcileError", "False", 1), true), Assessment::Waiting(_)));
    }
}
