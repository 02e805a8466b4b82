//! The worlds in which the checks of the suites are green.

use super::world::World;
use kubectl_airunway::core::plan::{Refusal, RefusedBy};
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
pub(super) fn green(id: &str) -> World {
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
