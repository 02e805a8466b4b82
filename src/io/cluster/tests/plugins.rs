//! Credential plugins as small shell scripts that work, fail, hang, lie and talk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::options::Surroundings;
use super::super::*;
use super::server::{Reply, Server};
use super::{bare, kubeconfig, to_kubeconfig, write};
use crate::core::kubernetes::resource::POD;

const VERSION: &str = "client.authentication.k8s.io/v1";

/// A plugin that prints these credentials and counts its runs in a file beside it.
fn printing(status: &Value) -> String {
    let printed = json!({"kind": "ExecCredential", "apiVersion": VERSION, "status": status});
    format!(
        "echo run >> \"$(dirname \"$0\")/runs\"\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > \"$(dirname \"$0\")/info\"\necho '{printed}'\n"
    )
}

struct World {
    folder: TempDir,
    server: Server,
    options: ConnectOptions,
}

/// A server, and a kubeconfig beside a plugin with this script; `entry` are further members of the exec entry.
async fn world(script: &str, entry: &str, replies: Vec<Reply>) -> World {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plugin = write(folder.path(), "plugin", &format!("#!/bin/sh\n{script}"));
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).expect("an executable file");
    let server = Server::start(replies).await;
    let user = format!("{{exec: {{apiVersion: {VERSION}, command: ./plugin, {entry}}}}}");
    let path = write(folder.path(), "config", &kubeconfig(&server.http(), &user));
    World { options: to_kubeconfig(&path), folder, server }
}

impl World {
    async fn get(&self, surroundings: &Surroundings) -> Result<Option<Value>, ClusterError> {
        Cluster::connect(&self.options, surroundings, None).await?.get(&POD, Some("a"), "b").await
    }

