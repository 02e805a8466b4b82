//! Whether what was applied really runs: one judgement over the ModelDeployment, its child Deployment and its pods.
//!
//! `Ready` alone is never believed. AI Runway issue 422, recorded at commit b0d3fb7: during an update whose new pod cannot be
//! scheduled the status says phase Running, `Ready` True and the new `observedGeneration` all the while. So the conditions
//! must carry the generation that was applied, and the child's own rollout must be complete.

mod child;
mod conditions;
mod evidence;
mod patience;
mod pods;
mod problem;
mod snapshot;
mod target;

pub use child::{ChildRollout, child_rollout};
pub use conditions::parts;
pub use evidence::{Evidence, PodEvent};
pub use patience::{Decision, PATIENCE, Patience, makes_room};
pub use problem::{PodPlace, Problem, ProblemKind};
pub use snapshot::{Part, SeenPart, Snapshot};
pub use target::Target;

use conditions::Conditions;
use serde_json::Value;

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// Not there yet; the text says what is being waited for.
    Waiting(String),
    /// What was applied runs.
    Ready,
    /// It will not get there by waiting.
    Stuck(Problem),
}

/// Judges one moment.
pub fn assess(target: &Target, snapshot: &Snapshot) -> Assessment {
    let object = match live_object(target, snapshot) {
        Ok(object) => object,
        Err(problem) => return Assessment::Stuck(problem),
    };
    let conditions = Conditions::of(object, target.generation);
    if let Some(problem) = conditions.problem() {
        return Assessment::Stuck(problem);
    }
    if let Some(waiting) = conditions.waiting() {
        return Assessment::Waiting(waiting);
    }
    let part = snapshot.parts.first();
    let child = part.and_then(|part| part.child.as_ref());
    let pods = part.map_or(&[][..], |part| &part.pods);
    let newest = part.and_then(|part| part.newest_hash.as_deref());
    // Until the Deployment controller has seen the newest template, every pod is of an older one and on its way out.
    if child::is_observed(child) {
        let problem = pods::problem(pods, newest);
        if let Some(problem) = problem.or_else(|| pods::foreign_digest(pods, newest, target)) {
            return Assessment::Stuck(problem);
        }
    }
    if conditions.child_is_deployment() {
        match child_rollout(child, target) {
            ChildRollout::Complete => {}
            ChildRollout::Waiting(text) => {
                let pods = pods::summary(pods, newest);
                return Assessment::Waiting(if pods.is_empty() { text } else { format!("{text}; {pods}") });
            }
            ChildRollout::Stuck(problem) => return Assessment::Stuck(problem),
        }
    }
    match conditions.ready() {
        true => Assessment::Ready,
        false => Assessment::Waiting(conditions.phase_text()),
    }
}

fn live_object<'a>(target: &Target, snapshot: &'a Snapshot) -> Result<&'a Value, Problem> {
    let gone = |message: &str| Problem::new(ProblemKind::Deleted, message, None);
    let Some(object) = &snapshot.object else {
        return Err(gone("the ModelDeployment was deleted while it was waited for"));
    };
    if text(object, "/metadata/uid") != target.uid {
        return Err(gone("the ModelDeployment was deleted and created anew by someone else"));
    }
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Err(gone("the ModelDeployment is being deleted"));
    }
    if text(object, "/metadata/annotations/airunway.ai~1reconcile-paused") == "true" {
        return Err(Problem::new(
            ProblemKind::Paused,
            "reconciliation is paused by the annotation airunway.ai/reconcile-paused",
            None,
        ));
    }
    Ok(object)
}

/// Where a client finds the model, as the status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Service in the object's namespace.
    pub service: String,
    /// Its port.
    pub port: i64,
    /// Address at the inference gateway, when there is one.
    pub gateway: Option<String>,
}

impl Endpoint {
    /// Reads the endpoint out of a ModelDeployment's status.
    pub fn of(object: &Value) -> Option<Endpoint> {
        let service = text(object, "/status/endpoint/service");
        let gateway = text(object, "/status/gateway/endpoint");
        (!service.is_empty()).then(|| Endpoint {
            service: service.to_owned(),
            port: integer(object, "/status/endpoint/port").unwrap_or(80),
            gateway: (!gateway.is_empty()).then(|| gateway.to_owned()),
        })
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn integer(value: &Value, pointer: &str) -> Option<i64> {
    value.pointer(pointer).and_then(Value::as_i64)
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
