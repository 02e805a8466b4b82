//! The shim lives and dies with its pod, and reaches what a NetworkPolicy lets it reach: both concern the whole cluster,
//! so these have one of their own.

use kube::api::{Api, DynamicObject};
use serde_json::{Value, json};

use super::recorder::Recorder;
use super::replay::{PATIENCE, PLAN, apply, base};
use crate::cluster::airunway::{Lapse, Options, deployments_in, provider_configs};
use crate::cluster::{Cluster, Namespace};
use std::time::Duration;

const SYSTEM: &str = "airunway-system";

#[test]
fn c13_and_c3b_what_the_cluster_does_to_the_shims_pod() {
    let shared = Cluster::shared();
    shared.run(async {
        let options = Options { heartbeat: Duration::from_secs(3600), ..Options::default() };
        let cluster = Cluster::start(options).await.unwrap();
        let namespace = cluster.namespace("shim-pod").await;
        a_pod_that_goes_takes_the_shim_with_it(&namespace).await;
        a_policy_keeps_the_shim_from_its_registry(&namespace).await;
        a_restart_can_change_what_it_should_not(&namespace).await;
        the_cluster_has_what_the_plan_looks_at(&namespace).await;
        what_concerns_the_cluster_can_be_mended(&namespace).await;
    });
}

async fn running(namespace: &Namespace<'_>, name: &str) {
    let mut recorder =
        Recorder::start(deployments_in(&namespace.client(), &namespace.name), name, &namespace.name);
    apply(namespace, &base(name, json!({}))).await;
    let running = |state: &Value| state.pointer("/status/phase").is_some_and(|phase| phase == "Running");
    recorder.wait(PATIENCE, running).await.unwrap_or_else(|error| panic!("{error}"));
}

