//! KAITO: one Workspace (`airunway-providers.md` section 7.2, upstream `providers/kaito`, commit `b0d3fb7`).

mod render;

use serde_json::Value;

use crate::core::kind::model_deployment::object::ModelDeployment;

use super::contract::{Provider, RenderError, Versions};

/// The provider `kaito`.
pub(super) struct Kaito;

impl Provider for Kaito {
    fn id(&self) -> &'static str {
        "kaito"
    }

    fn display_name(&self) -> &'static str {
        "KAITO"
    }

    fn child_kind(&self) -> &'static str {
        "Workspace"
    }

    fn registration(&self) -> &'static str {
        include_str!("registration.json")
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        match deployment.engine() {
            "sglang" => return Err("KAITO does not support sglang engine".to_owned()),
            "trtllm" => return Err("KAITO does not support trtllm engine".to_owned()),
            _ => {}
        }
        if deployment.disaggregated() {
            return Err("KAITO does not support disaggregated serving mode".to_owned());
        }
        // The older member alone counts here, although rendering takes either.
        let image = deployment.spec.image.as_deref().unwrap_or_default();
        if deployment.engine() == "llamacpp" && image.is_empty() {
            return Err("llamacpp engine requires spec.image to be set".to_owned());
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
}
