//! Completion asks for little, and says nothing when anything is wrong.

use std::time::Duration;

use serde_json::json;

use super::super::complete::Asker;
use super::super::*;
use super::server::{Reply, Server};
use super::{bare, to_server};
use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::kubernetes::resource::{NAMESPACE, Resource};

/// Starts a server on a runtime that lives as long as the answer is awaited.
fn served(replies: Vec<Reply>, resource: &Resource, limit: Duration) -> (Vec<String>, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let server = runtime.block_on(Server::start(replies));
    let mut options = to_server(&server.http());
    options.namespace = Some("team-a".to_owned());
    (Asker::new(options, bare()).within(limit).names(resource), server.lines())
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn names_are_asked_for_without_the_objects() {
    let list = json!({"kind": "PartialObjectMetadataList", "metadata": {}, "items": [{"metadata": {"name": "q"}}, {"metadata": {"name": "r"}}]});
    let (names, lines) = served(vec![Reply::Json(200, list)], &MODEL_DEPLOYMENT, LONG);
    assert_eq!(names, ["q", "r"]);
    assert_eq!(lines, ["GET /apis/airunway.ai/v1alpha1/namespaces/team-a/modeldeployments?limit=500"]);
}

#[test]
fn anything_wrong_is_no_name() {
    assert_eq!(served(vec![Reply::Json(403, json!({}))], &NAMESPACE, LONG).0, [""; 0]);
    assert_eq!(served(vec![Reply::Text(200, "", "<html>".to_owned())], &NAMESPACE, LONG).0, [""; 0]);
    assert_eq!(served(vec![Reply::Silence], &NAMESPACE, Duration::from_millis(100)).0, [""; 0]);
    assert_eq!(Asker::new(ConnectOptions::default(), bare()).names(&NAMESPACE), [""; 0]);
}

#[tokio::test]
async fn within_a_runtime_nothing_is_asked() {
    assert_eq!(Asker::new(to_server("http://127.0.0.1:1"), bare()).names(&NAMESPACE), [""; 0]);
}
