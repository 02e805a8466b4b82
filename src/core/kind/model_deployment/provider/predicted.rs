//! What the status of an object will say when nothing will come of it: the core controller stops before a provider is
//! selected, or the provider's shim refuses the object.

use crate::core::kind::model_deployment::object::Condition;

use super::contract::Phase;
use super::reconcile::Outcome;
use super::select::Selection;
use super::stages::{StageError, Stages};

/// The condition of Direct vLLM about the class of its image.
const UNSUPPORTED_IMAGE: &str = "UnsupportedImage";

/// The status of an object that is accepted and then refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// `status.phase`: Failed, or Pending when the core controller waits for a provider.
    pub phase: Phase,
    /// `status.message`.
    pub message: String,
    /// `status.conditions`, those of the core controller first, without times.
    pub conditions: Vec<Condition>,
    /// Whether something that goes well comes first: volumes are bound, a model is downloaded.
    pub later: bool,
}

impl Predicted {
    /// The status of an object that will be refused; `None` when it will be served, or when nobody can tell.
    #[must_use]
    pub fn of(selection: &Selection, stages: &Result<Stages, StageError>) -> Option<Self> {
        match stages {
            Ok(stages) => Self::of_outcome(selection, &stages.outcome),
            Err(StageError::NotSelected(message)) => Some(Self {
                phase: if selection.failed { Phase::Failed } else { Phase::Pending },
                message: message.clone(),
                conditions: selection.conditions.clone(),
                later: false,
            }),
            Err(StageError::Paused | StageError::UnknownProvider(_) | StageError::Unreadable(_)) => None,
        }
    }

    fn of_outcome(selection: &Selection, outcome: &Outcome) -> Option<Self> {
        let later = outcome.later.as_deref();
        let failed = [Some(outcome), later].into_iter().flatten().find(|pass| pass.phase == Phase::Failed)?;
        let is_later = !std::ptr::eq(failed, outcome);
        // What was awaited has come true by then, in words that only the cluster knows.
        let first = outcome.conditions.iter().filter(|condition| !is_later || condition.status == "True");
        let last = later.iter().flat_map(|pass| &pass.conditions);
        let mut conditions = Vec::new();
        selection
            .conditions
            .iter()
            .chain(first)
            .chain(last)
            .for_each(|condition| set(&mut conditions, condition));
        Some(Self {
            phase: Phase::Failed,
            message: failed.message.clone().unwrap_or_default(),
            conditions,
            later: is_later,
        })
    }

    /// The condition that says no.
    #[must_use]
    pub fn cause(&self) -> Option<&Condition> {
        // This one is False when all is well.
        let says_no =
            |condition: &&Condition| condition.status == "False" && condition.kind != UNSUPPORTED_IMAGE;
        self.conditions.iter().rev().find(says_no)
    }

    /// All of it in one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let verb = if self.phase == Phase::Failed { "become" } else { "stay" };
        let later = if self.later { " later" } else { "" };
        let cause = self.cause().map(|cause| format!(" ({}={}/{})", cause.kind, cause.status, cause.reason));
        format!("would {verb} {}{later}{}: {}", self.phase.as_str(), cause.unwrap_or_default(), self.message)
    }
}

/// Writes a condition as controllers do: one of each type, in its first place.
fn set(conditions: &mut Vec<Condition>, condition: &Condition) {
    match conditions.iter_mut().find(|known| known.kind == condition.kind) {
        Some(known) => known.clone_from(condition),
        None => conditions.push(condition.clone()),
    }
}

#[cfg(test)]
mod tests;
