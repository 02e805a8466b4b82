//! The services that run the engine, and their arguments.

use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::launch::{self, Server};
use crate::core::kind::model_deployment::object::{
    ComponentScaling, ModelDeployment, StorageVolume, Toleration, engine,
};
use crate::core::kind::model_deployment::provider::arguments::{self, ArgumentError};
use crate::core::kind::model_deployment::provider::objects::{self, members};
use crate::core::kind::model_deployment::provider::versions::Versions;

use super::is_mocker;

/// Processors of one replica of the test backend.
pub(super) const MOCKER_CPU: &str = "100m";
/// Memory of one replica of the test backend.
pub(super) const MOCKER_MEMORY: &str = "256Mi";
/// How vLLM workers hand the cache over to each other.
const KV_TRANSFER: &str = r#"{"kv_connector":"NixlConnector","kv_role":"kv_both"}"#;

/// What a worker does.
#[derive(Clone, Copy)]
pub(super) enum Role<'a> {
    /// Everything.
    Aggregated,
    /// Reads prompts.
    Prefill(&'a ComponentScaling),
    /// Writes answers.
    Decode(&'a ComponentScaling),
}

impl<'a> Role<'a> {
    /// Name of the service, the same for every engine.
    pub(super) fn service_name(self) -> &'static str {
        match self {
            Self::Aggregated => "VllmWorker",
            Self::Prefill(_) => "VllmPrefillWorker",
            Self::Decode(_) => "VllmDecodeWorker",
        }
    }

    /// What the shim says it was doing when the arguments are refused.
    pub(super) fn context(self) -> &'static str {
        match self {
            Self::Aggregated => "failed to build services: failed to build aggregated worker",
            Self::Prefill(_) => "failed to build services: failed to build prefill worker",
            Self::Decode(_) => "failed to build services: failed to build decode worker",
        }
    }

    /// Half of the work and its scaling.
    fn half(self) -> Option<(&'static str, &'a ComponentScaling)> {
        match self {
            Self::Aggregated => None,
            Self::Prefill(scaling) => Some(("prefill", scaling)),
            Self::Decode(scaling) => Some(("decode", scaling)),
        }
    }
}

/// One worker.
///
/// # Errors
/// A key of the engine's arguments that is not a flag name; the test backend, which takes none, refuses it too.
pub(super) fn service(
    deployment: &ModelDeployment,
    versions: &Versions,
    role: Role<'_>,
    gateway: bool,
) -> Result<Value, ArgumentError> {
    let args = arguments(deployment, role)?;
    let engine = deployment.engine();
    let (module, args) =
        if is_mocker(deployment) { ("mocker", mocker_arguments(deployment, role)) } else { (engine, args) };
    let mut container = Map::new();
    container.insert("image".into(), image(deployment, versions).into());
    container.insert("command".into(), json!(["python3", "-m", format!("dynamo.{module}")]));
    container.insert("args".into(), args.into());
    let env = env(deployment);
    if !env.is_empty() {
        container.insert("env".into(), env.into());
    }
    let replicas = match role.half() {
        None => deployment.replicas(),
        Some((_, scaling)) => scaling.replicas.unwrap_or(0),
    };
    let mut worker = members! {
        "componentType": "worker",
        "replicas": replicas,
        "resources": resources(deployment, role),
        "extraPodSpec": pod(deployment, container),
    };
    let mut add = |name: &str, value: Value| {
        if let Value::Object(members) = &mut worker {
            members.insert(name.to_owned(), value);
        }
    };
    if let Some((half, _)) = role.half() {
        add("subComponentType", half.into());
    }
    if gateway {
        add("frontendSidecar", sidecar(deployment, versions, role));
    }
    if !deployment.volumes().is_empty() {
        add("volumeMounts", deployment.volumes().iter().map(|volume| mount(deployment, volume)).collect());
    }
    add_secret(&mut worker, deployment);
    Ok(worker)
}

/// The Secret with the token becomes the environment of a service.
pub(super) fn add_secret(service: &mut Value, deployment: &ModelDeployment) {
    if let (Value::Object(members), Some(secret)) = (service, deployment.token_secret()) {
        members.insert("envFromSecret".into(), secret.into());
    }
}

/// The image of workers and frontend. The test backend is in one image only, which wins over the user's.
pub(super) fn image(deployment: &ModelDeployment, versions: &Versions) -> String {
    let name = match (deployment.image_override(), deployment.engine()) {
        _ if is_mocker(deployment) => "dynamo-planner",
        ("", engine::SGLANG) => "sglang-runtime",
        ("", engine::TRTLLM) => "tensorrtllm-runtime",
        ("", _) => "vllm-runtime",
        (wanted, _) => return wanted.to_owned(),
    };
    runtime(name, versions)
}

