//! What a check can do, look at, and claim. A new check is rows of these, never a new kind of code.

use super::claim::Claim;
use super::outcome::Verdict;
use crate::core::kubernetes::resource::Resource;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// The name under which an observation is kept for later claims.
pub type Key = &'static str;

/// One step of a check.
#[derive(Debug, Clone)]
pub enum Step {
    /// Something is done; its answer is kept, and has to be as expected.
    Do {
        /// What.
        act: Act,
        /// The name of the answer.
        keep: Key,
        /// Which answer is expected.
        expected: Expected,
    },
    /// Objects are watched until the claims on them hold.
    Until {
        /// The objects and the names under which their latest state is kept; `null` while one does not exist.
        watch: Vec<(Key, Object)>,
        /// What has to hold at the same time.
        claims: Vec<Claim>,
        /// How long that may take.
        within: Duration,
        /// States that end the wait, and the check, early.
        unless: Vec<Ruling>,
        /// The verdict when the time is over: [`Verdict::Fail`] where the state had to come, [`Verdict::Inconclusive`]
        /// where without it there is nothing to judge, and [`Verdict::Pass`] where the wait only gives time: the next
        /// step judges.
        late: Verdict,
    },
    /// What was kept has to be so.
    Expect(Vec<Claim>),
    /// Objects must not exist. Believed only when what would make them is settled.
    Absent {
        /// The objects.
        objects: Vec<Object>,
        /// Why they will not come later.
        settled: Settled,
    },
    /// What was kept decides between verdicts: the first ruling whose claims hold. When none does, the check fails by the
    /// first one's claims. A verdict other than a failure stands until a later step fails; [`Verdict::Fail`],
    /// [`Verdict::Skip`] and [`Verdict::Inconclusive`] end the check.
    Judge(Vec<Ruling>),
    /// Time passes.
    Pause(Duration),
    /// From here on, on every way out, this is done before the objects of the check are deleted.
    Always(Act),
    /// A name for the steps that follow, where the plan numbers them: `G3`.
    Label(&'static str),
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Creates an object, which then belongs to the run: it carries its label, and is deleted when the check ends. An
    /// object of that name from an earlier run is deleted first; one that no run has made is left alone, and the answer is
    /// a refusal by [`super::RefusedBy::Existing`].
    Create(Object, Value),
    /// A JSON merge patch.
    Patch(Object, Value),
    /// Deletes one object and does not wait; the answer is the object as the server marked it, or `null` when it is gone.
    Delete(Object),
    /// Deletes all objects of a type with some labels; the answer is their list.
    DeleteAll(Resource, String, &'static str),
    /// Reads an object; the answer is `null` when it does not exist.
    Read(Object),
    /// Lists objects: `{"items": [...]}`. A namespace of `None` is the whole cluster.
    List(Resource, Option<String>, Option<String>),
    /// The API server's time: `{"now": "..."}`.
    ServerTime,
    /// Asks a pod over a port-forward: `{"status": 200, "body": ...}`.
    Ask(Asked),
    /// Asks the recipe backend: `{"status", "headers": {...}, "body", "redirects": 0}`, header names in lower case, and
    /// `"cut": true` when the body was longer than what is kept; `{"absent": "why"}` when there is no backend.
    Backend(HttpAsk),
    /// The recipe origin of the runner, see `io/backend`: forgets what it has seen.
    OriginForget,
    /// What the origin has seen since: `{"requests": [{"path", "written", "complete"}]}`, or `{"absent": "why"}` when the
    /// backend's origin is not ours.
    OriginSeen,
    /// Resident memory of the backend: `{"bytes": 123}`, or `{"unreadable": "why"}`.
    BackendMemory,
    /// What the shim of a provider reports against what runs: `{"verdict": "yes|no|unknown", "reason", "reported", ...}`.
    ShimVersion(&'static str),
    /// What a built shim says (`--shim-binary`): the record of its build, its symbols, the version it runs with; as
    /// [`super::told::shim_binary`] has it, or `{"absent": "why"}` when none was given.
    ShimBinary(&'static str),
}

/// A question to a pod, in the words of an OpenAI API.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Where the pod is.
    pub namespace: String,
    /// Labels that select it; the first that is ready is asked.
    pub selector: String,
    /// The port that its container listens on.
    pub port: u16,
    /// Path and query.
    pub path: String,
    /// A body, which makes it a POST.
    pub json: Option<Value>,
    /// How long until an answer with status 200; until then any other is asked for again.
    pub within: Duration,
}

/// A request to the backend, its path sent as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpAsk {
    /// Method.
    pub method: &'static str,
    /// Path and query, byte for byte.
    pub path: String,
    /// A body in JSON.
    pub json: Option<Value>,
    /// How many redirects are followed.
    pub redirects: u8,
    /// How long until the answer.
    pub within: Duration,
}

/// An object of the cluster, by its place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// Its type.
    pub resource: Resource,
    /// Its namespace, where its type has them.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl Object {
    /// An object in a namespace.
    pub fn new(resource: Resource, namespace: &str, name: &str) -> Object {
        Object {
            resource,
            namespace: resource.namespaced.then(|| namespace.to_owned()),
            name: name.to_owned(),
        }
    }

    /// An object of the whole cluster.
    pub fn cluster_wide(resource: Resource, name: &str) -> Object {
        Object { resource, namespace: None, name: name.to_owned() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.resource.kind, self.name)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = self.namespace.as_deref().unwrap_or("-");
        write!(formatter, "{}/{namespace}/{}", self.resource.qualified(), self.name)
    }
}

/// Which answer an act must have.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// It is done. A denial by AI Runway's webhook contradicts that; anything else that refuses leaves the check without
    /// an observation.
    Accepted,
    /// AI Runway's validating webhook denies it.
    Denied(Denial),
    /// Whatever it is; later claims look at it.
    Any,
}

/// The words of a denial, after `admission webhook "vmodeldeployment-v1alpha1.kb.io" denied the request: `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// Exactly these, several errors in any order.
    Exactly(Vec<String>),
    /// All of these are in it.
    Mentions(Vec<String>),
}

/// Why an absent object will not come later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The request that would have made it was denied; the key of the answer.
    Denied(Key),
    /// The shim has finished a pass over the object kept under this key: phase Failed, or `ImageResolved` present.
    Pass(Key),
}

/// A verdict for a state.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// When all of these hold.
    pub claims: Vec<Claim>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why; the value at the first claim's place follows after a colon.
    pub text: &'static str,
}
