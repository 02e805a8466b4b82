//! The providers this crate knows: one line each.

use super::contract::Provider;
use super::dynamo::Dynamo;
use super::kaito::Kaito;
use super::kuberay::KubeRay;
use super::llmd::Llmd;
use super::vllm::Vllm;

/// Every provider, by name.
pub static PROVIDERS: [&dyn Provider; 5] = [&Dynamo, &Kaito, &KubeRay, &Llmd, &Vllm];

/// The provider of that name.
#[must_use]
pub fn provider(name: &str) -> Option<&'static dyn Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.id() == name)
}
