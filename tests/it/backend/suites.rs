//! The rows of the suites and of the versions over a small world: right, and with one thing wrong at a time.

use super::green::green;
use super::world::{World, run};
use kubectl_airunway::core::plan::{Group, checks};
use kubectl_airunway::core::plan::{RefusedBy, Verdict};
use serde_json::{Value, json};

/// The checks of the suites that a client can make, and what they need; those of the other shims' versions are alike.
fn ids() -> Vec<&'static str> {
    let elsewhere = ["V4", "V7", "V5-dynamo", "V5-kaito", "V5-kuberay", "V5-llmd"];
    let of_suites = checks::checks().filter(|check| {
        matches!(
            check.group,
            Group::Versions | Group::Gpu | Group::Controller | Group::Gateway | Group::Mocker
        )
    });
    let ids = of_suites.map(|check| check.id).filter(|id| !elsewhere.contains(id));
    ids.chain(["P-gpu", "P-gateway", "P-kaito", "P-binary"]).collect()
}

#[tokio::test]
async fn in_a_world_that_is_right_every_check_is_green_and_leaves_nothing() {
    for id in ids() {
        let world = green(id);
        let before = world.inside().standing.len();
        let outcome = run(id, &world, None).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{id}: {}", outcome.reason);
        assert_eq!(world.inside().standing.len(), before, "{id} leaves something");
    }
}

/// One thing that is wrong: the check, what is edited, where, to what, and what comes of it.
type Edit = (&'static str, &'static str, &'static str, Value, Verdict, &'static str);

