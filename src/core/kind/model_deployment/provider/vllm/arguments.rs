//! Arguments of the server, in the shim's order (`airunway-providers.md` section 3.2).

use std::collections::BTreeMap;

use crate::core::kind::model_deployment::launch::{self, Door, Server};
use crate::core::kind::model_deployment::object::ModelDeployment;
use crate::core::kind::model_deployment::provider::arguments::{
    ArgumentError, check_key, explicit_flags, launch_flag_key, push, push_map, refuse_conflicts,
};
use crate::core::schema::text::quote;

/// Flags that tie container, Service and probes together.
const NETWORKING: [&str; 2] = ["host", "port"];
const WHY: &str = "Direct vLLM currently requires host 0.0.0.0 and port 8000 to keep the container, Service, and probes aligned";

/// The argument list.
///
/// # Errors
/// The first check that fails: networking, flags set twice, key grammar.
pub(super) fn arguments(deployment: &ModelDeployment) -> Result<Vec<String>, ArgumentError> {
    let (args, extra_args) = (deployment.engine_args(), deployment.extra_args());
    refuse_networking(args, extra_args)?;
    refuse_conflicts(args, extra_args)?;
    let mut tokens = generated(deployment);
    push_map(&mut tokens, args)?;
    tokens.extend_from_slice(extra_args);
    Ok(tokens)
}

/// What the shim puts in front of the object's own arguments.
fn generated(deployment: &ModelDeployment) -> Vec<String> {
    let explicit = explicit_flags(deployment.engine_args(), deployment.extra_args());
    let derived = |flag: &str| !explicit.contains(flag);

    let mut tokens = Vec::new();
    push(&mut tokens, "--host", "0.0.0.0");
    push(&mut tokens, "--port", "8000");
    if derived("model") {
        push(&mut tokens, "--model", deployment.model_id());
    }
    if !deployment.served_name().is_empty() && derived("served-model-name") {
        push(&mut tokens, "--served-model-name", deployment.served_name());
    }
    if let Some(length) = deployment.context_length()
        && derived("max-model-len")
    {
        push(&mut tokens, "--max-model-len", length.to_string());
    }
    for (wanted, flag) in [
        (deployment.engine_flag(|engine| engine.trust_remote_code), "trust-remote-code"),
        (deployment.engine_flag(|engine| engine.enforce_eager), "enforce-eager"),
        (deployment.engine_flag(|engine| engine.enable_prefix_caching), "enable-prefix-caching"),
    ] {
        if wanted && derived(flag) {
            tokens.push(format!("--{flag}"));
        }
    }
    if deployment.gpu_count() > 1 && derived("tensor-parallel-size") {
        push(&mut tokens, "--tensor-parallel-size", deployment.gpu_count().to_string());
    }
    tokens
}

/// The server as the object describes it.
pub(super) fn server(deployment: &ModelDeployment) -> Server {
    let mut words = launch::from_shim(generated(deployment));
    words.extend(launch::from_args(deployment, |key| check_key(key).is_ok()));
    words.extend(launch::from_extra_args(deployment));
    Server {
        fills_tensor: true,
        yields: true,
        reserved: &NETWORKING,
        door: Door::Probed,
        ..Server::new(deployment.gpu_count(), "spec.resources.gpu.count", words)
    }
}

fn refuse_networking(args: &BTreeMap<String, String>, extra_args: &[String]) -> Result<(), ArgumentError> {
    let refused = |what: &str, text: &str| {
        let text = quote(text);
        let message = format!("{what} {text} conflicts with Direct vLLM generated networking; {WHY}");
        Err(ArgumentError::Reserved(message))
    };
    // Upstream visits the map in random order; here the first key in byte order is named.
    if let Some(key) = args.keys().find(|key| is_reserved(bare_key(key))) {
        return refused("engine arg", key);
    }
    match extra_args.iter().find(|token| launch_flag_key(token).is_some_and(is_reserved)) {
        Some(token) => refused("engine extraArg", token),
        None => Ok(()),
    }
}

/// Whether the shim sets the flag itself.
pub(super) fn is_reserved(flag: &str) -> bool {
    NETWORKING.contains(&flag)
}

/// A map key as the engine would read it: blanks, leading dashes and anything from `=` on do not count.
pub(super) fn bare_key(key: &str) -> &str {
    let key = key.trim().trim_start_matches('-');
    key.split_once('=').map_or(key, |(key, _)| key).trim()
}
