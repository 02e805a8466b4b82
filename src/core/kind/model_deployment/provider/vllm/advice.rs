//! Advice about what the shim reports of an image, and about overrides of the Deployment that it renders.

use serde_json::Value;

use super::render::STARTUP_SECONDS;
use crate::core::image::ImageRef;
use crate::core::kind::model_deployment::advice::catalogue as rule;
use crate::core::kind::model_deployment::image_class::{self, SourceClass};
use crate::core::kind::model_deployment::provider::versions::Versions;
use crate::core::kind::model_deployment::webhook::view;
use crate::core::kubernetes::json;
use crate::core::kubernetes::rule::Found;

/// Seconds until a Deployment counts as failed, unless it says otherwise.
const PROGRESS_SECONDS: i64 = 600;

/// Says when an image is of no class that the shim stands behind.
pub(super) fn image(stored: &Value, versions: &Versions, found: &mut Found) {
    let Some((image, path)) = view::image(stored) else { return };
    if image.parse::<ImageRef>().is_err() {
        return; // No image at all, which another rule says.
    }
    if SourceClass::of(image, &image_class::default_image(versions)) == SourceClass::Custom {
        let message = "the shim classifies it as custom and sets the condition UnsupportedImage";
        found.add(&rule::CUSTOM_IMAGE, path, message);
    }
}

/// Judges overrides that a Deployment can hold.
pub(super) fn overrides(overrides: &Value, found: &mut Found) {
    if json::at(overrides, &["spec", "template", "spec"]).is_some_and(|pod| pod.get("containers").is_some()) {
        let path = "spec.provider.overrides.spec.template.spec.containers";
        found.add(&rule::OVERRIDE_CONTAINERS, path, "the generated container is replaced, not merged");
    }
    check_startup(overrides, found);
}

/// Compares the time to start with the time of the rollout, when the overrides change one of them.
fn check_startup(overrides: &Value, found: &mut Found) {
    let deadline = json::at(overrides, &["spec", "progressDeadlineSeconds"]).and_then(Value::as_i64);
    let containers =
        json::at(overrides, &["spec", "template", "spec", "containers"]).and_then(Value::as_array);
    let startup = match containers {
        None => Some(i64::from(STARTUP_SECONDS)),
        Some(containers) => containers.iter().filter_map(startup_seconds).max(),
    };
    let (Some(startup), true) = (startup, deadline.is_some() || containers.is_some()) else { return };
    let limit = deadline.unwrap_or(PROGRESS_SECONDS);
    if startup > limit {
        let path = "spec.provider.overrides.spec.progressDeadlineSeconds";
        let message = format!("a pod may take {startup} s to start; the rollout fails after {limit} s");
        found.add(&rule::STARTUP_WINDOW, path, message);
    }
}

fn startup_seconds(container: &Value) -> Option<i64> {
    let probe = json::at(container, &["startupProbe"])?;
    let number =
        |name: &str, default: i64| json::at(probe, &[name]).and_then(Value::as_i64).unwrap_or(default);
    Some(
        number("initialDelaySeconds", 0)
            .saturating_add(number("failureThreshold", 3).saturating_mul(number("periodSeconds", 10))),
    )
}
