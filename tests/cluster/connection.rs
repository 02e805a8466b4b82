//! What the program's way to the cluster makes of a real API server's answers.

use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use kubectl_airunway::core::kubernetes::resource::{DEPLOYMENT, POD, Resource};
use kubectl_airunway::io::World;
use kubectl_airunway::io::cluster::{
    ApplyOptions, Cluster as Connection, ClusterError, ConnectOptions, DeleteOptions, Deleted, LogOptions,
    Observer, RequestRecord, WatchEvent, WatchScope,
};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Namespace};

pub(super) const CONFIG_MAP: Resource =
    Resource { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };

/// A resource type that is added to the test cluster after its start.
const LATE: Resource = Resource {
    group: "kwok.x-k8s.io",
    version: "v1alpha1",
    plural: "clusterlogs",
    kind: "ClusterLogs",
    namespaced: false,
};

pub(super) fn options(namespace: &Namespace<'_>, user: &str) -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(namespace.kubeconfig(user)), ..ConnectOptions::default() }
}

pub(super) async fn connect(namespace: &Namespace<'_>, user: &str) -> Connection {
    World::bare().connect(&options(namespace, user), None).await.unwrap()
}

pub(super) fn deployment(replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "q"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "q"}},
            "template": {
                "metadata": {"labels": {"app": "q"}},
                "spec": {
                    "nodeSelector": {"beta.kubernetes.io/os": "plan9"},
                    "containers": [{"name": "vllm", "image": "vllm/vllm-openai:v0.11.0"}],
                },
            },
        },
    })
}

pub(super) fn service() -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "q"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "q"}}})
}

pub(super) fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "q"}, "data": data})
}

pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A pod of a Deployment, once it runs.
pub(super) async fn running_pod(connection: &Connection, namespace: &str) -> Value {
    let mut schedulable = deployment(1);
    schedulable["spec"]["template"]["spec"]["nodeSelector"] = json!({});
    connection.apply(&DEPLOYMENT, Some(namespace), "q", &schedulable, PLAIN).await.unwrap();
    let scope = WatchScope { labels: Some("app=q".to_owned()), ..WatchScope::default() };
    let mut watch = connection.watch(&POD, Some(namespace), scope);
    loop {
        match within(watch.next()).await.unwrap().unwrap() {
            WatchEvent::Applied(pod) if text(&pod, "/status/phase") == "Running" => return pod,
            _ => {}
        }
    }
}

/// What a test waits for, when it must come and takes well under a second.
pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(60), future).await.expect("it comes in time")
}

pub(super) const DRY: ApplyOptions = ApplyOptions { dry_run: true, force: false };
pub(super) const PLAIN: ApplyOptions = ApplyOptions { dry_run: false, force: false };
pub(super) const FORCE: ApplyOptions = ApplyOptions { dry_run: false, force: true };

#[test]
fn an_apply_tells_whether_it_created_and_what_the_server_warns_of() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("apply").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        assert_eq!(connection.namespace(), namespace.name);

        let dry = connection.apply(&DEPLOYMENT, name, "q", &deployment(0), DRY).await.unwrap();
        assert!(dry.created);
        assert_eq!(connection.get(&DEPLOYMENT, name, "q").await.unwrap(), None);

        let first = connection.apply(&DEPLOYMENT, name, "q", &deployment(0), PLAIN).await.unwrap();
        assert!(first.created);
        assert_eq!(first.warnings, [
            "spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead"
        ]);
        let again = connection.apply(&DEPLOYMENT, name, "q", &deployment(0), PLAIN).await.unwrap();
        assert!(!again.created);
        assert_eq!(text(&again.object, "/metadata/uid"), text(&first.object, "/metadata/uid"));
        assert_eq!(text(&again.object, "/metadata/managedFields/0/manager"), "kubectl-airunway");
    });
}

#[test]
fn members_of_others_are_a_conflict_that_names_them() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("conflict").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        connection
            .apply(&CONFIG_MAP, name, "q", &config_map(json!({"a": "1", "b": "1"})), PLAIN)
            .await
            .unwrap();
        let patch = r#"{"data":{"a":"2","b":"2"}}"#;
        let run = namespace
            .kubectl(&[
                "patch",
                "configmap",
                "q",
                "--type=merge",
                "--field-manager=auto \"scaler\"",
                "-p",
                patch,
            ])
            .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);

        let mine = config_map(json!({"a": "3", "b": "3"}));
        let error = connection.apply(&CONFIG_MAP, name, "q", &mine, PLAIN).await.unwrap_err();
        let ClusterError::FieldConflict { conflicts } = &error else { panic!("{error:?}") };
        let told: Vec<_> =
            conflicts.iter().map(|conflict| (conflict.manager.as_str(), conflict.field.as_str())).collect();
        assert_eq!(told, [("auto \"scaler\"", ".data.a"), ("auto \"scaler\"", ".data.b")]);
        assert!(error.hint().is_some_and(|hint| hint.contains("--force-conflicts")));

        let forced = connection.apply(&CONFIG_MAP, name, "q", &mine, FORCE).await.unwrap();
        assert_eq!(text(&forced.object, "/data/a"), "3");
    });
}

