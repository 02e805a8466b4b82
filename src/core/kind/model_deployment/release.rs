//! The releases of AI Runway that the program knows, with the versions of what they install (`versions.env`).
//!
//! The data are in `data/airunway/<release>`; the two JSON files there are the short forms of the definitions, made by
//! `UPDATE=1 cargo test --test parity definitions` and proved current by the same test.

use crate::core::kind::release::release;
use crate::core::schema::Crd;

pub use crate::core::kind::release::Release;

macro_rules! airunway {
    ($name:literal) => {
        release!(
            "airunway",
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/airunway/", $name, "/versions.env")),
            ["modeldeployments"."airunway.ai", "inferenceproviderconfigs"."airunway.ai"]
        )
    };
}

/// Oldest first.
pub(super) static RELEASES: [Release; 2] = [airunway!("v0.7.0"), airunway!("main-b0d3fb775439")];

/// Of AI Runway.
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
        self.crd("modeldeployments.airunway.ai")
    }

    /// The definition of InferenceProviderConfig.
    pub fn provider_config(&self) -> &Crd {
        self.crd("inferenceproviderconfigs.airunway.ai")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_told_to_install_what_the_rules_are_of() {
        let (_, commit) = Release::newest().name.rsplit_once('-').expect("a commit");
        let install = crate::core::kind::Kind::product(&super::super::ModelDeploymentKind).install;
        assert!(install.iter().all(|line| line.contains(commit)), "{install:?}");
    }

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
