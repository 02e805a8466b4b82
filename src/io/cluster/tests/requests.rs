//! One request: what is sent, and what comes of every kind of answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::*;
use super::server::{Reply, Server};
use super::{bare, connect, to_server};
use crate::core::kubernetes::resource::POD;

fn status(code: u16, reason: &str, message: &str, details: Value) -> Reply {
    Reply::Json(
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message, "details": details}),
    )
}

/// What a GET of a Pod fails with under these replies.
async fn failure(replies: Vec<Reply>) -> (ClusterError, Server) {
    let server = Server::start(replies).await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("a failure");
    (error, server)
}

#[tokio::test]
async fn an_apply_is_one_strict_request_under_our_name() {
    let stored = json!({"kind": "Pod", "metadata": {"name": "b"}});
    let warned = format!(
        "content-type: application/json\r\nwarning: 299 - \"unknown field \\\"spec.x\\\"\"\r\nwarning: 299 - \"second\", 299 - \"third\" \"Wed, 21 Oct 2026 07:28:00 GMT\"\r\nx: {}\r\n",
        "y"
    );
    let server =
        Server::start(vec![Reply::Text(201, Box::leak(warned.into_boxed_str()), stored.to_string())]).await;
    let mut options = to_server(&server.http());
    options.impersonate_user = Some("jane".to_owned());
    options.impersonate_groups = vec!["g1".to_owned(), "g2".to_owned()];
    options.token = Some(Secret::from("t0ken".to_owned()));
    let cluster = connect(&options).await.expect("a connection");
    let how = ApplyOptions { dry_run: true, force: true };
    let applied = cluster.apply(&POD, Some("a"), "b", &json!({"kind": "Pod"}), how).await.expect("applied");
    assert_eq!(applied.warnings, ["unknown field \"spec.x\"", "second", "third"]);
    assert!(applied.created);
    assert_eq!(applied.object, stored);
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        seen[0].line,
        "PATCH /api/v1/namespaces/a/pods/b?fieldManager=kubectl-airunway&fieldValidation=Strict&force=true&dryRun=All"
    );
    assert_eq!(seen[0].header("content-type"), Some("application/apply-patch+yaml"));
    assert_eq!(seen[0].header("authorization"), Some("Bearer t0ken"));
    assert_eq!(seen[0].header("impersonate-user"), Some("jane"));
    let groups: Vec<&str> = seen[0]
        .headers
        .iter()
        .filter(|(name, _)| name == "impersonate-group")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(groups, ["g1", "g2"]);
    assert!(seen[0].header("user-agent").is_some_and(|agent| agent.starts_with("kubectl-airunway/")));
    assert_eq!(seen[0].body, "{\"kind\":\"Pod\"}");
}

