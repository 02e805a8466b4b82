//! What the endpoint picker may do, and the token that reads its metrics (model-service.md section 7).

use super::labels::PICKER;
use super::{CLUSTER_ROLE, CLUSTER_ROLE_BINDING, RBAC, ROLE, ROLE_BINDING, SECRET, Service, names, picker};
use serde_json::{Value, json};

/// The Secret with the token of the picker's account.
pub(super) fn token(service: &Service<'_>) -> Value {
    let name = names::token_secret(&service.picker);
    let mut object = service.child(SECRET, &name, &service.picker, PICKER);
    object["metadata"]["annotations"] = json!({"kubernetes.io/service-account.name": service.picker});
    object["type"] = "kubernetes.io/service-account-token".into();
    object
}

/// What the picker reads in its namespace.
pub(super) fn role(service: &Service<'_>) -> Value {
    let read = json!(["get", "watch", "list"]);
    let mut rules = vec![
        json!({"apiGroups": [""], "resources": ["pods"], "verbs": read}),
        json!({
            "apiGroups": ["inference.networking.x-k8s.io"],
            "resources": ["inferenceobjectives", "inferencemodelrewrites"],
            "verbs": read,
        }),
        json!({"apiGroups": ["inference.networking.k8s.io"], "resources": ["inferencepools"], "verbs": read}),
    ];
    if picker::replicas(service) > 1 {
        rules.push(json!({
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
        }));
        rules.push(json!({"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]}));
    }
    let mut object = service.picker_child(ROLE);
    object["rules"] = rules.into();
    object
}

fn bind(service: &Service<'_>, mut object: Value, kind: &str, role: &str) -> Value {
    object["subjects"] =
        json!([{"kind": "ServiceAccount", "name": service.picker, "namespace": service.namespace}]);
    object["roleRef"] = json!({"apiGroup": RBAC, "kind": kind, "name": role});
    object
}

/// Gives the picker its role.
pub(super) fn binding(service: &Service<'_>) -> Value {
    bind(service, service.picker_child(ROLE_BINDING), ROLE.kind, &service.picker)
}

/// The name of what exists once in a cluster; `a-b` and `c` make the same as `a` and `b-c`.
fn cluster_name(service: &Service<'_>) -> String {
    format!("{}-{}", service.namespace, service.picker)
}

/// What the picker asks to tell who may read its metrics, and the right to read them.
pub(super) fn cluster_role(service: &Service<'_>) -> Value {
    let mut object = service.child(CLUSTER_ROLE, &cluster_name(service), &service.picker, PICKER);
    object["rules"] = json!([
        {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
        {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]);
    object
}

/// Gives the picker that role.
pub(super) fn cluster_binding(service: &Service<'_>) -> Value {
    let name = cluster_name(service);
    let object = service.child(CLUSTER_ROLE_BINDING, &name, &service.picker, PICKER);
    bind(service, object, CLUSTER_ROLE.kind, &name)
}
