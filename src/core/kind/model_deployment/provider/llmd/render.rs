//! One Deployment and Service, or one pair for decode and one for prefill.

use serde_json::Value;

use crate::core::kind::model_deployment::object::{ComponentScaling, ModelDeployment};
use crate::core::kind::model_deployment::provider::contract::RenderError;
use crate::core::kind::model_deployment::provider::model_server::ModelServer;
use crate::core::kind::model_deployment::provider::objects;
use crate::core::kind::model_deployment::provider::overrides::{self, Null};

use super::arguments::arguments;
use super::{FACTS, TRANSFER};

/// Image when the object names none; a constant of the shim.
const DEFAULT_IMAGE: &str = "vllm/vllm-openai:v0.9.1";
const NO_SCALING: &str = "spec.scaling is required for disaggregated serving mode";
const NO_DECODE: &str = "spec.scaling.decode is required for disaggregated serving mode";
const NO_PREFILL: &str = "spec.scaling.prefill is required for disaggregated serving mode";

pub(super) fn render(deployment: &ModelDeployment) -> Result<Vec<Value>, RenderError> {
    if deployment.disaggregated() { disaggregated(deployment) } else { aggregated(deployment) }
}

fn aggregated(deployment: &ModelDeployment) -> Result<Vec<Value>, RenderError> {
    let args = arguments(deployment, None, 0)
        .map_err(|cause| RenderError::Arguments { context: "failed to build vLLM args", cause })?;
    let server = ModelServer {
        cpu: deployment.cpu(),
        ..server(
            deployment,
            deployment.name().to_owned(),
            deployment.replicas(),
            deployment.gpu_count(),
            deployment.memory(),
            args,
        )
    };
    let context = "failed to build Deployment: failed to apply provider overrides";
    Ok(vec![overridden(&server, deployment, context)?, server.service(deployment)])
}

fn disaggregated(deployment: &ModelDeployment) -> Result<Vec<Value>, RenderError> {
    if deployment.spec.scaling.is_none() {
        return Err(RenderError::Missing(NO_SCALING));
    }
    let decode = deployment.decode().ok_or(RenderError::Missing(NO_DECODE))?;
    let prefill = deployment.prefill().ok_or(RenderError::Missing(NO_PREFILL))?;
    let decode =
        component(deployment, "decode", decode, TRANSFER.decode, "failed to build decode vLLM args")?;
    let prefill =
        component(deployment, "prefill", prefill, TRANSFER.prefill, "failed to build prefill vLLM args")?;
    Ok(vec![
        overridden(
            &decode,
            deployment,
            "failed to build decode Deployment: failed to apply provider overrides",
        )?,
        overridden(
            &prefill,
            deployment,
            "failed to build prefill Deployment: failed to apply provider overrides",
        )?,
        decode.service(deployment),
        prefill.service(deployment),
    ])
}

fn component<'a>(
    deployment: &ModelDeployment,
    role: &str,
    scaling: &'a ComponentScaling,
    transfer: &str,
    context: &'static str,
) -> Result<ModelServer<'a>, RenderError> {
    let args = arguments(deployment, Some(transfer), scaling.gpu_count())
        .map_err(|cause| RenderError::Arguments { context, cause })?;
    Ok(server(
        deployment,
        format!("{}-{role}", deployment.name()),
        scaling.replicas.unwrap_or(0),
        scaling.gpu_count(),
        scaling.memory.as_deref().unwrap_or_default(),
        args,
    ))
}

/// A server without processors, probes and volumes.
fn server<'a>(
    deployment: &ModelDeployment,
    name: String,
    replicas: i32,
    gpu_count: i32,
    memory: &'a str,
    args: Vec<String>,
) -> ModelServer<'a> {
    let image = match deployment.image_override() {
        "" => DEFAULT_IMAGE.to_owned(),
        wanted => wanted.to_owned(),
    };
    ModelServer {
        name,
        replicas,
        image,
        args,
        env: objects::env_of_secrets(deployment),
        gpu_count,
        memory,
        cpu: "",
        probes: Vec::new(),
        volumes: Vec::new(),
        mounts: Vec::new(),
    }
}

/// The Deployment with the overrides merged in; the pod's specification is out of bounds.
fn overridden(
    server: &ModelServer,
    deployment: &ModelDeployment,
    context: &'static str,
) -> Result<Value, RenderError> {
    let refused = |cause| RenderError::Overrides { context, cause };
    let mut child = server.deployment(deployment);
    if let Some(members) = overrides::object(deployment.overrides()).map_err(refused)? {
        overrides::refuse_protected(members).map_err(refused)?;
        overrides::refuse_paths(members, FACTS.protected_overrides).map_err(refused)?;
    }
    overrides::apply(&mut child, deployment.overrides(), Null::Replaces).map_err(refused)?;
    Ok(child)
}
