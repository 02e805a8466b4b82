//! The Deployments of AI Runway itself, `airunway-providers.md` section 10. Their
//! pods do nothing; the test process plays what they would do.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

const MANAGER: &str = "airunway-install";
const NAMESPACE: &str = "airunway-system";
const REPOSITORY: &str = "ghcr.io/ai-runway/airunway";
const SHIMS: [&str; 5] = ["dynamo", "kaito", "kuberay", "llmd", "vllm"];

/// Creates the namespace and the Deployments of the controller, the dashboard and all shims.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn install(client: &Client, tag: &str) -> kube::Result<()> {
    let as_installer = PatchParams::apply(MANAGER).force();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    namespaces.patch(NAMESPACE, &as_installer, &Patch::Apply(namespace)).await?;
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), NAMESPACE);
    let controller =
        deployment("airunway-controller-manager", "controller-manager", "controller", "/manager", tag);
    let shims = SHIMS.iter().map(|shim| {
        let component = format!("{shim}-provider");
        deployment(&format!("airunway-{component}"), &component, &component, "/provider", tag)
    });
    // The dashboard is told from the others by its component alone.
    let mut dashboard = deployment("airunway", "dashboard", "dashboard", "/dashboard", tag);
    for labels in ["/metadata/labels", "/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        if let Some(Value::Object(labels)) = dashboard.pointer_mut(labels) {
            labels.remove("control-plane");
        }
    }
    dashboard["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] = json!("dashboard");
    dashboard["spec"]["template"]["spec"]["containers"][0]["name"] = json!("airunway");
    for object in [controller, dashboard].into_iter().chain(shims) {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        deployments.patch(name, &as_installer, &Patch::Apply(&object)).await?;
    }
    Ok(())
}

fn deployment(name: &str, component: &str, image: &str, command: &str, tag: &str) -> Value {
    let selector = json!({"app.kubernetes.io/name": "airunway", "control-plane": component});
    let mut labels = selector.clone();
    labels["app.kubernetes.io/component"] = json!(component);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{
                    "name": "manager", "image": format!("{REPOSITORY}/{image}:{tag}"), "command": [command],
                    "args": ["--leader-elect", "--health-probe-bind-address=:8081"],
                }]},
            },
        },
    })
}
