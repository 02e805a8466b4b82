//! Advice about launch flags: reserved ones, refused keys, other spellings of generated ones.

use serde_json::Value;

use super::arguments::{bare_key, is_reserved};
use crate::core::kind::model_deployment::advice::catalogue as rule;
use crate::core::kind::model_deployment::provider::arguments::{
    advise_key, check_key, engine_args, launch_flag_key,
};
use crate::core::kubernetes::finding::field_path;
use crate::core::kubernetes::json;
use crate::core::kubernetes::rule::Found;

/// Flags that the shim generates from other fields.
const GENERATED: [&str; 7] = [
    "enable-prefix-caching",
    "enforce-eager",
    "max-model-len",
    "model",
    "served-model-name",
    "tensor-parallel-size",
    "trust-remote-code",
];
/// Short forms that vLLM knows for them.
const SHORT: [(&str, &str); 2] = [("tp", "tensor-parallel-size"), ("max-model-length", "max-model-len")];

/// Judges `spec.engine.args` and `spec.engine.extraArgs`.
pub(super) fn advise(stored: &Value, found: &mut Found) {
    for key in engine_args(stored) {
        check_map_key(stored, key, found);
    }
    let tokens = json::list(stored, &["spec", "engine", "extraArgs"]).iter().enumerate();
    for (index, token) in tokens.filter_map(|(index, token)| Some((index, token.as_str()?))) {
        check_token(stored, token, &format!("spec.engine.extraArgs[{index}]"), found);
    }
}

fn check_map_key(stored: &Value, key: &str, found: &mut Found) {
    let path = field_path("spec.engine.args", key);
    if is_reserved(bare_key(key)) {
        let message =
            format!("engine arg {key:?} conflicts with the generated networking; the shim refuses to render");
        found.add(&rule::LAUNCH_FLAG_RESERVED, path, message);
    } else if check_key(key).is_err() {
        advise_key(key, found);
    } else if is_reserved(&folded(key)) {
        let message = format!("rendered as --{key} beside the generated flag");
        found.add(&rule::LAUNCH_FLAG_DISGUISED, path, message);
    } else {
        check_alias(stored, key, &path, found);
    }
}

fn check_token(stored: &Value, token: &str, path: &str, found: &mut Found) {
    if !token.starts_with('-') {
        return;
    }
    if launch_flag_key(token).is_some_and(is_reserved) {
        let message = format!(
            "engine extraArg {token:?} conflicts with the generated networking; the shim refuses to render"
        );
        found.add(&rule::LAUNCH_FLAG_RESERVED, path, message);
        return;
    }
    let name = bare_key(token);
    let word = name.split_whitespace().next().unwrap_or_default();
    if is_reserved(&folded(word)) {
        let message = format!("{token:?} is rendered beside the generated flag");
        found.add(&rule::LAUNCH_FLAG_DISGUISED, path, message);
    } else {
        check_alias(stored, name, path, found);
    }
}

/// Another spelling of a flag that is generated for this object.
fn check_alias(stored: &Value, name: &str, path: &str, found: &mut Found) {
    if GENERATED.contains(&name) {
        return;
    }
    let spelt = folded(name);
    let long = SHORT.iter().find(|(short, _)| *short == spelt).map_or(spelt.as_str(), |(_, long)| *long);
    if let Some(flag) = GENERATED.iter().find(|flag| **flag == long && is_generated(stored, flag)) {
        let message = format!("--{flag} is generated as well, and the engine gets both");
        found.add_with_hint(&rule::LAUNCH_FLAG_ALIAS, path, message, format!("write {flag}"));
    }
}

/// Whether the shim generates the flag for this object.
fn is_generated(stored: &Value, flag: &str) -> bool {
    match flag {
        "model" => true,
        "served-model-name" => !json::text(stored, &["spec", "model", "servedName"]).is_empty(),
        "max-model-len" => json::at(stored, &["spec", "engine", "contextLength"]).is_some(),
        "trust-remote-code" => json::flag(stored, &["spec", "engine", "trustRemoteCode"]),
        "enforce-eager" => json::flag(stored, &["spec", "engine", "enforceEager"]),
        // A false does not survive the write-back.
        "enable-prefix-caching" => true,
        _ => json::number(stored, &["spec", "resources", "gpu", "count"]) > 1,
    }
}

fn folded(name: &str) -> String {
    name.trim_start_matches('-').trim().to_ascii_lowercase().replace('_', "-")
}
