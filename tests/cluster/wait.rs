//! How a wait ends: the rows of `docs/wait.md` that no other test has.

use crate::cluster::airunway::Fault;
use crate::cluster::{Cluster, Namespace};
use crate::support::Run;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

const ONE: [&str; 10] = [
    "deploy",
    "org/m",
    "--name",
    "q",
    "--provider",
    "vllm",
    "--image",
    "vllm/vllm-openai:v0.11.0",
    "--pin=never",
    "--replicas=1",
];

/// A file with objects of these names.
fn file(namespace: &Namespace<'_>, names: &[&str]) {
    let object = |name: &&str| {
        format!(
            "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {{name: {name}}}\nspec:\n  model: {{id: org/m}}\n  \
             engine: {{type: vllm, image: 'vllm/vllm-openai:v0.11.0'}}\n  provider: {{name: vllm}}\n"
        )
    };
    let text: Vec<String> = names.iter().map(object).collect();
    std::fs::write(namespace.kubeconfig("models.yaml"), text.join("---\n")).unwrap();
}

/// Lets `restricted` deploy, and read what its object's parts are made of as far as `rights` say.
async fn restricted(namespace: &Namespace<'_>, rights: &[&str]) -> Run {
    namespace.allow("get,list,watch,create,patch", "modeldeployments.airunway.ai").await;
    for resource in rights {
        namespace.allow("get,list,watch", resource).await;
    }
    namespace.run(namespace.command("restricted", &ONE)).await
}

#[test]
fn a_field_that_someone_else_changes_is_named_and_the_deploy_does_not_succeed() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("wait-changed").await;
        namespace.fault(Fault::ShimStopped).await;
        let mut child = namespace.command("developer", &ONE).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap();
        assert_eq!(first.as_deref(), Some("modeldeployment.airunway.ai/q serverside-applied"));
        let change = r#"{"spec":{"scaling":{"replicas":3}}}"#;
        let changed =
            namespace.kubectl(&["patch", "modeldeployment", "q", "--type=merge", "-p", change]).await;
        assert_eq!(changed.code, Some(0), "{}", changed.stderr);
        let output = child.wait_with_output().await.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        let named = "modeldeployment.airunway.ai/q: spec.scaling.replicas was changed by \"kubectl-patch\" during the wait: \
                     what runs is not what was applied";
        assert!(stderr.contains(named), "{stderr}");
        namespace.mend().await;
    });
}

#[test]
fn without_a_right_to_the_deployment_the_conditions_are_waited_for() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("wait-blind").await;
        let run = restricted(&namespace, &[]).await;
        assert_eq!(run.code, Some(0), "{run}");
        assert!(run.stderr.contains("warning: the rollout of Deployment q cannot be seen: "), "{run}");
        assert!(run.stderr.contains("only the object's own conditions are waited for"), "{run}");
    });
}

#[test]
fn without_a_right_to_the_pods_the_wait_goes_on() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("wait-podless").await;
        let run = restricted(&namespace, &["deployments.apps"]).await;
        assert_eq!(run.code, Some(0), "{run}");
        assert!(!run.stderr.contains("cannot be seen"), "{run}");
    });
}

#[test]
fn without_a_right_to_the_replica_sets_a_pod_that_fits_no_node_is_still_told() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("wait-setless").await;
        namespace.fault(Fault::Unschedulable).await;
        namespace.allow("get,list,watch", "deployments.apps").await;
        namespace.allow("get,list,watch,create,patch", "modeldeployments.airunway.ai").await;
        namespace.allow("get,list,watch", "pods").await;
        let line: Vec<&str> = ONE.iter().copied().chain(["--patience=2s"]).collect();
        let run = namespace.run(namespace.command("restricted", &line)).await;
        namespace.mend().await;
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stderr.contains("q: unschedulable: "), "the reason is shown while it waits: {run}");
        assert!(run.stderr.contains("cannot be scheduled"), "{run}");
        assert!(run.stderr.contains("list replicasets.apps in the namespace"), "{run}");
    });
}

#[test]
fn several_objects_are_waited_for_together_and_each_is_named() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("wait-several").await;
        namespace.fault(Fault::ShimStopped).await;
        file(&namespace, &["a", "b"]);
        let line = ["deploy", "-f", "models.yaml", "--pin=never", "--timeout=3s", "-o", "json"];
        let run = namespace.airunway(&line).await;
        namespace.mend().await;
        assert_eq!(run.code, Some(124), "{run}");
        for said in [
            "error: 2 of 2 objects are not ready",
            "modeldeployment.airunway.ai/a is not ready after 3s",
            "modeldeployment.airunway.ai/b is not ready after 3s",
        ] {
            assert!(run.stderr.contains(said), "{said}: {run}");
        }
        let printed: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(printed["items"].as_array().map(Vec::len), Some(2), "what is stored is printed: {run}");
    });
}

#[test]
fn what_is_applied_refused_and_never_sent_is_said() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("wait-refused").await;
        let owned = serde_json::json!({
            "apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "b"},
            "spec": {"model": {"id": "org/m"}, "engine": {"type": "vllm", "image": "vllm/vllm-openai:v0.12.0"},
                "provider": {"name": "vllm"}},
        });
        let other =
            namespace.kubectl_with(&["apply", "--server-side", "--field-manager=argo", "-f", "-"], &owned).await;
        assert_eq!(other.code, Some(0), "{}", other.stderr);
        file(&namespace, &["a", "b", "c"]);
        let run = namespace.airunway(&["deploy", "-f", "models.yaml", "--pin=never", "-o", "json"]).await;
        assert_eq!(run.code, Some(1), "{run}");
        for said in [
            "applied: modeldeployment.airunway.ai/a\n",
            "not applied: modeldeployment.airunway.ai/b\n",
            "not sent: modeldeployment.airunway.ai/c\n",
        ] {
            assert!(run.stderr.contains(said), "{said}: {run}");
        }
        let printed: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(printed["metadata"]["name"], "a", "{run}");
    });
}

#[test]
fn a_shim_that_does_nothing_is_named() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("wait-idle").await;
        namespace.fault(Fault::ShimStopped).await;
        let line: Vec<&str> = ONE.iter().copied().chain(["--patience=1s", "--timeout=4s"]).collect();
        let run = namespace.airunway(&line).await;
        namespace.mend().await;
        assert_eq!(run.code, Some(124), "{run}");
        assert!(run.stderr.contains("caused by: the vllm shim has not touched the object for 1s"), "{run}");
    });
}
