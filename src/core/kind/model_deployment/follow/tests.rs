//! The judgement over states as a cluster shows them.

use super::*;
use crate::core::kubernetes::resource::DEPLOYMENT;
use crate::core::rollout::{PodPlace, SeenPart};
use serde_json::json;

fn target() -> Target {
    Target {
        kind: "ModelDeployment".into(),
        name: "q".into(),
        uid: "u".into(),
        generation: 2,
        image: Some("repo:new".into()),
        platform_digests: vec![],
        applied: Default::default(),
    }
}

fn condition(kind: &str, status: &str, reason: &str, message: &str, generation: i64) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": generation})
}

/// An object whose shim is done with generation 2 and says Ready.
fn ready() -> Value {
    json!({
        "metadata": {"name": "q", "uid": "u", "generation": 2},
        "spec": {"serving": {"mode": "aggregated"}},
        "status": {"phase": "Running", "observedGeneration": 2, "provider": {"name": "vllm"}, "conditions": [
            condition("Validated", "True", "ValidationPassed", "", 2),
            condition("ProviderCompatible", "True", "CompatibilityVerified", "", 2),
            condition("ResourceCreated", "True", "ResourceCreated", "", 2),
            condition("Ready", "True", "DeploymentReady", "", 2),
        ]}
    })
}

fn child(updated: i64, total: i64, available: i64) -> Value {
    json!({
        "metadata": {"name": "q", "uid": "d", "generation": 2, "ownerReferences": [{"uid": "u"}]},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "vllm", "image": "repo:new"}]}}},
        "status": {"observedGeneration": 2, "updatedReplicas": updated, "replicas": total, "availableReplicas": available}
    })
}

fn pod(hash: &str, status: Value) -> Value {
    json!({"metadata": {"name": format!("q-{hash}"), "uid": hash, "labels": {"pod-template-hash": hash}}, "status": status})
}

