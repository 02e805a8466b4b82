//! The endpoint picker: its configuration, its Deployment and its Service (model-service.md section 7).

use super::labels::{PICKER, base};
use super::serving::{container_security, pod_security};
use super::{CONFIG_MAP, DEPLOYMENT, PICKER_PORT, SERVICE, Service};
use crate::core::kind::model_service::inputs::Tracing;
use crate::core::kubernetes::json;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The file and the text of the configuration without prefill pods.
const WHOLE: (&str, &str) = ("default-plugins.yaml", include_str!("default-plugins.yaml"));
/// The same with prefill pods.
const SPLIT: (&str, &str) = ("pd-config.yaml", include_str!("pd-config.yaml"));

/// Where health is asked for.
const HEALTH_PORT: i64 = 9003;
/// Where metrics are.
const METRICS_PORT: i64 = 9090;

fn configuration(service: &Service<'_>) -> (&'static str, &'static str) {
    if service.is_split() { SPLIT } else { WHOLE }
}

/// The ConfigMap of the picker.
pub(super) fn config_map(service: &Service<'_>) -> Value {
    let (file, text) = configuration(service);
    let name = format!("{}-config", service.picker);
    let mut object = service.child(CONFIG_MAP, &name, &service.picker, PICKER);
    object["data"] = json!({file: text});
    object
}

/// The picker's port.
pub(super) fn port(service: &Service<'_>) -> i64 {
    service.number("/spec/inferencePool/endpointPicker/port", PICKER_PORT)
}

/// How many pickers run.
pub(super) fn replicas(service: &Service<'_>) -> i64 {
    service.number("/spec/inferencePool/endpointPicker/replicas", 1)
}

