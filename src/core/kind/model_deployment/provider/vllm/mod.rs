//! Direct vLLM: a Deployment and a Service, no operator (`airunway-providers.md` sections 3 to 5,
//! upstream `providers/vllm`, commit `b0d3fb7`).

mod arguments;
mod image;
mod recipe;
mod render;

use serde_json::Value;

use crate::core::kind::model_deployment::object::ModelDeployment;

use super::contract::{ImageReview, Provider, RenderError, Versions};
use super::reconcile::ImageInput;

pub use image::default_image;

/// The provider `vllm`.
pub struct Vllm;

impl Provider for Vllm {
    fn id(&self) -> &'static str {
        "vllm"
    }

    fn display_name(&self) -> &'static str {
        "vLLM"
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
            return Err(format!("vLLM provider only supports vllm engine, got {engine}"));
        }
        if deployment.disaggregated() {
            return Err("vLLM provider does not support disaggregated serving mode; \
                        use spec.serving.mode: aggregated"
                .to_owned());
        }
        if deployment.gpu_count() <= 0 {
            return Err("vLLM provider requires GPU resources (spec.resources.gpu.count > 0)".to_owned());
        }
        Ok(())
    }

    fn resolved_image(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        input: &ImageInput,
    ) -> ImageReview {
        image::review(deployment, versions, input)
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        image: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        render::render(deployment, versions, image)
    }

    fn applies_server_side(&self) -> bool {
        true
    }

    fn default_image(&self, versions: &Versions) -> Option<String> {
        (!versions.vllm.is_empty()).then(|| default_image(versions))
    }
}
