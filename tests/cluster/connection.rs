//! What the program's way to the cluster makes of a real API server's answers.

use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use kubectl_airunway::io::cluster::{
    ApplyOptions, Cluster as Connection, ClusterError, ConnectOptions, DEPLOYMENT, DeleteOptions, Deleted,
    Forbidden, LogOptions, NAMESPACE, Observer, POD, RequestRecord, Resource, SERVICE, WatchEvent,
    WatchScope,
};
use serde_json::{Value, json};

use crate::support::{Cluster, Namespace};

/// A resource type that no cluster has.
const UNKNOWN: Resource =
    Resource { group: "no-such.example", version: "v1", plural: "things", kind: "Thing", namespaced: true };
const CONFIG_MAP: Resource =
    Resource { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };

/// A resource type that is added to the test cluster after its start.
const LATE: Resource = Resource {
    group: "kwok.x-k8s.io",
    version: "v1alpha1",
    plural: "clusterlogs",
    kind: "ClusterLogs",
    namespaced: false,
};

fn options(namespace: &Namespace<'_>, user: &str) -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(namespace.kubeconfig(user)), ..ConnectOptions::default() }
}

async fn connect(namespace: &Namespace<'_>, user: &str) -> Connection {
    Connection::connect(&options(namespace, user)).await.unwrap()
}

fn deployment(replicas: u32) -> Value {
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

fn service() -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "q"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "q"}}})
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "q"}, "data": data})
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

const DRY: ApplyOptions = ApplyOptions { dry_run: true, force: false };
const PLAIN: ApplyOptions = ApplyOptions { dry_run: false, force: false };
const FORCE: ApplyOptions = ApplyOptions { dry_run: false, force: true };

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
fn what_the_server_does_not_take_is_told_in_its_words() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("refused").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;

        let mut unknown = deployment(1);
        unknown["spec"]["replicaz"] = json!(1);
        let error = connection.apply(&DEPLOYMENT, name, "q", &unknown, PLAIN).await.unwrap_err();
        assert!(matches!(error, ClusterError::BadRequest { .. }), "{error:?}");
        assert!(error.to_string().contains(".spec.replicaz"), "{error}");

        let mut invalid = deployment(1);
        invalid["spec"]["selector"] = json!({"matchLabels": {"app": "other"}});
        let error = connection.apply(&DEPLOYMENT, name, "q", &invalid, PLAIN).await.unwrap_err();
        let ClusterError::Invalid { causes, .. } = &error else { panic!("{error:?}") };
        assert_eq!(causes[0].field, "spec.template.metadata.labels");

        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"services": "0"}}});
        std::fs::write(namespace.kubeconfig("quota.json"), quota.to_string()).unwrap();
        assert_eq!(namespace.kubectl(&["create", "-f", "quota.json"]).await.code, Some(0));
        let error = loop {
            // The quota counts once its controller has seen it.
            match connection.apply(&SERVICE, name, "q", &service(), DRY).await {
                Err(error) if error.to_string().contains("status unknown for quota") => {}
                Err(error) => break error,
                Ok(_) => {}
            }
        };
        assert!(matches!(error, ClusterError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("exceeded quota: none"), "{error}");
    });
}

#[test]
fn a_policy_that_denies_is_named() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("policy").await;
        let name = Some(namespace.name.as_str());
        let policy = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "no.example.org"},
             "spec": {"matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}]},
                "validations": [{"expression": "false", "message": "not on Tuesdays"}]}},
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "no.example.org"},
             "spec": {"policyName": "no.example.org", "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}}}}},
        ]});
        std::fs::write(namespace.kubeconfig("policy.json"), policy.to_string()).unwrap();
        let created = namespace.kubectl(&["create", "-f", "policy.json"]).await;
        assert_eq!(created.code, Some(0), "{}", created.stderr);
        let connection = connect(&namespace, "developer").await;
        let error = loop {
            // The policy counts once the API server has compiled it.
            if let Err(error) = connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({})), DRY).await {
                break error;
            }
        };
        let ClusterError::Denied { by, message, .. } = &error else { panic!("{error:?}") };
        assert_eq!(by, "no.example.org");
        assert!(message.ends_with("denied request: not on Tuesdays"), "{message}");
        assert!(error.is_verdict());
        assert_eq!(namespace.kubectl(&["delete", "-f", "policy.json"]).await.code, Some(0));
    });
}

