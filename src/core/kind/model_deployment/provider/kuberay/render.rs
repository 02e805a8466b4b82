//! The RayService.

use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::launch::{self, Server};
use crate::core::kind::model_deployment::object::{ComponentScaling, Gpu, ModelDeployment};
use crate::core::kind::model_deployment::provider::objects::{self, members};

use super::CHILD;

/// Image when the object names none; a constant of the shim.
const DEFAULT_IMAGE: &str = "rayproject/ray-llm:2.55.0-py311-cu128";
const HEAD_CPU: &str = "4";
const HEAD_MEMORY: &str = "16Gi";
const WORKER_MEMORY: &str = "32Gi";
const GPU: &str = "nvidia.com/gpu";

pub(super) fn render(deployment: &ModelDeployment) -> Value {
    let labels = objects::labels_with_pod_template(deployment);
    let annotations = deployment.pod_annotations();
    members! {
        "apiVersion": CHILD.api_version(),
        "kind": CHILD.kind,
        "metadata": objects::metadata(deployment, deployment.name(), &labels, annotations),
        "spec": members! {
            "serveConfigV2": serve_config(deployment),
            "rayClusterConfig": members! {
                "headGroupSpec": head(deployment),
                "workerGroupSpecs": workers(deployment),
            },
        },
    }
}

/// A text block of YAML inside the object, byte for byte the shim's.
fn serve_config(deployment: &ModelDeployment) -> String {
    format!(
        "applications:\n  - name: llm\n    route_prefix: /\n    import_path: vllm_serve:deployment\n    \
         deployments:\n      - name: VLLMDeployment\n        num_replicas: {}\n",
        deployment.replicas()
    )
}

fn image(deployment: &ModelDeployment) -> &str {
    match deployment.image_override() {
        "" => DEFAULT_IMAGE,
        wanted => wanted,
    }
}

/// `wanted` unless it is empty.
fn or<'a>(wanted: &'a str, default: &'a str) -> &'a str {
    if wanted.is_empty() { default } else { wanted }
}

fn head(deployment: &ModelDeployment) -> Value {
    let mut env = vec![
        // Unlike the user's variables this one is written even when it is empty.
        json!({"name": "MODEL_ID", "value": deployment.model_id()}),
        objects::env_value("VLLM_ENGINE_ARGS", &engine_args(deployment)),
    ];
    env.extend(objects::env_of_secrets(deployment));
    let limits = members! {"cpu": HEAD_CPU, "memory": or(deployment.memory(), HEAD_MEMORY)};
    let container = members! {
        "name": "ray-head",
        "image": image(deployment),
        "resources": members! {"limits": limits},
        "env": env,
    };
    members! {
        "rayStartParams": json!({"dashboard-host": "0.0.0.0"}),
        "template": pod(deployment, container),
    }
}

fn pod(deployment: &ModelDeployment, container: Value) -> Value {
    members! {
        "metadata": json!({"labels": {objects::MODEL_DEPLOYMENT_LABEL: deployment.name()}}),
        "spec": members! {"containers": vec![container]},
    }
}

fn workers(deployment: &ModelDeployment) -> Vec<Value> {
    if !deployment.disaggregated() {
        let gpu = deployment.spec.resources.as_ref().and_then(|resources| resources.gpu.as_ref());
        return vec![group(deployment, "gpu-workers", deployment.replicas(), gpu, deployment.memory())];
    }
    let component = |name, component: Option<&ComponentScaling>| {
        let component = component?;
        let memory = component.memory.as_deref().unwrap_or_default();
        let replicas = component.replicas.unwrap_or(0);
        Some(group(deployment, name, replicas, component.gpu.as_ref(), memory))
    };
    let groups = [
        component("prefill-workers", deployment.prefill()),
        component("decode-workers", deployment.decode()),
    ];
    groups.into_iter().flatten().collect()
}

fn group(deployment: &ModelDeployment, name: &str, replicas: i32, gpu: Option<&Gpu>, memory: &str) -> Value {
    let mut limits = Map::new();
    limits.insert("memory".into(), or(memory, WORKER_MEMORY).into());
    if let Some((gpu, count)) = gpu.and_then(|gpu| Some((gpu, gpu.count.filter(|count| *count > 0)?))) {
        let kind = or(gpu.kind.as_deref().unwrap_or_default(), GPU);
        limits.insert(kind.into(), count.to_string().into());
    }
    let container = members! {
        "name": "ray-worker",
        "image": image(deployment),
        "resources": members! {"limits": limits},
    };
    members! {
        "groupName": name,
        "replicas": replicas,
        "minReplicas": replicas,
        "maxReplicas": replicas,
        "rayStartParams": Map::new(),
        "template": pod(deployment, container),
    }
}

/// The engine's arguments in one line; keys are not checked and blanks not quoted.
fn engine_args(deployment: &ModelDeployment) -> String {
    let words = server(deployment).words.into_iter().map(|word| word.text);
    words.collect::<Vec<String>>().join(" ")
}

/// The server as the object describes it.
pub(super) fn server(deployment: &ModelDeployment) -> Server {
    let mut tokens = vec!["--model".to_owned(), deployment.model_id().to_owned()];
    if let Some(length) = deployment.context_length() {
        tokens.extend(["--max-model-len".to_owned(), length.to_string()]);
    }
    if !deployment.served_name().is_empty() {
        tokens.extend(["--served-model-name".to_owned(), deployment.served_name().to_owned()]);
    }
    if deployment.engine_flag(|engine| engine.trust_remote_code) {
        tokens.push("--trust-remote-code".to_owned());
    }
    let mut words = launch::from_shim(tokens);
    words.extend(launch::from_args(deployment, |_| true));
    let (gpus, at) = match deployment.prefill().filter(|_| deployment.disaggregated()) {
        Some(prefill) => (prefill.gpu_count(), "spec.scaling.prefill.gpu.count"),
        None => (deployment.gpu_count(), "spec.resources.gpu.count"),
    };
    Server { is_joined: true, ..Server::new(gpus, at, words) }
}
