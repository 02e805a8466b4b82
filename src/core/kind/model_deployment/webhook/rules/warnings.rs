//! The webhook's warnings (airunway-api.md section 4.7).

use super::{Caution, rule, text, view};
use crate::core::kubernetes::rule::Rule;
use serde_json::Value;

pub(super) fn check(object: &Value, cautions: &mut Vec<Caution>) {
    let mut add = |rule: &'static Rule, path: &str, text: String| {
        cautions.push(Caution { rule, path: path.to_owned(), text });
    };
    let source = view::text(object, &["spec", "model", "source"]);
    if source == "custom" && !view::text(object, &["spec", "model", "servedName"]).is_empty() {
        let text = "servedName is ignored for custom source (model name is defined by the container)";
        add(&rule::SERVED_NAME_IGNORED, "spec.model.servedName", text.to_owned());
    }
    if view::flag(object, &["spec", "engine", "trustRemoteCode"]) {
        let text = "trustRemoteCode=true allows execution of arbitrary code from HuggingFace";
        add(&rule::TRUST_REMOTE_CODE, "spec.engine.trustRemoteCode", text.to_owned());
    }
    let has_length = view::at(object, &["spec", "engine", "contextLength"]).is_some();
    if has_length && view::text(object, &["spec", "engine", "type"]) == "trtllm" {
        let text = "contextLength is ignored for TensorRT-LLM (must be configured at engine build time)";
        add(&rule::CONTEXT_LENGTH_IGNORED, "spec.engine.contextLength", text.to_owned());
    }
    for (index, volume) in view::volumes(object).iter().enumerate() {
        if !view::flag(volume, &["readOnly"]) {
            continue;
        }
        let path = format!("spec.model.storage.volumes[{index}].readOnly");
        let name = text::quote(view::text(volume, &["name"]));
        match view::text(volume, &["purpose"]) {
            "compilationCache" => add(
                &rule::COMPILATION_CACHE_READ_ONLY,
                &path,
                format!(
                    "storage volume {name} has purpose=compilationCache with readOnly=true; compilation cache requires \
                     write access"
                ),
            ),
            "modelCache" if source == "huggingface" => add(
                &rule::MODEL_CACHE_READ_ONLY,
                &path,
                format!(
                    "storage volume {name} has purpose=modelCache with readOnly=true; model download will be skipped \
                     (ensure the PVC already contains the model data)"
                ),
            ),
            _ => {}
        }
    }
}
