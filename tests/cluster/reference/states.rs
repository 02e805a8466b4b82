//! The reference AI Runway against recorded states of the real one
//! (`tests/fixtures/plan`): what a client can see of it must be the same.

use std::time::Duration;

use serde_json::{Value, json};

use super::recorder::Recorder;
use super::replay::{
    PATIENCE, PLAN, apply, assert_denied, base, children, patch, recorded, replay, states, within,
};
use crate::cluster::airunway::{Options, deployments_in};
use crate::cluster::controlplane::get;
use crate::cluster::{Cluster, Fault, Namespace};

#[test]
fn c1b_a_named_provider_creates_its_children() {
    within("c1b", async |namespace| {
        replay(&namespace, "1b", &base("sel-vllm", json!({}))).await;
        let models = get(&format!("http://127.0.0.1:{}/v1/models", namespace.models.port())).await.unwrap();
        let models: Value = serde_json::from_str(&models.text().await.unwrap()).unwrap();
        assert_eq!(models["data"][0]["id"], "Qwen/Qwen2.5-0.5B-Instruct", "{models}");
    });
}

#[test]
fn c2_the_default_image_is_pinned_once() {
    within("c2", async |namespace| {
        let mut recorder = replay(&namespace, "2", &base("pin-test", json!({}))).await;
        let before = recorder.last().unwrap();
        let run =
            namespace.kubectl(&["annotate", "modeldeployment", "pin-test", "airunway.ai/touch=1"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let after = recorder.settled().await;
        assert_eq!(after["status"], before["status"]);
    });
}

#[test]
fn c3_a_tag_of_the_user_is_rendered_as_it_is() {
    within("c3", async |namespace| {
        let mut recorder = replay(&namespace, "3A", &base("outage-test", json!({}))).await;
        let run = patch(
            &namespace,
            "outage-test",
            json!({"spec": {"engine": {"image": "vllm/vllm-openai:v0.11.0"}}}),
        )
        .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        recorder
            .wait_for_last(&states("3C", "states"), PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        children(&namespace, "3C", "outage-test").await;
    });
}

#[test]
fn c4_two_images_are_refused() {
    within("c4", async |namespace| {
        let object = base(
            "img-conflict",
            json!({"image": "ubuntu:latest", "engine": {"image": "vllm/vllm-openai:latest"}}),
        );
        assert_denied(&namespace.kubectl_with(&["apply", "-f", "-"], &object).await, "4");
    });
}

#[test]
fn c5_reserved_networking_fails_after_admission() {
    within("c5", async |namespace| {
        for (check, name, engine) in [
            ("5a", "reserved-a", json!({"args": {"host": "127.0.0.1"}})),
            ("5b", "reserved-b", json!({"args": {"port": "9000"}})),
            ("5c", "reserved-c", json!({"extraArgs": ["--host=127.0.0.1"]})),
            ("5d", "reserved-d", json!({"extraArgs": ["--port", "9000"]})),
        ] {
            replay(&namespace, check, &base(name, json!({"engine": engine}))).await;
        }
    });
}

#[test]
fn c6_an_explicit_parallel_size_wins_and_is_set_in_one_place() {
    within("c6", async |namespace| {
        // The record holds the state in which the pod is not ready yet; a busy machine takes a second to look.
        namespace.fault(Fault::SlowStart(Duration::from_secs(5))).await;
        let changes =
            json!({"resources": {"gpu": {"count": 2}}, "engine": {"args": {"tensor-parallel-size": "4"}}});
        replay(&namespace, "6a", &base("tp-test", changes)).await;
        let run = patch(
            &namespace,
            "tp-test",
            json!({"spec": {"engine": {"extraArgs": ["--tensor-parallel-size=2"]}}}),
        )
        .await;
        assert_denied(&run, "6b");
    });
}

#[test]
fn c7_images_are_classified_by_tag() {
    within("c7", async |namespace| {
        let changes = json!({
            "model": {"id": "deepseek-ai/DeepSeek-V2-Lite"}, "engine": {"image": "vllm/vllm-openai:deepseekv4-cu130"},
        });
        let mut recorder = replay(&namespace, "7 custom", &base("launch-test", changes)).await;
        let run = patch(
            &namespace,
            "launch-test",
            json!({"spec": {"engine": {"image": "vllm/vllm-openai:cu130-launch"}}}),
        )
        .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        recorder
            .wait_for_last(&states("7 launch", "states"), PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    });
}

#[test]
fn c8_overrides_have_a_boundary() {
    within("c8", async |namespace| {
        let overrides = |overrides: Value| json!({"provider": {"overrides": overrides}});
        let pod = |pod: Value| overrides(json!({"spec": {"template": {"spec": pod}}}));
        for (check, changes) in [
            ("8 top", pod(json!({"securityContext": {"runAsNonRoot": false}, "hostNetwork": true}))),
            (
                "8 nested",
                pod(json!({"containers": [{"name": "vllm", "securityContext": {"privileged": true}}]})),
            ),
            ("8 sizing", overrides(json!({"spec": {"replicas": 5}}))),
        ] {
            let run = namespace.kubectl_with(&["apply", "-f", "-"], &base("override-test", changes)).await;
            assert_denied(&run, check);
        }
        let accepted = overrides(json!({"spec": {"template": {"metadata": {"labels": {"x": "y"}}}}}));
        replay(&namespace, "8 accepted", &base("override-ok", accepted)).await;
    });
}

#[test]
fn c9_a_foreign_deployment_is_left_alone() {
    within("c9", async |namespace| {
        apply(
            &namespace,
            &json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "owned-test"},
                "spec": {"selector": {"matchLabels": {"app": "foreign"}}, "template": {
                    "metadata": {"labels": {"app": "foreign"}},
                    "spec": {"containers": [{"name": "pause", "image": "registry.k8s.io/pause:3.9"}]}}},
            }),
        )
        .await;
        replay(&namespace, "9", &base("owned-test", json!({}))).await;
        let run = namespace.kubectl(&["delete", "modeldeployment", "owned-test", "--timeout=20s"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let run = namespace.kubectl(&["get", "deployment", "owned-test"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    });
}

#[test]
fn c12_recipe_provenance_is_told() {
    within("c12", async |namespace| {
        let mut object = base(
            "recipe-test",
            json!({
                "model": {"id": "microsoft/Phi-4-mini-instruct"},
                "engine": {"image": "vllm/vllm-openai:cu130-nightly", "args": {"tensor-parallel-size": "1"},
                    "extraArgs": ["--enable-chunked-prefill"]},
                "env": [{"name": "VLLM_USE_V1", "value": "1"}, {"name": "NCCL_DEBUG", "value": "INFO"}],
            }),
        );
        object["metadata"]["annotations"] = json!({
            "airunway.ai/generated-by": "vllm-recipe-resolver", "airunway.ai/recipe.source": "recipes.vllm.ai",
            "airunway.ai/recipe.id": "microsoft/Phi-4-mini-instruct", "airunway.ai/recipe.strategy": "latency",
            "airunway.ai/recipe.hardware": "a100", "airunway.ai/recipe.features": "[\"tool_calling\"]",
        });
        replay(&namespace, "12", &object).await;
    });
}

/// Upstream issue 422: the old pod keeps the Deployment available, so phase and
/// `Ready` stay good while the new pod cannot be scheduled.
#[test]
fn an_update_that_cannot_be_scheduled_still_says_ready() {
    within("update", async |namespace| {
        let object = base("update-test", json!({"engine": {"image": "vllm/vllm-openai:v0.11.0"}}));
        let mut recorder = Recorder::start(
            deployments_in(&namespace.client(), &namespace.name),
            "update-test",
            &namespace.name,
        );
        apply(&namespace, &object).await;
        recorder
            .wait_for(&states("update", "before"), PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        namespace.fault(Fault::Unschedulable).await;
        let run = patch(
            &namespace,
            "update-test",
            json!({"spec": {"engine": {"image": "vllm/vllm-openai:v0.12.0"}}}),
        )
        .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        recorder
            .wait_for_last(&states("update", "after"), PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{error}"));

        let wanted = recorded("update", "deployment-status");
        let run = namespace
            .kubectl(&[
                "wait",
                "deployment",
                "update-test",
                "--for=jsonpath={.status.unavailableReplicas}=1",
                "--timeout=20s",
            ])
            .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let run = namespace.kubectl(&["get", "deployment", "update-test", "-o", "jsonpath={.status}"]).await;
        let found: Value = serde_json::from_str(&run.stdout).unwrap();
        for member in [
            "observedGeneration",
            "replicas",
            "readyReplicas",
            "availableReplicas",
            "updatedReplicas",
            "unavailableReplicas",
        ] {
            assert_eq!(found[member], wanted[member], "{member}");
        }
    });
}

/// Check 10 with shorter times, and check 13: both change what all namespaces see,
/// so they have a cluster of their own.
#[test]
fn c10_and_c13_deletion_gives_up_and_a_restarted_shim_changes_nothing() {
    let shared = Cluster::shared();
    shared.run(async {
        let options = Options {
            finalizer_timeout: Duration::from_secs(4),
            heartbeat: Duration::from_secs(3600),
            ..Options::default()
        };
        let cluster = Cluster::start(options).await.unwrap();
        let namespace = cluster.namespace("own").await;

        let mut pinned = Recorder::start(
            deployments_in(&namespace.client(), &namespace.name),
            "pin-test",
            &namespace.name,
        );
        apply(&namespace, &base("pin-test", json!({}))).await;
        pinned.wait_for(&states("2", "states"), PATIENCE).await.unwrap_or_else(|error| panic!("{error}"));
        let generation =
            ["get", "deployment", "pin-test", "-o", "jsonpath={.metadata.uid} {.metadata.generation}"];
        let before = namespace.kubectl(&generation).await.stdout;
        let sequence = PLAN["13"]["ipc"].as_array().unwrap();
        cluster.reference().stop_shim().await.unwrap();
        assert_eq!(provider_status(&namespace).await, sequence[0]);
        cluster.reference().start_shim().await.unwrap();
        assert_eq!(provider_status(&namespace).await, sequence[1]);
        assert_eq!(namespace.kubectl(&generation).await.stdout, before);

        stuck_deletion(&namespace).await;
    });
}

async fn provider_status(namespace: &Namespace<'_>) -> Value {
    let run =
        namespace.kubectl(&["get", "inferenceproviderconfig", "vllm", "-o", "jsonpath={.status}"]).await;
    let mut status: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(status.as_object_mut().unwrap().remove("lastHeartbeat").is_some());
    status
}

async fn stuck_deletion(namespace: &Namespace<'_>) {
    let mut recorder =
        Recorder::start(deployments_in(&namespace.client(), &namespace.name), "final-test", &namespace.name);
    apply(namespace, &base("final-test", json!({}))).await;
    recorder
        .wait(PATIENCE, |state| state.pointer("/status/phase").and_then(Value::as_str) == Some("Running"))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let finalizers = |list: &str| format!("{{\"metadata\":{{\"finalizers\":[{list}]}}}}");
    let block = finalizers("\"example.com/block-delete\"");
    let run = namespace.kubectl(&["patch", "deployment", "final-test", "--type=merge", "-p", &block]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let run = namespace.kubectl(&["delete", "modeldeployment", "final-test", "--wait=false"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    recorder.wait_for_last(&states("10", "states"), PATIENCE).await.unwrap_or_else(|error| panic!("{error}"));
    let run = namespace
        .kubectl(&["get", "deployment", "final-test", "-o", "jsonpath={.metadata.deletionTimestamp}"])
        .await;
    assert_ne!(run.stdout, "", "the Deployment is still there: {}", run.stderr);
    namespace.kubectl(&["patch", "deployment", "final-test", "--type=merge", "-p", &finalizers("")]).await;
}
