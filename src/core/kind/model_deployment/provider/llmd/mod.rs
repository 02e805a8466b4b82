//! llm-d: the same kind of objects as Direct vLLM, aggregated or disaggregated (`airunway-providers.md` section 6,
//! upstream `providers/llmd`, commit `b0d3fb7`).

mod arguments;
mod render;

use serde_json::Value;

use crate::core::kind::model_deployment::object::{ComponentScaling, ModelDeployment};

use super::contract::{Provider, RenderError, Versions};

/// The provider `llmd`.
pub(super) struct Llmd;

impl Provider for Llmd {
    fn id(&self) -> &'static str {
        "llmd"
    }

    fn display_name(&self) -> &'static str {
        "llm-d"
    }

    fn child_kind(&self) -> &'static str {
        "Deployment"
    }

    fn children_name(&self) -> &'static str {
        "Deployments"
    }

    fn created_message(&self) -> String {
        "Deployments and Services created successfully".to_owned()
    }

    fn registration(&self) -> &'static str {
        include_str!("registration.json")
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        let engine = deployment.engine();
        if engine != "vllm" {
            return Err(format!("llm-d provider only supports vllm engine, got {engine}"));
        }
        if deployment.disaggregated() {
            component("prefill", deployment.prefill())?;
            component("decode", deployment.decode())?;
            has_gpu("prefill", deployment.prefill())?;
            return has_gpu("decode", deployment.decode());
        }
        if deployment.gpu_count() <= 0 {
            return Err("llm-d provider requires GPU resources (spec.resources.gpu.count > 0)".to_owned());
        }
        Ok(())
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        _: &Versions,
        _: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        render::render(deployment)
    }

    fn applies_server_side(&self) -> bool {
        true
    }
}

fn component(role: &str, component: Option<&ComponentScaling>) -> Result<(), String> {
    match component {
        Some(_) => Ok(()),
        None => Err(format!("spec.scaling.{role} is required for disaggregated serving mode")),
    }
}

fn has_gpu(role: &str, component: Option<&ComponentScaling>) -> Result<(), String> {
    if component.is_some_and(|component| component.gpu_count() > 0) {
        return Ok(());
    }
    Err(format!("llm-d provider requires GPU resources for {role} (spec.scaling.{role}.gpu.count > 0)"))
}
