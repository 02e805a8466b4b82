//! What the cluster shows at one moment of something that is followed.

use crate::core::kubernetes::resource::Resource;
use serde_json::Value;

/// A workload that runs a part of what was applied, to be followed with its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is, for example a Deployment.
    pub resource: Resource,
    /// Its name, in the namespace of the object.
    pub name: String,
    /// Label selector of its pods; `None` where they are not looked at.
    pub pods: Option<String>,
}

/// What the cluster shows of a [`Part`].
#[derive(Debug, Clone, PartialEq)]
pub struct SeenPart {
    /// Which part.
    pub part: Part,
    /// The workload, once it exists.
    pub child: Option<Value>,
    /// The pods that the selector finds.
    pub pods: Vec<Value>,
    /// `pod-template-hash` of a Deployment's newest ReplicaSet, when it was looked up; pods of older ones are then left out.
    pub newest_hash: Option<String>,
    /// Whether the user may not read the workload, so that nothing of it will ever be seen.
    pub hidden: bool,
}

impl SeenPart {
    /// A part of which nothing is known yet.
    pub fn unseen(part: Part) -> SeenPart {
        SeenPart { part, child: None, pods: Vec::new(), newest_hash: None, hidden: false }
    }
}

/// What the cluster shows at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The object that was applied, `None` when it is gone.
    pub object: Option<Value>,
    /// Its parts, as far as they can be followed.
    pub parts: Vec<SeenPart>,
}
