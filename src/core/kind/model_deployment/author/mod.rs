//! From flags to one ModelDeployment: what a user typed, as members of the object that will be applied.
//!
//! A [`Members`] holds only what was said; [`Members::apply`] writes each of them over an object, whether that came from a file
//! or from [`new_object`]. Nothing is defaulted here except what [`choose_engine`] names, because the cluster defaults the rest.

mod flag;
mod hint;
mod members;
mod override_path;
mod parse;

pub use flag::flag_of;
pub use hint::hint_in_flags;
pub use members::{Component, EnvEntry, EnvSource, Members, Volume};
pub use override_path::{OverrideError, set_override};
pub use parse::{
    FlagError, parse_context_length, parse_env, parse_key_value, parse_toleration, parse_volume,
};

use super::object::engine;
use super::provider;
use serde_json::{Value, json};

/// The API version of a ModelDeployment.
pub const API_VERSION: &str = "airunway.ai/v1alpha1";
/// The kind this program writes.
pub const KIND: &str = "ModelDeployment";

/// A ModelDeployment that holds nothing but its name and, where there is one, its model.
pub fn new_object(name: &str, model: Option<&str>) -> Value {
    let model = match model {
        Some(id) => json!({ "id": id }),
        None => json!({}),
    };
    json!({ "apiVersion": API_VERSION, "kind": KIND, "metadata": { "name": name }, "spec": { "model": model } })
}

/// Whether the object is a ModelDeployment of AI Runway, of any version of its API group.
pub fn is_model_deployment(object: &Value) -> bool {
    let group = object.get("apiVersion").and_then(Value::as_str).and_then(|version| version.split_once('/'));
    group.is_some_and(|(group, _)| group == "airunway.ai")
        && object.get("kind").and_then(Value::as_str) == Some(KIND)
}

/// The engine a one-line deploy should name when the user named none, and why.
///
/// AI Runway gives an object one GPU only when its engine is named (airunway-api.md section 3, step 5), and its own engine
/// selection takes an object without GPUs for a CPU model. A bare model id would therefore end at llama.cpp, which needs an image.
pub fn choose_engine(members: &Members, provider: Option<&str>) -> Option<(String, &'static str)> {
    let cpu_only = members.gpus == Some(0);
    if members.engine.is_some() || cpu_only || members.source.as_deref() == Some("custom") {
        return None;
    }
    let Some(name) = provider else {
        return Some((engine::ALL[0].to_owned(), "the first engine AI Runway prefers"));
    };
    match provider::engines(provider::provider(name)?).as_slice() {
        [] => None,
        [only] => Some((only.clone(), "the only engine of this provider")),
        [first, ..] => Some((first.clone(), "the first engine of this provider")),
    }
}

/// How prefix caching is switched off so that the shim's write-back cannot lose it: an engine argument.
///
/// `enablePrefixCaching: false` is dropped when a shim writes the object back and the schema default `true` returns
/// (recorded answers of AI Runway at commit b0d3fb7). Returns the argument key, or the reason why there is none.
pub fn prefix_caching_off(engine: Option<&str>, provider: Option<&str>) -> Result<&'static str, String> {
    let shim = provider.and_then(provider::provider);
    if let Some(shim) = shim.filter(|shim| shim.unused(engine.unwrap_or_default()).contains(&"engine.args")) {
        return Err(format!(
            "provider {} passes no engine arguments on, so prefix caching cannot be disabled",
            shim.id()
        ));
    }
    match engine {
        None | Some(engine::VLLM) => Ok("no-enable-prefix-caching"),
        Some(engine::SGLANG) => Ok("disable-radix-cache"),
        Some(other) => Err(format!("engine {other} has no argument that disables prefix caching")),
    }
}
