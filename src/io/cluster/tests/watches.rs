//! Watches across everything that interrupts them.

use futures::StreamExt as _;
use serde_json::{Value, json};

use super::super::*;
use super::server::{Reply, Server};
use super::{connect, to_server};
use crate::core::kubernetes::resource::POD;

fn pod(name: &str, uid: &str, version: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a", "uid": uid, "resourceVersion": version}})
}

fn list(version: &str, items: &[Value]) -> Reply {
    Reply::Json(
        200,
        json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": version}, "items": items}),
    )
}

fn event(kind: &str, object: &Value) -> Value {
    json!({"type": kind, "object": object})
}

fn gone() -> Value {
    json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 1 (9)"})
}

/// What happened, short: `+name` `-name` `=`.
async fn told(replies: Vec<Reply>, scope: WatchScope, count: usize) -> (Vec<String>, Server) {
    let server = Server::start(replies).await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    let events: Vec<_> = cluster.watch(&POD, Some("a"), scope).take(count).collect().await;
    let short = |event: Result<WatchEvent, ClusterError>| match event {
        Ok(WatchEvent::Applied(object)) => {
            format!("+{}", object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("?"))
        }
        Ok(WatchEvent::Deleted(object)) => {
            format!("-{}", object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("?"))
        }
        Ok(WatchEvent::Synced) => "=".to_owned(),
        Err(error) => error.to_string(),
    };
    (events.into_iter().map(short).collect(), server)
}

fn version_of(line: &str) -> &str {
    line.split_once("resourceVersion=").map_or("", |(_, version)| version)
}

#[tokio::test]
async fn a_watch_lists_and_goes_on_where_it_was_cut_off() {
    let (told, server) = told(
        vec![
            list("5", &[pod("one", "u1", "3")]),
            Reply::Lines(vec![event("ADDED", &pod("two", "u2", "6")), event("BOOKMARK", &pod("", "", "8"))]),
            Reply::Hangup,
            Reply::OpenLines(vec![event("DELETED", &pod("one", "u1", "9"))]),
        ],
        WatchScope::default(),
        4,
    )
    .await;
    assert_eq!(told, ["+one", "=", "+two", "-one"]);
    let lines = server.lines();
    assert_eq!(
        lines[1],
        "GET /api/v1/namespaces/a/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=5"
    );
    assert_eq!(lines[2..].iter().map(|line| version_of(line)).collect::<Vec<_>>(), ["8", "8"]);
}

#[tokio::test]
async fn a_known_version_needs_no_list() {
    let scope = WatchScope {
        name: Some("one".to_owned()),
        resource_version: Some("41".to_owned()),
        ..WatchScope::default()
    };
    let (told, server) =
        told(vec![Reply::OpenLines(vec![event("MODIFIED", &pod("one", "u1", "42"))])], scope, 2).await;
    assert_eq!(told, ["=", "+one"]);
    assert_eq!(
        server.lines(),
        [
            "GET /api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Done&watch=true&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=41"
        ]
    );
}

#[tokio::test]
async fn a_forgotten_version_leads_to_a_new_list_that_tells_what_vanished() {
    let (told, server) = told(
        vec![
            list("5", &[pod("gone", "u1", "1"), pod("again", "u2", "2"), pod("stays", "u3", "3")]),
            Reply::Lines(vec![event("ERROR", &gone())]),
            list("20", &[pod("again", "u9", "11"), pod("stays", "u3", "3")]),
            Reply::OpenLines(vec![]),
        ],
        WatchScope::default(),
        9,
    )
    .await;
    assert_eq!(told, ["+gone", "+again", "+stays", "=", "-again", "-gone", "+again", "+stays", "="]);
    assert_eq!(version_of(&server.lines()[1]), "5");
}

#[tokio::test]
async fn an_object_that_vanished_before_the_first_list_is_told() {
    let known = pod("one", "u", "1");
    let scope = || WatchScope {
        name: Some("one".to_owned()),
        resource_version: Some("1".to_owned()),
        known: Some(known.clone()),
        ..WatchScope::default()
    };
    let (told_of, _) = told(vec![Reply::Json(410, gone()), list("20", &[])], scope(), 3).await;
    assert_eq!(told_of, ["=", "-one", "="]);
    let (told_of, _) =
        told(vec![Reply::Json(410, gone()), list("20", std::slice::from_ref(&known))], scope(), 3).await;
    assert_eq!(told_of, ["=", "+one", "="]);
}

#[tokio::test]
async fn a_version_refused_with_the_answer_itself_is_forgotten_too() {
    let scope = WatchScope { resource_version: Some("1".to_owned()), ..WatchScope::default() };
    let (told, _) = told(vec![Reply::Json(410, gone()), list("20", &[pod("one", "u", "3")])], scope, 3).await;
    assert_eq!(told, ["=", "+one", "="]);
}

#[tokio::test]
async fn an_event_cut_in_half_is_not_believed() {
    let whole = event("ADDED", &pod("two", "u2", "6")).to_string();
    let half =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{whole}", whole.len() + 9);
    let (told, server) = told(
        vec![
            list("5", &[]),
            Reply::Raw(half.into_bytes()),
            Reply::OpenLines(vec![event("ADDED", &pod("two", "u2", "6"))]),
        ],
        WatchScope::default(),
        2,
    )
    .await;
    assert_eq!(told, ["=", "+two"]);
    assert_eq!(version_of(&server.lines()[2]), "5");
}

#[tokio::test]
async fn a_server_that_stays_away_ends_the_watch_after_a_few_tries() {
    let (told, server) = told(vec![list("5", &[]), Reply::Hangup], WatchScope::default(), 9).await;
    assert_eq!(told, ["=".to_owned(), format!("cannot reach the API server at {}", server.http())]);
    assert_eq!(server.lines().len(), 1 + 13);
}

#[tokio::test]
async fn what_time_does_not_heal_ends_the_watch_at_once() {
    let forbidden = json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "pods is forbidden: User \"jane\" cannot watch resource \"pods\" in API group \"\" in the namespace \"a\""});
    let (told_by, server) =
        told(vec![list("5", &[]), Reply::Json(403, forbidden)], WatchScope::default(), 9).await;
    assert_eq!(told_by, ["=", "user \"jane\" is not allowed to watch pods in the namespace \"a\""]);
    assert_eq!(server.lines().len(), 2);
    let page = Reply::Text(200, "content-type: text/html\r\n", "<html>login\n".to_owned());
    let (told_by, server) = told(vec![list("5", &[]), page], WatchScope::default(), 9).await;
    assert_eq!(told_by.len(), 2);
    assert!(told_by[1].contains("did not answer like a Kubernetes API server"), "{told_by:?}");
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_server_that_ends_every_watch_at_once_is_not_asked_for_ever() {
    let (told, server) = told(vec![list("5", &[]), Reply::Lines(Vec::new())], WatchScope::default(), 9).await;
    assert_eq!(told.len(), 2);
    assert!(told[1].starts_with("cannot reach the API server"), "{told:?}");
    assert_eq!(server.lines().len(), 1 + 13);
}

#[tokio::test]
async fn a_server_that_forgets_every_version_is_not_asked_for_ever() {
    let replies = (0..40).map(|number| match number % 2 {
        0 => list("5", &[]),
        _ => Reply::Lines(vec![event("ERROR", &gone())]),
    });
    let (told, server) = told(replies.collect(), WatchScope::default(), 40).await;
    assert_eq!(told.last().map(String::as_str), Some("too old resource version: 1 (9)"));
    assert_eq!(server.lines().len(), 2 * 13);
}
