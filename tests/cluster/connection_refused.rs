//! What a real API server refuses, and what the program says about it.

use futures::StreamExt as _;
use kubectl_airunway::core::kubernetes::resource::{DEPLOYMENT, NAMESPACE, POD, Resource, SERVICE};
use kubectl_airunway::io::World;
use kubectl_airunway::io::cluster::{ClusterError, Forbidden, LogOptions, WatchEvent, WatchScope};
use serde_json::{Value, json};

use super::connection::{
    CONFIG_MAP, DRY, FORCE, PLAIN, config_map, connect, deployment, options, service, text, within,
};
use crate::cluster::Cluster;

/// A resource type that no cluster has.
const UNKNOWN: Resource =
    Resource { group: "no-such.example", version: "v1", plural: "things", kind: "Thing", namespaced: true };

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
        let error = within(async {
            loop {
            // The quota counts once its controller has seen it.
            match connection.apply(&SERVICE, name, "q", &service(), DRY).await {
                Err(error) if error.to_string().contains("status unknown for quota") => {}
                Err(error) => break error,
                Ok(_) => {}
            }
        }
        })
        .await;
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
        let error = within(async {
            loop {
            // The policy counts once the API server has compiled it.
            if let Err(error) = connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({})), DRY).await {
                break error;
            }
        }
        })
        .await;
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
        let error = within(async {
            loop {
            // The webhook counts once the API server has seen it.
            if let Err(error) = connection.apply(&CONFIG_MAP, name, "q", &config_map(json!({})), DRY).await {
                break error;
            }
        }
        })
        .await;
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
        assert_eq!(
            error.to_string(),
            "user \"restricted\" is not allowed to list namespaces in the whole cluster"
        );
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
        assert_eq!(within(watch.next()).await, Some(Ok(WatchEvent::Synced)));
        assert!(matches!(within(watch.next()).await, Some(Err(ClusterError::Forbidden { .. }))));
        assert_eq!(within(watch.next()).await, None);

        let mut impersonating = options(&namespace, "restricted");
        impersonating.impersonate_user = Some("jane".to_owned());
        let error = World::bare()
            .connect(&impersonating, None)
            .await
            .unwrap()
            .get(&POD, name, "q")
            .await
            .unwrap_err();
        // Kubernetes 1.36 asks for a narrower verb than `impersonate` first, and says so.
        let ClusterError::Forbidden { what, .. } = &error else { panic!("{error:?}") };
        assert!(what.user == "restricted" && what.verb.starts_with("impersonate"), "{what:?}");
        let mut impersonating = options(&namespace, "developer");
        impersonating.impersonate_user = Some("jane".to_owned());
        impersonating.impersonate_groups = vec!["nobodies".to_owned()];
        let error = World::bare()
            .connect(&impersonating, None)
            .await
            .unwrap()
            .get(&POD, name, "q")
            .await
            .unwrap_err();
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
        let error =
            World::bare().connect(&wrong, None).await.unwrap().get(&POD, name, "q").await.unwrap_err();
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
