//! How to see that an object of a followed kind runs.

use crate::core::rollout::{Assessment, Endpoint, Part, Snapshot, Target};
use serde_json::Value;

/// Follows objects of one kind from the write to the moment at which they serve.
pub trait Follow: Sync {
    /// The workloads that run its parts, with their pods, as far as the object says by now.
    fn parts(&self, object: &Value) -> Vec<Part>;

    /// The image that its pods must run, where the object says so.
    fn image(&self, _object: &Value) -> Option<String> {
        None
    }

    /// Whether what was applied runs, as far as one moment shows.
    fn assess(&self, target: &Target, snapshot: &Snapshot) -> Assessment;

    /// Where a client finds the model, once the object says so.
    fn endpoint(&self, _object: &Value) -> Option<Endpoint> {
        None
    }
}
