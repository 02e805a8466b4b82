//! The Workspace. Its `resource` and `inference` are root members, there is no `spec`.

use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::object::{ModelDeployment, engine};
use crate::core::kind::model_deployment::provider::contract::RenderError;
use crate::core::kind::model_deployment::provider::objects::{self, members};
use crate::core::kind::model_deployment::provider::overrides::{self, Null};

use super::CHILD;

/// Where the shim keeps what it wrote last.
pub(super) const LAST_APPLIED: &str = "airunway.ai/kaito-last-applied";
/// Port of a llama.cpp server.
const PORT: i32 = 5000;

pub(super) fn render(deployment: &ModelDeployment) -> Result<Vec<Value>, RenderError> {
    let mut labels = objects::child_labels(deployment);
    labels.insert(objects::MODEL_DEPLOYMENT_LABEL.to_owned(), deployment.name().to_owned());
    labels.extend(deployment.pod_labels().iter().map(|(key, value)| (key.clone(), value.clone())));
    let mut annotations = deployment.pod_annotations().clone();
    annotations.remove(LAST_APPLIED);
    let mut workspace = members! {
        "apiVersion": CHILD.api_version(),
        "kind": CHILD.kind,
        "metadata": objects::metadata(deployment, deployment.name(), &labels, &annotations),
        "resource": resource(deployment),
        "inference": inference(deployment)?,
    };
    let context = "failed to apply provider overrides";
    overrides::apply(&mut workspace, deployment.overrides(), Null::Removes)
        .map_err(|cause| RenderError::Overrides { context, cause })?;
    remember(&mut workspace, objects::strings(&annotations), objects::strings(&labels));
    Ok(vec![workspace])
}

/// Writes what the shim will compare with later, with the members in byte order as Go writes maps.
fn remember(workspace: &mut Value, annotations: Value, labels: Value) {
    let member = |name: &str| workspace.get(name).cloned().unwrap_or(Value::Null);
    let applied = members! {
        "annotations": annotations,
        "inference": member("inference"),
        "labels": labels,
        "resource": member("resource"),
    };
    let text = objects::go_json(&applied);
    if let Some(Value::Object(metadata)) = workspace.get_mut("metadata") {
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        if let Value::Object(annotations) = annotations {
            annotations.insert(LAST_APPLIED.into(), text.into());
        }
    }
}

/// Nodes to run on. The label of GPU nodes goes over the user's selector.
fn resource(deployment: &ModelDeployment) -> Value {
    let mut labels = Map::new();
    labels.insert("kubernetes.io/os".into(), "linux".into());
    for (key, value) in deployment.node_selector() {
        labels.insert(key.clone(), value.as_str().into());
    }
    if deployment.gpu_count() > 0 {
        labels.insert("nvidia.com/gpu.present".into(), "true".into());
    }
    members! {"count": deployment.replicas(), "labelSelector": members! {"matchLabels": labels}}
}

/// vLLM runs a preset of KAITO, llama.cpp a container of the user's.
fn inference(deployment: &ModelDeployment) -> Result<Value, RenderError> {
    match deployment.engine() {
        engine::VLLM => Ok(json!({"preset": {"name": deployment.model_id()}})),
        engine::LLAMACPP => Ok(members! {"template": template(deployment)?}),
        other => {
            let cause = format!("failed to build inference spec: unsupported engine type for KAITO: {other}");
            Err(RenderError::Other(cause))
        }
    }
}

fn template(deployment: &ModelDeployment) -> Result<Value, RenderError> {
    let image = deployment.image_override();
    if image.is_empty() {
        let text = "failed to build inference spec: image is required for llamacpp engine type";
        return Err(RenderError::Missing(text));
    }
    let mut args: Vec<String> = model_argument(deployment).into_iter().collect();
    args.push(format!("--address=:{PORT}"));
    let mut container = Map::new();
    container.insert("name".into(), "model".into());
    container.insert("image".into(), image.into());
    container.insert("args".into(), args.into());
    container.insert("ports".into(), json!([{"containerPort": PORT}]));
    let mut requests = Map::new();
    for (name, amount) in [("memory", deployment.memory()), ("cpu", deployment.cpu())] {
        if !amount.is_empty() {
            requests.insert(name.into(), amount.into());
        }
    }
    if !requests.is_empty() {
        container.insert("resources".into(), members! {"requests": requests});
    }
    let env = objects::env_of_secrets(deployment);
    if !env.is_empty() {
        container.insert("env".into(), env.into());
    }
    Ok(members! {
        "metadata": json!({"labels": {objects::MODEL_DEPLOYMENT_LABEL: deployment.name()}}),
        "spec": members! {"containers": vec![Value::Object(container)]},
    })
}

/// What llama.cpp loads; a custom image brings its model along.
fn model_argument(deployment: &ModelDeployment) -> Option<String> {
    if deployment.model_source() == "custom" || deployment.model_id().is_empty() {
        return None;
    }
    let url = deployment.engine_args().get("ggufUrl").filter(|url| !url.is_empty());
    Some(url.cloned().unwrap_or_else(|| format!("huggingface://{}", deployment.model_id())))
}
