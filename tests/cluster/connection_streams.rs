//! What stays open: connections to a port of a pod, and logs that are followed.

use std::io::Write as _;
use std::time::Duration;

use futures::StreamExt as _;
use kubectl_airunway::core::kubernetes::resource::{DEPLOYMENT, POD};
use kubectl_airunway::io::World;
use kubectl_airunway::io::cluster::{
    Cluster as Connection, ClusterError, ConnectOptions, LogLine, LogOptions, PodRequest,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::cluster::{Cluster, Namespace, Way};
use crate::connection::{PLAIN, connect, deployment, running_pod, text, within};

/// The port that a model server listens on; the stand-in answers on any.
const PORT: u16 = 8000;

fn request<'a>(namespace: &'a str, pod: &'a str, path: &'a str) -> PodRequest<'a> {
    PodRequest { namespace, pod, port: PORT, path, json: None, limit: Duration::from_secs(60) }
}

async fn pod_name(connection: &Connection, namespace: &Namespace<'_>) -> String {
    text(&running_pod(connection, &namespace.name).await, "/metadata/name").to_owned()
}

#[test]
fn a_model_answers_through_the_api_server() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("ask").await;
        let connection = connect(&namespace, "developer").await;
        let pod = pod_name(&connection, &namespace).await;
        namespace.models.serve("org/model");
        let answer = connection.ask_pod(&request(&namespace.name, &pod, "/v1/models")).await.unwrap();
        assert_eq!(answer.status, 200);
        let models: Value = serde_json::from_str(&answer.text(1 << 20).await.unwrap()).unwrap();
        assert_eq!(text(&models, "/data/0/id"), "org/model");

        let chat = r#"{"model":"org/model","messages":[{"role":"user","content":"Hello"}]}"#;
        let chat = PodRequest { json: Some(chat), ..request(&namespace.name, &pod, "/v1/chat/completions") };
        let answer = connection.ask_pod(&chat).await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.text(1 << 20).await.unwrap().contains("choices"));

        let answer = connection.ask_pod(&request(&namespace.name, &pod, "/nowhere")).await.unwrap();
        assert_eq!(answer.status, 404);
        let answer = connection.ask_pod(&request(&namespace.name, &pod, "/v1/models")).await.unwrap();
        assert_eq!(answer.text(10).await, Err(ClusterError::TooLarge { limit: 10 }));
    });
}

#[test]
fn a_stream_carries_bytes_both_ways_until_it_is_shut_down() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("stream").await;
        let connection = connect(&namespace, "developer").await;
        let pod = pod_name(&connection, &namespace).await;
        namespace.models.serve("org/model");
        let mut stream = connection.forward(&namespace.name, &pod, PORT).await.unwrap();
        // More than one message holds; the server reads all of it before it answers.
        let content = "x".repeat(200_000);
        let body =
            json!({"model": "org/model", "messages": [{"role": "user", "content": content}]}).to_string();
        let sent = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: pod\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(sent.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = within(stream.read_buf(&mut answer)).await.unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&answer));
        within(stream.shutdown()).await.unwrap();
        within(stream.read_to_end(&mut answer)).await.unwrap();
    });
}

#[test]
fn why_there_is_no_way_to_a_port_is_told() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("refused").await;
        let connection = connect(&namespace, "developer").await;
        let pod = pod_name(&connection, &namespace).await;
        let error = connection.ask_pod(&request(&namespace.name, "nobody", "/")).await.unwrap_err();
        assert_eq!(error.to_string(), "pods \"nobody\" not found");
        let restricted = connect(&namespace, "restricted").await;
        let error = restricted.forward(&namespace.name, &pod, PORT).await.unwrap_err();
        let ClusterError::Forbidden { what, .. } = &error else { panic!("{error:?}") };
        assert_eq!((what.user.as_str(), what.resource.as_str()), ("restricted", "pods/portforward"));

        // A port of this machine that nobody listens on.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        cluster.plane().route(&namespace.name, &namespace.log(), closed).await.unwrap();
        let error = within(async {
            loop {
                // The route counts once kwok has seen it.
                if let Err(error) = connection.ask_pod(&request(&namespace.name, &pod, "/health")).await {
                    break error;
                }
            }
        })
        .await;
        let ClusterError::Forward { pod: named, port, message } = &error else { panic!("{error:?}") };
        assert_eq!((named, *port), (&pod, PORT));
        assert!(message.contains("connection refused"), "{message}");
        assert_eq!(error.hint().as_deref(), Some("check that the container runs and listens on that port"));
    });
}

