//! The control plane of the tests is a real one: its scheduler, its controllers,
//! its kubelet's ports and logs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::controlplane::get;
use crate::cluster::{Cluster, Namespace};
use crate::support::Run;

/// How long a state may take to show that takes well under a second.
const PATIENCE: Duration = Duration::from_secs(30);

fn pod(name: &str, gpus: u32, annotations: Value) -> String {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": annotations},
        "spec": {"containers": [{"name": "vllm", "image": "vllm/vllm-openai:v0.11.0", "ports": [{"containerPort": 8000}],
            "resources": {"limits": {"nvidia.com/gpu": gpus.to_string()}}}]},
    })
    .to_string()
}

async fn create(namespace: &Namespace<'_>, object: &str) {
    let path = namespace.kubeconfig("object.json");
    std::fs::write(&path, object).unwrap();
    let run = namespace.kubectl(&["create", "-f", "object.json"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

async fn wait(namespace: &Namespace<'_>, condition: &str, pod: &str) -> Run {
    let limit = format!("--timeout={}s", PATIENCE.as_secs());
    namespace.kubectl(&["wait", "pod", pod, &format!("--for={condition}"), &limit]).await
}

#[test]
fn a_pod_runs_and_answers_through_port_forward() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("pod").await;
        namespace.models.serve("org/model");
        create(&namespace, &pod("serves", 1, json!({}))).await;
        let ready = wait(&namespace, "condition=Ready", "serves").await;
        assert_eq!(ready.code, Some(0), "{}", ready.stderr);

        let logs = namespace.kubectl(&["logs", "serves"]).await;
        assert!(logs.stdout.contains("Application startup complete."), "{logs:?}");

        let mut forward = namespace.hermetic(
            cluster.plane().kubectl(),
            "developer",
            &["port-forward", "pod/serves", ":8000"],
        );
        let mut forward = forward.spawn().unwrap();
        let mut lines = tokio::io::BufReader::new(forward.stdout.take().unwrap());
        let mut line = String::new();
        tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut line).await.unwrap();
        let address = line.split_whitespace().nth(2).unwrap_or_else(|| panic!("{line}"));
        let models: Value = serde_json::from_str(
            &get(&format!("http://{address}/v1/models")).await.unwrap().text().await.unwrap(),
        )
        .unwrap();
        assert!(
            models["data"].as_array().unwrap().iter().any(|model| model["id"] == "org/model"),
            "{models}"
        );
        forward.kill().await.unwrap();
    });
}

#[test]
fn the_scheduler_refuses_a_pod_that_wants_more_gpus_than_there_are() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("greedy").await;
        create(&namespace, &pod("greedy", 10_000, json!({}))).await;
        let refused = wait(&namespace, "condition=PodScheduled=false", "greedy").await;
        assert_eq!(refused.code, Some(0), "{}", refused.stderr);
        let message = "jsonpath={.status.conditions[?(@.type=='PodScheduled')].message}";
        let shown = namespace.kubectl(&["get", "pod", "greedy", "-o", message]).await;
        assert!(
            shown.stdout.starts_with("0/1 nodes are available: 1 Insufficient nvidia.com/gpu."),
            "{shown:?}"
        );
    });
}

#[test]
fn pods_fail_as_told() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("faulty").await;
        for (fault, reason) in [("image-pull", "ImagePullBackOff"), ("crash-loop", "CrashLoopBackOff")] {
            create(&namespace, &pod(fault, 1, json!({"airunway.test/fault": fault}))).await;
            let condition =
                format!("jsonpath={{.status.containerStatuses[0].state.waiting.reason}}={reason}");
            let waiting = wait(&namespace, &condition, fault).await;
            assert_eq!(waiting.code, Some(0), "{fault}: {}", waiting.stderr);
        }
    });
}

#[test]
fn the_requests_of_a_user_are_known() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("requests").await;
        let run = namespace.kubectl(&["get", "pods"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let requests = namespace.requests();
        assert!(
            requests
                .iter()
                .any(|request| request.user == "developer" && request.verb == "list" && request.code == 200),
            "{requests:?}"
        );
        let refused = namespace
            .run(namespace.hermetic(cluster.plane().kubectl(), "restricted", &["get", "pods"]))
            .await;
        assert!(
            refused.stderr.contains("pods is forbidden: User \"restricted\" cannot list"),
            "{}",
            refused.stderr
        );
    });
}
