//! Advice about launch flags that the shim refuses or overlooks: reserved ones and keys that are none.

use serde_json::Value;

use super::arguments::{bare_key, is_reserved};
use crate::core::kind::model_deployment::advice::catalogue as rule;
use crate::core::kind::model_deployment::launch;
use crate::core::kind::model_deployment::object::engine;
use crate::core::kind::model_deployment::provider::arguments::{
    advise_key, check_key, engine_args, launch_flag_key,
};
use crate::core::kubernetes::finding::field_path;
use crate::core::kubernetes::json;
use crate::core::kubernetes::rule::Found;

/// Judges `spec.engine.args` and `spec.engine.extraArgs`.
pub(super) fn advise(stored: &Value, found: &mut Found) {
    for key in engine_args(stored) {
        check_map_key(key, found);
    }
    let tokens = json::list(stored, &["spec", "engine", "extraArgs"]).iter().enumerate();
    for (index, token) in tokens.filter_map(|(index, token)| Some((index, token.as_str()?))) {
        check_token(token, &format!("spec.engine.extraArgs[{index}]"), found);
    }
}

fn check_map_key(key: &str, found: &mut Found) {
    let path = field_path("spec.engine.args", key);
    if is_reserved(bare_key(key)) {
        let message =
            format!("engine arg {key:?} conflicts with the generated networking; the shim refuses to render");
        found.add(&rule::LAUNCH_FLAG_RESERVED, path, message);
    } else if check_key(key).is_err() {
        advise_key(key, found);
    } else if is_reserved(&full_name(key)) {
        let message = format!("rendered as --{key} beside the generated flag");
        found.add(&rule::LAUNCH_FLAG_DISGUISED, path, message);
    }
}

fn check_token(token: &str, path: &str, found: &mut Found) {
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
    if is_reserved(&full_name(word)) {
        let message = format!("{token:?} is rendered beside the generated flag");
        found.add(&rule::LAUNCH_FLAG_DISGUISED, path, message);
    }
}

/// The name that the engine makes of it: other letters and dashes do not count here, and the start of a name is enough.
fn full_name(name: &str) -> String {
    let folded = name.trim_start_matches('-').trim().to_ascii_lowercase().replace('_', "-");
    let known = launch::grammar(engine::VLLM).and_then(|grammar| grammar.find(&folded));
    known.map_or(folded, |known| known.name.to_owned())
}
