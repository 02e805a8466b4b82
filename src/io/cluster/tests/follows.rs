//! Following an object: what is read again before it is believed, and what is asked for that.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::*;
use super::server::{Reply, Server};
use super::{connect, to_server};
use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::kubernetes::resource::DEPLOYMENT;
use crate::core::rollout::{Assessment, Part, PodPlace, Problem, ProblemKind, Snapshot};

fn object(uid: &str, provider: &str) -> Value {
    json!({
        "apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
        "metadata": {"name": "q", "namespace": "a", "uid": uid, "resourceVersion": "7"},
        "status": {"provider": {"name": provider}},
    })
}

fn child(generation: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "q", "uid": "d", "generation": generation}})
}

fn replica_set(hash: &str, revision: &str, owner: &str) -> Value {
    json!({"metadata": {
        "labels": {"pod-template-hash": hash},
        "annotations": {"deployment.kubernetes.io/revision": revision},
        "ownerReferences": [{"uid": owner}],
    }})
}

fn list(items: &[Value]) -> Reply {
    Reply::Json(200, json!({"kind": "List", "metadata": {"resourceVersion": "9"}, "items": items}))
}

fn one_part(object: &Value) -> Vec<Part> {
    match object.pointer("/status/provider/name").and_then(Value::as_str) {
        Some("") | None => Vec::new(),
        Some(_) => vec![Part { resource: DEPLOYMENT, name: "q".to_owned(), pods: Some("app=q".to_owned()) }],
    }
}

async fn follower(provider: &str, replies: Vec<Reply>) -> (Follower, Server) {
    let server = Server::start(replies).await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    (Follower::new(&cluster, &MODEL_DEPLOYMENT, object("u", provider), one_part), server)
}

fn generation(snapshot: &Snapshot) -> i64 {
    let child = snapshot.parts.first().and_then(|part| part.child.as_ref());
    child.and_then(|child| child.pointer("/metadata/generation")).and_then(Value::as_i64).unwrap_or_default()
}

const GET_CHILD: &str = "GET /apis/apps/v1/namespaces/a/deployments/q";
const LIST_SETS: &str = "GET /apis/apps/v1/namespaces/a/replicasets?labelSelector=app%3Dq&limit=500";

#[tokio::test]
async fn success_is_believed_only_after_the_parts_were_read_again() {
    let (mut follower, server) = follower("vllm", vec![Reply::Json(200, child(2))]).await;
    let until_2 = |snapshot: &Snapshot| match generation(snapshot) {
        0 => Assessment::Ready,
        other => Assessment::Waiting(format!("generation {other}")),
    };
    let judged = follower.judge(until_2).await.expect("an answer");
    assert_eq!(judged, Assessment::Waiting("generation 2".to_owned()));
    assert_eq!(follower.judge(until_2).await.expect("an answer"), judged, "what waits needs no second look");
    assert_eq!(server.lines(), [GET_CHILD]);
}

#[tokio::test]
async fn the_failure_of_a_pod_counts_only_for_the_newest_template() {
    let sets = [replica_set("old", "9", "d"), replica_set("new", "10", "d"), replica_set("x", "11", "other")];
    let (mut follower, server) =
        follower("vllm", vec![Reply::Json(200, child(2)), list(&sets), Reply::Json(200, child(2))]).await;
    let blames = |snapshot: &Snapshot| {
        let hash = snapshot.parts.first().and_then(|part| part.newest_hash.clone()).unwrap_or_default();
        let pod = Some(PodPlace { pod: "q-1".to_owned(), container: None });
        let kind = ProblemKind::CrashLoop;
        Assessment::Stuck(Problem { kind, message: hash, detail: None, pod })
    };
    let message = |assessment: Result<Assessment, ClusterError>| match assessment.expect("an answer") {
        Assessment::Stuck(problem) => problem.message,
        other => panic!("{other:?}"),
    };
    assert_eq!(message(follower.judge(blames).await), "new");
    assert_eq!(message(follower.judge(blames).await), "new");
    assert_eq!(server.lines(), [GET_CHILD, LIST_SETS, GET_CHILD], "one look-up for a generation");
}

#[tokio::test]
async fn without_parts_nothing_is_read() {
    let (mut follower, server) = follower("", vec![Reply::Hangup]).await;
    assert_eq!(follower.judge(|_| Assessment::Ready).await, Ok(Assessment::Ready));
    follower.read_pods().await.expect("nothing to do");
    assert_eq!(server.lines(), [""; 0]);
}

