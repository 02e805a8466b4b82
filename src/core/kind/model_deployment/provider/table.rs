//! The providers this crate knows: one line each.

use std::sync::LazyLock;

use crate::core::image::TagKnowledge;

use super::contract::Provider;
use super::facts::TestBackend;

/// Every provider, by name.
pub static PROVIDERS: &[&dyn Provider] = &[
    &super::dynamo::Dynamo,
    &super::kaito::Kaito,
    &super::kuberay::KubeRay,
    &super::llmd::Llmd,
    &super::vllm::Vllm,
];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::model_deployment::object::engine;
    use crate::core::kind::model_deployment::provider::facts::Environment;
    use crate::core::kind::model_deployment::provider::registration::engines;
    use crate::core::kubernetes::preview::Write;
    use crate::core::kubernetes::resource::DEPLOYMENT;

    #[test]
    fn facts_do_not_contradict_each_other() {
        assert!(names().is_sorted(), "the table is by name");
        for provider in PROVIDERS.iter().copied() {
            let (facts, name) = (provider.facts(), provider.id());
            assert!(!engines(provider).is_empty(), "{name} registers no engine");
            assert!(engines(provider).iter().all(|each| engine::ALL.contains(&each.as_str())), "{name}");
            let is_followed = facts.main_child() == Some(&DEPLOYMENT);
            assert_eq!(provider.pod_selector("q").is_some(), is_followed, "{name}: its pods");
            let own = format!("{name}-provider");
            for child in facts.children {
                if let Write::Apply { manager } = child.write {
                    assert_eq!(manager, own);
                }
            }
            for engine in engine::ALL {
                let ignores_env = provider.unused(engine).contains(&"env");
                assert!(ignores_env || facts.environment != Environment::Ignored, "{name}, {engine}: env");
            }
        }
    }
}