fn edits() -> Vec<Edit> {
    use Verdict::{Fail, Inconclusive, Skip};
    let (vllm, dynamo) = ("ModelDeployment qwen3-0-6b-vllm", "ModelDeployment qwen3-0-6b-dynamo");
    let (claim, job) =
        ("PersistentVolumeClaim qwen3-0-6b-dynamo-model-cache", "Job qwen3-0-6b-dynamo-model-download");
    let graph = "DynamoGraphDeployment qwen3-0-6b";
    let message = "/items/0/status/conditions/0/message";
    let pending = json!("Pending");
    let prefill = "/spec/services/VllmPrefillWorker/extraPodSpec/mainContainer/args";
    vec![
        ("G-vllm", "Deployment qwen3-0-6b-vllm", "/metadata", Value::Null, Fail, "G2: not within 180 s"),
        ("G-vllm", vllm, "/status/phase", pending.clone(), Fail, "G4: not within 2700 s"),
        ("G-vllm", vllm, "/status/provider/name", json!("kaito"), Fail, "G4: "),
        ("G-vllm", vllm, "/status/gateway/endpoint", Value::Null, Fail, "G5: "),
        ("G-vllm", vllm, "/status/gateway/modelName", json!("other"), Fail, "G5: "),
        ("G-vllm", "ask", "/body/choices", json!([]), Fail, "G7: "),
        ("G-vllm", "ask", "/body/error", json!({ "message": "no" }), Fail, "G7: "),
        ("G-vllm", "ask", "/body/choices/0/message/content", json!(""), Fail, "G7: "),
        (
            "G-kaito",
            "ModelDeployment qwen3-0-6b-kaito",
            "/status/gateway/modelName",
            json!("Qwen"),
            Fail,
            "G5: ",
        ),
        ("G-dynamo", claim, "/status/phase", pending.clone(), Fail, "G6: not within 300 s"),
        ("G-dynamo", job, "/status/succeeded", Value::Null, Fail, "G6: not within 900 s"),
        ("G-dynamo", dynamo, "/status/conditions/5/status", json!("False"), Fail, "G6: "),
        (
            "G-dynamo",
            "DynamoGraphDeployment qwen3-0-6b-dynamo",
            "/metadata/ownerReferences/0/name",
            json!("x"),
            Fail,
            "G6: ",
        ),
        ("P-gpu", "list nodes", "/items/1", Value::Null, Skip, "the largest node has 0"),
        (
            "P-gateway",
            "Gateway inference-gateway",
            "/status/conditions/0/status",
            json!("False"),
            Skip,
            "not programmed",
        ),
        ("P-kaito", "InferenceProviderConfig kaito", "/status/ready", json!(false), Skip, "it is not ready"),
        ("C1", "list pods", "/items", json!([]), Fail, ".items of pods has 1 entries"),
        ("C1", "list pods", "/items/0/status/phase", pending.clone(), Fail, "is Running"),
        (
            "C2",
            "ValidatingWebhookConfiguration airunway-validating-webhook-configuration",
            "/webhooks/0/clientConfig/caBundle",
            Value::Null,
            Fail,
            "caBundle of validating",
        ),
        (
            "C3",
            "InferenceProviderConfig kaito",
            "/spec/capabilities/engines/0/cpuSupport",
            json!(true),
            Fail,
            "cpuSupport",
        ),
        (
            "C3",
            "InferenceProviderConfig kaito",
            "/spec/capabilities/gpuSupport",
            json!(true),
            Fail,
            "gpuSupport",
        ),
        ("C4", "ModelDeployment e2e-vllm-no-gpu", "/status/phase", pending.clone(), Fail, "not within 30 s"),
        (
            "C5",
            "ModelDeployment e2e-llamacpp-no-gpu",
            "/status/engine/type",
            json!("vllm"),
            Fail,
            "is llamacpp",
        ),
        (
            "C6",
            "ModelDeployment llama-cpu-e2e",
            "/status/phase",
            json!("Deploying"),
            Fail,
            "not within 600 s",
        ),
        ("C6", "ask", "/status", json!(500), Fail, ".status of chat is 200"),
        ("C8", "Service llama-llmd-e2e", "/metadata/name", Value::Null, Fail, ".metadata.name of service"),
        ("W", "InferencePool llama-gw-e2e", "/spec/endpointPickerRef", Value::Null, Fail, "W1: "),
        ("W", "HTTPRoute llama-gw-e2e", "/spec/rules/0/backendRefs/0/kind", json!("Service"), Fail, "W2: "),
        ("W", "ModelDeployment llama-gw-e2e", "/status/gateway/modelName", Value::Null, Fail, "W3: "),
        ("W", "Deployment llama-gw-e2e-epp", "/status/readyReplicas", Value::Null, Fail, "W4: "),
        ("W", "ask", "/status", json!(503), Fail, "W5: "),
        (
            "M-agg",
            graph,
            "/spec/services/VllmWorker/extraPodSpec/mainContainer/image",
            json!("vllm-runtime"),
            Fail,
            "dynamo-planner",
        ),
        ("M-agg", graph, "/spec/services/VllmWorker/resources/limits/gpu", json!("1"), Fail, "limits.gpu"),
        ("M-agg", graph, "/status/state", json!("deploying"), Fail, "not within 900 s"),
        ("M-agg", "ModelDeployment qwen3-0-6b", "/status/phase", json!("Failed"), Fail, "not within 600 s"),
        (
            "M-disagg",
            "DynamoGraphDeployment qwen3-0-6b-disagg",
            prefill,
            json!(["--disaggregation-mode", "--kv-transfer-config"]),
            Fail,
            "--kv-transfer-config",
        ),
        ("V1", "binary vllm", "/checks/V1/verdict", json!("no"), Fail, "vllm: the versions do not agree: a"),
        ("V2", "binary vllm", "/checks/V2/verdict", json!("unknown"), Inconclusive, "proves neither: b"),
        ("V2", "binary vllm", "/checks/V2", Value::Null, Skip, "not built in that way"),
        ("V3", "binary vllm", "/checks/V3/verdict", json!("no"), Fail, "the versions do not agree: c"),
        ("V6", "binary vllm", "/checks/V6/verdict", json!("no"), Fail, "the versions do not agree: d"),
        ("V5-vllm", "shim vllm", "/verdict", json!("no"), Fail, "the versions do not agree: the image is"),
        ("V5-vllm", "shim vllm", "/verdict", json!("unknown"), Inconclusive, "the evidence proves neither"),
        // G3: a shortage of GPUs, another reason.
        (
            "G-vllm",
            "list pods",
            message,
            json!("0/3 nodes: 3 Insufficient nvidia.com/gpu."),
            Skip,
            "G3: SKIPPED (capacity)",
        ),
        (
            "G-vllm",
            "list pods",
            message,
            json!("0/3 nodes: untolerated taint"),
            Fail,
            "G3: FAILED: pod unschedulable",
        ),
    ]
}

