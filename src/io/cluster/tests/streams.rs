//! What stays open, and what has a deadline, against servers that do not keep to the rules.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::json;

use super::super::*;
use super::server::{Reply, Server};
use super::{connect, to_server};
use crate::core::kubernetes::resource::POD;

async fn to(replies: Vec<Reply>) -> (Cluster, Server) {
    let server = Server::start(replies).await;
    (connect(&to_server(&server.http())).await.expect("a connection"), server)
}

fn text(body: &str) -> Reply {
    Reply::Text(200, "content-type: text/plain\r\n", body.to_owned())
}

#[tokio::test]
async fn a_line_without_end_is_cut_and_what_follows_is_read() {
    let long = "x".repeat(100_000);
    let (cluster, server) = to(vec![text(&format!("one\n{long}\n\nlast"))]).await;
    let log = cluster.follow_log("a", "p", Some("c"), LogOptions { tail_lines: Some(9), previous: true });
    let lines: Vec<(usize, bool)> =
        log.map(|line| line.map(|line| (line.text.len(), line.cut)).expect("a line")).collect().await;
    assert_eq!(lines, [(3, false), (64 * 1024, true), (0, false), (4, false)]);
    let path = "GET /api/v1/namespaces/a/pods/p/log?container=c&tailLines=9&previous=true&follow=true";
    assert_eq!(server.lines(), [path]);
}

#[tokio::test]
async fn a_log_that_breaks_ends_with_an_error() {
    let half = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\none\n\r\n9\r\ntw".to_vec();
    let (cluster, _server) = to(vec![Reply::Raw(half)]).await;
    let mut log = cluster.follow_log("a", "p", None, LogOptions::default());
    assert_eq!(log.next().await, Some(Ok(LogLine { text: "one".to_owned(), cut: false })));
    assert!(matches!(log.next().await, Some(Err(ClusterError::Unreachable { .. }))));
    assert_eq!(log.next().await, None);
}

#[tokio::test]
async fn a_deadline_ends_a_request_and_its_tries() {
    let limit = Duration::from_millis(100);
    let busy = Reply::Text(503, "retry-after: 5\r\n", "starting".to_owned());
    for reply in [Reply::Silence, busy] {
        let (cluster, server) = to(vec![reply]).await;
        let error = cluster.within(limit).get(&POD, Some("a"), "b").await;
        assert_eq!(error, Err(ClusterError::Silent { server: server.http(), limit }));
        assert_eq!(server.lines().len(), 1);
    }
    let (cluster, server) = to(vec![Reply::Silence]).await;
    let mut log = cluster.within(limit).follow_log("a", "p", None, LogOptions::default());
    assert_eq!(log.next().await, Some(Err(ClusterError::Silent { server: server.http(), limit })));
}

#[tokio::test]
async fn what_may_have_been_created_is_not_created_again() {
    let object = json!({"kind": "Pod", "metadata": {"name": "q"}});
    let (cluster, server) = to(vec![Reply::Hangup]).await;
    let error = cluster.create(&POD, Some("a"), &object, WriteOptions::default()).await;
    assert!(matches!(error, Err(ClusterError::Unreachable { .. })), "{error:?}");
    assert_eq!(
        server.lines(),
        ["POST /api/v1/namespaces/a/pods?fieldManager=kubectl-airunway&fieldValidation=Strict"]
    );

    let (cluster, server) = to(vec![Reply::Hangup, Reply::Json(200, object.clone())]).await;
    let merge = Patch::Merge(json!({"metadata": {"labels": null}}));
    cluster.patch(&POD, Some("a"), "q", &merge, WriteOptions::default()).await.expect("the second try");
    assert_eq!(server.lines().len(), 2);
    assert_eq!(server.seen()[1].header("content-type"), Some("application/merge-patch+json"));
    assert_eq!(server.seen()[1].body, r#"{"metadata":{"labels":null}}"#);

    let (cluster, server) = to(vec![Reply::Hangup]).await;
    let error = cluster.patch(&POD, Some("a"), "q", &Patch::Json(json!([])), WriteOptions::default()).await;
    assert!(error.is_err());
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_server_that_does_not_open_what_was_asked_for_is_told() {
    let other =
        "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: AAAA\r\n\r\n";
    for (reply, told) in [
        (Reply::Raw(other.into()), "it switched to an unexpected protocol"),
        (text("<html>"), "200 text/plain: <html>"),
    ] {
        let (cluster, server) = to(vec![reply]).await;
        let error = cluster.forward("a", "p", 80).await.expect_err("no stream");
        let server_name = server.http();
        assert_eq!(error, ClusterError::NotKubernetes { server: server_name, what: told.to_owned() });
        let seen = &server.seen()[0];
        assert_eq!(seen.line, "GET /api/v1/namespaces/a/pods/p/portforward?ports=80");
        assert_eq!(seen.header("upgrade"), Some("websocket"));
        assert_eq!(seen.header("sec-websocket-protocol"), Some("v4.channel.k8s.io"));
    }
}
