//! What a client sees of the reference AI Runway, held against the records in
//! `tests/fixtures/plan`.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::recorder::{Recorder, normal};
use crate::cluster::airunway::deployments_in;
use crate::cluster::{Cluster, Namespace};
use crate::support::Run;

/// How long a state may take to show.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The namespace in the records.
pub(crate) const RECORDED_NAMESPACE: &str = "vllm-test";

pub(crate) static PLAN: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../fixtures/plan/states.json")).unwrap());

/// A ModelDeployment of the plan; `changes` are merged into its specification.
pub(crate) fn base(name: &str, changes: Value) -> Value {
    let mut spec = json!({
        "provider": {"name": "vllm"},
        "model": {"id": "Qwen/Qwen2.5-0.5B-Instruct", "source": "huggingface"},
        "engine": {"type": "vllm"},
        "resources": {"gpu": {"count": 1}},
    });
    merge(&mut spec, changes);
    json!({"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": name}, "spec": spec})
}

pub(crate) fn merge(into: &mut Value, changes: Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (key, value) in changes {
                if value.is_null() {
                    into.remove(&key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (into, changes) => *into = changes,
    }
}

pub(crate) fn recorded(check: &str, what: &str) -> Value {
    PLAN.get(check).and_then(|check| check.get(what)).unwrap_or_else(|| panic!("{check} {what}")).clone()
}

pub(crate) fn states(check: &str, what: &str) -> Vec<Value> {
    recorded(check, what).as_array().unwrap().iter().map(|state| normal(state, RECORDED_NAMESPACE)).collect()
}

pub(crate) async fn apply(namespace: &Namespace<'_>, object: &Value) {
    let run = namespace.kubectl_with(&["apply", "-f", "-"], object).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

pub(crate) async fn patch(namespace: &Namespace<'_>, name: &str, patch: Value) -> Run {
    namespace.kubectl(&["patch", "modeldeployment", name, "--type=merge", "-p", &patch.to_string()]).await
}

/// Creates an object and holds what comes of it against the record: the first and
/// the last state exactly, those in between in their order, and the children.
pub(crate) async fn replay(namespace: &Namespace<'_>, check: &str, object: &Value) -> Recorder {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap();
    let mut recorder =
        Recorder::start(deployments_in(&namespace.client(), &namespace.name), name, &namespace.name);
    apply(namespace, object).await;
    recorder
        .wait_for(&states(check, "states"), PATIENCE)
        .await
        .unwrap_or_else(|error| panic!("check {check}: {error}"));
    children(namespace, check, name).await;
    recorder
}

pub(crate) async fn children(namespace: &Namespace<'_>, check: &str, name: &str) {
    for kind in ["deployment", "service"] {
        let Some(wanted) = PLAN.get(check).and_then(|check| check.get(kind)) else { continue };
        let run = namespace.kubectl(&["get", kind, name, "-o", "json", "--ignore-not-found"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let found: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        assert_eq!(as_recorded(found), normal(wanted, RECORDED_NAMESPACE), "check {check}: {kind}");

        fn as_recorded(mut object: Value) -> Value {
            for (place, members) in [
                ("", &["status"][..]),
                ("/metadata", &["uid", "annotations", "resourceVersion", "creationTimestamp"]),
                ("/spec", &["clusterIP", "clusterIPs"]),
            ] {
                if let Some(place) = object.pointer_mut(place).and_then(Value::as_object_mut) {
                    members.iter().for_each(|member| drop(place.remove(*member)));
                }
            }
            if let Some(owners) =
                object.pointer_mut("/metadata/ownerReferences").and_then(Value::as_array_mut)
            {
                owners.iter_mut().for_each(|owner| owner["uid"] = json!("UID"));
            }
            let namespace =
                object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
            normal(&object, &namespace)
        }
    }
}

/// The words of kubectl, with the errors of sibling keys in any order.
pub(crate) fn assert_denied(run: &Run, check: &str) {
    assert_eq!(run.code, Some(1), "check {check}: {run:?}");
    let sorted = |text: &str| {
        let mut parts: Vec<String> = text
            .trim()
            .replace(['[', ']'], "")
            .split(", spec.")
            .map(|part| part.replace("spec.", ""))
            .collect();
        if let Some((head, first)) = parts.first().and_then(|first| first.split_once("the request: ")) {
            let (head, first) = (head.to_owned(), first.to_owned());
            parts[0] = first;
            parts.push(head);
        }
        parts.sort();
        parts
    };
    assert_eq!(sorted(&run.stderr), sorted(recorded(check, "stderr").as_str().unwrap()), "check {check}");
}

/// Runs a test in a namespace of the shared cluster.
pub(crate) fn within(prefix: &str, test: impl AsyncFnOnce(Namespace<'static>)) {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace(prefix).await;
        test(namespace).await;
    });
}
