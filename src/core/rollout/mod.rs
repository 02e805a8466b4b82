//! Whether what was applied really runs: what all kinds that are followed have in common. The judgement over an object's own
//! status is its kind's (`core/kind/<kind>/follow`).
//!
//! `Ready` alone is never believed. AI Runway issue 422, recorded at commit b0d3fb7: during an update whose new pod cannot be
//! scheduled the status says phase Running, `Ready` True and the new `observedGeneration` all the while. So the conditions
//! must carry the generation that was applied, and the child's own rollout must be complete.

mod child;
mod drift;
mod evidence;
mod patience;
mod pods;
mod problem;
mod snapshot;
mod target;

pub use child::{ChildRollout, child_rollout};
pub use evidence::{Evidence, PodEvent};
pub use patience::{Decision, Patience, makes_room};
pub use problem::{PodPlace, Problem, ProblemKind};
pub use snapshot::{Part, SeenPart, Snapshot};
pub use target::{Target, has_arrived};

use crate::core::kubernetes::json::text_at;
use serde_json::Value;

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// Not there yet; the text says what is being waited for.
    Waiting(String),
    /// Not there yet, and it is somebody else's turn.
    Idle {
        /// What is being waited for.
        text: String,
        /// Who does nothing, to be said when that lasts: `no controller has touched Deployment q`.
        idle: String,
    },
    /// What was applied runs.
    Ready,
    /// It will not get there by waiting.
    Stuck(Problem),
}

/// The object as it is now, unless it is gone, going, another one of the same name, or not what was applied any more.
///
/// # Errors
/// The problem.
pub(in crate::core) fn live_object<'a>(
    target: &Target,
    snapshot: &'a Snapshot,
) -> Result<&'a Value, Problem> {
    let gone = |what: &str| Problem::new(ProblemKind::Deleted, format!("the {} {what}", target.kind), None);
    let Some(object) = &snapshot.object else {
        return Err(gone("was deleted during the wait"));
    };
    if text_at(object, "/metadata/uid") != target.uid {
        return Err(gone("was deleted and recreated by someone else"));
    }
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Err(gone("is being deleted"));
    }
    if let Some(problem) = target.changed(object) {
        return Err(problem);
    }
    Ok(object)
}

/// What the pods of a part keep from running; nothing before the newest template of its workload is seen, because until
/// then every pod is of an older one and on its way out.
pub(in crate::core) fn broken_pod(part: Option<&SeenPart>, target: &Target) -> Option<Problem> {
    let SeenPart { child, pods, newest_hash, hidden, .. } = part?;
    let newest = newest_hash.as_deref();
    if *hidden || !child::is_observed(child.as_ref()) {
        return None;
    }
    let mut problem = pods::problem(pods, newest).or_else(|| pods::foreign_digest(pods, newest, target))?;
    if child.as_ref().is_some_and(child::old_serves) {
        problem.message.push_str("; the previous version still serves");
    }
    Some(problem)
}

/// How far the rollout of a Deployment that is a part has come: `None` once it is complete, or when it may not be read, so
/// that the object's own conditions are all there is.
pub(in crate::core) fn unfinished(part: Option<&SeenPart>, target: &Target) -> Option<Assessment> {
    if part.is_some_and(|part| part.hidden) {
        return None;
    }
    let child = part.and_then(|part| part.child.as_ref());
    match child_rollout(child, target) {
        ChildRollout::Complete => None,
        ChildRollout::Waiting(text) => {
            let newest = part.and_then(|part| part.newest_hash.as_deref());
            let pods = part.map(|part| pods::summary(&part.pods, newest));
            let text = match pods.filter(|pods| !pods.is_empty()) {
                Some(pods) => format!("{text}; {pods}"),
                None => text,
            };
            let untouched = child
                .filter(|child| !child::is_observed(Some(child)))
                .map(|_| format!("no controller has touched Deployment {}", target.name));
            let idle = untouched.or_else(|| pods::overlooked(&part?.pods, newest));
            Some(match idle {
                Some(idle) => Assessment::Idle { text, idle },
                None => Assessment::Waiting(text),
            })
        }
        ChildRollout::Stuck(problem) => Some(Assessment::Stuck(problem)),
    }
}

/// Where a client finds the model, as the status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What listens, in the object's namespace.
    pub door: Door,
    /// Its port.
    pub port: i64,
    /// Address at the inference gateway, when there is one.
    pub gateway: Option<String>,
    /// The name that requests must use for the model.
    pub model: String,
}

/// What listens for requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// A Service: it has an address in the cluster.
    Service(String),
    /// A Deployment without a Service of its own: requests come through a gateway.
    Deployment(String),
}
