//! What is kept of a check that failed, for someone who looks at it later.

use jiff::Timestamp;
use serde_json::Value;

/// What the cluster showed when a check had ended, before its cleanup. It holds secrets as the cluster has them:
/// `core/plan/redact` takes them out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The objects of the check, what was made from them, and their pods.
    pub objects: Vec<Value>,
    /// The events about those, oldest first.
    pub events: Vec<Value>,
    /// The ends of containers' logs.
    pub logs: Vec<ContainerLog>,
    /// What could not be read, and why, an entry a line.
    pub missing: Vec<String>,
}

/// The end of a container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerLog {
    /// Its pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Whether it is that of the run before the last restart.
    pub previous: bool,
    /// The text.
    pub text: String,
}

/// A request to the API server, as the transcript has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// When the head of the answer was there, or when it was given up.
    pub at: Timestamp,
    /// Method.
    pub method: String,
    /// Address with path and query.
    pub url: String,
    /// Status code; `None` when there was no answer.
    pub status: Option<u16>,
    /// Milliseconds until the head of the answer.
    pub milliseconds: u64,
    /// `Warning` headers of the answer.
    pub warnings: Vec<String>,
}