fn waiting(reason: &str) -> Value {
    json!({"containerStatuses": [{"name": "vllm", "image": "repo:new", "state": {"waiting": {"reason": reason, "message": "words"}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]})
}

fn shown(object: Value, child: Option<Value>, pods: Vec<Value>) -> Snapshot {
    let part = Part { resource: DEPLOYMENT, name: "q".into(), pods: None };
    let part = SeenPart { child, pods, ..SeenPart::unseen(part) };
    Snapshot { object: Some(object), parts: vec![part] }
}

fn judged(object: Value, child: Option<Value>, pods: Vec<Value>) -> Assessment {
    ModelDeploymentFollow.assess(&target(), &shown(object, child, pods))
}

fn stuck(assessment: Assessment) -> Problem {
    match assessment {
        Assessment::Stuck(problem) => problem,
        other => panic!("{other:?}"),
    }
}

fn waits(assessment: Assessment) -> String {
    match assessment {
        Assessment::Waiting(text) | Assessment::Idle { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

fn with_condition(kind: &str, status: &str, reason: &str, generation: i64) -> Value {
    let mut object = ready();
    let conditions = object["status"]["conditions"].as_array_mut().unwrap();
    conditions.retain(|known| known["type"] != kind);
    conditions.push(condition(kind, status, reason, "the words of the server", generation));
    object
}

#[test]
fn ready_needs_the_condition_and_the_rollout() {
    assert_eq!(judged(ready(), Some(child(1, 1, 1)), vec![]), Assessment::Ready);
}

#[test]
fn ready_is_not_believed_while_the_rollout_is_incomplete() {
    // AI Runway issue 422: everything says Ready, the available replica is the old one.
    assert_eq!(
        waits(judged(ready(), Some(child(1, 2, 1)), vec![])),
        "0 of 1 new replicas available, 1 of the previous version still running"
    );
    assert_eq!(waits(judged(ready(), Some(child(0, 1, 1)), vec![])), "0 of 1 replicas updated");
    assert_eq!(waits(judged(ready(), Some(child(1, 1, 0)), vec![])), "0 of 1 replicas available");
    assert_eq!(waits(judged(ready(), None, vec![])), "waiting for Deployment q");
}

#[test]
fn a_pod_that_preemption_makes_room_for_is_no_problem() {
    let condition =
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no"});
    let pending = |nominated: &str| {
        let status = json!({"phase": "Pending", "conditions": [condition], "nominatedNodeName": nominated});
        judged(ready(), Some(child(1, 2, 1)), vec![pod("new", status)])
    };
    let problem = stuck(pending(""));
    assert_eq!(problem.message, "pod q-new cannot be scheduled; the previous version still serves");
    let waits = waits(pending("n1"));
    assert!(waits.ends_with("; pod q-new: waits for pods of lower priority to end on node n1"), "{waits}");
}

#[test]
fn who_does_nothing_is_told() {
    let idle = |assessment: Assessment| match assessment {
        Assessment::Idle { idle, .. } => idle,
        other => panic!("{other:?}"),
    };
    let mut untouched = child(0, 0, 0);
    untouched["status"] = json!({});
    assert_eq!(idle(judged(ready(), Some(untouched), vec![])), "no controller has touched Deployment q");
    let overlooked = pod("new", json!({"phase": "Pending"}));
    assert_eq!(
        idle(judged(ready(), Some(child(1, 1, 0)), vec![overlooked])),
        "the scheduler has not looked at pod q-new"
    );
    let mut unseen = ready();
    unseen["status"]["observedGeneration"] = json!(1);
    assert_eq!(idle(judged(unseen, None, vec![])), "the AI Runway controller has not touched the object");
}

#[test]
fn where_the_rollout_may_not_be_read_the_conditions_decide() {
    let mut unseen = shown(ready(), None, vec![pod("old", waiting("CrashLoopBackOff"))]);
    unseen.parts[0].hidden = true;
    assert_eq!(ModelDeploymentFollow.assess(&target(), &unseen), Assessment::Ready);
    unseen.object = Some(with_condition("Ready", "False", "x", 2));
    waits(ModelDeploymentFollow.assess(&target(), &unseen));
}

#[test]
fn ready_is_not_believed_for_an_older_generation() {
    for kind in ["ResourceCreated", "ProviderCompatible"] {
        waits(judged(with_condition(kind, "True", "x", 1), Some(child(1, 1, 1)), vec![]));
    }
    waits(judged(with_condition("Ready", "True", "x", 1), Some(child(1, 1, 1)), vec![]));
    let mut unseen = ready();
    unseen["status"]["observedGeneration"] = json!(1);
    assert_eq!(
        waits(judged(unseen, Some(child(1, 1, 1)), vec![])),
        "waiting for the AI Runway controller to see the object"
    );
}

#[test]
fn a_child_that_was_not_seen_or_is_not_ours_does_not_count() {
    let mut unseen = child(1, 1, 1);
    unseen["metadata"]["generation"] = json!(3);
    waits(judged(ready(), Some(unseen), vec![]));
    let mut foreign = child(1, 1, 1);
    foreign["metadata"]["ownerReferences"] = json!([{"uid": "other"}]);
    waits(judged(ready(), Some(foreign), vec![]));
}

#[test]
fn the_child_must_run_the_image_that_was_applied() {
    let mut old = child(1, 1, 1);
    old["spec"]["template"]["spec"]["containers"][0]["image"] = json!("repo:old");
    let problem = stuck(judged(ready(), Some(old), vec![]));
    assert_eq!(
        (problem.kind, problem.message.as_str()),
        (ProblemKind::WrongImage, "Deployment q runs repo:old, not repo:new")
    );
}

#[test]
fn conditions_that_waiting_does_not_clear() {
    let cases = [
        ("Validated", "ValidationFailed", ProblemKind::Refused),
        ("EngineSelected", "SelectionFailed", ProblemKind::NotSelected),
        ("ProviderSelected", "SelectionFailed", ProblemKind::NotSelected),
        ("ProviderCompatible", "IncompatibleConfiguration", ProblemKind::Refused),
        ("ResourceCreated", "TransformFailed", ProblemKind::Refused),
        ("ResourceCreated", "ResourceConflict", ProblemKind::Refused),
        ("StorageReady", "PVCFailed", ProblemKind::Refused),
        ("ModelDownloaded", "DownloadFailed", ProblemKind::Refused),
    ];
    for (kind, reason, expected) in cases {
        let problem = stuck(judged(with_condition(kind, "False", reason, 2), None, vec![]));
        assert_eq!(problem.kind, expected, "{kind}");
        assert_eq!(problem.detail.as_deref(), Some("the words of the server"), "{kind}");
    }
}

#[test]
fn a_condition_of_the_previous_generation_is_history() {
    waits(judged(
        with_condition("ProviderCompatible", "False", "IncompatibleConfiguration", 1),
        None,
        vec![],
    ));
}

#[test]
fn an_image_that_could_not_be_resolved_matters_only_when_nothing_is_rendered() {
    let mut object = with_condition("ImageResolved", "False", "ImageResolutionFailed", 2);
    assert_eq!(judged(object.clone(), Some(child(1, 1, 1)), vec![]), Assessment::Ready);
    object["status"]["phase"] = json!("Failed");
    assert_eq!(stuck(judged(object, None, vec![])).kind, ProblemKind::ImageUnresolved);
}

#[test]
fn what_pods_show() {
    let cases = [
        ("ImagePullBackOff", ProblemKind::ImagePull),
        ("InvalidImageName", ProblemKind::ImagePull),
        ("CrashLoopBackOff", ProblemKind::CrashLoop),
        ("CreateContainerConfigError", ProblemKind::ContainerConfig),
    ];
    for (reason, kind) in cases {
        let problem = stuck(judged(ready(), Some(child(1, 1, 0)), vec![pod("a", waiting(reason))]));
        assert_eq!(problem.kind, kind);
        assert_eq!(problem.pod, Some(PodPlace { pod: "q-a".into(), container: Some("vllm".into()) }));
    }
    let crash = stuck(judged(ready(), Some(child(1, 1, 0)), vec![pod("a", waiting("CrashLoopBackOff"))]));
    assert_eq!(crash.message, "container vllm of pod q-a keeps exiting (OOMKilled, exit code 137)");
    let text = waits(judged(ready(), Some(child(1, 1, 0)), vec![pod("a", waiting("ContainerCreating"))]));
    assert_eq!(text, "0 of 1 replicas available; pod q-a: ContainerCreating");
}

#[test]
fn a_pod_that_finds_no_node_may_still_get_one() {
    let status = json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]});
    let problem = stuck(judged(ready(), Some(child(1, 2, 1)), vec![pod("a", status)]));
    assert_eq!(problem.kind, ProblemKind::Unschedulable);
    assert!(problem.kind.may_pass());
    assert_eq!(problem.detail.as_deref(), Some("0/1 nodes are available"));
}

#[test]
fn pods_of_an_older_template_are_on_their_way_out() {
    let snapshot = |newest: Option<&str>| {
        let mut shown = shown(ready(), Some(child(1, 2, 1)), vec![pod("old", waiting("CrashLoopBackOff"))]);
        shown.parts[0].newest_hash = newest.map(str::to_owned);
        shown
    };
    stuck(ModelDeploymentFollow.assess(&target(), &snapshot(None)));
    waits(ModelDeploymentFollow.assess(&target(), &snapshot(Some("new"))));
}

#[test]
fn an_object_that_goes_away_ends_the_wait() {
    let gone = |object: Option<Value>| {
        stuck(ModelDeploymentFollow.assess(&target(), &Snapshot { object, ..Snapshot::default() })).kind
    };
    assert_eq!(gone(None), ProblemKind::Deleted);
    let mut other = ready();
    other["metadata"]["uid"] = json!("other");
    assert_eq!(gone(Some(other)), ProblemKind::Deleted);
    let mut going = ready();
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(gone(Some(going)), ProblemKind::Deleted);
    let mut paused = ready();
    paused["metadata"]["annotations"] = json!({"airunway.ai/reconcile-paused": "true"});
    assert_eq!(gone(Some(paused)), ProblemKind::Paused);
}

#[test]
fn providers_whose_child_is_not_known_are_believed_for_their_generation() {
    let mut object = ready();
    object["status"]["provider"]["name"] = json!("kaito");
    assert_eq!(judged(object, None, vec![]), Assessment::Ready);
}

#[test]
fn a_container_must_run_a_digest_that_belongs_to_the_pin() {
    let pinned = || Target {
        image: Some("repo:new@sha256:index".into()),
        platform_digests: vec!["sha256:amd64".into()],
        ..target()
    };
    let judged = |image_id: &str, target: &Target| {
        let mut pod = pod(
            "a",
            json!({"containerStatuses": [{"name": "vllm", "imageID": image_id, "ready": true, "state": {"running": {}}}]}),
        );
        pod["spec"] = json!({"containers": [{"name": "vllm", "image": "repo:new@sha256:index"}]});
        let mut child = child(1, 1, 1);
        child["spec"]["template"]["spec"]["containers"][0]["image"] = json!("repo:new@sha256:index");
        ModelDeploymentFollow.assess(target, &shown(ready(), Some(child), vec![pod]))
    };
    for good in ["repo@sha256:index", "docker.io/x/repo@sha256:amd64", "", "sha256:config"] {
        assert_eq!(judged(good, &pinned()), Assessment::Ready, "{good:?}");
    }
    let problem = stuck(judged("repo@sha256:other", &pinned()));
    assert_eq!(problem.kind, ProblemKind::WrongImage);
    assert_eq!(
        problem.message,
        "container vllm of pod q-a runs sha256:other, which does not belong to repo:new@sha256:index"
    );
    // A pin that the user typed: its platforms were never asked for, so another digest proves nothing.
    assert_eq!(
        judged("repo@sha256:other", &Target { platform_digests: vec![], ..pinned() }),
        Assessment::Ready
    );
}

#[test]
fn broken_pods_do_not_count_before_the_newest_template_is_seen() {
    let mut unseen = child(1, 1, 0);
    unseen["metadata"]["generation"] = json!(3);
    let pods = || vec![pod("old", waiting("CrashLoopBackOff"))];
    assert_eq!(
        waits(judged(ready(), Some(unseen), pods())).split(';').next(),
        Some("waiting for the rollout of Deployment q to begin")
    );
    stuck(judged(ready(), Some(child(1, 1, 0)), pods()));
}

#[test]
fn the_parts_are_known_when_the_provider_is() {
    let parts_of = |provider: &str| {
        let mut object = ready();
        object["status"]["provider"]["name"] = json!(provider);
        ModelDeploymentFollow.parts(&object)
    };
    for provider in ["vllm", "llmd"] {
        let pods = Some("airunway.ai/deployment=q,app=q".to_owned());
        assert_eq!(parts_of(provider), [Part { resource: DEPLOYMENT, name: "q".into(), pods }], "{provider}");
    }
    for provider in ["", "kaito", "kuberay", "dynamo", "somebody-elses"] {
        assert_eq!(parts_of(provider), [], "{provider}");
    }
}

#[test]
fn no_image_is_expected_where_overrides_replace_the_containers_or_none_is_named() {
    let image = |spec: Value| ModelDeploymentFollow.image(&json!({"spec": spec}));
    let replaced = json!({"image": "a", "provider": {"overrides": {"spec": {"template": {"spec": {"containers": []}}}}}});
    assert_eq!(image(replaced), None);
    assert_eq!(image(json!({"engine": {"image": ""}})), None);
    assert_eq!(image(json!({"image": "old", "engine": {"image": "new"}})), Some("new".to_owned()));
}
