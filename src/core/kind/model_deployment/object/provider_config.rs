//! InferenceProviderConfig, `airunway-api.md` section 6.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::core::kubernetes::meta::{Condition, ObjectMeta};
use crate::core::kubernetes::read::{list, optional_i32, or_default};

/// What one provider shim registered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct InferenceProviderConfig {
    /// `airunway.ai/v1alpha1`.
    #[serde(deserialize_with = "or_default")]
    pub api_version: String,
    /// `InferenceProviderConfig`.
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    /// The name is the provider's name.
    #[serde(deserialize_with = "or_default")]
    pub metadata: ObjectMeta,
    /// Capabilities and selection rules.
    #[serde(deserialize_with = "or_default")]
    pub spec: InferenceProviderConfigSpec,
    /// Readiness, version, heartbeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<InferenceProviderConfigStatus>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl InferenceProviderConfig {
    /// The provider's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Whether the shim says it is ready; absent is not ready.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.status.as_ref().and_then(|status| status.ready).unwrap_or(false)
    }

    /// What the provider can do with an engine; the first entry of that name.
    #[must_use]
    pub fn engine(&self, name: &str) -> Option<&EngineCapability> {
        self.spec.capabilities.as_ref()?.engines.iter().find(|engine| engine.name == name)
    }
}

/// `spec` of an InferenceProviderConfig.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct InferenceProviderConfigSpec {
    /// What the provider can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    /// When the provider should be preferred.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub selection_rules: Vec<SelectionRule>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `spec.capabilities`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// One entry an engine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub engines: Vec<EngineCapability>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The flat members of old beside `engines: [vllm, sglang]`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
struct StoredCapabilities {
    #[serde(deserialize_with = "list")]
    engines: Vec<StoredEngine>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StoredEngine {
    Name(String),
    Capability(Box<EngineCapability>),
}

/// Members that once stood beside the list of engine names and then moved into each engine.
const MOVED_INTO_ENGINES: [&str; 5] = ["servingModes", "gpuSupport", "cpuSupport", "requiresCRD", "gateway"];

impl<'de> Deserialize<'de> for Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredCapabilities { engines, mut other } = StoredCapabilities::deserialize(deserializer)?;
        if !engines.iter().any(|engine| matches!(engine, StoredEngine::Name(_))) {
            let engines = engines.into_iter().filter_map(|engine| match engine {
                StoredEngine::Capability(capability) => Some(*capability),
                StoredEngine::Name(_) => None,
            });
            return Ok(Self { engines: engines.collect(), other });
        }
        let mut shared = Map::new();
        for key in MOVED_INTO_ENGINES {
            if let Some(value) = other.shift_remove(key) {
                shared.insert(key.to_owned(), value);
            }
        }
        let shared =
            EngineCapability::deserialize(Value::Object(shared)).map_err(serde::de::Error::custom)?;
        let engines = engines.into_iter().map(|engine| match engine {
            StoredEngine::Name(name) => EngineCapability { name, ..shared.clone() },
            StoredEngine::Capability(capability) => *capability,
        });
        Ok(Self { engines: engines.collect(), other })
    }
}

/// What a provider can do with one engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct EngineCapability {
    /// The engine.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Serving modes, `aggregated` and `disaggregated`.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub serving_modes: Vec<String>,
    /// API formats; empty means `openai-chat`.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub api_formats: Vec<String>,
    /// Runs with accelerators; absent is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_support: Option<bool>,
    /// Runs without accelerators; absent is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_support: Option<bool>,
    /// Needs an upstream operator; absent is true.
    #[serde(rename = "requiresCRD", skip_serializing_if = "Option::is_none")]
    pub requires_crd: Option<bool>,
    /// How the provider works with a gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayCapability>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl EngineCapability {
    /// Whether the engine runs on what the object asks for.
    #[must_use]
    pub fn fits(&self, needs_gpu: bool) -> bool {
        (if needs_gpu { self.gpu_support } else { self.cpu_support }).unwrap_or(false)
    }

    /// Whether the serving mode is listed.
    #[must_use]
    pub fn serves(&self, mode: &str) -> bool {
        self.serving_modes.iter().any(|listed| listed == mode)
    }
}

/// `gateway` of an engine capability.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct GatewayCapability {
    /// The provider makes the InferencePool itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manages_inference_pool: Option<bool>,
    /// Name of that pool, with `{name}` and `{namespace}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_pool_name_pattern: Option<String>,
    /// Namespace of that pool, with `{namespace}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_pool_namespace: Option<String>,
    /// Image and configuration of the endpoint picker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_picker: Option<EndpointPicker>,
    /// The engine does not serve under `servedName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignores_served_name: Option<bool>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `gateway.endpointPicker`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct EndpointPicker {
    /// Image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// An EndpointPickerConfig document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_data: Option<String>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One selection rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct SelectionRule {
    /// CEL over `spec`.
    #[serde(deserialize_with = "or_default")]
    pub condition: String,
    /// Score when the condition is true.
    #[serde(deserialize_with = "optional_i32", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `status` of an InferenceProviderConfig.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct InferenceProviderConfigStatus {
    /// Whether the shim and its upstream operator can work; absent is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// `<provider>-provider:<tag>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Last sign of life, RFC 3339, once a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heartbeat: Option<String>,
    /// API version the shim works against.
    #[serde(rename = "upstreamCRDVersion", skip_serializing_if = "Option::is_none")]
    pub upstream_crd_version: Option<String>,
    /// Never written at `b0d3fb7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_schema_hash: Option<String>,
    /// Conditions; only KAITO writes one, `UpstreamReady`.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