    async fn refused(&self) -> PluginError {
        match self.get(&bare()).await {
            Err(ClusterError::Plugin(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

fn pod() -> Reply {
    Reply::Json(200, json!({"kind": "Pod", "metadata": {"name": "b"}}))
}

fn unauthorized() -> Reply {
    Reply::Json(
        401,
        json!({"kind": "Status", "code": 401, "reason": "Unauthorized", "message": "Unauthorized"}),
    )
}

#[tokio::test]
async fn the_token_of_a_plugin_is_sent_and_the_plugin_runs_once() {
    let script = printing(&json!({"token": "t0ken"}));
    let world = world(&script, "env: [{name: A, value: b}], provideClusterInfo: true", vec![pod()]).await;
    let cluster = Cluster::connect(&world.options, &bare(), None).await.expect("a connection");
    assert_eq!(world.file("runs"), "", "a connection alone asks nobody");
    for _ in 0..3 {
        cluster.get(&POD, Some("a"), "b").await.expect("an answer");
    }
    assert_eq!(world.file("runs"), "run\n");
    assert!(world.server.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer t0ken")));
    let info: Value = serde_json::from_str(&world.file("info")).expect("JSON");
    assert_eq!(info["kind"], "ExecCredential");
    assert_eq!(info["apiVersion"], VERSION);
    assert_eq!(info["spec"]["interactive"], false);
    assert_eq!(info["spec"]["cluster"]["server"], world.server.http());
}

#[tokio::test]
async fn credentials_that_end_are_asked_for_again() {
    let script = printing(&json!({"token": "t0ken", "expirationTimestamp": "2020-01-01T00:00:00Z"}));
    let world = world(&script, "", vec![pod()]).await;
    let cluster = Cluster::connect(&world.options, &bare(), None).await.expect("a connection");
    for _ in 0..2 {
        cluster.get(&POD, Some("a"), "b").await.expect("an answer");
    }
    assert_eq!(world.file("runs"), "run\nrun\n");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let script = printing(&json!({"token": "t0ken"}));
    let first = world(&script, "", vec![unauthorized(), pod()]).await;
    assert!(first.get(&bare()).await.expect("an answer").is_some());
    assert_eq!(first.file("runs"), "run\nrun\n");
    let second = world(&script, "", vec![unauthorized()]).await;
    let error = second.get(&bare()).await.expect_err("refused");
    let text = error.to_string();
    assert!(text.starts_with("the cluster does not accept the credentials of user \"jane\" of the kubeconfig, given by the credential plugin"), "{text}");
    assert_eq!(second.file("runs"), "run\nrun\n");
}

#[tokio::test]
async fn a_plugin_may_print_yaml() {
    let script =
        format!("printf 'kind: ExecCredential\\napiVersion: {VERSION}\\nstatus:\\n  token: abc\\n'\n");
    let world = world(&script, "", vec![pod()]).await;
    world.get(&bare()).await.expect("an answer");
    assert_eq!(world.server.seen()[0].header("authorization"), Some("Bearer abc"));
}

#[tokio::test]
async fn a_plugin_that_is_not_installed_is_told_with_its_install_hint() {
    let world = world("", "installHint: \"get it from\\nexample.org\"", vec![pod()]).await;
    std::fs::remove_file(world.folder.path().join("plugin")).expect("a file to remove");
    let error = world.refused().await;
    assert!(error.to_string().ends_with("of the kubeconfig was not found"), "{error}");
    assert_eq!(error.hints(), ["get it from", "example.org"]);
}

#[tokio::test]
async fn a_plugin_that_fails_is_told_with_the_end_of_what_it_said() {
    let script = "i=0; while [ $i -lt 20000 ]; do echo 'line of talk' >&2; i=$((i+1)); done; printf 'log \\033[31min\\n' >&2; exit 3";
    let world = world(script, "", vec![pod()]).await;
    let error = world.refused().await;
    assert!(error.to_string().ends_with("failed: exit status: 3"), "{error}");
    assert_eq!(error.causes().last().map(String::as_str), Some("log in"));
    assert!(error.causes().len() < 200);
    assert!(world.server.lines().is_empty());
}

#[tokio::test]
async fn a_plugin_that_hangs_is_ended() {
    let world = world("echo 'waiting for the browser' >&2\nexec sleep 600", "", vec![pod()]).await;
    let mut surroundings = bare();
    surroundings.plugin_limit = Duration::from_millis(300);
    let Err(ClusterError::Plugin(error)) = world.get(&surroundings).await else { panic!("no refusal") };
    assert!(error.to_string().ends_with("did not end within 0.3 s"), "{error}");
}

#[tokio::test]
async fn a_plugin_that_takes_longer_than_a_request_may_is_named_and_not_the_server() {
    let mut world = world("echo 'waiting for the browser' >&2\nexec sleep 600", "", vec![pod()]).await;
    world.options.request_timeout = Some(Duration::from_millis(300));
    let error = world.refused().await;
    assert!(error.to_string().ends_with("did not end within 0.3 s"), "{error}");
    assert_eq!(error.causes(), ["waiting for the browser"]);
    assert!(world.server.lines().is_empty());
}

#[tokio::test]
async fn a_plugin_that_leaves_a_child_behind_is_not_waited_for() {
    let world = world("sleep 600 &\necho waiting >&2\nwait", "", vec![pod()]).await;
    let mut surroundings = bare();
    surroundings.plugin_limit = Duration::from_millis(300);
    assert!(matches!(
        world.get(&surroundings).await,
        Err(ClusterError::Plugin(PluginError::TimedOut { .. }))
    ));
}

#[tokio::test]
async fn nobody_is_asked_where_nobody_is() {
    let reading = format!("read answer && exit 9\n{}", printing(&json!({"token": "abc"})));
    let first = world(&reading, "interactiveMode: IfAvailable", vec![pod()]).await;
    first.get(&bare()).await.expect("an answer");
    let second = world(&reading, "interactiveMode: Always", vec![pod()]).await;
    let error = second.refused().await;
    assert!(matches!(error, PluginError::NeedsTerminal { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_credential_is_refused_without_showing_it() {
    for (printed, reason) in [
        ("hunter2".to_owned(), "it did not print an ExecCredential"),
        (String::new(), "it did not print an ExecCredential"),
        ("{\"kind\": \"Secret\", \"status\": {\"token\": \"hunter2\"}}".to_owned(), "it printed the kind \"Secret\" instead of ExecCredential"),
        (json!({"kind": "ExecCredential", "apiVersion": "v9", "status": {"token": "hunter2"}}).to_string(), "but it printed v9"),
        (json!({"kind": "ExecCredential", "apiVersion": VERSION}).to_string(), "it printed no status"),
        (json!({"kind": "ExecCredential", "apiVersion": VERSION, "status": {"token": ""}}).to_string(), "it printed neither a token nor a certificate"),
        (json!({"kind": "ExecCredential", "apiVersion": VERSION, "status": {"clientKeyData": "hunter2"}}).to_string(), "it printed a certificate without a key or a key without a certificate"),
        (json!({"kind": "ExecCredential", "apiVersion": VERSION, "status": {"token": "hunter2", "expirationTimestamp": "soon"}}).to_string(), "its expirationTimestamp is not a time"),
    ] {
        let world = world(&format!("echo '{printed}'"), "", vec![pod()]).await;
        let error = world.refused().await;
        assert!(error.to_string().ends_with(reason) && !error.to_string().contains("hunter2"), "{error}");
    }
    let world = world("head -c 3000000 /dev/zero", "", vec![pod()]).await;
    let error = world.refused().await;
    assert!(error.to_string().ends_with("it printed more than 1024 KiB"), "{error}");
}

#[tokio::test]
async fn a_token_file_is_read_and_read_again_when_it_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(vec![pod(), unauthorized(), pod(), unauthorized()]).await;
    write(folder.path(), "token", "first\n");
    let path = write(folder.path(), "config", &kubeconfig(&server.http(), "{tokenFile: token}"));
    let cluster = Cluster::connect(&to_kubeconfig(&path), &bare(), None).await.expect("a connection");
    cluster.get(&POD, Some("a"), "b").await.expect("an answer");
    write(folder.path(), "token", "second\n");
    cluster.get(&POD, Some("a"), "b").await.expect("an answer");
    let tokens: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| seen.header("authorization").unwrap_or_default().to_owned())
        .collect();
    assert_eq!(tokens, ["Bearer first", "Bearer first", "Bearer second"]);
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("refused");
    assert!(matches!(error, ClusterError::Unauthorized { .. }), "{error:?}");
    assert_eq!(server.seen().len(), 4);
    let options = to_kubeconfig(&write(
        Path::new(folder.path()),
        "other",
        &kubeconfig(&server.http(), "{tokenFile: gone}"),
    ));
    let cluster = Cluster::connect(&options, &bare(), None).await.expect("a connection");
    let error = cluster.get(&POD, Some("a"), "b").await.expect_err("no file");
    assert!(error.to_string().starts_with("cannot read the token file"), "{error}");
}
