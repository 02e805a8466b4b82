//! The objects that the operator creates for a settled ModelService, in the order in which it does (model-service.md
//! sections 4 to 7).

mod labels;
mod monitors;
mod picker;
mod rights;
mod routing;
mod serving;

use super::inputs::Inputs;
use super::names;
use crate::core::kind::judge::Child;
use crate::core::kubernetes::json::{integer_at, text_at};
use crate::core::kubernetes::preview::Write;
use crate::core::kubernetes::resource::{Resource, cluster_wide, namespaced};
use labels::standard;
pub(super) use routing::{GATEWAY_NAMESPACE, HEADER};
use serde_json::{Value, json};
pub(super) use serving::{SIDE_PORT, device, side_port};

/// The engine's port where the object names none.
const ENGINE_PORT: i64 = 8000;
/// The port behind the routing proxy where the object names none.
const TARGET_PORT: i64 = 8200;
/// The picker's port where the object names none.
const PICKER_PORT: i64 = 9002;

const DEPLOYMENT: Resource = crate::core::kubernetes::resource::DEPLOYMENT;
const SERVICE: Resource = crate::core::kubernetes::resource::SERVICE;
const SECRET: Resource = crate::core::kubernetes::resource::SECRET;
const SERVICE_ACCOUNT: Resource = namespaced("", "v1", "serviceaccounts", "ServiceAccount");
const CONFIG_MAP: Resource = namespaced("", "v1", "configmaps", "ConfigMap");
const RBAC: &str = "rbac.authorization.k8s.io";
const ROLE: Resource = namespaced(RBAC, "v1", "roles", "Role");
const ROLE_BINDING: Resource = namespaced(RBAC, "v1", "rolebindings", "RoleBinding");
const CLUSTER_ROLE: Resource = cluster_wide(RBAC, "v1", "clusterroles", "ClusterRole");
const CLUSTER_ROLE_BINDING: Resource = cluster_wide(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding");
/// The pool of a ModelService; it exists for each.
pub(super) const INFERENCE_POOL: Resource =
    namespaced("inference.networking.k8s.io", "v1", "inferencepools", "InferencePool");
const HTTP_ROUTE: Resource = namespaced("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");
const DESTINATION_RULE: Resource =
    namespaced("networking.istio.io", "v1beta1", "destinationrules", "DestinationRule");
const POD_MONITOR: Resource = namespaced("monitoring.coreos.com", "v1", "podmonitors", "PodMonitor");
const SERVICE_MONITOR: Resource =
    namespaced("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor");

/// A settled object and what its operator was started with.
pub(super) struct Service<'a> {
    pub object: &'a Value,
    pub inputs: &'a Inputs,
    /// `metadata.name`.
    pub name: &'a str,
    /// `metadata.namespace`.
    pub namespace: &'a str,
    /// The name of the picker's objects.
    pub picker: String,
}

impl<'a> Service<'a> {
    /// The object with its names.
    pub(super) fn new(object: &'a Value, inputs: &'a Inputs) -> Service<'a> {
        let name = text_at(object, "/metadata/name");
        Service {
            object,
            inputs,
            name,
            namespace: text_at(object, "/metadata/namespace"),
            picker: names::picker(name),
        }
    }

    /// Whether the object has a member, be it empty.
    fn has(&self, pointer: &str) -> bool {
        self.object.pointer(pointer).is_some_and(|member| !member.is_null())
    }

    fn text(&self, pointer: &str) -> &'a str {
        text_at(self.object, pointer)
    }

    fn number(&self, pointer: &str, default: i64) -> i64 {
        integer_at(self.object, pointer).unwrap_or(default)
    }

    /// Whether prefill has pods of its own.
    pub(super) fn is_split(&self) -> bool {
        self.has("/spec/prefill")
    }

    /// Whether the object has a pool of its own; one exists even so.
    pub(super) fn has_pool(&self) -> bool {
        self.has("/spec/inferencePool")
    }

    /// The image of the object, else that of the operator.
    fn image(&self, pointer: &str, default: &'a str) -> &'a str {
        match self.text(pointer) {
            "" => default,
            image => image,
        }
    }

    /// A child without its spec; `component` and `app` are values of its labels.
    fn child(&self, resource: Resource, name: &str, app: &str, component: &str) -> Value {
        let mut metadata = json!({"name": name});
        if resource.namespaced {
            metadata["namespace"] = self.namespace.into();
        }
        metadata["labels"] = standard(app, component, &self.inputs.version);
        if resource.namespaced {
            metadata["ownerReferences"] = json!([{
                "apiVersion": self.text("/apiVersion"), "kind": self.text("/kind"), "name": self.name,
                "controller": true, "blockOwnerDeletion": true,
            }]);
        }
        json!({"apiVersion": resource.api_version(), "kind": resource.kind, "metadata": metadata})
    }

    /// A child of the endpoint picker by the picker's own name.
    fn picker_child(&self, resource: Resource) -> Value {
        self.child(resource, &self.picker, &self.picker, labels::PICKER)
    }
}

/// Everything that the operator creates, in order; the API server may refuse one, and then those behind it do not come.
pub(super) fn children(service: &Service<'_>) -> Vec<Child> {
    let mut made: Vec<(Resource, Value)> = vec![(DEPLOYMENT, serving::deployment(service, serving::DECODE))];
    if service.is_split() {
        made.push((DEPLOYMENT, serving::deployment(service, serving::PREFILL)));
    }
    made.push((SERVICE_ACCOUNT, service.picker_child(SERVICE_ACCOUNT)));
    made.push((CONFIG_MAP, picker::config_map(service)));
    made.push((DEPLOYMENT, picker::deployment(service)));
    made.push((SERVICE, picker::service(service)));
    let guarded = service.has_pool() && service.inputs.metrics_auth;
    if guarded && service.inputs.provider != "gke" {
        made.push((SECRET, rights::token(service)));
    }
    made.push((ROLE, rights::role(service)));
    made.push((ROLE_BINDING, rights::binding(service)));
    if guarded {
        made.push((CLUSTER_ROLE, rights::cluster_role(service)));
        made.push((CLUSTER_ROLE_BINDING, rights::cluster_binding(service)));
    }
    made.push((INFERENCE_POOL, routing::pool(service)));
    made.extend(routing::route(service).map(|route| (HTTP_ROUTE, route)));
    if service.inputs.provider == "istio" {
        made.push((DESTINATION_RULE, routing::destination_rule(service)));
    }
    made.extend(monitors::pods(service).into_iter().map(|monitor| (POD_MONITOR, monitor)));
    made.extend(monitors::picker(service).map(|monitor| (SERVICE_MONITOR, monitor)));
    made.into_iter()
        .map(|(resource, object)| Child { object, resource, write: written(resource), later: false })
        .collect()
}

/// What an update of a child writes beside its labels (model-service.md section 8).
fn written(resource: Resource) -> Write {
    Write::Fields(match resource.kind {
        "Service" => &["/spec/ports", "/spec/selector"],
        "ConfigMap" => &["/data"],
        "ServiceAccount" | "Secret" => &[],
        "Role" | "ClusterRole" => &["/rules"],
        "RoleBinding" | "ClusterRoleBinding" => &["/subjects", "/roleRef"],
        _ => &["/spec"],
    })
}
