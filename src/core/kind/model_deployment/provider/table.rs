//! The providers this crate knows: one line each.

use std::sync::LazyLock;

use crate::core::image::TagKnowledge;

use super::contract::Provider;
use super::dynamo::Dynamo;
use super::facts::TestBackend;
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

/// The names of all providers.
pub fn names() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.id())
}

/// The test backend that an object runs on: its provider has one, and its annotation asks for it. `annotation` reads one
/// annotation of the object.
pub fn test_backend<'a>(
    provider_name: &str,
    annotation: impl FnOnce(&str) -> Option<&'a str>,
) -> Option<&'static TestBackend> {
    let backend = provider(provider_name)?.facts().test_backend.as_ref()?;
    (annotation(backend.annotation) == Some(backend.value)).then_some(backend)
}

/// What is known of the tags of all providers' images.
#[must_use]
pub fn tags() -> &'static [TagKnowledge] {
    static TAGS: LazyLock<Vec<TagKnowledge>> =
        LazyLock::new(|| PROVIDERS.iter().flat_map(|provider| provider.facts().tags).copied().collect());
    &TAGS
}
