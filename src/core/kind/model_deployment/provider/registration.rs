//! The InferenceProviderConfigs that the shims of a release register (`airunway-providers.md` section 1).
//!
//! Each provider's directory holds `registration.json`: the annotations and the specification as the shim writes them,
//! with `${DYNAMO_VERSION}` and the like where the shim puts a version it was built with.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::object::{
    API_VERSION, Capabilities, INFERENCE_PROVIDER_CONFIG, SelectionRule,
};
use crate::core::kind::model_deployment::release::Release;

use super::contract::Provider;
use super::table::PROVIDERS;
use super::versions::Versions;

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

impl Source {
    /// The text is part of the program, and a test reads every one of them.
    fn read(text: &str) -> Source {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// The engines that a provider registers, in its order.
#[must_use]
pub fn engines(provider: &dyn Provider) -> Vec<String> {
    let capabilities = Source::read(provider.facts().registration).spec.capabilities;
    capabilities.engines.into_iter().map(|engine| engine.name).collect()
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

/// A name that a release registers no provider under.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("AI Runway {release} registers no provider {name:?}")]
pub struct UnknownProvider {
    /// Name of the release.
    pub release: &'static str,
    /// The name.
    pub name: String,
    /// Those that it does register.
    pub known: Vec<String>,
}

/// What a cluster holds in which only some providers are registered, and of those some ready; `None` stands for all.
///
/// # Errors
/// The first name that the release does not know.
pub fn registered(
    release: &Release,
    providers: Option<&[String]>,
    ready: Option<&[String]>,
) -> Result<Vec<Value>, UnknownProvider> {
    let known: Vec<String> = PROVIDERS.iter().map(|provider| provider.id().to_owned()).collect();
    if let Some(name) = [providers, ready].into_iter().flatten().flatten().find(|name| !known.contains(name))
    {
        return Err(UnknownProvider { release: release.name, name: name.clone(), known });
    }
    let is_in =
        |names: Option<&[String]>, id: &str| names.is_none_or(|names| names.iter().any(|name| name == id));
    let versions = Versions::of(release);
    let meant = PROVIDERS.iter().filter(|provider| is_in(providers, provider.id()));
    Ok(meant
        .map(|provider| {
            let mut config = registration(*provider, &versions);
            if let Value::Object(fields) = &mut config {
                fields.insert("status".into(), json!({"ready": is_in(ready, provider.id())}));
            }
            config
        })
        .collect())
}

/// What one provider registers.
#[must_use]
pub fn registration(provider: &dyn Provider, versions: &Versions) -> Value {
    let mut source = Source::read(&versions.fill_in(provider.facts().registration));
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
            "version": provider.facts().reported_version(versions.release),
            "upstreamCRDVersion": source.upstream_crd_version,
        },
    })
}
