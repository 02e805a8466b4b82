//! What happens in the cluster itself: other people, webhooks, quota, controllers, rights.

use crate::bench::{Ends, Row, Step, WELL};
use crate::cluster::Fault;

/// A row that ends with exit code 1.
const ENDS: Row = Row { exit: 1, says: &["error: "], ends: Ends::AtOnce, ..WELL };
/// A row that ends once its patience with what may pass is over.
const IMPATIENT: Row =
    Row { more: &["--timeout", "60s", "--patience", "5s"], ends: Ends::AfterPatience, ..ENDS };
/// A row that waits as long as it was told to.
const LATE: Row = Row {
    exit: 124,
    more: &["--timeout", "5s"],
    says: &["stays applied"],
    ends: Ends::AfterTimeout,
    stored: Some(true),
    ..WELL
};
const NO_OBJECTS: &str = r#"{"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"},
    "spec": {"hard": {"count/modeldeployments.airunway.ai": "0"}}}"#;
const NO_PODS: &str = r#"{"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"},
    "spec": {"hard": {"pods": "0"}}}"#;
const OTHERS: &str = r#"{"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "m"},
    "spec": {"model": {"id": "org/m"}, "provider": {"name": "vllm"}, "engine": {"type": "vllm"},
    "resources": {"gpu": {"count": 2}}}}"#;
const OTHER_MODEL: &str = r#"{"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "m"},
    "spec": {"model": {"id": "org/other"}, "provider": {"name": "vllm"}, "engine": {"type": "vllm"},
    "resources": {"gpu": {"count": 1}}}}"#;
const HELD: &str = r#"{"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
    "metadata": {"name": "m", "finalizers": ["example.com/held"]},
    "spec": {"model": {"id": "org/m"}, "provider": {"name": "vllm"}, "engine": {"type": "vllm"},
    "resources": {"gpu": {"count": 1}}}}"#;
const APPLY_AS_ARGO: &[&str] =
    &["apply", "--server-side", "--field-manager=argocd", "--force-conflicts", "-f", "-"];

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = others();
    rows.extend(refusals());
    rows.extend(controllers());
    rows.extend(rights());
    rows
}

fn others() -> Vec<Row> {
    vec![
        // Its finalizer may still be on it when that is told.
        Row {
            name: "deleted",
            done: "the object is deleted in the wait",
            steps: &[Step::InTheWait(&["delete", "modeldeployment", "m", "--wait=false"], "")],
            says: &["deleted", "run the same command again to create it"],
            ..ENDS
        },
        Row {
            name: "namespace-gone",
            done: "the namespace is deleted in the wait",
            steps: &[Step::InTheWait(&["delete", "namespace", "[NAMESPACE]", "--wait=false"], "")],
            ..ENDS
        },
        Row {
            name: "paused",
            done: "someone pauses the object in the wait",
            steps: &[Step::InTheWait(
                &["annotate", "modeldeployment", "m", "airunway.ai/reconcile-paused=true"],
                "",
            )],
            says: &["airunway.ai/reconcile-paused"],
            ..ENDS
        },
        Row {
            name: "owned-field",
            done: "another manager owns a field that is applied",
            steps: &[Step::Before(APPLY_AS_ARGO, OTHERS)],
            says: &["argocd", "--force-conflicts"],
            ..ENDS
        },
        Row {
            name: "going-away",
            done: "the object is there and is being deleted, which a finalizer holds up",
            steps: &[
                Step::Before(APPLY_AS_ARGO, HELD),
                Step::Before(&["delete", "modeldeployment", "m", "--wait=false"], ""),
            ],
            more: &["--force-conflicts", "--timeout", "20s"],
            says: &["is being deleted"],
            ..ENDS
        },
        Row {
            name: "immutable",
            done: "the object is there with another model, which cannot be changed",
            steps: &[Step::Before(APPLY_AS_ARGO, OTHER_MODEL)],
            exit: 3,
            says: &["model.id"],
            ..ENDS
        },
    ]
}

fn refusals() -> Vec<Row> {
    vec![
        Row {
            name: "namespace-missing",
            done: "the namespace does not exist",
            more: &["-n", "no-such-namespace"],
            says: &["no-such-namespace"],
            stored: Some(false),
            ..ENDS
        },
        Row {
            name: "quota-zero",
            done: "a quota allows no such object",
            steps: &[Step::Before(&["create", "-f", "-"], NO_OBJECTS)],
            says: &["quota"],
            stored: Some(false),
            ..ENDS
        },
        Row {
            name: "webhook-down",
            done: "nobody listens where the webhook should be",
            fault: Some(|| Fault::WebhookUnreachable),
            says: &["webhook"],
            stored: Some(false),
            ..ENDS
        },
        Row {
            name: "webhook-hangs",
            done: "the webhook takes the write and never answers",
            fault: Some(|| Fault::WebhookHangs),
            says: &["webhook"],
            stored: Some(false),
            ..ENDS
        },
    ]
}

fn controllers() -> Vec<Row> {
    vec![
        Row {
            name: "no-controller",
            done: "the controller is stopped",
            fault: Some(|| Fault::ControllerStopped),
            ..LATE
        },
        Row { name: "no-shim", done: "the shim is stopped", fault: Some(|| Fault::ShimStopped), ..LATE },
        Row {
            name: "no-node",
            done: "no node can hold the pod",
            fault: Some(|| Fault::Unschedulable),
            says: &["cannot be scheduled"],
            stored: Some(true),
            ..IMPATIENT
        },
        Row {
            name: "no-image",
            done: "the image cannot be pulled",
            fault: Some(|| Fault::ImagePull),
            stored: Some(true),
            ..ENDS
        },
        Row {
            name: "pods-refused",
            done: "a quota allows no pod",
            steps: &[Step::Before(&["create", "-f", "-"], NO_PODS)],
            says: &["quota"],
            stored: Some(true),
            ..IMPATIENT
        },
    ]
}

fn rights() -> Vec<Row> {
    const OBJECT: Step = Step::Allow("get,list,watch,create,patch", "modeldeployments.airunway.ai");
    const WORKLOAD: Step = Step::Allow("get,list,watch", "deployments.apps,pods,replicasets.apps");
    vec![
        Row {
            name: "no-rights",
            done: "a user who may do nothing",
            user: "restricted",
            says: &["is not allowed to get modeldeployments.airunway.ai", "kubectl auth can-i"],
            stored: Some(false),
            ..ENDS
        },
        Row {
            name: "no-patch",
            done: "a user who may read the object and not write it",
            user: "restricted",
            steps: &[Step::Allow("get,list,watch", "modeldeployments.airunway.ai"), WORKLOAD],
            says: &["is not allowed to patch modeldeployments.airunway.ai", "kubectl auth can-i"],
            stored: Some(false),
            ..ENDS
        },
        Row {
            name: "no-watch",
            done: "a user who may write the object and not watch it",
            user: "restricted",
            steps: &[Step::Allow("get,list,create,patch", "modeldeployments.airunway.ai"), WORKLOAD],
            says: &["is not allowed to watch modeldeployments.airunway.ai"],
            stored: Some(true),
            ..ENDS
        },
        Row {
            name: "no-events",
            done: "a user who may not read events and logs",
            user: "restricted",
            steps: &[OBJECT, WORKLOAD],
            ..WELL
        },
        Row {
            name: "no-events-failed",
            done: "a user who may not read events and logs; no node can hold the pod",
            user: "restricted",
            steps: &[OBJECT, WORKLOAD],
            fault: Some(|| Fault::Unschedulable),
            says: &["cannot be scheduled"],
            ..IMPATIENT
        },
    ]
}
