//! The Deployments that run the engine (model-service.md section 6).

use super::labels::{add_serving, base, standard};
use super::{DEPLOYMENT, ENGINE_PORT, Service, TARGET_PORT};
use crate::core::kubernetes::json::{list_at, text_at};
use serde_json::{Value, json};

/// A role of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role {
    /// Value of the role's label, and what the names of its objects end with.
    pub name: &'static str,
    /// Value of the component's label.
    pub component: &'static str,
    /// Where the object sets it.
    pointer: &'static str,
}

/// Pods that decode, or do everything.
pub(super) const DECODE: Role = Role { name: "decode", component: "model-decode", pointer: "/spec/decode" };
/// Pods that prefill.
pub(super) const PREFILL: Role =
    Role { name: "prefill", component: "model-prefill", pointer: "/spec/prefill" };

/// Where the model is unpacked on its way.
const UNPACK_DIRECTORY: &str = "/tmp/model-oci";
/// Where the login for unpacking stands.
const LOGIN_DIRECTORY: &str = "/.docker";

/// What unpacks a model.
const UNPACK: &str = r#"set -euo pipefail
export KITOPS_HOME="${KITOPS_HOME:-/tmp/model-oci}"
mkdir -p "$KITOPS_HOME"
kit unpack "$OCI_MODEL_IMAGE" --plain-http -o -d "$MODEL_MOUNT_PATH"
"#;

/// A variable whose value is a port of its own for transfers between pods.
pub(in super::super) const SIDE_PORT: &str = "VLLM_NIXL_SIDE_CHANNEL_PORT";

/// What no container may do.
pub(super) fn container_security() -> Value {
    json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})
}

/// What no pod may do.
pub(super) fn pod_security() -> Value {
    json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}})
}

impl Role {
    /// The name of its Deployment and its monitor.
    pub(super) fn object_name(self, service: &Service<'_>) -> String {
        format!("{}-{}", service.name, self.name)
    }

    /// The labels that select its pods.
    pub(super) fn selector(self, service: &Service<'_>) -> Value {
        let mut labels = base(service.name, self.component);
        add_serving(&mut labels, service.name, Some(self.name));
        labels
    }
}

/// The Deployment of a role.
pub(super) fn deployment(service: &Service<'_>, role: Role) -> Value {
    let spec = service.object.pointer(role.pointer).unwrap_or(&Value::Null);
    let mut labels = standard(service.name, role.component, &service.inputs.version);
    add_serving(&mut labels, service.name, Some(role.name));
    let mut metadata = json!({"labels": labels});
    copy(spec, "annotations", &mut metadata);
    let mut pod = json!({
        "automountServiceAccountToken": false,
        "securityContext": pod_security(),
    });
    copy(service.object.pointer("/spec/model").unwrap_or(&Value::Null), "imagePullSecrets", &mut pod);
    copy(spec, "nodeSelector", &mut pod);
    copy(spec, "tolerations", &mut pod);
    let init: Vec<Value> = unpack(service).into_iter().chain(proxy(service, role)).collect();
    if !init.is_empty() {
        pod["initContainers"] = init.into();
    }
    pod["containers"] = json!([engine(service, role, spec)]);
    pod["volumes"] = volumes(service);
    let mut object = service.child(DEPLOYMENT, &role.object_name(service), service.name, role.component);
    object["spec"] = json!({
        "replicas": spec.get("replicas").and_then(Value::as_i64).unwrap_or(1),
        "selector": {"matchLabels": role.selector(service)},
        "template": {"metadata": metadata, "spec": pod},
    });
    object
}

/// Copies a member that holds something.
fn copy(from: &Value, name: &str, to: &mut Value) {
    let Some(member) = from.get(name) else { return };
    let is_empty = member.as_object().is_some_and(|members| members.is_empty())
        || member.as_array().is_some_and(|items| items.is_empty());
    if !is_empty && !member.is_null() {
        to[name] = member.clone();
    }
}

