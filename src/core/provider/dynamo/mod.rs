//! Dynamo: one DynamoGraphDeployment (`airunway-providers.md` section 7.1, upstream `providers/dynamo`, commit `b0d3fb7`).

use serde_json::Value;

use crate::core::api::ModelDeployment;

use super::contract::{Provider, RenderError, Versions};

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

    fn compatibility(&self, _: &ModelDeployment) -> Result<(), String> {
        Ok(())
    }

    fn render(&self, _: &ModelDeployment, _: &Versions, _: Option<&str>) -> Result<Vec<Value>, RenderError> {
        Err(RenderError::Other("rendering for dynamo is not written yet".to_owned()))
    }
}
