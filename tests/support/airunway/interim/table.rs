//! The providers this crate knows: one line each.

use super::contract::Provider;
use super::vllm::Vllm;

/// Every provider, by name.
pub static PROVIDERS: [&dyn Provider; 1] = [&Vllm];

/// The provider of that name.
#[must_use]
pub fn provider(name: &str) -> Option<&'static dyn Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.id() == name)
}
