//! How long a wait bears a state that may pass by itself. Pure: the caller says what time it is.

use super::{Assessment, PodPlace, Problem, ProblemKind};
use crate::core::kubernetes::duration;
use serde_json::Value;
use std::time::{Duration, Instant};

/// What a wait does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// What was applied runs.
    Done,
    /// Wait for a change, but not beyond a moment at which the same state has to be weighed again.
    Wait {
        /// What is waited for, for people.
        text: String,
        /// That moment; `None` when only a change matters.
        until: Option<Instant>,
    },
    /// Find out whether an autoscaler makes room for this pod, tell [`Patience::room_is_made`], and weigh the same again.
    Ask(PodPlace),
    /// Waiting does not help.
    GiveUp(Problem),
}

/// The memory of one wait: since when it has been stuck, and at what.
#[derive(Debug, Clone)]
pub struct Patience {
    limit: Duration,
    stuck: Option<(ProblemKind, Instant)>,
    /// What does nothing, and since when.
    idle: Option<(String, Instant)>,
    room: Option<bool>,
    text: String,
    problem: Option<Problem>,
}

impl Patience {
    /// A wait that bears a passing state for as long as `limit`.
    pub fn new(limit: Duration) -> Patience {
        Patience { limit, stuck: None, idle: None, room: None, text: String::new(), problem: None }
    }

    /// Weighs the state of one moment. A state of another kind, or progress in between, begins a new grace period.
    pub fn weigh(&mut self, assessment: Assessment, now: Instant) -> Decision {
        match assessment {
            Assessment::Ready => Decision::Done,
            Assessment::Waiting(text) => {
                (self.stuck, self.problem, self.idle) = (None, None, None);
                self.text.clone_from(&text);
                Decision::Wait { text, until: None }
            }
            Assessment::Idle { text, idle } => {
                (self.stuck, self.problem) = (None, None);
                self.name_idle(text, idle, now)
            }
            Assessment::Stuck(problem) if !problem.kind.may_pass() => Decision::GiveUp(problem),
            Assessment::Stuck(problem) => self.bear(problem, now),
        }
    }

    /// Names what should act and has not for as long as the limit. It may still, so the wait goes on.
    fn name_idle(&mut self, text: String, idle: String, now: Instant) -> Decision {
        let since = match &self.idle {
            Some((known, since)) if *known == idle => *since,
            _ => now,
        };
        let end = since + self.limit;
        let (text, until) = match now < end {
            true => (text, Some(end)),
            false => (format!("{idle} for {}", duration::short(self.limit)), None),
        };
        self.idle = Some((idle, since));
        self.text.clone_from(&text);
        Decision::Wait { text, until }
    }

    fn bear(&mut self, problem: Problem, now: Instant) -> Decision {
        let since = match self.stuck {
            Some((kind, since)) if kind == problem.kind => since,
            _ => now,
        };
        self.stuck = Some((problem.kind, since));
        self.idle = None;
        self.text.clone_from(&problem.message);
        let end = since + self.limit;
        let waits_for_room = problem.kind == ProblemKind::Unschedulable && self.room == Some(true);
        let decision = if now < end {
            let until = (!waits_for_room).then_some(end);
            Decision::Wait { text: problem.brief(), until }
        } else if waits_for_room {
            Decision::Wait { text: format!("{}, a node is being added", problem.message), until: None }
        } else {
            match (&problem.pod, problem.kind, self.room) {
                (Some(place), ProblemKind::Unschedulable, None) => Decision::Ask(place.clone()),
                _ => return Decision::GiveUp(problem),
            }
        };
        self.problem = Some(problem);
        decision
    }

    /// Tells whether an autoscaler has said that it makes room; then a pod without a node is not lost.
    pub fn room_is_made(&mut self, made: bool) {
        self.room = Some(made);
    }

    /// What was waited for last; empty before the first state.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The passing state that is borne at the moment.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
}

/// Whether an autoscaler says, in the events of a pod, that it makes room for it.
pub fn makes_room(events: &[Value]) -> bool {
    // TriggeredScaleUp is the cluster autoscaler's, Nominated is Karpenter's.
    events.iter().any(|event| {
        matches!(event.get("reason").and_then(Value::as_str), Some("TriggeredScaleUp" | "Nominated"))
    })
}

#[cfg(test)]
mod tests;
