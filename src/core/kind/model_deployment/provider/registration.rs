//! The InferenceProviderConfigs that the shims of a release register (`airunway-providers.md` section 1).
//!
//! Each provider's folder holds `registration.json`: the annotations and the specification as the shim writes them, with
//! `${DYNAMO_VERSION}` and the like where the shim puts a version it was built with.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::object::{
    API_VERSION, Capabilities, INFERENCE_PROVIDER_CONFIG, SelectionRule,
};
use crate::core::kind::model_deployment::release::Release;

use super::contract::{Provider, Versions};
use super::table::PROVIDERS;

/// Annotation that repeats the capabilities; Direct vLLM does not write it.
const CAPABILITIES: &str = "airunway.ai/capabilities";
/// Annotation that goes with it.
const DISPLAY_NAME: &str = "airunway.ai/display-name";

/// What `registration.json` holds.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Source {
    #[serde(rename = "upstreamCRDVersion")]
    upstream_crd_version: String,
    annotations: Map<String, Value>,
    spec: SourceSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SourceSpec {
    capabilities: Capabilities,
    selection_rules: Vec<SelectionRule>,
}

/// What every provider registers, by name. The objects have a status that says they are ready, without a heartbeat.
#[must_use]
pub fn registrations(release: &Release) -> Vec<Value> {
    registrations_of(&Versions::of(release))
}

/// The same for versions that no embedded release has.
#[must_use]
pub fn registrations_of(versions: &Versions) -> Vec<Value> {
    PROVIDERS.iter().map(|provider| registration(*provider, versions)).collect()
}

/// What one provider registers.
#[must_use]
pub fn registration(provider: &dyn Provider, versions: &Versions) -> Value {
    let text = versions.fill_in(provider.registration());
    // The text is part of the program, and a test reads every one of them.
    let mut source: Source = serde_json::from_str(&text).unwrap_or_default();
    if !versions.api_formats {
        source.spec.capabilities.engines.iter_mut().for_each(|engine| engine.api_formats.clear());
    }
    if source.annotations.contains_key(DISPLAY_NAME) {
        let capabilities = serde_json::to_string(&source.spec.capabilities).unwrap_or_default();
        source.annotations.insert(CAPABILITIES.into(), capabilities.into());
    }
    let mut spec = json!({"capabilities": source.spec.capabilities});
    if let (Value::Object(spec), false) = (&mut spec, source.spec.selection_rules.is_empty()) {
        spec.insert("selectionRules".into(), json!(source.spec.selection_rules));
    }
    json!({
        "apiVersion": API_VERSION,
        "kind": INFERENCE_PROVIDER_CONFIG,
        "metadata": {"name": provider.id(), "annotations": source.annotations},
        "spec": spec,
        "status": {
            "ready": true,
            "version": format!("{}-provider:{}", provider.id(), versions.release),
            "upstreamCRDVersion": source.upstream_crd_version,
        },
    })
}

/// The versions of the embedded releases, by name.
static KNOWN: LazyLock<Vec<(&str, Versions)>> =
    LazyLock::new(|| Release::all().iter().map(|release| (release.name, Versions::read(release))).collect());

impl Versions {
    /// The versions that a release was built with.
    #[must_use]
    pub fn of(release: &Release) -> Versions {
        let known = KNOWN.iter().find(|(name, _)| *name == release.name);
        known.map_or_else(|| Versions::read(release), |(_, versions)| versions.clone())
    }

    fn read(release: &Release) -> Versions {
        let mut versions = Versions {
            release: release.name.to_owned(),
            // The tagged release came before `apiFormats` (shared with the CRDs in data/airunway).
            api_formats: release.name != "v0.7.0",
            ..Versions::default()
        };
        for (name, version) in release.versions() {
            let member = match name {
                "DYNAMO_VERSION" => &mut versions.dynamo,
                "KAITO_VERSION" => &mut versions.kaito,
                "LLMD_VERSION" => &mut versions.llmd,
                "VLLM_VERSION" => &mut versions.vllm,
                _ => continue,
            };
            version.clone_into(member);
        }
        versions
    }

    fn fill_in(&self, text: &str) -> String {
        text.replace("${DYNAMO_VERSION}", &self.dynamo)
            .replace("${KAITO_VERSION}", &self.kaito)
            .replace("${LLMD_VERSION}", &self.llmd)
    }
}