#[tokio::test]
async fn parts_appear_with_the_state_that_names_them() {
    let event = json!({"type": "MODIFIED", "object": object("u", "vllm")});
    let (mut follower, server) = follower("", vec![Reply::OpenLines(vec![event])]).await;
    while follower.snapshot().parts.is_empty() {
        follower.next().await.expect("an event");
    }
    assert_eq!(follower.snapshot().object, Some(object("u", "vllm")));
    // The part's watches are opened by the next wait, which may be given up at any time.
    assert!(tokio::time::timeout(Duration::from_millis(300), follower.next()).await.is_err());
    let mut lines = server.lines();
    lines[1..].sort();
    let watch = "GET /apis/airunway.ai/v1alpha1/namespaces/a/modeldeployments?fieldSelector=metadata.name%3Dq&watch=true";
    assert!(lines[0].starts_with(watch) && lines[0].ends_with("resourceVersion=7"), "{lines:?}");
    assert_eq!(
        lines[1..],
        [
            "GET /api/v1/namespaces/a/pods?labelSelector=app%3Dq&limit=500",
            "GET /apis/apps/v1/namespaces/a/deployments?fieldSelector=metadata.name%3Dq&limit=500",
        ]
    );
}

fn forbidden() -> Reply {
    let status = json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "not for you"});
    Reply::Json(403, status)
}

#[tokio::test]
async fn a_part_that_may_not_be_read_is_passed_over_and_told_once() {
    let (mut follower, server) = follower("vllm", vec![forbidden()]).await;
    let hidden = |snapshot: &Snapshot| match snapshot.parts.first() {
        Some(part) if part.hidden => Assessment::Waiting("hidden".to_owned()),
        _ => Assessment::Ready,
    };
    for told in [1, 0] {
        let judged = follower.judge(hidden).await.expect("an answer");
        assert_eq!(judged, Assessment::Waiting("hidden".to_owned()));
        let lacks = follower.take_lacks();
        assert_eq!(lacks.len(), told, "{lacks:?}");
        assert!(lacks.iter().all(|lack| lack.part.as_ref().is_some_and(|part| part.name == "q")));
    }
    follower.read_pods().await.expect("passed over");
    follower.read_pods().await.expect("passed over");
    assert_eq!(follower.take_lacks().len(), 1, "the pods");
    assert_eq!(server.lines().len(), 2, "what is forbidden is not asked for again: {:?}", server.lines());
}

#[tokio::test]
async fn without_the_replica_sets_the_youngest_pod_tells_the_newest_template() {
    let pod = |hash: &str, made: &str| json!({"metadata": {"name": hash, "uid": hash, "creationTimestamp": made, "labels": {"pod-template-hash": hash}}});
    let pods = [pod("new", "2026-11-02T00:00:00Z"), pod("old", "2026-11-01T00:00:00Z")];
    let (mut follower, _server) =
        follower("vllm", vec![list(&pods), Reply::Json(200, child(2)), forbidden()]).await;
    follower.read_pods().await.expect("pods");
    let blames = |snapshot: &Snapshot| {
        let hash = snapshot.parts.first().and_then(|part| part.newest_hash.clone()).unwrap_or_default();
        let pod = Some(PodPlace { pod: "q-1".to_owned(), container: None });
        Assessment::Stuck(Problem { kind: ProblemKind::CrashLoop, message: hash, detail: None, pod })
    };
    let judged = follower.judge(blames).await.expect("an answer");
    assert!(matches!(judged, Assessment::Stuck(problem) if problem.message == "new"));
    assert_eq!(follower.take_lacks().len(), 1);
}

#[tokio::test]
async fn an_object_is_gone_when_it_or_its_uid_is() {
    let gone = async |replies: Vec<Reply>| {
        let server = Server::start(replies).await;
        let cluster = connect(&to_server(&server.http())).await.expect("a connection");
        cluster.gone(&MODEL_DEPLOYMENT, Some("a"), "q", "u").await.map(|()| server.lines().len())
    };
    let event = |kind: &str, uid: &str| json!({"type": kind, "object": object(uid, "")});
    assert_eq!(gone(vec![list(&[])]).await, Ok(1));
    assert_eq!(gone(vec![list(&[object("another", "")])]).await, Ok(1));
    let goes = Reply::OpenLines(vec![event("MODIFIED", "u"), event("DELETED", "u")]);
    assert_eq!(gone(vec![list(&[object("u", "")]), goes]).await, Ok(2));
    let replaced = Reply::OpenLines(vec![event("ADDED", "another")]);
    assert_eq!(gone(vec![list(&[object("u", "")]), replaced]).await, Ok(2));
    assert!(gone(vec![Reply::Hangup]).await.is_err());
}
