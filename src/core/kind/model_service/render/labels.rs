//! Labels of the children (model-service.md section 5).

use serde_json::{Value, json};

/// The component of the endpoint picker's objects.
pub(super) const PICKER: &str = "epp";

/// The four labels of every object and of most selectors.
pub(super) fn base(app: &str, component: &str) -> Value {
    json!({
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "otterscale-system",
        "app.kubernetes.io/managed-by": "model-operator",
    })
}

/// Those and the operator's version.
pub(super) fn standard(app: &str, component: &str, version: &str) -> Value {
    let mut labels = base(app, component);
    if !version.is_empty() {
        labels["app.kubernetes.io/version"] = version.into();
    }
    labels
}

/// Adds what tells the pods that serve.
pub(super) fn add_serving(labels: &mut Value, name: &str, role: Option<&str>) {
    labels["llm-d.ai/inferenceServing"] = "true".into();
    labels["llm-d.ai/model"] = name.into();
    if let Some(role) = role {
        labels["llm-d.ai/role"] = role.into();
    }
}
