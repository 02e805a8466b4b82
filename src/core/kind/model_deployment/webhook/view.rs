//! What a ModelDeployment says, with the defaults that its webhook and controller assume.

use crate::core::kind::model_deployment::provider::{self, TestBackend};
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

/// The image and the path of its field, when one is given; the older field counts only where the newer is empty.
pub(in crate::core::kind::model_deployment) fn image(object: &Value) -> Option<(&str, &'static str)> {
    let fields =
        [(&["spec", "engine", "image"][..], "spec.engine.image"), (&["spec", "image"], "spec.image")];
    let given = fields.into_iter().map(|(path, name)| (text(object, path), name));
    given.into_iter().find(|(image, _)| !image.is_empty())
}

/// The test backend that the object runs on, which needs no GPU.
pub(in crate::core::kind::model_deployment) fn test_backend(object: &Value) -> Option<&'static TestBackend> {
    let annotation = |name: &str| Some(text(object, &["metadata", "annotations", name]));
    provider::test_backend(text(object, &["spec", "provider", "name"]), annotation)
}

/// Whether a volume's claim is created by the controller.
pub(in crate::core::kind::model_deployment) fn is_managed(volume: &Value) -> bool {
    at(volume, &["size"]).is_some()
}
