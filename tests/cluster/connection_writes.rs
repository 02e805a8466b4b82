//! Create, patch, and the question what one may do, on a real API server.

use std::time::Duration;

use kubectl_airunway::core::kubernetes::resource::{DEPLOYMENT, POD};
use kubectl_airunway::io::cluster::{Access, ClusterError, Patch, WriteOptions};
use serde_json::json;

use crate::cluster::Cluster;
use crate::connection::{CONFIG_MAP, config_map, connect, text};

const KEEP: WriteOptions = WriteOptions { dry_run: false };
const DRY: WriteOptions = WriteOptions { dry_run: true };

#[test]
fn what_is_created_is_new_and_ours() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("create").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        let object = config_map(json!({"a": "1"}));
        assert!(connection.create(&CONFIG_MAP, name, &object, DRY).await.unwrap().created);
        assert_eq!(connection.get(&CONFIG_MAP, name, "q").await, Ok(None));
        let made = connection.create(&CONFIG_MAP, name, &object, KEEP).await.unwrap();
        assert!(made.created);
        assert_eq!(text(&made.object, "/metadata/managedFields/0/manager"), "kubectl-airunway");

        let error = connection.create(&CONFIG_MAP, name, &object, KEEP).await.unwrap_err();
        assert_eq!(error, ClusterError::Conflict { message: "configmaps \"q\" already exists".to_owned() });
        let unknown = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "r"}, "dato": {}});
        let error = connection.create(&CONFIG_MAP, name, &unknown, KEEP).await.unwrap_err();
        assert!(matches!(&error, ClusterError::BadRequest { message } if message.contains("unknown field \"dato\"")), "{error}");
        let generated = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "r-"}});
        let made = connection.create(&CONFIG_MAP, name, &generated, KEEP).await.unwrap();
        assert!(text(&made.object, "/metadata/name").starts_with("r-"));
    });
}

#[test]
fn a_patch_changes_what_it_names() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("patch").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        connection.create(&CONFIG_MAP, name, &config_map(json!({"a": "1", "b": "1"})), KEEP).await.unwrap();
        let merge = Patch::Merge(json!({"data": {"a": null, "c": "3"}}));
        let patched = connection.patch(&CONFIG_MAP, name, "q", &merge, DRY).await.unwrap();
        assert_eq!(patched.object["data"], json!({"b": "1", "c": "3"}));
        let merge = Patch::Merge(json!({"data": {"c": "3"}}));
        let patched = connection.patch(&CONFIG_MAP, name, "q", &merge, KEEP).await.unwrap();
        assert!(!patched.created);
        assert_eq!(patched.object["data"], json!({"a": "1", "b": "1", "c": "3"}), "the dry run kept nothing");

        let operations = |test: &str| {
            Patch::Json(json!([
                {"op": "test", "path": "/data/a", "value": test}, {"op": "remove", "path": "/data/b"},
            ]))
        };
        let error = connection.patch(&CONFIG_MAP, name, "q", &operations("2"), KEEP).await.unwrap_err();
        assert!(matches!(error, ClusterError::Invalid { .. }), "{error:?}");
        let patched = connection.patch(&CONFIG_MAP, name, "q", &operations("1"), KEEP).await.unwrap();
        assert_eq!(patched.object["data"], json!({"a": "1", "c": "3"}));

        let error = connection.patch(&CONFIG_MAP, name, "nobody", &merge, KEEP).await.unwrap_err();
        assert_eq!(error.to_string(), "configmaps \"nobody\" not found");
        let restricted = connect(&namespace, "restricted").await;
        let error = restricted.patch(&CONFIG_MAP, name, "q", &merge, KEEP).await.unwrap_err();
        let told = format!(
            "user \"restricted\" is not allowed to patch configmaps in the namespace \"{}\"",
            namespace.name
        );
        assert_eq!(error.to_string(), told);
    });
}

#[test]
fn what_a_user_may_do_is_asked_and_not_tried() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("may").await;
        let name = Some(namespace.name.as_str());
        namespace.allow("get,list", "pods,pods/log").await;
        let log = Access { subresource: Some("log"), ..Access::to("get", POD, name) };
        let accesses = [
            Access::to("list", POD, name),
            log.clone(),
            Access { name: Some("q".to_owned()), ..log },
            Access::to("list", POD, None),
            Access::to("create", DEPLOYMENT, name),
        ];
        let allowed = async |user: &str| {
            let permissions = connect(&namespace, user).await.may_all(&accesses).await.unwrap();
            permissions.iter().map(|permission| permission.allowed).collect::<Vec<_>>()
        };
        assert_eq!(allowed("restricted").await, [true, true, true, false, false]);
        assert_eq!(allowed("developer").await, [true; 5]);
        let one = connect(&namespace, "restricted").await.may(&accesses[0]).await.unwrap();
        assert!(one.reason.starts_with("RBAC: allowed by"), "{one:?}");
    });
}

#[test]
fn a_caller_sets_a_deadline_for_its_requests() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("deadline").await;
        let name = Some(namespace.name.as_str());
        let connection = connect(&namespace, "developer").await;
        let hurried = connection.within(Duration::from_nanos(1));
        let error = hurried.get(&POD, name, "q").await.unwrap_err();
        assert!(
            matches!(error, ClusterError::Silent { limit, .. } if limit == Duration::from_nanos(1)),
            "{error:?}"
        );
        assert_eq!(connection.get(&POD, name, "q").await, Ok(None), "the other has its own limit");
        assert_eq!(connection.within(Duration::from_secs(60)).get(&POD, name, "q").await, Ok(None));
    });
}
