//! The rows of the suites and of the versions over a small world: right, and with one thing wrong at a time.

use super::world::{World, run};
use kubectl_airunway::core::plan::{Refusal, RefusedBy, Verdict};
use serde_json::{Value, json};

fn conditions(kinds: &[&str]) -> Value {
    kinds.iter().map(|kind| json!({ "type": kind, "status": "True", "reason": "X" })).collect()
}

fn chat(member: &str) -> Value {
    json!({ "status": 200, "body": { "choices": [{ "message": { member: "Hello." } }] } })
}

fn running(provider: &str, engine: &str, served: &str) -> Value {
    let kinds = [
        "Validated",
        "EngineSelected",
        "ProviderSelected",
        "GatewayReady",
        "StorageReady",
        "ModelDownloaded",
        "ResourceCreated",
        "ProviderCompatible",
    ];
    json!({
        "metadata": { "name": "x" },
        "status": {
            "phase": "Running", "provider": { "name": provider }, "engine": { "type": engine },
            "gateway": { "endpoint": "10.0.0.1", "modelName": served }, "conditions": conditions(&kinds),
        },
    })
}

fn named(name: &str) -> Value {
    json!({ "metadata": { "name": name } })
}

fn pods(status: &str, message: &str) -> Value {
    let scheduled = json!({ "type": "PodScheduled", "status": status, "message": message });
    json!({ "items": [{ "metadata": { "name": "p" }, "status": { "phase": "Pending", "conditions": [scheduled] } }] })
}

/// The world of the GPU suite.
fn gpu(provider: &str, child: &str, served: &str) -> World {
    let name = format!("qwen3-0-6b-{provider}");
    let owner = json!([{ "kind": "ModelDeployment", "name": name }]);
    let rendered = json!({ "metadata": { "name": name, "ownerReferences": owner } });
    let world = World::default()
        .coming(&format!("ModelDeployment {name}"), running(provider, "vllm", served))
        .coming(&format!("{child} {name}"), rendered)
        .answer("list pods", pods("True", ""))
        .answer("ask", chat("content"));
    if provider != "dynamo" {
        return world;
    }
    let labels = |name: &str, value: &str| json!({ "labels": { (format!("airunway.ai/{name}")): value } });
    let claim = json!({ "metadata": labels("managed-by", "airunway"), "status": { "phase": "Bound" } });
    let job = json!({ "metadata": labels("job-type", "model-download"), "status": { "succeeded": 1 } });
    world
        .coming("PersistentVolumeClaim qwen3-0-6b-dynamo-model-cache", claim)
        .coming("Job qwen3-0-6b-dynamo-model-download", job)
}

fn kaito() -> Value {
    let engines = json!([
        { "name": "vllm", "servingModes": ["aggregated"], "gpuSupport": true },
        { "name": "llamacpp", "servingModes": ["aggregated"], "gpuSupport": true, "cpuSupport": true },
    ]);
    json!({
        "metadata": { "name": "kaito" }, "spec": { "capabilities": { "engines": engines } },
        "status": { "ready": true },
    })
}

fn gateway_suite() -> World {
    let backend = json!({ "group": "inference.networking.k8s.io", "kind": "InferencePool" });
    let route =
        json!({ "parentRefs": [{ "name": "inference-gateway" }], "rules": [{ "backendRefs": [backend] }] });
    let pool = json!({
        "selector": { "matchLabels": { "airunway.ai/model-deployment": "llama-gw-e2e" } },
        "endpointPickerRef": { "name": "llama-gw-e2e-epp" },
    });
    World::default()
        .coming("ModelDeployment llama-gw-e2e", running("kaito", "llamacpp", "llama-3.2-1b-instruct"))
        .coming("InferencePool llama-gw-e2e", json!({ "spec": pool }))
        .coming("HTTPRoute llama-gw-e2e", json!({ "spec": route }))
        .coming("Deployment llama-gw-e2e-epp", json!({ "status": { "readyReplicas": 1 } }))
        .answer("ask", chat("content"))
}

fn mocker(name: &str, workers: &[&str]) -> World {
    let container = json!({
        "image": "nvcr.io/nvidia/ai-dynamo/dynamo-planner:1.1.1", "command": ["python3", "-m", "dynamo.mocker"],
        "args": ["--model-path", "x", "--disaggregation-mode", "prefill"],
    });
    let worker = json!({
        "extraPodSpec": { "mainContainer": container }, "resources": { "limits": { "cpu": "100m" } },
    });
    let services: Value = workers.iter().map(|name| ((*name).to_owned(), worker.clone())).collect();
    let graph = json!({
        "metadata": { "name": name }, "spec": { "services": services }, "status": { "state": "successful" },
    });
    World::default()
        .coming(&format!("ModelDeployment {name}"), running("dynamo", "vllm", "Qwen/Qwen3-0.6B"))
        .coming(&format!("DynamoGraphDeployment {name}"), graph)
        .answer("ask", chat("content"))
}