/// An image of the release.
pub(super) fn runtime(name: &str, versions: &Versions) -> String {
    format!("nvcr.io/nvidia/ai-dynamo/{name}:{}", versions.get(super::VERSION))
}

/// The frontend next to the engine, which the gateway routes to.
fn sidecar(deployment: &ModelDeployment, versions: &Versions, role: Role<'_>) -> Value {
    let args = match role {
        Role::Aggregated => json!(["-m", "dynamo.frontend", "--router-mode", "direct"]),
        _ => json!(["-m", "dynamo.frontend"]),
    };
    let mut sidecar = json!({"image": runtime("vllm-runtime", versions), "args": args});
    add_secret(&mut sidecar, deployment);
    sidecar
}

fn arguments(deployment: &ModelDeployment, role: Role<'_>) -> Result<Vec<String>, ArgumentError> {
    let mut args = generated_before(deployment);
    let is_passed_on = |key: &str| is_passed_on(deployment, key);
    arguments::push_map(&mut args, deployment.engine_args().iter().filter(|(key, _)| is_passed_on(key)))?;
    args.extend(generated_behind(deployment, role));
    Ok(args)
}

/// vLLM has no `--connector` any more.
fn is_passed_on(deployment: &ModelDeployment, key: &str) -> bool {
    deployment.engine() != engine::VLLM || key != "connector"
}

/// The workers as the object describes them.
pub(super) fn servers(deployment: &ModelDeployment) -> Vec<Server> {
    if is_mocker(deployment) {
        return Vec::new(); // It gets none of the object's arguments.
    }
    let server = |role: Role<'_>, gpus: i32, gpus_at: &'static str| {
        let over = format!("/spec/services/{}", role.service_name());
        let over = deployment.overrides().and_then(|overrides| overrides.pointer(&over));
        let member = |pointer: &str| over.and_then(|over| over.pointer(pointer));
        if member("/extraPodSpec/mainContainer/args").is_some() || member("/resources").is_some() {
            return None; // Other arguments, or other GPUs.
        }
        let nodes = member("/multinode/nodeCount").and_then(Value::as_i64).unwrap_or(1).max(1);
        let mut words = launch::from_shim(generated_before(deployment));
        let passes = |key: &str| is_passed_on(deployment, key) && arguments::check_key(key).is_ok();
        words.extend(launch::from_args(deployment, passes));
        words.extend(launch::from_shim(generated_behind(deployment, role)));
        let server = Server::new(gpus, gpus_at, words);
        Some(Server { gpus: server.gpus.saturating_mul(nodes), ..server })
    };
    if !deployment.disaggregated() {
        let one = server(Role::Aggregated, deployment.gpu_count(), "spec.resources.gpu.count");
        return one.into_iter().collect();
    }
    let prefill =
        deployment.prefill().map(|part| (Role::Prefill(part), part, "spec.scaling.prefill.gpu.count"));
    let decode = deployment.decode().map(|part| (Role::Decode(part), part, "spec.scaling.decode.gpu.count"));
    let parts = prefill.into_iter().chain(decode);
    parts.filter_map(|(role, part, at)| server(role, part.gpu_count(), at)).collect()
}

/// What the shim puts in front of the object's own arguments.
fn generated_before(deployment: &ModelDeployment) -> Vec<String> {
    let engine = deployment.engine();
    let model = if matches!(engine, engine::SGLANG | engine::TRTLLM) { "--model-path" } else { "--model" };
    let mut args = vec![model.to_owned(), deployment.model_id().to_owned()];
    if !deployment.served_name().is_empty() {
        arguments::push(&mut args, "--served-model-name", deployment.served_name());
    }
    let length_flag = match engine {
        engine::VLLM => Some("--max-model-len"),
        engine::SGLANG => Some("--context-length"),
        _ => None,
    };
    if let (Some(flag), Some(length)) = (length_flag, deployment.context_length()) {
        arguments::push(&mut args, flag, length.to_string());
    }
    if matches!(engine, engine::VLLM | engine::SGLANG) {
        let flags = [
            ("--trust-remote-code", deployment.engine_flag(|engine| engine.trust_remote_code)),
            ("--enable-prefix-caching", deployment.engine_flag(|engine| engine.enable_prefix_caching)),
            ("--enforce-eager", deployment.engine_flag(|engine| engine.enforce_eager)),
        ];
        args.extend(flags.iter().filter(|(_, wanted)| *wanted).map(|(flag, _)| (*flag).to_owned()));
    }
    args
}