#[test]
fn a_delete_keeps_to_the_object_that_is_meant() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("delete").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        let mut held = config_map(json!({}));
        held["metadata"]["finalizers"] = json!(["example.org/hold"]);
        let applied = connection.apply(&CONFIG_MAP, name, "q", &held, PLAIN).await.unwrap();
        let other = DeleteOptions {
            uid: Some("00000000-0000-0000-0000-000000000000".to_owned()),
            ..DeleteOptions::default()
        };
        let error = connection.delete(&CONFIG_MAP, name, "q", &other).await.unwrap_err();
        assert!(matches!(error, ClusterError::Conflict { .. }), "{error:?}");
        let uid = DeleteOptions {
            uid: Some(text(&applied.object, "/metadata/uid").to_owned()),
            ..DeleteOptions::default()
        };
        let dry = DeleteOptions { dry_run: true, ..uid.clone() };
        connection.delete(&CONFIG_MAP, name, "q", &dry).await.unwrap();
        let marked = connection.delete(&CONFIG_MAP, name, "q", &uid).await.unwrap();
        assert!(matches!(marked, Deleted::Marked(_)), "{marked:?}");
        connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({})), PLAIN).await.unwrap();
        assert_eq!(connection.delete(&CONFIG_MAP, name, "q", &uid).await, Ok(Deleted::NotFound));
        connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({})), PLAIN).await.unwrap();
        assert_eq!(
            connection.delete(&CONFIG_MAP, name, "q", &DeleteOptions::default()).await,
            Ok(Deleted::Gone)
        );
    });
}

#[test]
fn a_watch_tells_every_change_and_starts_over_when_its_version_is_forgotten() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("watch").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        let applied =
            connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({"a": "1"})), PLAIN).await.unwrap();
        let version = text(&applied.object, "/metadata/resourceVersion").to_owned();
        let scope = WatchScope {
            name: Some("q".to_owned()),
            resource_version: Some(version),
            ..WatchScope::default()
        };
        let mut watch = connection.watch(&CONFIG_MAP, name, scope);
        assert_eq!(within(watch.next()).await, Some(Ok(WatchEvent::Synced)));
        connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({"a": "2"})), PLAIN).await.unwrap();
        let Some(Ok(WatchEvent::Applied(changed))) = within(watch.next()).await else { panic!("no change") };
        assert_eq!(text(&changed, "/data/a"), "2");
        connection.delete(&CONFIG_MAP, name, "q", &DeleteOptions::default()).await.unwrap();
        let Some(Ok(WatchEvent::Deleted(gone))) = within(watch.next()).await else { panic!("no deletion") };
        assert_eq!(text(&gone, "/metadata/name"), "q");

        // Version 1 is from before this resource type existed, which no server remembers: a new list, told by a second
        // `Synced`.
        let scope = WatchScope { resource_version: Some("1".to_owned()), ..WatchScope::default() };
        let mut watch = connection.watch(&LATE, None, scope);
        assert_eq!(within(watch.next()).await, Some(Ok(WatchEvent::Synced)));
        let mut told = 0;
        while within(watch.next()).await.unwrap().unwrap() != WatchEvent::Synced {
            told += 1;
        }
        assert!(told > 0);
    });
}

#[test]
fn events_and_logs_of_a_pod_are_read() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("pod").await;
        let connection = connect(&namespace, "developer").await;
        let pod = running_pod(&connection, &namespace.name).await;
        let (pod_name, uid) = (text(&pod, "/metadata/name"), text(&pod, "/metadata/uid"));
        let log = connection
            .logs(
                &namespace.name,
                pod_name,
                Some("vllm"),
                LogOptions { tail_lines: Some(1), previous: false },
            )
            .await;
        assert_eq!(log.as_deref(), Ok("INFO Application startup complete.\n"));
        let events = connection.events(&namespace.name, "Pod", pod_name, Some(uid)).await.unwrap();
        assert!(events.iter().any(|event| text(event, "/reason") == "Scheduled"), "{events:?}");
        assert!(events.iter().all(|event| text(event, "/involvedObject/uid") == uid));
        assert_eq!(connection.events(&namespace.name, "Pod", pod_name, Some("other")).await, Ok(Vec::new()));
    });
}

#[test]
fn the_records_are_what_the_server_was_asked() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("record").await;
        let name = Some(namespace.name.as_str());
        let records = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&records);
        let observer: Observer = Arc::new(move |record: &RequestRecord| {
            kept.lock().unwrap().push(record.clone());
        });
        let connection =
            World::bare().connect(&options(&namespace, "developer"), Some(observer)).await.unwrap();
        connection.get(&DEPLOYMENT, name, "q").await.unwrap();
        connection.apply(&DEPLOYMENT, name, "q", &deployment(0), PLAIN).await.unwrap();
        connection.names(&DEPLOYMENT, name).await.unwrap();
        let told: Vec<(String, u16)> = records
            .lock()
            .unwrap()
            .iter()
            .map(|record| (record.url.replace(connection.server(), ""), record.status.unwrap_or_default()))
            .collect();
        let path = format!("/apis/apps/v1/namespaces/{}/deployments", namespace.name);
        assert_eq!(
            told,
            [
                (format!("{path}/q"), 404),
                (format!("{path}/q?fieldManager=kubectl-airunway&fieldValidation=Strict"), 201),
                (format!("{path}?limit=500"), 200),
            ]
        );
        assert!(records.lock().unwrap()[1].warnings[0].contains("deprecated"));
        let audited: Vec<(String, u16)> = namespace
            .requests()
            .into_iter()
            .map(|request| (request.uri, u16::try_from(request.code).unwrap()))
            .collect();
        assert_eq!(audited, told);
    });
}

#[test]
fn names_of_the_cluster_are_completed_and_only_where_that_is_allowed() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("complete").await;
        for (user, expected) in
            [("developer", format!("{}\n:4\n", namespace.name)), ("restricted", ":4\n".to_owned())]
        {
            let mut command = namespace.command(user, &["deploy", "org/m", "-n", namespace.name.as_str()]);
            command.env("AIRUNWAY_COMPLETE", "kubectl");
            let run = namespace.run(command).await;
            assert_eq!((run.stdout, run.stderr.as_str()), (expected, ""));
        }
    });
}
