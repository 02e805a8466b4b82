//! Dynamo: one DynamoGraphDeployment, and the claims and the download its model cache needs before that
//! (`airunway-providers.md` sections 7.1 and 8, upstream `providers/dynamo`, commit `b0d3fb7`).
//!
//! The shim ignores `spec.env`, `spec.engine.extraArgs` and `spec.podTemplate`.

mod endpoint_picker;
mod overrides;
mod render;
mod storage;
mod worker;

use serde_json::Value;

use crate::core::kind::model_deployment::object::{DYNAMO_TEST_BACKEND, MOCKER, ModelDeployment};

use super::contract::{Preparation, Provider, RenderError, Versions};

/// The provider `dynamo`.
pub(super) struct Dynamo;

impl Provider for Dynamo {
    fn id(&self) -> &'static str {
        "dynamo"
    }

    fn display_name(&self) -> &'static str {
        "Dynamo"
    }

    fn child_kind(&self) -> &'static str {
        "DynamoGraphDeployment"
    }

    fn registration(&self) -> &'static str {
        include_str!("registration.json")
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        let refused = |text: &str| Err(text.to_owned());
        if deployment.engine() == "llamacpp" {
            return refused("Dynamo does not support llamacpp engine");
        }
        let components = (deployment.prefill(), deployment.decode());
        if is_mocker(deployment) {
            if deployment.engine() != "vllm" {
                return refused("Dynamo mocker mode only supports the vllm engine");
            }
            if deployment.disaggregated() && !matches!(components, (Some(_), Some(_))) {
                return refused(
                    "Dynamo mocker disaggregated mode requires spec.scaling.prefill and spec.scaling.decode",
                );
            }
            return Ok(());
        }
        // Of the two components the shim looks at the first only.
        let on_prefill = components.0.is_some_and(|prefill| prefill.gpu_count() > 0);
        if deployment.gpu_count() > 0 || deployment.disaggregated() && on_prefill {
            return Ok(());
        }
        refused("Dynamo requires GPU (set resources.gpu.count > 0)")
    }

    fn prepare(&self, deployment: &ModelDeployment) -> Preparation {
        storage::prepare(deployment)
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        _: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        render::render(deployment, versions)
    }
}

/// Whether the object asks for the test backend. Unlike the webhook, the shim does not ask who named the provider.
fn is_mocker(deployment: &ModelDeployment) -> bool {
    deployment.metadata.annotation(DYNAMO_TEST_BACKEND) == Some(MOCKER)
}
