//! `deploy` when someone says no: one message, the right exit code, nothing half done.

use crate::cluster::airunway::Fault;
use crate::cluster::{Cluster, Namespace};
use crate::support::Run;

const IMAGE: &str = "vllm/vllm-openai:v0.11.0";

async fn deploy(namespace: &Namespace<'_>, more: &[&str]) -> Run {
    let first = ["deploy", "Qwen/Qwen3-0.6B", "--provider", "vllm", "--image", IMAGE, "--pin=never"];
    let arguments: Vec<&str> = first.iter().copied().chain(more.iter().copied()).collect();
    namespace.airunway(&arguments).await
}

/// stderr and exit code, with the namespace named.
fn said(namespace: &Namespace<'_>, run: &Run) -> String {
    format!("{}[exit {:?}]", run.stderr.replace(&namespace.name, "[NAMESPACE]"), run.code)
}

async fn objects(namespace: &Namespace<'_>) -> String {
    namespace.kubectl(&["get", "modeldeployments", "-o", "name"]).await.stdout
}

#[test]
fn the_rules_refuse_before_anything_is_sent() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("rules").await;
        let run = deploy(&namespace, &["--gpus", "65", "--memory", "5Ti"]).await;
        insta::assert_snapshot!(said(&namespace, &run));
        assert!(namespace.requests().is_empty(), "{:?}", namespace.requests());
    });
}

#[test]
fn an_immutable_member_names_recreate_and_recreate_does_it() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("immutable").await;
        assert_eq!(deploy(&namespace, &["--name", "q"]).await.code, Some(0));
        let other =
            ["deploy", "org/other", "--name", "q", "--provider", "vllm", "--image", IMAGE, "--pin=never"];
        let run = namespace.airunway(&other).await;
        insta::assert_snapshot!("immutable", said(&namespace, &run));

        let unconfirmed = namespace.airunway(&[other.as_slice(), &["--recreate"]].concat()).await;
        insta::assert_snapshot!("recreate-unconfirmed", said(&namespace, &unconfirmed));

        let recreated = namespace.airunway(&[other.as_slice(), &["--recreate", "--yes"]].concat()).await;
        assert_eq!(recreated.code, Some(0), "{}", recreated.stderr);
        let model =
            namespace.kubectl(&["get", "modeldeployment", "q", "-o", "jsonpath={.spec.model.id}"]).await;
        assert_eq!(model.stdout, "org/other");
    });
}

#[test]
fn a_field_conflict_names_the_other_manager() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("conflict").await;
        assert_eq!(deploy(&namespace, &["--name", "q"]).await.code, Some(0));
        let patch = r#"{"spec":{"scaling":{"replicas":3}}}"#;
        let patched = namespace
            .kubectl(&[
                "patch",
                "modeldeployment",
                "q",
                "--type=merge",
                "--field-manager=autoscaler",
                "-p",
                patch,
            ])
            .await;
        assert_eq!(patched.code, Some(0), "{}", patched.stderr);
        let run = deploy(&namespace, &["--name", "q", "--replicas", "2"]).await;
        insta::assert_snapshot!(said(&namespace, &run));
        let forced = deploy(&namespace, &["--name", "q", "--replicas", "2", "--force-conflicts"]).await;
        assert_eq!(forced.code, Some(0), "{}", forced.stderr);
    });
}

#[test]
fn a_namespace_that_does_not_exist() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("home").await;
        let run = deploy(&namespace, &["-n", "nowhere"]).await;
        insta::assert_snapshot!(said(&namespace, &run));
    });
}

#[test]
fn a_verb_that_is_forbidden_is_named() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("forbidden").await;
        let arguments = ["deploy", "org/m", "--provider", "vllm", "--image", IMAGE, "--pin=never"];
        let run = namespace.run(namespace.command("restricted", &arguments)).await;
        insta::assert_snapshot!(said(&namespace, &run));
    });
}

#[test]
fn credentials_that_the_cluster_does_not_accept() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("token").await;
        let run = deploy(&namespace, &["--token", "expired-and-secret"]).await;
        assert!(!run.stderr.contains("expired-and-secret"), "{}", run.stderr);
        insta::assert_snapshot!(said(&namespace, &run));
    });
}

#[test]
fn a_webhook_that_nobody_answers() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("webhook").await;
        namespace.fault(Fault::WebhookUnreachable).await;
        let run = deploy(&namespace, &[]).await;
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(
            run.stderr
                .contains("error: the API server cannot reach the webhook mmodeldeployment-v1alpha1.kb.io"),
            "{}",
            run.stderr
        );
        namespace.mend().await;
        assert_eq!(objects(&namespace).await, "");
    });
}

#[test]
fn when_the_server_disagrees_it_wins_and_the_difference_is_to_be_reported() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("disagree").await;
        namespace
            .fault(Fault::WebhookRefuses("spec.engine.type: Forbidden: not on Tuesdays".to_owned()))
            .await;
        let run = deploy(&namespace, &[]).await;
        insta::assert_snapshot!(said(&namespace, &run));
        namespace.mend().await;
        assert_eq!(objects(&namespace).await, "");
    });
}

#[test]
fn a_cluster_without_ai_runway_gets_the_way_to_install_it() {
    Cluster::shared().run(async {
        let cluster = Cluster::start_bare().await.expect("a cluster");
        let namespace = cluster.namespace("bare").await;
        let run = deploy(&namespace, &[]).await;
        insta::assert_snapshot!(said(&namespace, &run));
    });
}