#[tokio::test]
async fn a_silent_server_costs_the_time_limit_and_no_more() {
    let server = Server::start(vec![Reply::Silence]).await;
    let mut options = to_server(&server.http());
    options.request_timeout = Some(Duration::from_millis(100));
    let cluster = connect(&options).await.expect("a connection");
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("no answer");
    assert_eq!(error.to_string(), format!("the API server at {} did not answer within 0.1 s", server.http()));
    assert!(error.hint().is_some_and(|hint| hint.contains("--request-timeout")));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_body_that_never_ends_costs_the_time_limit_too() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let server = Server::start(vec![Reply::Raw(head), Reply::OpenLines(vec![json!({})])]).await;
    let mut options = to_server(&server.http());
    options.request_timeout = Some(Duration::from_millis(100));
    let cluster = connect(&options).await.expect("a connection");
    // The first answer breaks off and is asked for again, the second one goes on for ever.
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("no answer");
    assert!(matches!(error, ClusterError::Silent { .. }), "{error:?}");
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_and_then_reported() {
    let (error, server) = failure(vec![Reply::Hangup]).await;
    assert!(matches!(&error, ClusterError::Unreachable { fault: Fault::Broken, .. }), "{error:?}");
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn nobody_listening_is_told_at_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let cluster = connect(&to_server(&address)).await.expect("a connection");
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("no server");
    assert_eq!(error.to_string(), format!("cannot reach the API server at {address}"));
    assert_eq!(error.causes(), ["connection refused"]);
}

#[tokio::test]
async fn a_host_without_an_address_is_told() {
    let cluster = connect(&to_server("https://no-such-host.invalid:6443")).await.expect("a connection");
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("no server");
    assert_eq!(error.causes(), ["the host name cannot be resolved"]);
}

#[tokio::test]
async fn another_program_in_place_of_the_server_is_told() {
    let page =
        Reply::Text(200, "content-type: text/html\r\n", "<html>\n<title>Please log in</title>".to_owned());
    let (error, _) = failure(vec![page]).await;
    assert!(error.to_string().ends_with("200: <html> <title>Please log in</title>"), "{error}");
    let (error, _) =
        failure(vec![Reply::Text(302, "location: https://login.example/\r\n", String::new())]).await;
    assert!(error.to_string().ends_with("it redirects to https://login.example/"), "{error}");
    let (error, _) =
        failure(vec![Reply::Text(404, "content-type: text/html\r\n", "<html>404 page not found".to_owned())])
            .await;
    assert!(matches!(error, ClusterError::NotKubernetes { .. }), "{error:?}");
    let (error, _) = failure(vec![Reply::Raw(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())]).await;
    assert!(matches!(error, ClusterError::Unreachable { fault: Fault::NotHttp, .. }), "{error:?}");
    let plain = "Client sent an HTTP request to an HTTPS server.\n";
    let (error, server) = failure(vec![Reply::Text(400, "", plain.to_owned())]).await;
    assert_eq!(error.hint(), Some(format!("write the address as {}", server.https())));
    let (error, _) = failure(vec![Reply::Text(200, "", "[1,2]".to_owned())]).await;
    assert!(matches!(error, ClusterError::NotKubernetes { .. }), "{error:?}");
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_then_reported() {
    let busy = || Reply::Text(429, "retry-after: 0\r\n", "slow down".to_owned());
    let server = Server::start(vec![
        busy(),
        busy(),
        Reply::Json(200, json!({"kind": "Pod", "metadata": {"name": "b"}})),
    ])
    .await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    assert!(cluster.get(&POD, Some("a"), "b").await.expect("an answer").is_some());
    assert_eq!(server.lines().len(), 3);
    let (error, server) = failure(vec![busy()]).await;
    assert_eq!(error.to_string(), "the API server is overloaded or not ready (429): slow down");
    assert_eq!(server.lines().len(), 11, "it says when, ten times");
    // A server that has worked on it for its whole minute is not asked for another three.
    let (error, server) = failure(vec![Reply::Text(504, "", "timeout".to_owned())]).await;
    assert!(matches!(error, ClusterError::Busy { code: 504, .. }), "{error:?}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_failure_of_the_servers_own_is_passed_over_where_the_request_may_be_repeated() {
    let leader = || status(500, "InternalError", "etcdserver: leader changed", json!({}));
    let pod = json!({"kind": "Pod", "metadata": {"name": "b", "uid": "u"}});
    let there = || Reply::Json(200, pod.clone());
    let cut = || Reply::Raw(b"HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\n{".to_vec());
    let gateway = || Reply::Text(502, "content-type: text/html\r\n", "<html>".to_owned());
    for passing in [leader(), cut(), gateway(), Reply::Hangup] {
        let server = Server::start(vec![passing.clone(), there()]).await;
        let cluster = connect(&to_server(&server.http())).await.expect("a connection");
        assert_eq!(cluster.get(&POD, Some("a"), "b").await, Ok(Some(pod.clone())));
        let server = Server::start(vec![passing.clone(), there()]).await;
        let cluster = connect(&to_server(&server.http())).await.expect("a connection");
        let applied = cluster.apply(&POD, Some("a"), "b", &pod, ApplyOptions::default()).await;
        assert_eq!(applied.map(|applied| applied.object), Ok(pod.clone()));
        let server = Server::start(vec![passing, there()]).await;
        let cluster = connect(&to_server(&server.http())).await.expect("a connection");
        let created = cluster.create(&POD, Some("a"), &pod, WriteOptions::default()).await;
        assert!(created.is_err(), "a second one would be another object");
    }
    let (error, server) = failure(vec![leader()]).await;
    assert_eq!(error.to_string(), "the API server failed (500): etcdserver: leader changed");
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn all_tries_together_take_no_longer_than_the_limit_of_one() {
    let server = Server::start(vec![Reply::Text(429, "retry-after: 5\r\n", "slow down".to_owned())]).await;
    let mut options = to_server(&server.http());
    options.request_timeout = Some(Duration::from_secs(3));
    let cluster = connect(&options).await.expect("a connection");
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("no answer");
    assert!(matches!(error, ClusterError::Busy { code: 429, .. }), "{error:?}");
    assert_eq!(server.lines().len(), 1, "five seconds are longer than the three that there are");
}

#[tokio::test]
async fn an_answer_that_is_not_the_object_is_an_error() {
    for other in [
        json!({}),
        json!({"kind": "Pod", "metadata": {"name": "c"}}),
        json!({"kind": "Job", "metadata": {"name": "b"}}),
    ] {
        let server = Server::start(vec![Reply::Json(200, other.clone())]).await;
        let cluster = connect(&to_server(&server.http())).await.expect("a connection");
        let read = cluster.get(&POD, Some("a"), "b").await;
        assert!(matches!(read, Err(ClusterError::NotKubernetes { .. })), "{read:?}");
        let applied = cluster.apply(&POD, Some("a"), "b", &other, ApplyOptions::default()).await;
        assert!(matches!(applied, Err(ClusterError::NotKubernetes { .. })), "{applied:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let message = "pods \"b\" is forbidden: User \"jane\" cannot get resource \"pods\" in API group \"\" in the namespace \"a\"";
    let (error, _) =
        failure(vec![status(403, "Forbidden", message, json!({"name": "b", "kind": "pods"}))]).await;
    assert_eq!(error.to_string(), "user \"jane\" is not allowed to get pods in the namespace \"a\"");
    assert_eq!(error.causes(), [message]);
    let quota = "pods \"b\" is forbidden: exceeded quota: q";
    let (error, _) = failure(vec![status(403, "Forbidden", quota, json!({}))]).await;
    assert_eq!(error, ClusterError::Refused { message: quota.to_owned() });
    let (error, _) =
        failure(vec![Reply::Text(404, "content-type: text/plain\r\n", "404 page not found\n".to_owned())])
            .await;
    assert_eq!(error.to_string(), "the cluster does not know pods (v1)");
    let (error, _) =
        failure(vec![status(404, "NotFound", "the server could not find the requested resource", json!({}))])
            .await;
    assert!(matches!(error, ClusterError::UnknownResource { .. }), "{error:?}");
    let (error, _) = failure(vec![status(
        422,
        "Invalid",
        "bad",
        json!({"causes": [{"reason": "FieldValueInvalid", "message": "no", "field": "spec.x"}]}),
    )])
    .await;
    assert!(matches!(&error, ClusterError::Invalid { causes, .. } if causes.len() == 1), "{error:?}");
    let (error, server) = failure(vec![status(
        500,
        "InternalError",
        "Internal error occurred: failed calling webhook \"v.kb.io\": EOF",
        json!(null),
    )])
    .await;
    assert_eq!(error.to_string(), "the API server cannot reach the webhook v.kb.io");
    assert_eq!(server.lines().len(), 1);
    let (error, server) = failure(vec![status(401, "Unauthorized", "Unauthorized", json!(null))]).await;
    assert_eq!(
        error.to_string(),
        "the cluster does not accept the credentials of a request without credentials"
    );
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn an_object_that_is_not_there_is_no_error() {
    let gone = status(404, "NotFound", "pods \"b\" not found", json!({"name": "b", "kind": "pods"}));
    let server = Server::start(vec![gone]).await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    assert_eq!(cluster.get(&POD, Some("a"), "b").await, Ok(None));
    assert_eq!(cluster.delete(&POD, Some("a"), "b", &DeleteOptions::default()).await, Ok(Deleted::NotFound));
}

#[tokio::test]
async fn a_namespace_that_is_not_there_is_told_by_an_apply() {
    let gone =
        status(404, "NotFound", "namespaces \"a\" not found", json!({"name": "a", "kind": "namespaces"}));
    let server = Server::start(vec![gone]).await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    let error =
        cluster.apply(&POD, Some("a"), "b", &json!({}), ApplyOptions::default()).await.expect_err("refused");
    assert_eq!(error.to_string(), "namespace \"a\" does not exist");
}

#[tokio::test]
async fn a_list_comes_in_pieces_and_starts_over_when_it_grew_too_old() {
    let piece = |name: &str, token: &str| {
        Reply::Json(
            200,
            json!({"kind": "PodList", "metadata": {"resourceVersion": "7", "continue": token}, "items": [{"metadata": {"name": name}}]}),
        )
    };
    let server = Server::start(vec![
        piece("lost", "t1"),
        status(410, "Expired", "too old", json!(null)),
        piece("one", "t2"),
        piece("two", ""),
    ])
    .await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    let list = cluster.list(&POD, None, Some("app=q")).await.expect("a list");
    assert_eq!(
        list.items,
        [
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "two"}}),
        ]
    );
    assert_eq!(list.resource_version, "7");
    assert_eq!(server.lines()[3], "GET /api/v1/pods?labelSelector=app%3Dq&limit=500&continue=t2");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_kept() {
    let mut bytes = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 80 * 1024 * 1024).into_bytes();
    bytes.resize(bytes.len() + 65 * 1024 * 1024, b' ');
    let (error, _) = failure(vec![Reply::Raw(bytes)]).await;
    assert_eq!(error.to_string(), "the answer of the API server is larger than 64 MiB");
}

#[tokio::test]
async fn every_request_is_recorded() {
    let server = Server::start(vec![
        Reply::Text(503, "retry-after: 0\r\n", String::new()),
        Reply::Json(200, json!({"kind": "Pod", "metadata": {"name": "b"}})),
    ])
    .await;
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let observer: Observer = Arc::new(move |record: &RequestRecord| {
        let told = format!("{} {} {:?}", record.method, record.url, record.status);
        kept.lock().expect("no panic while locked").push(told);
    });
    let cluster =
        Cluster::connect(&to_server(&server.http()), &bare(), Some(observer)).await.expect("a connection");
    let _ = cluster.get(&POD, Some("a"), "b").await.expect("an answer");
    let url = format!("{}/api/v1/namespaces/a/pods/b", server.http());
    let told = records.lock().expect("no panic while locked").clone();
    assert_eq!(told, [format!("GET {url} Some(503)"), format!("GET {url} Some(200)")]);
}

#[tokio::test]
async fn logs_are_text_whatever_they_hold() {
    let server =
        Server::start(vec![Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nok\xff\n".to_vec())])
            .await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    let options = LogOptions { tail_lines: Some(20), previous: true };
    assert_eq!(cluster.logs("a", "b", Some("c"), options).await.as_deref(), Ok("ok\u{fffd}\n"));
    assert_eq!(
        server.lines(),
        ["GET /api/v1/namespaces/a/pods/b/log?container=c&tailLines=20&previous=true&limitBytes=1048576"]
    );
}

#[tokio::test]
async fn a_delete_is_repeated_only_when_it_can_hit_nothing_else() {
    let server = Server::start(vec![Reply::Hangup]).await;
    let cluster = connect(&to_server(&server.http())).await.expect("a connection");
    let any = DeleteOptions::default();
    assert!(cluster.delete(&POD, Some("a"), "b", &any).await.is_err());
    assert_eq!(server.lines().len(), 1);
    let certain = DeleteOptions { uid: Some("u".to_owned()), ..any };
    assert!(cluster.delete(&POD, Some("a"), "b", &certain).await.is_err());
    assert_eq!(server.lines().len(), 5);
    assert_eq!(
        server.seen()[1].body,
        r#"{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background","preconditions":{"uid":"u"}}"#
    );
}
