//! The look before the write: each line once, and that it is one line where all is well.

use crate::cluster::{Cluster, Namespace, Options};
use crate::support::Run;
use serde_json::{Value, json};

async fn deploy(namespace: &Namespace<'_>, more: &[&str]) -> Run {
    let first = ["deploy", "Qwen/Qwen3-0.6B", "--name", "q", "--provider", "vllm", "--pin=never"];
    let image = ["--image", "vllm/vllm-openai:v0.11.0"];
    let arguments: Vec<&str> = first.iter().copied().chain(image).chain(more.iter().copied()).collect();
    namespace.airunway(&arguments).await
}

/// Only the look.
async fn look(namespace: &Namespace<'_>, more: &[&str]) -> Run {
    deploy(namespace, &[more, &["--preflight=only"]].concat()).await
}

async fn create(namespace: &Namespace<'_>, object: Value) {
    let made = namespace.kubectl_with(&["create", "-f", "-"], &object).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
}

fn says(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, Some(code), "{}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{word:?} is not in {}", run.stderr);
    }
}

async fn nothing_was_sent(namespace: &Namespace<'_>) {
    let there = namespace.kubectl(&["get", "modeldeployments", "-o", "name"]).await;
    assert_eq!(there.stdout, "");
}

#[test]
fn all_well_is_one_line_and_off_says_nothing() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("well").await;
        let run = look(&namespace, &[]).await;
        says(&run, 0, &["preflight: 5 ok\n"]);
        assert_eq!(run.stdout, "");
        nothing_was_sent(&namespace).await;
        says(&deploy(&namespace, &["--dry-run=server"]).await, 0, &["preflight: 5 ok\n"]);
        let off = deploy(&namespace, &["--preflight=off", "--dry-run=server"]).await;
        assert!(!off.stderr.contains("preflight"), "{}", off.stderr);
        says(&look(&namespace, &["--dry-run=client"]).await, 2, &["--preflight=only asks the cluster"]);
    });
}

#[test]
fn secrets_are_looked_for_and_never_shown() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("secrets").await;
        let run = deploy(&namespace, &["--hf-token-secret", "hf"]).await;
        let command = format!(
            "hint: kubectl create secret generic hf -n {} --from-literal=HF_TOKEN=\"$HF_TOKEN\"\n",
            namespace.name
        );
        says(&run, 3, &["[secret-missing]", &command, "nothing was sent", "--preflight=off"]);
        nothing_was_sent(&namespace).await;
        create(
            &namespace,
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hf"},
                   "stringData": {"token": "not-to-be-shown"}}),
        )
        .await;
        let run = look(&namespace, &["--hf-token-secret", "hf"]).await;
        says(&run, 3, &["has no key \"HF_TOKEN\"; it has token [secret-key-missing]"]);
        assert!(
            !run.stderr.contains("not-to-be-shown") && !run.stderr.contains("bm90LXRv"),
            "{}",
            run.stderr
        );
        // The hint works as it stands.
        let hint =
            run.stderr.lines().find_map(|line| line.trim().strip_prefix("hint: kubectl patch")).unwrap();
        let mut shell = namespace.hermetic(
            std::path::Path::new("/bin/sh"),
            "developer",
            &["-c", &format!("kubectl patch{hint}")],
        );
        shell.env("HF_TOKEN", "hf_x");
        let patched = namespace.run(shell).await;
        assert_eq!(patched.code, Some(0), "{}", patched.stderr);
        says(&look(&namespace, &["--hf-token-secret", "hf"]).await, 0, &["preflight: 6 ok\n"]);
    });
}