async fn get(namespace: &Namespace<'_>, arguments: &[&str]) -> Value {
    let run = namespace.kubectl(&[&["get"], arguments, &["-o", "json"]].concat()).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// Deletes the shim's pod and returns what the shim says of itself until it is ready again, its heartbeat aside.
async fn restart(namespace: &Namespace<'_>) -> Vec<Value> {
    let api: Api<DynamicObject> = Api::all_with(namespace.client(), &provider_configs());
    let mut recorder = Recorder::start(api, "vllm", &namespace.name);
    let ready = |state: &Value| state.pointer("/status/ready") == Some(&json!(true));
    recorder.wait(PATIENCE, ready).await.unwrap();
    let pods = ["delete", "pods", "-n", SYSTEM, "-l", "control-plane=vllm-provider", "--wait=false"];
    let run = namespace.kubectl(&pods).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut seen = Vec::new();
    for wanted in [false, true] {
        let state = recorder.wait(PATIENCE, |state| ready(state) == wanted).await;
        let mut status = state.unwrap_or_else(|error| panic!("{error}"))["status"].take();
        assert!(status.as_object_mut().unwrap().remove("lastHeartbeat").is_some(), "{status}");
        seen.push(status);
    }
    seen
}

async fn a_pod_that_goes_takes_the_shim_with_it(namespace: &Namespace<'_>) {
    running(namespace, "restart-test").await;
    let place = ["deployment", "restart-test"];
    let before = get(namespace, &place).await;
    assert_eq!(json!(restart(namespace).await), PLAN["13"]["ipc"]);
    // The shim takes up its work.
    running(namespace, "second").await;
    let after = get(namespace, &place).await;
    for member in ["/metadata/uid", "/metadata/generation", "/spec"] {
        assert_eq!(after.pointer(member), before.pointer(member), "{member}");
    }
}

async fn a_restart_can_change_what_it_should_not(namespace: &Namespace<'_>) {
    let reference = namespace.cluster.reference();
    for lapse in [Lapse::RestartRolls, Lapse::RestartRepins] {
        reference.break_promise(&namespace.name, lapse).await.unwrap();
    }
    let name = "restart-test-again";
    running(namespace, name).await;
    let seen = async || {
        let generation =
            get(namespace, &["deployment", name]).await["metadata"]["generation"].as_i64().unwrap();
        let digest = get(namespace, &["modeldeployment", name]).await["status"]["image"]["digest"].clone();
        (generation, digest)
    };
    let before = seen().await;
    restart(namespace).await;
    let rolled = format!("--for=jsonpath={{.status.observedGeneration}}={}", before.0 + 1);
    let run = namespace.kubectl(&["wait", "deployment", name, &rolled, "--timeout=20s"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while seen().await.1 == before.1 {
        assert!(tokio::time::Instant::now() < deadline, "the digest stays {}", before.1);
    }
    namespace.mend().await;
}

async fn a_policy_keeps_the_shim_from_its_registry(namespace: &Namespace<'_>) {
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "no-registry", "namespace": SYSTEM},
        "spec": {
            "podSelector": {"matchLabels": {"control-plane": "vllm-provider"}}, "policyTypes": ["Egress"],
            "egress": [{"ports": [{"protocol": "TCP", "port": 6443}]}],
        },
    });
    let run = namespace.kubectl_with(&["apply", "-n", SYSTEM, "-f", "-"], &policy).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let api = deployments_in(&namespace.client(), &namespace.name);
    let mut recorder = Recorder::start(api, "outage-fresh", &namespace.name);
    apply(namespace, &base("outage-fresh", json!({}))).await;
    let phase = |wanted: &'static str| move |state: &Value| state["status"]["phase"] == wanted;
    let state = recorder.wait(PATIENCE, phase("Failed")).await.unwrap_or_else(|error| panic!("{error}"));
    let message = state["status"]["message"].as_str().unwrap();
    assert!(message.starts_with("failed to resolve default vLLM image"), "{message}");
    assert_eq!(state["status"]["image"]["digest"], Value::Null, "{state}");
    let run = namespace.kubectl(&["get", "deployment,service", "outage-fresh"]).await;
    assert_eq!(run.code, Some(1), "nothing is made: {}", run.stdout);
    // What is pinned already does not mind.
    let pinned = get(namespace, &["modeldeployment", "restart-test"]).await;
    assert_eq!(pinned["status"]["phase"], "Running");
    let run = namespace.kubectl(&["delete", "networkpolicy", "-n", SYSTEM, "no-registry"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    recorder.wait(PATIENCE, phase("Running")).await.unwrap_or_else(|error| panic!("{error}"));
}

async fn the_cluster_has_what_the_plan_looks_at(namespace: &Namespace<'_>) {
    let secret = get(namespace, &["secret", "-n", SYSTEM, "airunway-webhook-server-cert"]).await;
    assert!(secret["data"]["ca.crt"].is_string(), "{secret}");
    for kind in ["mutating", "validating"] {
        let name = format!("airunway-{kind}-webhook-configuration");
        let hooks = get(namespace, &[&format!("{kind}webhookconfiguration"), &name]).await;
        let bundle = hooks["webhooks"][0]["clientConfig"]["caBundle"].as_str().unwrap_or_default();
        assert!(bundle.len() > 10, "{kind}: {bundle:?}");
    }
}

async fn what_concerns_the_cluster_can_be_mended(namespace: &Namespace<'_>) {
    let reference = namespace.cluster.reference();
    let provider = || get(namespace, &["inferenceproviderconfig", "vllm"]);
    for (lapse, place, broken) in [
        (Lapse::NeverReady, "/status/ready", Value::Null),
        (Lapse::NeverReadyAgain, "/status/ready", Value::Null),
        (Lapse::HasRules, "/spec/selectionRules/0/condition", json!("false")),
        (Lapse::MoreEngines, "/spec/capabilities/engines/1/name", json!("sglang")),
        (Lapse::NoAnnotations, "/metadata/annotations", Value::Null),
        (Lapse::StaleHeartbeat, "/status/lastHeartbeat", json!("2026-01-01T00:00:00Z")),
        (Lapse::OtherVersion, "/status/version", json!("vllm-provider:v0.0.1")),
    ] {
        reference.break_promise(&namespace.name, lapse).await.unwrap();
        let found = provider().await;
        assert_eq!(found.pointer(place).unwrap_or(&Value::Null), &broken, "{lapse:?}");
        reference.keep_promises().await.unwrap();
        let found = provider().await;
        assert_ne!(found.pointer(place).unwrap_or(&Value::Null), &broken, "{lapse:?}");
    }
}
