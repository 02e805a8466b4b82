//! Launch flags: reserved ones, refused keys, other spellings of generated ones.

use super::{Found, Situation, member_path, rule, view};
use serde_json::Value;

/// Flags that the Direct vLLM shim generates from other members.
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

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let object = situation.stored;
    if view::at(object, &["spec", "engine", "contextLength"])
        .and_then(Value::as_i64)
        .is_some_and(|length| length < 1)
    {
        let message = "the engine needs a context of at least one token";
        found.add(&rule::CONTEXT_LENGTH_NOT_POSITIVE, "spec.engine.contextLength", message);
    }
    let provider = situation.provider_name();
    for key in view::object(object, &["spec", "engine", "args"]).into_iter().flat_map(|args| args.keys()) {
        let path = member_path("spec.engine.args", key);
        if provider == "vllm" && is_reserved(bare(key)) {
            let message = format!(
                "engine arg {key:?} conflicts with the generated networking; the shim refuses to render"
            );
            found.add(&rule::LAUNCH_FLAG_RESERVED, &path, message);
        } else if matches!(provider, "vllm" | "dynamo" | "llmd") && !is_key(key) {
            let message = "the shim takes only letters, digits, '-' and '_', not '-' in front";
            found.add(&rule::LAUNCH_FLAG_KEY, &path, message);
        } else if provider == "vllm" && is_reserved(&folded(key)) {
            found.add(
                &rule::LAUNCH_FLAG_DISGUISED,
                &path,
                format!("rendered as --{key} beside the generated flag"),
            );
        } else if provider == "vllm" {
            check_alias(situation, key, &path, found);
        }
    }
    if provider == "vllm" {
        let tokens = view::list(object, &["spec", "engine", "extraArgs"]);
        for (index, token) in
            tokens.iter().enumerate().filter_map(|(index, token)| Some((index, token.as_str()?)))
        {
            check_token(situation, token, &format!("spec.engine.extraArgs[{index}]"), found);
        }
    }
}

fn check_token(situation: &Situation<'_>, token: &str, path: &str, found: &mut Found) {
    if !token.starts_with('-') {
        return;
    }
    let has_two_dashes = token.starts_with("--") && !token.starts_with("---");
    let name = token.trim_start_matches('-').split('=').next().unwrap_or_default().trim();
    if has_two_dashes && is_reserved(name) {
        let message = format!(
            "engine extraArg {token:?} conflicts with the generated networking; the shim refuses to render"
        );
        found.add(&rule::LAUNCH_FLAG_RESERVED, path, message);
        return;
    }
    let word = name.split_whitespace().next().unwrap_or_default();
    if is_reserved(&folded(word)) {
        found.add(
            &rule::LAUNCH_FLAG_DISGUISED,
            path,
            format!("{token:?} is rendered beside the generated flag"),
        );
    } else {
        check_alias(situation, name, path, found);
    }
}

/// Another spelling of a flag that is generated for this object.
fn check_alias(situation: &Situation<'_>, name: &str, path: &str, found: &mut Found) {
    if GENERATED.contains(&name) {
        return;
    }
    let spelt = folded(name);
    let long = SHORT.iter().find(|(short, _)| *short == spelt).map_or(spelt.as_str(), |(_, long)| *long);
    if let Some(flag) =
        GENERATED.iter().find(|flag| **flag == long).filter(|flag| is_generated(situation, flag))
    {
        let message = format!("--{flag} is generated as well, and the engine gets both");
        found.add_with_hint(&rule::LAUNCH_FLAG_ALIAS, path, message, format!("write {flag}"));
    }
}

/// Whether the shim generates the flag for this object.
fn is_generated(situation: &Situation<'_>, flag: &str) -> bool {
    let object = situation.stored;
    let has_text = |path: &[&str]| !view::text(object, path).is_empty();
    match flag {
        "model" => true,
        "served-model-name" => has_text(&["spec", "model", "servedName"]),
        "max-model-len" => view::at(object, &["spec", "engine", "contextLength"]).is_some(),
        "trust-remote-code" => view::flag(object, &["spec", "engine", "trustRemoteCode"]),
        "enforce-eager" => view::flag(object, &["spec", "engine", "enforceEager"]),
        // A false does not survive the write-back.
        "enable-prefix-caching" => true,
        _ => view::number(object, &["spec", "resources", "gpu", "count"]) > 1,
    }
}

/// A key as the shim's test for reserved flags reads it.
fn bare(key: &str) -> &str {
    let key = key.trim().trim_start_matches('-');
    key.split('=').next().unwrap_or(key).trim()
}

fn is_reserved(name: &str) -> bool {
    matches!(name, "host" | "port")
}

fn folded(name: &str) -> String {
    name.trim_start_matches('-').trim().to_ascii_lowercase().replace('_', "-")
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with('-')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
