//! The Deployments of AI Runway itself, `airunway-providers.md` section 10. Their
//! pods do nothing; the test process plays what they would do.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicySpec};
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

const MANAGER: &str = "airunway-install";
/// Where AI Runway itself runs.
pub const NAMESPACE: &str = "airunway-system";
/// The Secret with the webhooks' certificate.
const CERTIFICATE: &str = "airunway-webhook-server-cert";
/// The label that tells the parts from each other.
pub const COMPONENT: &str = "control-plane";
/// Its value for the vLLM shim.
pub const SHIM: &str = "vllm-provider";
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

/// The Secret of the webhooks' certificate, as the certificate rotator leaves it.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn certificate(client: &Client, authority: &str) -> kube::Result<()> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), NAMESPACE);
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": CERTIFICATE},
        "stringData": {"ca.crt": authority},
    });
    secrets.patch(CERTIFICATE, &PatchParams::apply(MANAGER).force(), &Patch::Apply(secret)).await.map(drop)
}

/// Whether a NetworkPolicy keeps the vLLM shim from its registry: one that selects its pods for what they send, and does
/// not let them send everywhere. That it may cut off the API server too is not played.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn registry_is_blocked(client: &Client) -> kube::Result<bool> {
    let policies: Api<NetworkPolicy> = Api::namespaced(client.clone(), NAMESPACE);
    let list = policies.list(&ListParams::default()).await?;
    Ok(list.items.into_iter().filter_map(|policy| policy.spec).any(|spec| blocks(&spec)))
}

fn blocks(spec: &NetworkPolicySpec) -> bool {
    let egress = spec.egress.as_deref().unwrap_or_default();
    let concerns_egress =
        spec.policy_types.iter().flatten().any(|kind| kind == "Egress") || !egress.is_empty();
    let selected = spec.pod_selector.iter().flat_map(|selector| &selector.match_labels).flatten();
    let selects_shim = selected.into_iter().all(|(label, value)| match label.as_str() {
        COMPONENT => value == SHIM,
        "app.kubernetes.io/name" => value == "airunway",
        "app.kubernetes.io/component" => value == SHIM,
        _ => false,
    });
    let open = |rule: &NetworkPolicyEgressRule| rule.to.is_none() && rule.ports.is_none();
    selects_shim && concerns_egress && !egress.iter().any(open)
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
