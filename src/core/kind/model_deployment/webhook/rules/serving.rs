//! V7: what disaggregated serving needs.

use super::{Issues, rule, text, view};
use serde_json::Value;

pub(super) fn check(object: &Value, issues: &mut Issues) {
    if view::serving_mode(object) != "disaggregated" {
        return;
    }
    let gpus = view::number(object, &["spec", "resources", "gpu", "count"]);
    if gpus > 0 {
        let gpu_type = view::text(object, &["spec", "resources", "gpu", "type"]);
        let shown = match gpu_type {
            "" => format!("{{\"count\":{gpus}}}"),
            gpu_type => format!("{{\"count\":{gpus},\"type\":{}}}", text::json_string(gpu_type)),
        };
        let detail = "cannot specify both resources.gpu and scaling.prefill/decode in disaggregated mode";
        issues.invalid(&rule::DISAGGREGATED_RESOURCES, "spec.resources.gpu", shown, detail);
    }
    if view::at(object, &["spec", "scaling"]).is_none() {
        let detail = "disaggregated mode requires scaling configuration";
        issues.required(&rule::DISAGGREGATED_SCALING, "spec.scaling", detail);
        return;
    }
    for component in ["prefill", "decode"] {
        let path = format!("spec.scaling.{component}");
        if view::at(object, &["spec", "scaling", component]).is_none() {
            let detail = format!("disaggregated mode requires scaling.{component}");
            issues.required(&rule::DISAGGREGATED_SCALING, &path, &detail);
        } else if view::number(object, &["spec", "scaling", component, "gpu", "count"]) == 0
            && view::test_backend(object).is_none()
        {
            let detail = format!("disaggregated mode requires scaling.{component}.gpu.count > 0");
            issues.required(&rule::DISAGGREGATED_GPU, &format!("{path}.gpu.count"), &detail);
        }
    }
}