/// The port on which the engine listens: behind the proxy where there is one.
fn listening_port(service: &Service<'_>, role: Role) -> i64 {
    if role == DECODE && service.has("/spec/routingProxy") {
        return service.number("/spec/routingProxy/targetPort", TARGET_PORT);
    }
    service.number("/spec/engine/port", ENGINE_PORT)
}

fn engine(service: &Service<'_>, role: Role, spec: &Value) -> Value {
    let port = listening_port(service, role);
    let size = |name: &str| {
        let given = spec.get("parallelism").and_then(|sizes| sizes.get(name)).and_then(Value::as_i64);
        given.unwrap_or(1).max(1)
    };
    let sizes = [
        ("--tensor-parallel-size", "TP_SIZE", size("tensor")),
        ("--data-parallel-size", "DP_SIZE", size("data")),
        ("--data-parallel-size-local", "DP_SIZE_LOCAL", size("dataLocal")),
    ];
    let mut args: Vec<Value> = vec![
        service.text("/spec/model/mountPath").into(),
        "--port".into(),
        port.to_string().into(),
        "--served-model-name".into(),
        service.text("/spec/model/name").into(),
    ];
    for (flag, _, size) in sizes.iter().filter(|(_, _, size)| *size > 1) {
        args.extend([Value::from(*flag), size.to_string().into()]);
    }
    args.extend(list_at(service.object, "/spec/engine/args").iter().cloned());
    let own = list_at(service.object, "/spec/engine/env");
    let mut env: Vec<Value> =
        sizes.iter().map(|(_, name, size)| json!({"name": name, "value": size.to_string()})).collect();
    env.extend(own.iter().cloned());
    let mut ports = vec![json!({"name": "http", "containerPort": port, "protocol": "TCP"})];
    if let Some(side) = side_port(own).filter(|side| *side != port) {
        ports.push(json!({"name": "nixl-side", "containerPort": side, "protocol": "TCP"}));
    }
    let mut container = json!({
        "name": "vllm",
        "image": service.image("/spec/engine/image", &service.inputs.engine_image),
    });
    let policy = service.text("/spec/engine/imagePullPolicy");
    if !policy.is_empty() {
        container["imagePullPolicy"] = policy.into();
    }
    container["command"] = json!(["vllm", "serve"]);
    container["args"] = args.into();
    container["env"] = env.into();
    container["ports"] = ports.into();
    container["resources"] = resources(service, spec, size("tensor") * size("dataLocal"));
    container["volumeMounts"] =
        json!([{"name": "model", "mountPath": service.text("/spec/model/mountPath"), "readOnly": true}]);
    container["securityContext"] = container_security();
    container
}

/// The port that the first variable of that name says, read as Go reads a number.
pub(in super::super) fn side_port(env: &[Value]) -> Option<i64> {
    let first = env.iter().find(|variable| text_at(variable, "/name") == SIDE_PORT)?;
    let port: i64 = text_at(first, "/value").parse().ok()?;
    (1..=65535).contains(&port).then_some(port)
}

/// The extended resource of an accelerator; none of `cpu`.
pub(in super::super) fn device(accelerator: &str) -> Option<&'static str> {
    match accelerator {
        "nvidia" => Some("nvidia.com/gpu"),
        "amd" => Some("amd.com/gpu"),
        "intel-gaudi" => Some("habana.ai/gaudi"),
        "google" => Some("google.com/tpu"),
        _ => None,
    }
}

/// The role's resources with the accelerators written over what it says of them.
fn resources(service: &Service<'_>, spec: &Value, count: i64) -> Value {
    let mut resources = spec.get("resources").filter(|own| own.is_object()).cloned().unwrap_or(json!({}));
    if let Some(device) = device(service.text("/spec/accelerator/type")) {
        for bound in ["limits", "requests"] {
            resources[bound][device] = count.to_string().into();
        }
    }
    resources
}

/// Whether the operator has a login for unpacking: the first pull secret, whatever is in it.
fn has_login(service: &Service<'_>) -> bool {
    !list_at(service.object, "/spec/model/imagePullSecrets").is_empty()
}

