//! What reads metrics (model-service.md section 7).

use super::labels::{PICKER, base};
use super::serving::{DECODE, PREFILL, Role};
use super::{POD_MONITOR, SERVICE_MONITOR, Service, names};
use crate::core::kubernetes::json::flag_at;
use serde_json::{Value, json};

const ENABLED: &str = "/spec/monitoring/podMonitor/enabled";

/// The monitors of the serving pods: without a word of the object there are some, with `podMonitor` it must say so.
pub(super) fn pods(service: &Service<'_>) -> Vec<Value> {
    if service.has("/spec/monitoring/podMonitor") && !flag_at(service.object, ENABLED) {
        return Vec::new();
    }
    let roles = [Some(DECODE), service.is_split().then_some(PREFILL)];
    roles.into_iter().flatten().map(|role| of_role(service, role)).collect()
}

fn of_role(service: &Service<'_>, role: Role) -> Value {
    let own = |name: &str, default: &'static str| match service
        .text(&format!("/spec/monitoring/podMonitor/{name}"))
    {
        "" => default.to_owned(),
        given => given.to_owned(),
    };
    let mut object = service.child(POD_MONITOR, &role.object_name(service), service.name, role.component);
    object["spec"] = json!({
        "podMetricsEndpoints": [{
            "port": own("portName", "http"),
            "path": own("path", "/metrics"),
            "interval": own("interval", "30s"),
            "relabelings": [{
                "sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"],
                "targetLabel": "model_service",
                "action": "replace",
            }],
        }],
        "selector": {"matchLabels": role.selector(service)},
        "namespaceSelector": {},
    });
    object
}

/// The monitor of the picker, for a pool of the object's own.
pub(super) fn picker(service: &Service<'_>) -> Option<Value> {
    if !service.has_pool() || !flag_at(service.object, ENABLED) {
        return None;
    }
    let mut endpoint = json!({"port": "http-metrics", "interval": "30s"});
    if service.inputs.metrics_auth {
        let name = names::token_secret(&service.picker);
        endpoint["authorization"] = json!({"credentials": {"name": name, "key": "token"}});
    }
    let mut object = service.picker_child(SERVICE_MONITOR);
    object["spec"] = json!({
        "endpoints": [endpoint],
        "selector": {"matchLabels": base(&service.picker, PICKER)},
        "namespaceSelector": {},
    });
    Some(object)
}
