//! Arguments of the server: no networking, no deduplication, prefix caching said either way.

use super::TRANSFER;
use crate::core::kind::model_deployment::launch::{self, Door, Server};
use crate::core::kind::model_deployment::object::ModelDeployment;
use crate::core::kind::model_deployment::provider::arguments::{ArgumentError, check_key, push, push_map};

/// The argument list of one server. `gpu_count` is the component's; zero falls back to `spec.resources`.
///
/// # Errors
/// The first key of `spec.engine.args` that is not a flag name.
pub(super) fn arguments(
    deployment: &ModelDeployment,
    transfer: Option<&str>,
    gpu_count: i32,
) -> Result<Vec<String>, ArgumentError> {
    let mut tokens = generated(deployment, transfer, gpu_count);
    push_map(&mut tokens, deployment.engine_args())?;
    tokens.extend_from_slice(deployment.extra_args());
    Ok(tokens)
}

/// What the shim puts in front of the object's own arguments.
fn generated(deployment: &ModelDeployment, transfer: Option<&str>, gpu_count: i32) -> Vec<String> {
    let mut tokens = Vec::new();
    push(&mut tokens, "--model", deployment.model_id());
    if !deployment.served_name().is_empty() {
        push(&mut tokens, "--served-model-name", deployment.served_name());
    }
    if let Some(length) = deployment.context_length() {
        push(&mut tokens, "--max-model-len", length.to_string());
    }
    if deployment.engine_flag(|engine| engine.trust_remote_code) {
        tokens.push("--trust-remote-code".to_owned());
    }
    let caching = deployment.engine_flag(|engine| engine.enable_prefix_caching);
    tokens.push(if caching { "--enable-prefix-caching" } else { "--no-enable-prefix-caching" }.to_owned());
    if deployment.engine_flag(|engine| engine.enforce_eager) {
        tokens.push("--enforce-eager".to_owned());
    }
    let parallel = if gpu_count == 0 { deployment.gpu_count() } else { gpu_count };
    if parallel > 1 {
        push(&mut tokens, "--tensor-parallel-size", parallel.to_string());
    }
    if let Some(transfer) = transfer {
        push(&mut tokens, "--kv-transfer-config", transfer);
    }
    tokens
}

/// The servers as the object describes them.
pub(super) fn servers(deployment: &ModelDeployment) -> Vec<Server> {
    let server = |transfer: Option<&str>, gpu_count: i32, gpus_at: &'static str| {
        let mut words = launch::from_shim(generated(deployment, transfer, gpu_count));
        words.extend(launch::from_args(deployment, |key| check_key(key).is_ok()));
        words.extend(launch::from_extra_args(deployment));
        Server { fills_tensor: true, door: Door::Service, ..Server::new(gpu_count, gpus_at, words) }
    };
    if !deployment.disaggregated() {
        return vec![server(None, deployment.gpu_count(), "spec.resources.gpu.count")];
    }
    let parts = [
        (deployment.prefill(), TRANSFER.prefill, "spec.scaling.prefill.gpu.count"),
        (deployment.decode(), TRANSFER.decode, "spec.scaling.decode.gpu.count"),
    ];
    let parts = parts.into_iter().filter_map(|(part, transfer, at)| Some((part?.gpu_count(), transfer, at)));
    parts.map(|(gpus, transfer, at)| server(Some(transfer), gpus, at)).collect()
}
