//! Whether what was applied really runs: one judgement over the ModelDeployment, its child Deployment and its pods.
//!
//! `Ready` alone is never believed. AI Runway issue 422, recorded at commit b0d3fb7: during an update whose new pod cannot be
//! scheduled the status says phase Running, `Ready` True and the new `observedGeneration` all the while. So the conditions
//! must carry the generation that was applied, and the child's own rollout must be complete.

mod child;
mod conditions;
mod pods;

pub use child::{ChildRollout, child_rollout};

use conditions::Conditions;
use serde_json::Value;

/// What was applied and is waited for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Name of the ModelDeployment.
    pub name: String,
    /// Its uid: an object of the same name that was created anew is another one.
    pub uid: String,
    /// Its generation after the write.
    pub generation: i64,
    /// The image its pods must run, when the object names one.
    pub image: Option<String>,
    /// Digests of the manifests for single platforms that belong to a pinned image, where they are known: a container runtime
    /// reports one of them or the pin itself.
    pub platform_digests: Vec<String>,
}

/// What the cluster shows at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The ModelDeployment, `None` when it is gone.
    pub object: Option<Value>,
    /// The child Deployment, `None` as long as there is none.
    pub child: Option<Value>,
    /// The pods that carry the child's selector labels.
    pub pods: Vec<Value>,
    /// `pod-template-hash` of the child's newest ReplicaSet, when it was looked up; pods of older ones are then left out.
    pub newest_hash: Option<String>,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// Not there yet; the text says what is being waited for.
    Waiting(String),
    /// What was applied runs.
    Ready,
    /// It will not get there by waiting.
    Stuck(Problem),
}

/// Why a wait cannot succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is, which decides how long it is put up with and what the way out is.
    pub kind: ProblemKind,
    /// What happened, a lowercase fragment with the names in it.
    pub message: String,
    /// What the cluster says about it, in its own words.
    pub detail: Option<String>,
    /// The pod and container it happened in, so that events and log lines can be shown.
    pub pod: Option<PodPlace>,
}

/// A container of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodPlace {
    /// Name of the pod.
    pub pod: String,
    /// Name of the container, when one is at fault.
    pub container: Option<String>,
}

/// The kinds of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The object was deleted, or is being deleted.
    Deleted,
    /// The annotation `airunway.ai/reconcile-paused` stops all controllers.
    Paused,
    /// A controller wrote a condition that nothing but a change of the object clears.
    Refused,
    /// No engine or provider could be selected.
    NotSelected,
    /// The shim cannot resolve the image.
    ImageUnresolved,
    /// The node cannot pull the image.
    ImagePull,
    /// The scheduler finds no node.
    Unschedulable,
    /// The container keeps ending.
    CrashLoop,
    /// The container cannot be created, for example because a Secret is missing.
    ContainerConfig,
    /// The API server refuses the pods, for example because of a quota.
    PodsRefused,
    /// The child, or a container, runs something else than what was applied.
    WrongImage,
}

impl ProblemKind {
    /// Whether the state may pass by itself within moments, so that it counts only when it lasts.
    pub fn may_pass(self) -> bool {
        matches!(
            self,
            ProblemKind::NotSelected
                | ProblemKind::ImageUnresolved
                | ProblemKind::Unschedulable
                | ProblemKind::ContainerConfig
                | ProblemKind::PodsRefused
                | ProblemKind::WrongImage
        )
    }
}

impl Problem {
    fn new(kind: ProblemKind, message: impl Into<String>, detail: Option<&str>) -> Problem {
        let detail = detail.filter(|detail| !detail.is_empty()).map(str::to_owned);
        Problem { kind, message: message.into(), detail, pod: None }
    }
}

/// Judges one moment.
pub fn assess(target: &Target, snapshot: &Snapshot) -> Assessment {
    let object = match live_object(target, snapshot) {
        Ok(object) => object,
        Err(problem) => return Assessment::Stuck(problem),
    };
    let conditions = Conditions::of(object, target.generation);
    if let Some(problem) = conditions.problem() {
        return Assessment::Stuck(problem);
    }
    if let Some(waiting) = conditions.waiting() {
        return Assessment::Waiting(waiting);
    }
    // Until the Deployment controller has seen the newest template, every pod is of an older one and on its way out.
    if child::is_observed(snapshot.child.as_ref()) {
        let newest = snapshot.newest_hash.as_deref();
        let problem = pods::problem(&snapshot.pods, newest);
        if let Some(problem) = problem.or_else(|| pods::foreign_digest(&snapshot.pods, newest, target)) {
            return Assessment::Stuck(problem);
        }
    }
    if conditions.child_is_deployment() {
        match child_rollout(snapshot.child.as_ref(), target) {
            ChildRollout::Complete => {}
            ChildRollout::Waiting(text) => {
                let pods = pods::summary(&snapshot.pods, snapshot.newest_hash.as_deref());
                return Assessment::Waiting(if pods.is_empty() { text } else { format!("{text}; {pods}") });
            }
            ChildRollout::Stuck(problem) => return Assessment::Stuck(problem),
        }
    }
    match conditions.ready() {
        true => Assessment::Ready,
        false => Assessment::Waiting(conditions.phase_text()),
    }
}

fn live_object<'a>(target: &Target, snapshot: &'a Snapshot) -> Result<&'a Value, Problem> {
    let gone = |message: &str| Problem::new(ProblemKind::Deleted, message, None);
    let Some(object) = &snapshot.object else {
        return Err(gone("the ModelDeployment was deleted while it was waited for"));
    };
    if text(object, "/metadata/uid") != target.uid {
        return Err(gone("the ModelDeployment was deleted and created anew by someone else"));
    }
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Err(gone("the ModelDeployment is being deleted"));
    }
    if text(object, "/metadata/annotations/airunway.ai~1reconcile-paused") == "true" {
        return Err(Problem::new(
            ProblemKind::Paused,
            "reconciliation is paused by the annotation airunway.ai/reconcile-paused",
            None,
        ));
    }
    Ok(object)
}

/// Where a client finds the model, as the status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Service in the object's namespace.
    pub service: String,
    /// Its port.
    pub port: i64,
    /// Address at the inference gateway, when there is one.
    pub gateway: Option<String>,
}

impl Endpoint {
    /// Reads the endpoint out of a ModelDeployment's status.
    pub fn of(object: &Value) -> Option<Endpoint> {
        let service = text(object, "/status/endpoint/service");
        let gateway = text(object, "/status/gateway/endpoint");
        (!service.is_empty()).then(|| Endpoint {
            service: service.to_owned(),
            port: integer(object, "/status/endpoint/port").unwrap_or(80),
            gateway: (!gateway.is_empty()).then(|| gateway.to_owned()),
        })
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn integer(value: &Value, pointer: &str) -> Option<i64> {
    value.pointer(pointer).and_then(Value::as_i64)
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