#[test]
fn a_webhook_that_nobody_serves_is_named() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("hook").await;
        let name = Some(namespace.name.as_str());
        let hook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "gone.example.org"},
            "webhooks": [{"name": "gone.example.org", "clientConfig": {"url": "https://127.0.0.1:1/"}, "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}]});
        std::fs::write(namespace.kubeconfig("hook.json"), hook.to_string()).unwrap();
        assert_eq!(namespace.kubectl(&["create", "-f", "hook.json"]).await.code, Some(0));
        let connection = connect(&namespace, "developer").await;
        let error = loop {
            // The webhook counts once the API server has seen it.
            if let Err(error) = connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({})), DRY).await {
                break error;
            }
        };
        assert!(matches!(&error, ClusterError::WebhookUnreachable { webhook, .. } if webhook == "gone.example.org"), "{error:?}");
        assert!(!error.is_verdict());
        assert_eq!(namespace.kubectl(&["delete", "-f", "hook.json"]).await.code, Some(0));
    });
}

#[test]
fn what_is_not_allowed_is_named() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("rights").await;
        let name = Some(namespace.name.as_str());
        let restricted = connect(&namespace, "restricted").await;
        let error = restricted.apply(&DEPLOYMENT, name, "q", &deployment(1), PLAIN).await.unwrap_err();
        let expected = Forbidden {
            user: "restricted".to_owned(),
            verb: "patch".to_owned(),
            resource: "deployments.apps".to_owned(),
            namespace: Some(namespace.name.clone()),
        };
        assert!(matches!(&error, ClusterError::Forbidden { what, .. } if *what == expected), "{error:?}");
        let error = restricted.list(&NAMESPACE, None, None).await.unwrap_err();
        assert_eq!(error.to_string(), "user \"restricted\" may not list namespaces in the whole cluster");
        let error = restricted.logs(&namespace.name, "p", None, LogOptions::default()).await.unwrap_err();
        assert!(
            matches!(&error, ClusterError::Forbidden { what, .. } if what.resource == "pods/log"),
            "{error:?}"
        );
        let mut watch = restricted.watch(
            &POD,
            name,
            WatchScope { resource_version: Some("1".to_owned()), ..WatchScope::default() },
        );
        assert_eq!(watch.next().await, Some(Ok(WatchEvent::Synced)));
        assert!(matches!(watch.next().await, Some(Err(ClusterError::Forbidden { .. }))));
        assert_eq!(watch.next().await, None);

        let mut impersonating = options(&namespace, "restricted");
        impersonating.impersonate_user = Some("jane".to_owned());
        let error =
            Connection::connect(&impersonating).await.unwrap().get(&POD, name, "q").await.unwrap_err();
        // Kubernetes 1.36 asks for a narrower verb than `impersonate` first, and says so.
        let ClusterError::Forbidden { what, .. } = &error else { panic!("{error:?}") };
        assert!(what.user == "restricted" && what.verb.starts_with("impersonate"), "{what:?}");
        let mut impersonating = options(&namespace, "developer");
        impersonating.impersonate_user = Some("jane".to_owned());
        impersonating.impersonate_groups = vec!["nobodies".to_owned()];
        let error =
            Connection::connect(&impersonating).await.unwrap().get(&POD, name, "q").await.unwrap_err();
        assert!(matches!(&error, ClusterError::Forbidden { what, .. } if what.user == "jane"), "{error:?}");
    });
}

#[test]
fn credentials_that_are_wrong_or_missing_are_told_apart() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("who").await;
        let name = Some(namespace.name.as_str());
        let mut wrong = options(&namespace, "developer");
        wrong.token = Some("not-a-token".to_owned().into());
        let error = Connection::connect(&wrong).await.unwrap().get(&POD, name, "q").await.unwrap_err();
        assert_eq!(error.to_string(), "the cluster does not accept the credentials of the token of --token");

        let config = std::fs::read_to_string(namespace.kubeconfig("developer")).unwrap();
        let (before, token) = config.split_once("token: ").expect("the test cluster uses tokens");
        let after = token.trim_start_matches(|c: char| !"}, \n".contains(c));
        std::fs::write(namespace.kubeconfig("anonymous"), format!("{before}token: ''{after}")).unwrap();
        let connection = connect(&namespace, "anonymous").await;
        let error = connection.get(&POD, name, "q").await.unwrap_err();
        assert!(
            matches!(&error, ClusterError::Forbidden { what, .. } if what.user == "system:anonymous"),
            "{error:?}"
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("no credentials")));
    });
}