fn unpack(service: &Service<'_>) -> Option<Value> {
    let (kit, image) = (service.inputs.kit_image.as_str(), service.text("/spec/model/image"));
    if kit.is_empty() || image.is_empty() {
        return None;
    }
    let mount = service.text("/spec/model/mountPath");
    let mut env = vec![
        json!({"name": "OCI_MODEL_IMAGE", "value": image}),
        json!({"name": "MODEL_MOUNT_PATH", "value": mount}),
        json!({"name": "KITOPS_HOME", "value": UNPACK_DIRECTORY}),
    ];
    let mut mounts = vec![
        json!({"name": "model-tmp", "mountPath": UNPACK_DIRECTORY}),
        json!({"name": "model", "mountPath": mount}),
    ];
    if has_login(service) {
        env.push(json!({"name": "DOCKER_CONFIG", "value": LOGIN_DIRECTORY}));
        mounts.push(json!({"name": "docker-config", "mountPath": LOGIN_DIRECTORY, "readOnly": true}));
    }
    Some(json!({
        "name": "model-unpack", "image": kit, "command": ["/bin/sh", "-c"], "args": [UNPACK],
        "env": env, "volumeMounts": mounts, "securityContext": container_security(),
    }))
}

fn proxy(service: &Service<'_>, role: Role) -> Option<Value> {
    if role != DECODE || !service.has("/spec/routingProxy") {
        return None;
    }
    let port = service.number("/spec/engine/port", ENGINE_PORT);
    let own = |name: &str| service.object.pointer(&format!("/spec/routingProxy/{name}"));
    let text = |name: &str| own(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut args = vec!["--port".to_owned(), port.to_string()];
    let target = listening_port(service, role);
    args.extend(["--vllm-port".to_owned(), target.to_string()]);
    args.extend(["--connector".to_owned(), text("connector").unwrap_or_default().to_owned()]);
    let mut add = |flag: &str, name: &str| {
        if let Some(value) = text(name) {
            args.extend([flag.to_owned(), value.to_owned()]);
        }
    };
    add("--zap-encoder", "zapEncoder");
    add("--zap-log-level", "zapLogLevel");
    args.push(format!("--secure-proxy={}", own("secureProxy").and_then(Value::as_bool).unwrap_or(false)));
    if let Some(tls) = own("prefillerUseTLS").and_then(Value::as_bool) {
        args.push(format!("--prefiller-use-tls={tls}"));
    }
    if let Some(path) = text("certPath") {
        args.extend(["--cert-path".to_owned(), path.to_owned()]);
    }
    let mut container = json!({
        "name": "routing-proxy",
        "image": service.image("/spec/routingProxy/image", &service.inputs.proxy_image),
        "args": args,
        "ports": [{"name": "proxy", "containerPort": port, "protocol": "TCP"}],
    });
    if let Some(tracing) = &service.inputs.tracing {
        let mut env = vec![
            json!({"name": "OTEL_SERVICE_NAME", "value": "llm-d-routing-sidecar"}),
            super::picker::variable("OTEL_EXPORTER_OTLP_ENDPOINT", &tracing.endpoint),
            json!({"name": "OTEL_TRACES_EXPORTER", "value": "otlp"}),
        ];
        super::picker::add_sampler(&mut env, tracing);
        container["env"] = env.into();
    }
    container["restartPolicy"] = "Always".into();
    container["securityContext"] = container_security();
    Some(container)
}

fn volumes(service: &Service<'_>) -> Value {
    let mut volumes =
        vec![json!({"name": "model", "emptyDir": {}}), json!({"name": "model-tmp", "emptyDir": {}})];
    if has_login(service) {
        let name = service.text("/spec/model/imagePullSecrets/0/name");
        let mut secret = json!({"items": [{"key": ".dockerconfigjson", "path": "config.json"}]});
        if !name.is_empty() {
            secret["secretName"] = name.into();
        }
        volumes.push(json!({"name": "docker-config", "secret": secret}));
    }
    volumes.into()
}
