//! The child Deployment's own rollout, judged as `kubectl rollout status` does.

use super::{Problem, ProblemKind, Target};
use crate::core::kubernetes::json::{integer_at, list_at, text_at};
use serde_json::Value;

/// How far the child is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildRollout {
    /// Every replica is of the newest template and available, none of an older one is left.
    Complete,
    /// Not yet.
    Waiting(String),
    /// It will not get there by waiting.
    Stuck(Problem),
}

/// Whether the Deployment controller has acted on the child's newest template; it makes the ReplicaSet before it says so.
pub(super) fn is_observed(child: Option<&Value>) -> bool {
    child.is_none_or(|child| {
        let at = |pointer: &str| integer_at(child, pointer).unwrap_or(0);
        at("/status/observedGeneration") >= at("/metadata/generation")
    })
}

/// Whether pods of an older template are left and some pods are available: clients are still answered.
pub(super) fn old_serves(child: &Value) -> bool {
    let count = |name: &str| integer_at(child, &format!("/status/{name}")).unwrap_or(0);
    count("replicas") > count("updatedReplicas") && count("availableReplicas") > 0
}

/// Judges the child Deployment.
pub fn child_rollout(child: Option<&Value>, target: &Target) -> ChildRollout {
    let Some(child) = child else {
        return ChildRollout::Waiting(format!("waiting for Deployment {}", target.name));
    };
    let owned =
        list_at(child, "/metadata/ownerReferences").iter().any(|owner| text_at(owner, "/uid") == target.uid);
    if !owned {
        return ChildRollout::Waiting(format!(
            "waiting for Deployment {} to belong to this object",
            target.name
        ));
    }
    if !is_observed(Some(child)) {
        return ChildRollout::Waiting(format!(
            "waiting for the rollout of Deployment {} to begin",
            target.name
        ));
    }
    if let Some(problem) = refused_pods(child).or_else(|| wrong_image(child, target)) {
        return ChildRollout::Stuck(problem);
    }
    let wanted = integer_at(child, "/spec/replicas").unwrap_or(1);
    let count = |name: &str| integer_at(child, &format!("/status/{name}")).unwrap_or(0);
    let (updated, total, available) =
        (count("updatedReplicas"), count("replicas"), count("availableReplicas"));
    if updated < wanted {
        return ChildRollout::Waiting(format!("{updated} of {wanted} replicas updated"));
    }
    // While an old replica is left, the available ones may all be old: the case of AI Runway issue 422.
    if total > updated {
        let old = total - updated;
        return ChildRollout::Waiting(format!(
            "{} of {wanted} new replicas available, {old} of the previous version still running",
            (available - old).max(0)
        ));
    }
    if available < wanted {
        return ChildRollout::Waiting(format!("{available} of {wanted} replicas available"));
    }
    ChildRollout::Complete
}

fn refused_pods(child: &Value) -> Option<Problem> {
    let condition = list_at(child, "/status/conditions").iter().find(|condition| {
        text_at(condition, "/type") == "ReplicaFailure" && text_at(condition, "/status") == "True"
    })?;
    let name = text_at(child, "/metadata/name");
    Some(Problem::new(
        ProblemKind::PodsRefused,
        format!("the pods of Deployment {name} are refused"),
        Some(text_at(condition, "/message")),
    ))
}

fn wrong_image(child: &Value, target: &Target) -> Option<Problem> {
    let wanted = target.image.as_deref()?;
    let images: Vec<&str> = list_at(child, "/spec/template/spec/containers")
        .iter()
        .map(|container| text_at(container, "/image"))
        .collect();
    if images.contains(&wanted) {
        return None;
    }
    let message = format!("Deployment {} runs {}, not {wanted}", target.name, images.join(", "));
    Some(Problem::new(ProblemKind::WrongImage, message, None))
}
