//! What a proxy does to which requests.

use std::time::Duration;

use super::{Answer, Asked, Stream};

/// When a rule is in force, among the requests that fit it.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Every time.
    Always,
    /// The requests from one number to another, both included, counted from 1.
    Requests(usize, usize),
    /// Between two moments after the first watch came.
    Between(Duration, Duration),
}

impl When {
    pub(super) fn holds(self, nth: usize, since_watch: Option<Duration>) -> bool {
        match self {
            When::Always => true,
            When::Requests(first, last) => (first..=last).contains(&nth),
            When::Between(from, to) => since_watch.is_some_and(|since| (from..to).contains(&since)),
        }
    }
}

/// What is done to a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// It passes.
    Pass,
    /// It passes after a while.
    Delay(Duration),
    /// It reaches nobody, and nothing is answered.
    Hang,
    /// It passes, and nothing is answered.
    HangAfter,
    /// The connection is reset before it reaches anybody.
    Reset,
    /// It passes, and the connection is reset instead of an answer.
    Lose,
    /// The connection is closed after this many bytes of the body; the head promises all of them.
    Cut(usize),
    /// The answer has its head and this many bytes of its body, and says that this is all.
    Truncate(usize),
    /// The body comes so many bytes at a time, with a pause before each.
    Trickle(usize, Duration),
    /// Something else is answered; it reaches nobody.
    Answer(Answer),
    /// It passes, and something else is answered.
    AnswerAfter(Answer),
    /// The events of a watch are changed on their way.
    Stream(Stream),
}

/// One line of a script: which requests, when, what.
#[derive(Clone, Debug)]
pub struct Rule {
    method: &'static str,
    /// Whole segments of the path.
    path: String,
    /// Whether it must be, or must not be, a watch.
    watch: Option<bool>,
    pub(super) when: When,
    pub(super) act: Act,
}

/// Requests with a method (`*` for any) whose path holds whole segments; they pass until more is said.
pub fn requests(method: &'static str, path: impl Into<String>) -> Rule {
    Rule { method, path: path.into(), watch: None, when: When::Always, act: Act::Pass }
}

impl Rule {
    /// Only those that watch, or only those that do not.
    pub fn watching(self, watch: bool) -> Rule {
        Rule { watch: Some(watch), ..self }
    }

    /// Only the first so many.
    pub fn first(self, number: usize) -> Rule {
        self.nth(1, number)
    }

    /// Only those from one number to another, counted from 1, both included.
    pub fn nth(self, first: usize, last: usize) -> Rule {
        Rule { when: When::Requests(first, last), ..self }
    }

    /// Only between two moments after the first watch came.
    pub fn between(self, from: Duration, to: Duration) -> Rule {
        Rule { when: When::Between(from, to), ..self }
    }

    /// What is done to them.
    pub fn then(self, act: Act) -> Rule {
        Rule { act, ..self }
    }

    pub(super) fn fits(&self, asked: &Asked) -> bool {
        let path = asked.target.split('?').next().unwrap_or_default();
        (self.method == "*" || self.method == asked.method)
            && holds(path, &self.path)
            && self.watch.is_none_or(|watch| watch == asked.watches())
    }
}

/// Whether a path holds whole segments: `/pods` is not in `/namespaces/pods-1`.
fn holds(path: &str, segments: &str) -> bool {
    path.match_indices(segments).any(|(at, _)| {
        let rest = path.get(at + segments.len()..).unwrap_or_default();
        segments.ends_with('/') || rest.is_empty() || rest.starts_with('/')
    })
}
