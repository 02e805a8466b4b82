//! What a ModelDeployment says, with the defaults that its webhook and controller assume.

pub(in crate::core::kind::model_deployment) use crate::core::kubernetes::json::{
    at, flag, list, number, object, text,
};
use serde_json::Value;

/// The volumes.
pub(in crate::core::kind::model_deployment) fn volumes(object: &Value) -> &[Value] {
    list(object, &["spec", "model", "storage", "volumes"])
}

/// The serving mode that holds: `aggregated` unless another is given.
pub(in crate::core::kind::model_deployment) fn serving_mode(object: &Value) -> &str {
    match text(object, &["spec", "serving", "mode"]) {
        "" => "aggregated",
        mode => mode,
    }
}

/// Whether the object runs on Dynamo's test backend, which needs no GPU.
pub(in crate::core::kind::model_deployment) fn is_mocker(object: &Value) -> bool {
    text(object, &["metadata", "annotations", "airunway.ai/dynamo-test-backend"]) == "mocker"
        && text(object, &["spec", "provider", "name"]) == "dynamo"
}

/// Whether a volume's claim is created by the controller.
pub(in crate::core::kind::model_deployment) fn is_managed(volume: &Value) -> bool {
    at(volume, &["size"]).is_some()
}
