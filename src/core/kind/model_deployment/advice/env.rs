//! Environment variables.

use super::{Found, Situation, rule, view};
use serde_json::Value;
use std::collections::HashSet;

const TOKEN: &str = "HF_TOKEN";

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let provider = situation.provider_name();
    let is_preset = provider == "kaito" && situation.engine_name() != "llamacpp";
    if provider == "dynamo" || is_preset {
        return; // Not rendered at all, which another rule says.
    }
    let applies = matches!(provider, "vllm" | "llmd");
    let has_secret = !view::text(situation.stored, &["spec", "secrets", "huggingFaceToken"]).is_empty();
    let mut seen = HashSet::new();
    for (index, entry) in view::list(situation.stored, &["spec", "env"]).iter().enumerate() {
        let path = format!("spec.env[{index}]");
        let name = view::text(entry, &["name"]);
        if name.is_empty() || name.contains('=') || !name.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            found.add(&rule::ENV_NAME, format!("{path}.name"), format!("{name:?} is refused in a pod"));
            continue;
        }
        // Direct vLLM drops the user's own token before it renders.
        let dropped = name == TOKEN && has_secret && provider == "vllm";
        if name == TOKEN && has_secret {
            let message = match provider {
                "vllm" => "the shim drops this entry in favour of spec.secrets.huggingFaceToken",
                "llmd" => "HF_TOKEN is rendered twice, and the Deployment is refused",
                _ => "spec.secrets.huggingFaceToken sets HF_TOKEN as well",
            };
            found.add(&rule::ENV_TOKEN_TWICE, &path, message);
        } else if applies && !dropped && !seen.insert(name) {
            let message = format!("{name} is there already; the Deployment is refused with its name twice");
            found.add(&rule::ENV_DUPLICATE, format!("{path}.name"), message);
        }
        check_source(provider, entry, &path, found);
    }
}

fn check_source(provider: &str, entry: &Value, path: &str, found: &mut Found) {
    let Some(source) = view::object(entry, &["valueFrom"]) else { return };
    let path = format!("{path}.valueFrom");
    if !view::text(entry, &["value"]).is_empty() && matches!(provider, "vllm" | "llmd" | "") {
        let message = match provider {
            "vllm" => "the shim drops the value",
            _ => "a pod may not have both a value and a source",
        };
        found.add(&rule::ENV_VALUE_AND_SOURCE, &path, message);
    }
    if matches!(provider, "llmd" | "kaito" | "kuberay") {
        for name in source.keys().filter(|name| *name != "secretKeyRef") {
            let message = format!("provider {provider} renders values and secretKeyRef only");
            found.add(&rule::ENV_SOURCE_IGNORED, format!("{path}.{name}"), message);
        }
    }
}
