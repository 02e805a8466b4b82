//! KubeRay: one RayService (`airunway-providers.md` section 7.3, upstream `providers/kuberay`, commit `b0d3fb7`).
//! Overrides, extra arguments, node selector, tolerations and storage are ignored by the shim.

mod render;

use serde_json::Value;

use crate::core::kind::model_deployment::object::ModelDeployment;

use super::contract::{Provider, RenderError, Versions};

/// The provider `kuberay`.
pub(super) struct KubeRay;

impl Provider for KubeRay {
    fn id(&self) -> &'static str {
        "kuberay"
    }

    fn display_name(&self) -> &'static str {
        "KubeRay"
    }

    fn child_kind(&self) -> &'static str {
        "RayService"
    }

    fn registration(&self) -> &'static str {
        include_str!("registration.json")
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        let engine = deployment.engine();
        if engine != "vllm" {
            return Err(format!("KubeRay only supports vllm engine, got {engine}"));
        }
        let component_gpus = deployment.disaggregated()
            && deployment.prefill().is_some_and(|component| component.gpu_count() > 0);
        if deployment.gpu_count() <= 0 && !component_gpus {
            return Err("KubeRay requires GPU (set resources.gpu.count > 0)".to_owned());
        }
        Ok(())
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        _: &Versions,
        _: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        Ok(vec![render::render(deployment)])
    }
}
