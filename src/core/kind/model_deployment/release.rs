//! The releases of AI Runway that the program knows: their definitions and the versions of what they install.
//!
//! The data are in `data/airunway/<release>`; the two JSON files there are the short forms of the definitions, made by
//! `UPDATE=1 cargo test --test parity definitions` and proved current by the same test.

use crate::core::schema::Crd;
use serde_json::Value;
use std::sync::LazyLock;

/// One release, or a build between releases.
pub struct Release {
    /// Image tag of the build, for example `v0.7.0`.
    pub name: &'static str,
    versions_file: &'static str,
    model_deployment: LazyLock<Crd>,
    provider_config: LazyLock<Crd>,
    /// Short forms of the definitions, by name.
    definitions: [(&'static str, &'static str); 2],
}

macro_rules! release {
    ($name:literal) => {
        Release {
            name: $name,
            versions_file: include_str!(concat!("../../../../data/airunway/", $name, "/versions.env")),
            model_deployment: LazyLock::new(|| definition(data!($name, "modeldeployments"))),
            provider_config: LazyLock::new(|| definition(data!($name, "inferenceproviderconfigs"))),
            definitions: [
                ("modeldeployments.airunway.ai", data!($name, "modeldeployments")),
                ("inferenceproviderconfigs.airunway.ai", data!($name, "inferenceproviderconfigs")),
            ],
        }
    };
}

macro_rules! data {
    ($name:literal, $plural:literal) => {
        include_str!(concat!("../../../../data/airunway/", $name, "/", $plural, ".json"))
    };
}

/// Oldest first.
static RELEASES: [Release; 2] = [release!("v0.7.0"), release!("main-b0d3fb775439")];

fn definition(text: &str) -> Crd {
    // The data are part of the program and a test compiles every release; an empty definition keeps this total.
    let definition: Value = serde_json::from_str(text).unwrap_or_default();
    Crd::compile(&definition, None).unwrap_or_default()
}

impl Release {
    /// All releases, oldest first.
    pub fn all() -> &'static [Release] {
        &RELEASES
    }

    /// The newest, which commands use unless told otherwise.
    pub fn newest() -> &'static Release {
        let [.., newest] = &RELEASES;
        newest
    }

    /// A release by name, with or without the leading `v`.
    pub fn named(name: &str) -> Option<&'static Release> {
        RELEASES.iter().find(|release| release.name == name || release.name.strip_prefix('v') == Some(name))
    }

    /// The definition of ModelDeployment.
    pub fn model_deployment(&self) -> &Crd {
        &self.model_deployment
    }

    /// The definition of InferenceProviderConfig.
    pub fn provider_config(&self) -> &Crd {
        &self.provider_config
    }

    /// The short form of a definition by its name, for example `modeldeployments.airunway.ai`.
    pub fn definition(&self, name: &str) -> Option<Value> {
        let (_, text) = self.definitions.iter().find(|(each, _)| *each == name)?;
        serde_json::from_str(text).ok()
    }

    /// The versions of `versions.env`, in its order, for example `("VLLM_VERSION", "cu130-nightly")`.
    pub fn versions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.versions_file.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('='))
    }

    /// One version of `versions.env`.
    pub fn version(&self, name: &str) -> Option<&'static str> {
        self.versions().find(|(each, _)| *each == name).map(|(_, version)| version)
    }
}

impl std::fmt::Debug for Release {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Release").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_is_readable() {
        for release in Release::all() {
            assert_eq!(release.model_deployment().kind, "ModelDeployment", "{release:?}");
            assert_eq!(release.model_deployment().api_version(), "airunway.ai/v1alpha1");
            assert!(release.model_deployment().schema.property("spec").is_some());
            assert_eq!(release.provider_config().kind, "InferenceProviderConfig");
            assert!(!release.provider_config().is_namespaced);
            assert!(release.version("VLLM_VERSION").is_some());
        }
        assert_eq!(Release::newest().version("KAITO_VERSION"), Some("0.10.0"));
        assert!(Release::named("0.7.0").is_some_and(|release| release.name == "v0.7.0"));
        assert!(Release::named("v9").is_none());
    }
}