#[test]
fn every_check_can_be_red() {
    let edits = edits();
    // A denial and the absence of every binary have tests of their own.
    for id in ids().into_iter().filter(|id| !["C7", "P-binary"].contains(id)) {
        assert!(edits.iter().any(|edit| edit.0 == id), "nothing makes {id} red");
    }
}

#[test]
fn what_a_check_needs_is_there() {
    // P1 to P6 are in the table of the Direct vLLM provider's checks.
    let ours = |id: &&&str| id.starts_with("P-") || id.starts_with("P7");
    for check in checks::all() {
        for id in check.needs.iter().filter(ours) {
            assert!(
                checks::find(id).is_some_and(|found| found.group == Group::Precondition),
                "{} needs {id}",
                check.id
            );
        }
    }
}

#[tokio::test]
async fn each_thing_that_is_wrong_has_its_verdict() {
    for (id, name, path, value, verdict, reason) in edits() {
        let world = green(id);
        if reason.starts_with("G3") {
            world.edit(name, "/items/0/status/conditions/0/status", json!("False"));
            world.edit("ModelDeployment qwen3-0-6b-vllm", "/status/phase", json!("Deploying"));
        }
        world.edit(name, path, value.clone());
        let outcome = run(id, &world, None).await;
        let what = format!("{id}, {name}{path} {value}: {}", outcome.reason);
        assert_eq!(outcome.verdict, verdict, "{what}");
        assert!(outcome.reason.contains(reason), "{what}");
    }
}

#[tokio::test]
async fn what_is_left_behind_is_told() {
    for (id, name, reason) in [
        ("G-vllm", "ModelDeployment qwen3-0-6b-vllm", "G8: not within 360 s"),
        ("G-vllm", "Deployment qwen3-0-6b-vllm", "G9: not within 120 s"),
        ("G-dynamo", "PersistentVolumeClaim qwen3-0-6b-dynamo-model-cache", "G9: "),
        ("W", "HTTPRoute llama-gw-e2e", "W6: not within 15 s"),
        ("M-agg", "DynamoGraphDeployment qwen3-0-6b", "not within 180 s"),
    ] {
        let world = green(id);
        world.inside().stays.push(name.to_owned());
        let outcome = run(id, &world, None).await;
        assert_eq!(outcome.verdict, Verdict::Fail, "{id}: {}", outcome.reason);
        assert!(outcome.reason.starts_with(reason), "{id}: {}", outcome.reason);
    }
}

#[tokio::test]
async fn what_is_not_there_is_skipped_by_name() {
    for (id, reason) in [
        ("P-kaito", "this provider is not installed"),
        ("P-gateway", "there is no Gateway inference-gateway in default"),
        ("V5-llmd", "this provider is not installed"),
        ("P-image-build", "docker-build SHIM_VERSION="),
        ("P-go-test", "make -C providers/PROVIDER test"),
        ("V4", "docker-build"),
        ("V7", "make"),
    ] {
        let outcome = run(id, &World::default(), None).await;
        assert_eq!(outcome.verdict, Verdict::Skip, "{id}: {}", outcome.reason);
        assert!(outcome.reason.contains(reason), "{id}: {}", outcome.reason);
    }
    let none = ["dynamo", "kaito", "kuberay", "llmd", "vllm"].iter().fold(World::default(), |world, name| {
        world.answer(&format!("binary {name}"), json!({ "absent": "give --shim-binary" }))
    });
    let outcome = run("P-binary", &none, None).await;
    assert_eq!(outcome.verdict, Verdict::Skip);
    assert_eq!(outcome.reason, "no built shim: give --shim-binary");
}

#[tokio::test]
async fn a_denial_has_to_come_with_its_words() {
    let world = green("C7");
    world.inside().refuses.as_mut().unwrap().message = "denied the request: not today".to_owned();
    assert_eq!(run("C7", &world, None).await.verdict, Verdict::Fail);
    let world = green("C7");
    world.inside().refuses.as_mut().unwrap().by = RefusedBy::Schema;
    assert_eq!(run("C7", &world, None).await.verdict, Verdict::Inconclusive);
    assert_eq!(run("C7", &World::default(), None).await.verdict, Verdict::Fail);
}
