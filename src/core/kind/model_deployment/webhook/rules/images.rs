//! V1: the two image members agree.

use super::{Issues, rule, text, view};
use serde_json::Value;

pub(super) fn check(object: &Value, issues: &mut Issues) {
    let legacy = view::text(object, &["spec", "image"]);
    let image = view::text(object, &["spec", "engine", "image"]);
    if legacy.is_empty() || image.is_empty() || legacy == image {
        return;
    }
    let (legacy, image) = (text::quote(legacy), text::quote(image));
    let detail = format!(
        "spec.image {legacy} conflicts with spec.engine.image {image}; remove spec.image or set both fields to the same \
         value (spec.engine.image is preferred)"
    );
    issues.invalid(&rule::ENGINE_IMAGE_CONFLICT, "spec.engine.image", image, detail);
}