#[test]
fn a_pod_without_a_node_has_no_ports_and_no_log() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("nowhere").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        connection.apply(&DEPLOYMENT, name, "q", &deployment(1), PLAIN).await.unwrap();
        let pod = within(async {
            loop {
                if let Some(pod) = connection.list(&POD, name, Some("app=q")).await.unwrap().items.pop() {
                    break text(&pod, "/metadata/name").to_owned();
                }
            }
        })
        .await;
        let error = connection.forward(&namespace.name, &pod, PORT).await.unwrap_err();
        assert!(matches!(error, ClusterError::BadRequest { .. }), "{error:?}");
        let mut log = connection.follow_log(&namespace.name, &pod, None, LogOptions::default());
        // A log that does not exist yet is empty, to the API server.
        assert_eq!(within(log.next()).await, None);
    });
}

#[test]
fn a_connection_that_is_cut_is_an_error_and_no_end() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("cut").await;
        let pod = pod_name(&connect(&namespace, "developer").await, &namespace).await;
        let door = namespace.front_door().await;
        let options =
            ConnectOptions { kubeconfig: Some(door.kubeconfig().to_owned()), ..ConnectOptions::default() };
        let connection = World::bare().connect(&options, None).await.unwrap();
        let mut stream = connection.forward(&namespace.name, &pod, PORT).await.unwrap();
        let mut log = connection.follow_log(&namespace.name, &pod, None, LogOptions::default());
        assert!(within(log.next()).await.is_some_and(|line| line.is_ok()));
        door.set(Way::Cut);
        let error = within(stream.read_to_end(&mut Vec::new())).await.unwrap_err();
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ClusterError>());
        assert!(matches!(inner, Some(ClusterError::Forward { .. })), "{error:?}");
        let rest: Vec<_> = within(log.collect()).await;
        assert!(matches!(rest.last(), Some(Err(ClusterError::Unreachable { .. }))), "{rest:?}");
        let error = connection.forward(&namespace.name, &pod, PORT).await.unwrap_err();
        assert!(matches!(error, ClusterError::Unreachable { .. }), "{error:?}");
    });
}

#[test]
fn a_log_is_followed_line_by_line() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("follow").await;
        let connection = connect(&namespace, "developer").await;
        let pod = pod_name(&connection, &namespace).await;
        namespace.write_log("old\nlast\n").unwrap();
        let options = LogOptions { tail_lines: Some(1), previous: false };
        let mut log = connection.follow_log(&namespace.name, &pod, Some("vllm"), options);
        let line = |text: &str| Some(Ok(LogLine { text: text.to_owned(), cut: false }));
        assert_eq!(within(log.next()).await, line("last"));
        let mut file = std::fs::OpenOptions::new().append(true).open(namespace.log()).unwrap();
        for text in ["new", "newer"] {
            writeln!(file, "2026-01-01T00:00:01.000000000Z stdout F {text}").unwrap();
            assert_eq!(within(log.next()).await, line(text));
        }

        let restricted = connect(&namespace, "restricted").await;
        let mut refused = restricted.follow_log(&namespace.name, &pod, None, LogOptions::default());
        let error = within(refused.next()).await.unwrap().unwrap_err();
        let ClusterError::Forbidden { what, .. } = &error else { panic!("{error:?}") };
        assert_eq!(what.resource, "pods/log");
        assert_eq!(refused.next().await, None);
    });
}
