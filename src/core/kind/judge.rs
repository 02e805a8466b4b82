//! What the program can say of an object of a followed kind: the API server's answer, and what its controller will make
//! of it.

use crate::core::api_server::custom::{Request, Review};
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::meta::Condition;
use crate::core::kubernetes::preview::Write;
use crate::core::kubernetes::resource::Resource;
use jiff::Timestamp;
use serde_json::Value;

/// Judges objects of one kind against one release and what is known of the cluster; made once, shared by all threads.
pub trait Judge: Send + Sync {
    /// The API server's answer: decoding, pruning, defaults, webhooks, schema, CEL.
    fn review(&self, request: &Request<'_>) -> Review;

    /// What the controller will make of an object that the server accepted; never asked of a refused one. `authored`
    /// is what was sent, `stored` what the server made of it.
    fn foresee(&self, authored: &Value, stored: &Value) -> Foresight;

    /// How the controller comes to its choices for a stored object, a line each, for people.
    fn explain(&self, _stored: &Value) -> Vec<String> {
        Vec::new()
    }
}

/// What becomes of a stored object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Foresight {
    /// What the controller decides because the object leaves it open, in the order in which it does.
    pub chosen: Vec<Chosen>,
    /// `status.message` of an object with which the controller stops before it creates anything.
    pub stopped: Option<String>,
    /// The object once its controller has written it back, without the status; `None` when it writes nothing back, or
    /// does not get that far.
    pub settled: Option<Value>,
    /// What the controller creates, in the order in which it does.
    pub children: Children,
    /// The status of an object that is accepted and then refused.
    pub status: Option<PredictedStatus>,
    /// What the server accepts and what then fails, is ignored or changes.
    pub advice: Vec<Finding>,
    /// What the context says of those who would take the object, worth a warning before a write: a provider that is not
    /// ready. Fragments.
    pub unwell: Vec<String>,
    /// Those who act on the object, as far as the context tells who they are.
    pub attendants: Vec<Attendant>,
}

/// A controller that acts on an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendant {
    /// What it is called in a sentence: `the vllm shim`.
    pub what: String,
    /// The labels of the Deployments of its product.
    pub selector: &'static str,
    /// What tells its Deployment from the others of its product.
    pub component: String,
    /// When it was heard of last, where it writes that down.
    pub heartbeat: Option<Timestamp>,
    /// How to see more of it: a command.
    pub look: String,
}

/// One decision of a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// What was decided, for example `provider`.
    pub what: &'static str,
    /// The decision; `None` when there is none to be made.
    pub value: Option<String>,
    /// Why, in the controller's words.
    pub why: Option<String>,
    /// Whether the object names it itself, so that there is nothing to tell its author.
    pub by_author: bool,
}

/// What a controller creates.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Children {
    /// These objects; of an object that its controller refuses half-way those that come before.
    Known(Vec<Child>),
    /// Nothing: the controller stops before that, and the predicted status says why.
    #[default]
    Stopped,
    /// Nobody can tell; why.
    NotFollowed(String),
}

/// An object that a controller creates.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// The object as it is sent.
    pub object: Value,
    /// What it is.
    pub resource: Resource,
    /// How it is written where there is one already.
    pub write: Write,
    /// Whether something has to come true first: a volume is bound, a download is done.
    pub later: bool,
}

/// The status of an object that is accepted and then refused.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedStatus {
    /// `status.phase`.
    pub phase: &'static str,
    /// `status.message`.
    pub message: String,
    /// `status.conditions`, without times.
    pub conditions: Vec<Condition>,
    /// All of it in one line.
    pub sentence: String,
    /// Whether something that goes well comes first: volumes are bound, a model is downloaded.
    pub later: bool,
}