/// What the shim puts behind them.
fn generated_behind(deployment: &ModelDeployment, role: Role<'_>) -> Vec<String> {
    let mut args = Vec::new();
    if let Some((half, _)) = role.half() {
        arguments::push(&mut args, "--disaggregation-mode", half);
        if deployment.engine() == engine::VLLM {
            arguments::push(&mut args, "--kv-transfer-config", KV_TRANSFER);
        }
    }
    args
}

fn mocker_arguments(deployment: &ModelDeployment, role: Role<'_>) -> Vec<String> {
    let model = deployment.model_id();
    let name = if deployment.served_name().is_empty() { model } else { deployment.served_name() };
    let mut args = Vec::new();
    for (flag, value) in [
        ("--model-path", model),
        ("--model-name", name),
        ("--speedup-ratio", "1000.0"),
        ("--num-gpu-blocks-override", "4096"),
        ("--block-size", "16"),
        ("--max-num-seqs", "64"),
    ] {
        arguments::push(&mut args, flag, value);
    }
    if let Some((half, _)) = role.half() {
        arguments::push(&mut args, "--disaggregation-mode", half);
    }
    args
}

/// Accelerators are limits and requests, the rest limits only. Both maps are there even when empty.
fn resources(deployment: &ModelDeployment, role: Role<'_>) -> Value {
    if is_mocker(deployment) {
        let amounts = json!({"cpu": MOCKER_CPU, "memory": MOCKER_MEMORY});
        return json!({"limits": amounts.clone(), "requests": amounts});
    }
    let (gpus, memory, cpu) = match role.half() {
        None => (deployment.gpu_count(), deployment.memory(), deployment.cpu()),
        Some((_, scaling)) => (scaling.gpu_count(), scaling.memory.as_deref().unwrap_or_default(), ""),
    };
    let mut limits = Map::new();
    let mut requests = Map::new();
    if gpus > 0 {
        limits.insert("gpu".into(), gpus.to_string().into());
        requests.insert("gpu".into(), gpus.to_string().into());
    }
    for (name, amount) in [("memory", memory), ("cpu", cpu)] {
        if !amount.is_empty() {
            limits.insert(name.into(), amount.into());
        }
    }
    members! {"limits": limits, "requests": requests}
}

fn env(deployment: &ModelDeployment) -> Vec<Value> {
    let mut env = Vec::new();
    let cache = deployment.volumes().iter().find(|volume| volume.is_model_cache());
    if let Some(cache) = cache
        && !deployment.env().iter().any(|variable| variable.name == "HF_HOME")
    {
        let path = cache.mount_path.as_deref().unwrap_or_default();
        env.push(json!({"name": "HF_HOME", "value": path}));
    }
    if deployment.engine() == engine::VLLM && deployment.disaggregated() {
        let source = json!({"fieldRef": {"fieldPath": "status.podIP"}});
        env.push(json!({"name": "VLLM_NIXL_SIDE_CHANNEL_HOST", "valueFrom": source}));
    }
    env
}

fn mount(deployment: &ModelDeployment, volume: &StorageVolume) -> Value {
    let mut mount = Map::new();
    mount.insert("name".into(), volume.claim(deployment.name()).into());
    mount.insert("mountPoint".into(), volume.mount_path.as_deref().unwrap_or_default().into());
    if volume.purpose.as_deref() == Some("compilationCache") {
        mount.insert("useAsCompilationCache".into(), true.into());
    }
    if volume.read_only == Some(true) {
        mount.insert("readOnly".into(), true.into());
    }
    Value::Object(mount)
}

fn pod(deployment: &ModelDeployment, container: Map<String, Value>) -> Value {
    let mut pod = Map::new();
    pod.insert("mainContainer".into(), container.into());
    if !deployment.node_selector().is_empty() {
        pod.insert("nodeSelector".into(), objects::strings(deployment.node_selector()));
    }
    if !deployment.tolerations().is_empty() {
        pod.insert("tolerations".into(), deployment.tolerations().iter().map(toleration).collect());
    }
    Value::Object(pod)
}

/// Unlike in a pod that the API server has stored, key and operator are there even when empty.
fn toleration(toleration: &Toleration) -> Value {
    let mut entry = Map::new();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    entry.insert("key".into(), text(&toleration.key).into());
    entry.insert("operator".into(), text(&toleration.operator).into());
    for (name, text) in [("value", text(&toleration.value)), ("effect", text(&toleration.effect))] {
        if !text.is_empty() {
            entry.insert(name.into(), text.into());
        }
    }
    if let Some(seconds) = toleration.toleration_seconds {
        entry.insert("tolerationSeconds".into(), seconds.into());
    }
    Value::Object(entry)
}