#[test]
fn quota_and_nodes() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("room").await;
        says(
            &look(&namespace, &["--node-selector", "zone=moon"]).await,
            0,
            &["no node has the labels zone=moon [no-node-fits]", "1 warning"],
        );
        says(&look(&namespace, &["--gpus", "8", "--replicas", "13"]).await, 0, &["[too-few-nodes]"]);
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "cap"},
                           "spec": {"hard": {"requests.nvidia.com/gpu": "0"}}});
        create(&namespace, quota).await;
        let counted = ["wait", "resourcequota", "cap", "--for=jsonpath={.status.hard}", "--timeout=30s"];
        namespace.kubectl(&counted).await;
        says(&look(&namespace, &["--gpus", "1"]).await, 3, &["[quota-forbids]"]);
    });
}

#[test]
fn rights_for_the_write_and_for_the_wait() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("rights").await;
        let arguments =
            ["deploy", "org/m", "--provider", "vllm", "--image", "vllm/vllm-openai:v0.11.0", "--pin=never"];
        namespace.allow("get", "modeldeployments.airunway.ai").await;
        let run = namespace.run(namespace.command("restricted", &arguments)).await;
        says(
            &run,
            1,
            &[
                "not allowed to patch modeldeployments.airunway.ai, create modeldeployments.airunway.ai",
                "[right-missing]",
            ],
        );
        namespace.allow("patch,create", "modeldeployments.airunway.ai").await;
        let run = namespace.run(namespace.command("restricted", &arguments)).await;
        says(&run, 3, &["[right-for-wait-missing]", "hint: --wait=false applies without waiting"]);
        nothing_was_sent(&namespace).await;
        let run = namespace
            .run(namespace.command("restricted", &[&arguments[..], &["--wait=false"]].concat()))
            .await;
        says(&run, 0, &["preflight: 1 ok; not looked at: namespace, quota, nodes, controllers\n"]);
        let run = namespace
            .run(
                namespace
                    .command("restricted", &[&arguments[..], &["--wait=false", "--preflight=only"]].concat()),
            )
            .await;
        says(&run, 4, &["not looked at"]);
    });
}

#[test]
fn an_update_that_waits_for_its_own_old_pod_is_told_with_the_way_out() {
    // On the shared cluster other tests use the GPUs of the one node, and would miss these.
    Cluster::shared().run(async {
        let cluster = Cluster::start(Options::default()).await.unwrap();
        let namespace = cluster.namespace("update-room").await;
        let run = deploy(&namespace, &["--gpus", "64"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let again = look(&namespace, &["--gpus", "64"]).await;
        assert!(!again.stderr.contains("update-has-no-room"), "{}", again.stderr);
        let update = look(&namespace, &["--gpus", "64", "--context-length", "4096"]).await;
        says(&update, 0, &["[update-has-no-room]", "the old version still serves"]);
        let way_out = [
            "--gpus",
            "64",
            "--context-length",
            "4096",
            "--override",
            "spec.strategy.rollingUpdate.maxSurge=0",
            "--override",
            "spec.strategy.rollingUpdate.maxUnavailable=1",
        ];
        let update = look(&namespace, &way_out).await;
        assert!(!update.stderr.contains("update-has-no-room"), "{}", update.stderr);
    });
}

#[test]
fn a_cluster_whose_controllers_are_gone() {
    use crate::cluster::Options;
    use crate::cluster::airunway::Report;
    Cluster::shared().run(async {
        let cluster = Cluster::start(Options::default()).await.expect("a cluster");
        let namespace = cluster.namespace("gone").await;
        let old = Report { heartbeat: Some("2026-01-01T00:00:00Z".to_owned()), ..Report::default() };
        cluster.reference().misreport("vllm", old).await.expect("a report can be set");
        let scale =
            ["scale", "deployment", "airunway-controller-manager", "-n", "airunway-system", "--replicas=0"];
        namespace.kubectl(&scale).await;
        let gone = [
            "wait",
            "deployment",
            "airunway-controller-manager",
            "-n",
            "airunway-system",
            "--for=jsonpath={.spec.replicas}=0",
        ];
        namespace.kubectl(&gone).await;
        let run = look(&namespace, &[]).await;
        says(&run, 0, &["the vllm shim was last heard of", "[heartbeat-old]"]);
    });
}