fn webhook() -> Value {
    json!({ "webhooks": [{ "clientConfig": { "caBundle": "LS0tLS1CRUdJTi0tLS0t" } }] })
}

fn binary() -> Value {
    let check = |reason: &str| json!({ "verdict": "yes", "reason": reason });
    json!({ "checks": { "V1": check("a"), "V2": check("b"), "V3": check("c"), "V6": check("d") } })
}

fn binaries() -> World {
    let absent = || json!({ "absent": "no --shim-binary" });
    let others = ["dynamo", "kaito", "kuberay", "llmd"];
    let world =
        others.iter().fold(World::default(), |world, name| world.answer(&format!("binary {name}"), absent()));
    world.answer("binary vllm", binary())
}

/// The world in which a check of a suite is green.
fn green(id: &str) -> World {
    match id {
        "G-vllm" => gpu("vllm", "Deployment", "vllm-qwen3-06b"),
        "G-kaito" => gpu("kaito", "Workspace", "qwen3-0.6b"),
        "G-dynamo" => gpu("dynamo", "DynamoGraphDeployment", "Qwen/Qwen3-0.6B"),
        "P-gpu" => {
            let node = |gpus: &str| json!({ "status": { "allocatable": { "nvidia.com/gpu": gpus } } });
            World::default().answer("list nodes", json!({ "items": [node("0"), node("8")] }))
        }
        "P-gateway" => {
            let gateway = json!({
                "metadata": { "name": "inference-gateway" }, "status": { "conditions": conditions(&["Programmed"]) },
            });
            World::default().standing("Gateway inference-gateway", gateway)
        }
        "P-kaito" | "C3" => World::default().standing("InferenceProviderConfig kaito", kaito()),
        "C1" => {
            let pod = json!({
                "metadata": { "name": "airunway-controller-manager-5d-x" }, "status": { "phase": "Running" },
            });
            World::default().answer("list pods", json!({ "items": [pod] }))
        }
        "C2" => World::default()
            .standing("Secret airunway-webhook-server-cert", named("airunway-webhook-server-cert"))
            .standing("MutatingWebhookConfiguration airunway-mutating-webhook-configuration", webhook())
            .standing("ValidatingWebhookConfiguration airunway-validating-webhook-configuration", webhook()),
        "C4" => {
            let message = "vllm engine requires GPU (set resources.gpu.count > 0)";
            let failed = json!({ "status": { "phase": "Failed", "message": message } });
            World::default().coming("ModelDeployment e2e-vllm-no-gpu", failed)
        }
        "C5" => {
            World::default().coming("ModelDeployment e2e-llamacpp-no-gpu", running("kaito", "llamacpp", ""))
        }
        "C6" => World::default()
            .coming("ModelDeployment llama-cpu-e2e", running("kaito", "llamacpp", ""))
            .answer("ask", chat("content")),
        "C7" => {
            let world = World::default();
            let message = "admission webhook \"vmodeldeployment-v1alpha1.kb.io\" denied the request: spec.model.id: \
                           Required value: model.id is required when source is huggingface";
            let by = RefusedBy::Webhook("vmodeldeployment-v1alpha1.kb.io".to_owned());
            world.inside().refuses = Some(Refusal { by, code: 403, message: message.to_owned() });
            world
        }
        "C8" => World::default()
            .coming("ModelDeployment llama-llmd-e2e", running("llmd", "vllm", ""))
            .coming("Deployment llama-llmd-e2e", named("llama-llmd-e2e"))
            .coming("Service llama-llmd-e2e", named("llama-llmd-e2e"))
            .answer("ask", chat("reasoning")),
        "W" => gateway_suite(),
        "M-agg" => mocker("qwen3-0-6b", &["VllmWorker"]),
        "M-disagg" => mocker("qwen3-0-6b-disagg", &["VllmPrefillWorker", "VllmDecodeWorker"]),
        "V1" | "V2" | "V3" | "V6" | "P-binary" => binaries(),
        "V5-vllm" => World::default().standing("InferenceProviderConfig vllm", named("vllm")).answer(
            "shim vllm",
            json!({ "verdict": "yes", "reason": "the image is v1.2.3, and it reports v1.2.3" }),
        ),
        other => panic!("no world for {other}"),
    }
}

const GREEN: [&str; 24] = [
    "G-vllm",
    "G-kaito",
    "G-dynamo",
    "P-gpu",
    "P-gateway",
    "P-kaito",
    "C1",
    "C2",
    "C3",
    "C4",
    "C5",
    "C6",
    "C7",
    "C8",
    "W",
    "M-agg",
    "M-disagg",
    "V1",
    "V2",
    "V3",
    "V6",
    "P-binary",
    "V5-vllm",
    "V3",
];

#[tokio::test]
async fn in_a_world_that_is_right_every_check_is_green_and_leaves_nothing() {
    for id in GREEN {
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
