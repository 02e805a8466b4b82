//! The kinds the reference works with, as dynamic objects: what is read is written
//! back with every member it had.

use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use kubectl_airunway::core::kind::model_deployment::object::{self, ModelDeployment};
use serde_json::Value;

/// Resource of ModelDeployments.
pub fn model_deployments() -> ApiResource {
    let kind = GroupVersionKind::gvk("airunway.ai", "v1alpha1", "ModelDeployment");
    ApiResource::from_gvk_with_plural(&kind, "modeldeployments")
}

/// Resource of InferenceProviderConfigs.
pub fn provider_configs() -> ApiResource {
    let kind = GroupVersionKind::gvk("airunway.ai", "v1alpha1", "InferenceProviderConfig");
    ApiResource::from_gvk_with_plural(&kind, "inferenceproviderconfigs")
}

/// The ModelDeployments of a namespace.
pub fn deployments_in(client: &Client, namespace: &str) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), namespace, &model_deployments())
}

/// The resource of a child, which is a Deployment or a Service.
pub fn child_resource(child: &Value) -> ApiResource {
    let text = |name: &str| child.get(name).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text("kind")))
}

/// An object as plain JSON.
pub fn json(object: &DynamicObject) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// A ModelDeployment with its types, and as plain JSON.
pub fn read(object: &DynamicObject) -> Result<(ModelDeployment, Value), super::Error> {
    let value = json(object);
    Ok((object::read(&value)?, value))
}
