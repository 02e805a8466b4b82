//! What `kubectl apply` of AI Runway's manifests leaves in a cluster: the resource
//! definitions and the webhook configurations.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::runtime::{conditions, wait::await_condition};
use kube::{Api, Client};
use kubectl_airunway::core::yaml;
use serde_json::{Value, json};

use super::LOOK;
use super::resource::{deployments_in, model_deployments};
use super::webhook::{MUTATE, PODS, VALIDATE, Webhooks};

const MANAGER: &str = "airunway-install";
const DEFINITIONS: [&str; 2] =
    ["airunway.ai_modeldeployments.yaml", "airunway.ai_inferenceproviderconfigs.yaml"];
/// The release whose definitions are installed, a folder of `data/airunway`.
const RELEASE: &str = "main-b0d3fb775439";
const MUTATING: &str = "airunway-mutating-webhook-configuration";
const VALIDATING: &str = "airunway-validating-webhook-configuration";
/// How long the API server may take to serve a new kind.
const PATIENCE: Duration = Duration::from_secs(60);
/// An address where nobody listens.
const NOWHERE: &str = "https://127.0.0.1:1";

/// Installs the resource definitions and waits until the API server serves them.
///
/// # Errors
///
/// A text for a person.
pub async fn definitions(client: &Client) -> Result<(), String> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for file in DEFINITIONS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/airunway").join(RELEASE).join(file);
        let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let documents = yaml::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        for document in documents {
            let name = document
                .value
                .pointer("/metadata/name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&document.value))
                .await
                .map_err(|error| error.to_string())?;
            let served = await_condition(api.clone(), &name, conditions::is_crd_established());
            match tokio::time::timeout(PATIENCE, served).await {
                Ok(Ok(_)) => {}
                other => return Err(format!("{name} is not served: {other:?}")),
            }
        }
    }
    Ok(())
}

/// Registers the webhooks.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn webhooks(client: &Client, webhooks: &Webhooks) -> kube::Result<()> {
    let authority = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &webhooks.authority);
    let address = |path: &str| json!({"url": format!("{}{path}", webhooks.url), "caBundle": authority});
    let pods = json!({
        "name": "pods.airunway.test", "clientConfig": address(PODS), "failurePolicy": "Ignore",
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}],
        "sideEffects": "None", "admissionReviewVersions": ["v1"],
    });
    // In this order: a server that has noticed the second knows the first.
    mutating(client, "airunway-test-pods", vec![pods]).await?;
    mutating(client, MUTATING, vec![webhook("mmodeldeployment-v1alpha1.kb.io", address(MUTATE), None)])
        .await?;
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": VALIDATING},
        "webhooks": [webhook("vmodeldeployment-v1alpha1.kb.io", address(VALIDATE), None)],
    });
    api.patch(VALIDATING, &PatchParams::apply(MANAGER).force(), &Patch::Apply(configuration)).await?;
    while !called(client).await {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Whether the API server calls both webhooks: one adds `scaling`, the other asks
/// for a model id.
async fn called(client: &Client) -> bool {
    let api = deployments_in(client, "default");
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let create = async |model: Value| {
        let probe =
            DynamicObject::new("webhook-probe", &model_deployments()).data(json!({"spec": {"model": model}}));
        api.create(&dry, &probe).await
    };
    let mutated = create(json!({"id": "org/model"}))
        .await
        .is_ok_and(|made| made.data.pointer("/spec/scaling").is_some());
    mutated && create(json!({})).await.is_err()
}

/// Makes the mutating webhook unreachable for one namespace: a second
/// configuration of the same webhook leads nowhere.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn break_webhook(client: &Client, namespace: &str) -> kube::Result<()> {
    let address = json!({"url": format!("{NOWHERE}{MUTATE}")});
    let broken = webhook("mmodeldeployment-v1alpha1.kb.io", address, Some(namespace));
    mutating(client, &format!("airunway-broken-{namespace}"), vec![broken]).await
}

/// Takes [`break_webhook`] back.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn mend_webhook(client: &Client, namespace: &str) -> kube::Result<()> {
    let api: Api<MutatingWebhookConfiguration> = Api::all(client.clone());
    match api.delete(&format!("airunway-broken-{namespace}"), &DeleteParams::default()).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(error),
    }
}

fn webhook(name: &str, address: Value, namespace: Option<&str>) -> Value {
    let selector = namespace.map_or_else(
        || json!({}),
        |namespace| json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}}),
    );
    json!({
        "name": name, "clientConfig": address, "failurePolicy": "Fail", "sideEffects": "None",
        "admissionReviewVersions": ["v1"], "namespaceSelector": selector,
        "rules": [{"apiGroups": ["airunway.ai"], "apiVersions": ["v1alpha1"], "resources": ["modeldeployments"],
            "operations": ["CREATE", "UPDATE"]}],
    })
}

async fn mutating(client: &Client, name: &str, webhooks: Vec<Value>) -> kube::Result<()> {
    let api: Api<MutatingWebhookConfiguration> = Api::all(client.clone());
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name}, "webhooks": webhooks,
    });
    api.patch(name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(configuration)).await?;
    Ok(())
}