/// Hexadecimal SHA-256 of key and value, one after the other.
fn checksum((file, text): (&str, &str)) -> String {
    let mut digest = Sha256::new();
    digest.update(file);
    digest.update(text);
    let mut hex = String::new();
    for byte in digest.finalize() {
        // Writing to a String does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The Deployment of the picker.
pub(super) fn deployment(service: &Service<'_>) -> Value {
    let mut selector = base(&service.picker, PICKER);
    selector["inferencepool"] = service.picker.as_str().into();
    let mut labels = selector.clone();
    if !service.inputs.version.is_empty() {
        labels["app.kubernetes.io/version"] = service.inputs.version.as_str().into();
    }
    let mut object = service.picker_child(DEPLOYMENT);
    object["spec"] = json!({
        "replicas": replicas(service),
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": selector},
        "template": {
            "metadata": {
                "labels": labels,
                "annotations": {"checksum/config": checksum(configuration(service))},
            },
            "spec": {
                "serviceAccountName": service.picker,
                "terminationGracePeriodSeconds": 130,
                "securityContext": pod_security(),
                "containers": [container(service)],
                "volumes": [{
                    "name": "epp-config",
                    "configMap": {"name": format!("{}-config", service.picker), "optional": true},
                }],
            },
        },
    });
    object
}

fn container(service: &Service<'_>) -> Value {
    let port = port(service);
    let mut args = vec![
        format!("--pool-name={}", service.name),
        format!("--pool-namespace={}", service.namespace),
        "--pool-group=inference.networking.k8s.io".to_owned(),
        format!("--config-file=/config/{}", configuration(service).0),
        format!("--grpc-port={port}"),
        "--zap-encoder=json".to_owned(),
    ];
    let is_one = replicas(service) <= 1;
    if !is_one {
        args.push("--ha-enable-leader-election".to_owned());
    }
    args.push(format!("--tracing={}", service.inputs.tracing.is_some()));
    if !service.inputs.metrics_auth {
        args.push("--metrics-endpoint-auth=false".to_owned());
    }
    let probe = |of_several: &str| {
        let asked = if is_one { "inference-extension" } else { of_several };
        json!({"port": HEALTH_PORT, "service": asked})
    };
    json!({
        "name": "epp",
        "image": service.image("/spec/inferencePool/endpointPicker/image", &service.inputs.picker_image),
        "imagePullPolicy": "IfNotPresent",
        "args": args,
        "ports": [
            {"name": "grpc-ext-proc", "containerPort": port, "protocol": "TCP"},
            {"name": "grpc-health", "containerPort": HEALTH_PORT, "protocol": "TCP"},
            {"name": "http-metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "env": env(service),
        "resources": resources(service),
        "readinessProbe": {"grpc": probe("readiness"), "periodSeconds": 2},
        "livenessProbe": {"grpc": probe("liveness"), "initialDelaySeconds": 5, "periodSeconds": 10},
        "volumeMounts": [{"name": "epp-config", "mountPath": "/config", "readOnly": true}],
        "securityContext": container_security(),
    })
}

/// What the object says, where it says anything.
fn resources(service: &Service<'_>) -> Value {
    let own = service.object.pointer("/spec/inferencePool/endpointPicker/resources");
    let says = |own: &&Value| {
        let holds = |bound: &str| json::object(own, &[bound]).is_some_and(|amounts| !amounts.is_empty());
        holds("requests") || holds("limits")
    };
    match own.filter(says) {
        Some(own) => own.clone(),
        None => json!({"requests": {"cpu": "4", "memory": "8Gi"}, "limits": {"memory": "16Gi"}}),
    }
}

/// A variable; an empty value is left out, as Go writes it.
pub(super) fn variable(name: &str, value: &str) -> Value {
    if value.is_empty() { json!({"name": name}) } else { json!({"name": name, "value": value}) }
}

/// Adds what says which traces are kept.
pub(super) fn add_sampler(env: &mut Vec<Value>, tracing: &Tracing) {
    let pairs =
        [("OTEL_TRACES_SAMPLER", &tracing.sampler), ("OTEL_TRACES_SAMPLER_ARG", &tracing.sampler_argument)];
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    env.extend(given.map(|(name, value)| variable(name, value)));
}

fn env(service: &Service<'_>) -> Vec<Value> {
    let field =
        |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
    let versioned = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}});
    let mut env = vec![field("NAMESPACE", "metadata.namespace"), field("POD_NAME", "metadata.name")];
    if let Some(tracing) = &service.inputs.tracing {
        env.extend([
            variable("OTEL_SERVICE_NAME", "gateway-api-inference-extension"),
            variable("OTEL_EXPORTER_OTLP_ENDPOINT", &tracing.endpoint),
            variable("OTEL_TRACES_EXPORTER", "otlp"),
            versioned("OTEL_RESOURCE_ATTRIBUTES_NODE_NAME", "spec.nodeName"),
            versioned("OTEL_RESOURCE_ATTRIBUTES_POD_NAME", "metadata.name"),
            variable(
                "OTEL_RESOURCE_ATTRIBUTES",
                "k8s.namespace.name=$(NAMESPACE),k8s.node.name=$(OTEL_RESOURCE_ATTRIBUTES_NODE_NAME),\
                 k8s.pod.name=$(OTEL_RESOURCE_ATTRIBUTES_POD_NAME)",
            ),
        ]);
        add_sampler(&mut env, tracing);
    }
    env
}

/// The Service of the picker.
pub(super) fn service(service: &Service<'_>) -> Value {
    let port = port(service);
    let mut object = service.picker_child(SERVICE);
    object["spec"] = json!({
        "selector": base(&service.picker, PICKER),
        "ports": [
            {"name": "grpc-ext-proc", "port": port, "targetPort": port, "protocol": "TCP"},
            {"name": "http-metrics", "port": METRICS_PORT, "targetPort": METRICS_PORT, "protocol": "TCP"},
        ],
    });
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_the_operator() {
        assert_eq!(checksum(WHOLE), "3aee930c4fc2cf8c749623ba30a077bd93d5cca0c6513c87a5fe3427b089f2f1");
        assert_eq!(checksum(SPLIT), "da2206ceec8c17d0eef3714ea7387e412c7b565661113eef5c0d0fd2b083eb23");
    }
}