#[test]
fn what_does_not_exist_is_told_apart() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("absent").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        assert_eq!(connection.get(&POD, name, "q").await, Ok(None));
        assert_eq!(connection.get(&POD, Some("nowhere"), "q").await, Ok(None));
        assert_eq!(connection.list(&POD, Some("nowhere"), None).await.unwrap().items, [] as [Value; 0]);
        assert_eq!(connection.namespace_exists("nowhere").await, Ok(false));
        for error in [
            connection.get(&UNKNOWN, name, "q").await.unwrap_err(),
            connection.list(&UNKNOWN, None, None).await.unwrap_err(),
            connection.apply(&UNKNOWN, name, "q", &json!({}), PLAIN).await.unwrap_err(),
        ] {
            assert_eq!(
                error.to_string(),
                "the cluster does not know things.no-such.example (no-such.example/v1)"
            );
        }
        let error = connection.apply(&SERVICE, Some("nowhere"), "q", &service(), PLAIN).await.unwrap_err();
        assert_eq!(error.to_string(), "namespace \"nowhere\" does not exist");
        let error = connection.logs(&namespace.name, "q", None, LogOptions::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "pods \"q\" not found");
        assert!(text(&connection.server_version().await.unwrap(), "/gitVersion").starts_with('v'));
    });
}

#[test]
fn a_namespace_on_its_way_out_takes_nothing_new() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("leaving").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        let mut held = config_map(json!({}));
        held["metadata"]["finalizers"] = json!(["example.org/hold"]);
        connection.apply(&CONFIG_MAP, name, "q", &held, PLAIN).await.unwrap();
        let run = namespace.kubectl(&["delete", "namespace", &namespace.name, "--wait=false"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let error = connection.apply(&SERVICE, name, "q", &service(), PLAIN).await.unwrap_err();
        assert_eq!(error, ClusterError::NamespaceTerminating { namespace: namespace.name.clone() });
        connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({})), FORCE).await.unwrap();
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
        assert_eq!(watch.next().await, Some(Ok(WatchEvent::Synced)));
        connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({"a": "2"})), PLAIN).await.unwrap();
        let Some(Ok(WatchEvent::Applied(changed))) = watch.next().await else { panic!("no change") };
        assert_eq!(text(&changed, "/data/a"), "2");
        connection.delete(&CONFIG_MAP, name, "q", &DeleteOptions::default()).await.unwrap();
        let Some(Ok(WatchEvent::Deleted(gone))) = watch.next().await else { panic!("no deletion") };
        assert_eq!(text(&gone, "/metadata/name"), "q");

        // Version 1 is from before this resource type existed, which no server remembers: a new list, told by a second
        // `Synced`.
        let scope = WatchScope { resource_version: Some("1".to_owned()), ..WatchScope::default() };
        let mut watch = connection.watch(&LATE, None, scope);
        assert_eq!(watch.next().await, Some(Ok(WatchEvent::Synced)));
        let mut told = 0;
        while watch.next().await.unwrap().unwrap() != WatchEvent::Synced {
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
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        let mut labelled = deployment(1);
        labelled["spec"]["template"]["spec"]["nodeSelector"] = json!({});
        connection.apply(&DEPLOYMENT, name, "q", &labelled, PLAIN).await.unwrap();
        let scope = WatchScope { labels: Some("app=q".to_owned()), ..WatchScope::default() };
        let mut watch = connection.watch(&POD, name, scope);
        let pod = loop {
            match watch.next().await.unwrap().unwrap() {
                WatchEvent::Applied(pod) if text(&pod, "/status/phase") == "Running" => break pod,
                _ => {}
            }
        };
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
            Connection::connect_observed(&options(&namespace, "developer"), observer).await.unwrap();
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
