//! The pool of pods, the route to it and the mesh's rule (model-service.md section 7).

use super::labels::{PICKER, add_serving, base};
use super::{DESTINATION_RULE, ENGINE_PORT, HTTP_ROUTE, INFERENCE_POOL, Service, picker};
use crate::core::kubernetes::json::list_at;
use serde_json::{Value, json};

/// The header that picks a model at the gateway; its value is the object's name.
pub(in super::super) const HEADER: &str = "OtterScale-Model-Name";
/// Where the default gateway lives.
pub(in super::super) const GATEWAY_NAMESPACE: &str = "llm-d";

/// The pool: all pods that serve, whatever their role.
pub(super) fn pool(service: &Service<'_>) -> Value {
    let mut selector = base(service.name, PICKER);
    if let Some(labels) = selector.as_object_mut() {
        labels.shift_remove("app.kubernetes.io/component");
    }
    add_serving(&mut selector, service.name, None);
    let failure = match service.text("/spec/inferencePool/endpointPicker/failureMode") {
        "" => "FailClose",
        mode => mode,
    };
    let mut object = service.child(INFERENCE_POOL, service.name, service.name, PICKER);
    object["spec"] = json!({
        "selector": {"matchLabels": selector},
        "targetPorts": [{"number": service.number("/spec/engine/port", ENGINE_PORT)}],
        "endpointPickerRef": {
            "group": "", "kind": "Service", "name": service.picker,
            "port": {"number": picker::port(service)}, "failureMode": failure,
        },
    });
    object
}

/// The route to the pool, where the object or the operator names a gateway.
pub(super) fn route(service: &Service<'_>) -> Option<Value> {
    let mut spec = json!({});
    if service.has("/spec/httpRoute") {
        let mut parent = json!({"name": service.text("/spec/httpRoute/gatewayRef/name")});
        let namespace = service.text("/spec/httpRoute/gatewayRef/namespace");
        if !namespace.is_empty() && namespace != service.namespace {
            parent["namespace"] = namespace.into();
        }
        spec["parentRefs"] = json!([parent]);
        let hostnames = list_at(service.object, "/spec/httpRoute/hostnames");
        if !hostnames.is_empty() {
            spec["hostnames"] = hostnames.into();
        }
    } else if service.inputs.gateway.is_empty() {
        return None;
    } else {
        spec["parentRefs"] = json!([{
            "group": HTTP_ROUTE.group, "kind": "Gateway",
            "namespace": GATEWAY_NAMESPACE, "name": service.inputs.gateway,
        }]);
    }
    spec["rules"] = json!([{
        "matches": [{
            "path": {"type": "PathPrefix", "value": "/"},
            "headers": [{"type": "Exact", "name": HEADER, "value": service.name}],
        }],
        "backendRefs": [{"group": INFERENCE_POOL.group, "kind": INFERENCE_POOL.kind, "name": service.name}],
    }]);
    let mut object = service.child(HTTP_ROUTE, service.name, service.name, PICKER);
    object["spec"] = spec;
    Some(object)
}

/// How the mesh talks to the picker: encrypted, by whatever certificate it has.
pub(super) fn destination_rule(service: &Service<'_>) -> Value {
    let mut object = service.picker_child(DESTINATION_RULE);
    object["spec"] = json!({
        "host": format!("{}.{}.svc.cluster.local", service.picker, service.namespace),
        "trafficPolicy": {"tls": {"mode": "SIMPLE", "insecureSkipVerify": true}},
    });
    object
}
