//! What the members of a ModelDeployment amount to: the effective values of `airunway-api.md` section 2.3.
//!
//! Upstream's Go types have no "absent" for strings and booleans, so here the empty string and the absent one agree.

use std::collections::BTreeMap;

use super::model_deployment::{ComponentScaling, Engine, Gpu, ModelDeployment, StorageVolume};
use super::pod::{EnvVar, Toleration};

/// Serving mode when none is named.
pub const AGGREGATED: &str = "aggregated";
/// The other serving mode.
pub const DISAGGREGATED: &str = "disaggregated";

static NO_STRINGS: BTreeMap<String, String> = BTreeMap::new();

fn text(member: Option<&String>) -> &str {
    member.map_or("", String::as_str)
}

impl ModelDeployment {
    /// Name of the object.
    #[must_use]
    pub fn name(&self) -> &str {
        text(self.metadata.name.as_ref())
    }

    /// Namespace of the object, empty when it names none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        text(self.metadata.namespace.as_ref())
    }

    /// `spec.model.id`.
    #[must_use]
    pub fn model_id(&self) -> &str {
        text(self.spec.model.as_ref().and_then(|model| model.id.as_ref()))
    }

    /// `spec.model.servedName`.
    #[must_use]
    pub fn served_name(&self) -> &str {
        text(self.spec.model.as_ref().and_then(|model| model.served_name.as_ref()))
    }

    /// `spec.model.source`.
    #[must_use]
    pub fn model_source(&self) -> &str {
        text(self.spec.model.as_ref().and_then(|model| model.source.as_ref()))
    }

    /// The volumes of `spec.model.storage`.
    #[must_use]
    pub fn volumes(&self) -> &[StorageVolume] {
        self.spec
            .model
            .as_ref()
            .and_then(|model| model.storage.as_ref())
            .and_then(|storage| storage.volumes.as_deref())
            .unwrap_or_default()
    }

    /// The image override: `spec.engine.image` if it is not empty, otherwise `spec.image`; empty when neither is set.
    #[must_use]
    pub fn image_override(&self) -> &str {
        let preferred = text(self.spec.engine.as_ref().and_then(|engine| engine.image.as_ref()));
        if preferred.is_empty() { text(self.spec.image.as_ref()) } else { preferred }
    }

    /// `spec.engine.type`, empty when the engine is left to AI Runway.
    #[must_use]
    pub fn engine_type(&self) -> &str {
        text(self.spec.engine.as_ref().and_then(|engine| engine.kind.as_ref()))
    }

    /// The effective engine: the one in the specification, otherwise the one the status records.
    #[must_use]
    pub fn engine(&self) -> &str {
        let wanted = self.engine_type();
        if !wanted.is_empty() {
            return wanted;
        }
        text(
            self.status
                .as_ref()
                .and_then(|status| status.engine.as_ref())
                .and_then(|engine| engine.kind.as_ref()),
        )
    }

    /// Engine arguments, sorted by key.
    #[must_use]
    pub fn engine_args(&self) -> &BTreeMap<String, String> {
        self.spec.engine.as_ref().and_then(|engine| engine.args.as_ref()).unwrap_or(&NO_STRINGS)
    }

    /// Raw engine tokens.
    #[must_use]
    pub fn extra_args(&self) -> &[String] {
        self.spec.engine.as_ref().and_then(|engine| engine.extra_args.as_deref()).unwrap_or_default()
    }

    /// `spec.engine.contextLength`; zero is a value.
    #[must_use]
    pub fn context_length(&self) -> Option<i32> {
        self.spec.engine.as_ref().and_then(|engine| engine.context_length)
    }

    /// A boolean of the engine; absent is false.
    #[must_use]
    pub fn engine_flag(&self, member: impl Fn(&Engine) -> Option<bool>) -> bool {
        self.spec.engine.as_ref().and_then(member).unwrap_or(false)
    }

    /// `spec.provider.name`, empty when the provider is left to AI Runway.
    #[must_use]
    pub fn provider_name(&self) -> &str {
        text(self.spec.provider.as_ref().and_then(|provider| provider.name.as_ref()))
    }

    /// `spec.provider.overrides`.
    #[must_use]
    pub fn overrides(&self) -> Option<&serde_json::Value> {
        self.spec.provider.as_ref()?.overrides.as_ref()
    }

    /// The effective serving mode.
    #[must_use]
    pub fn serving_mode(&self) -> &str {
        let mode = text(self.spec.serving.as_ref().and_then(|serving| serving.mode.as_ref()));
        if mode.is_empty() { AGGREGATED } else { mode }
    }

    /// Whether prefill and decode run apart.
    #[must_use]
    pub fn disaggregated(&self) -> bool {
        self.serving_mode() == DISAGGREGATED
    }

    /// `spec.resources.gpu.count`; absent is 0.
    #[must_use]
    pub fn gpu_count(&self) -> i32 {
        gpu_count(self.spec.resources.as_ref().and_then(|resources| resources.gpu.as_ref()))
    }

    /// `spec.resources.memory`, empty when not set.
    #[must_use]
    pub fn memory(&self) -> &str {
        text(self.spec.resources.as_ref().and_then(|resources| resources.memory.as_ref()))
    }

    /// `spec.resources.cpu`, empty when not set.
    #[must_use]
    pub fn cpu(&self) -> &str {
        text(self.spec.resources.as_ref().and_then(|resources| resources.cpu.as_ref()))
    }

    /// Replicas in aggregated mode: what is asked for if that is more than zero, otherwise one.
    #[must_use]
    pub fn replicas(&self) -> i32 {
        self.spec
            .scaling
            .as_ref()
            .and_then(|scaling| scaling.replicas)
            .filter(|count| *count > 0)
            .unwrap_or(1)
    }

    /// `spec.scaling.prefill`.
    #[must_use]
    pub fn prefill(&self) -> Option<&ComponentScaling> {
        self.spec.scaling.as_ref()?.prefill.as_ref()
    }

    /// `spec.scaling.decode`.
    #[must_use]
    pub fn decode(&self) -> Option<&ComponentScaling> {
        self.spec.scaling.as_ref()?.decode.as_ref()
    }

    /// Environment variables.
    #[must_use]
    pub fn env(&self) -> &[EnvVar] {
        self.spec.env.as_deref().unwrap_or_default()
    }

    /// Secret with the Hugging Face token.
    #[must_use]
    pub fn token_secret(&self) -> Option<&str> {
        let name = text(self.spec.secrets.as_ref()?.hugging_face_token.as_ref());
        (!name.is_empty()).then_some(name)
    }

    /// Node labels the pods ask for.
    #[must_use]
    pub fn node_selector(&self) -> &BTreeMap<String, String> {
        self.spec.node_selector.as_ref().unwrap_or(&NO_STRINGS)
    }

    /// Taints the pods tolerate.
    #[must_use]
    pub fn tolerations(&self) -> &[Toleration] {
        self.spec.tolerations.as_deref().unwrap_or_default()
    }

    /// Labels of `spec.podTemplate`.
    #[must_use]
    pub fn pod_labels(&self) -> &BTreeMap<String, String> {
        let metadata = self.spec.pod_template.as_ref().and_then(|template| template.metadata.as_ref());
        metadata.and_then(|metadata| metadata.labels.as_ref()).unwrap_or(&NO_STRINGS)
    }

    /// Annotations of `spec.podTemplate`.
    #[must_use]
    pub fn pod_annotations(&self) -> &BTreeMap<String, String> {
        let metadata = self.spec.pod_template.as_ref().and_then(|template| template.metadata.as_ref());
        metadata.and_then(|metadata| metadata.annotations.as_ref()).unwrap_or(&NO_STRINGS)
    }

    /// Whether the gateway is wanted: absent is yes.
    #[must_use]
    pub fn gateway_enabled(&self) -> bool {
        self.spec.gateway.as_ref().and_then(|gateway| gateway.enabled).unwrap_or(true)
    }
}

impl ComponentScaling {
    /// Accelerators of one replica; absent is 0.
    #[must_use]
    pub fn gpu_count(&self) -> i32 {
        gpu_count(self.gpu.as_ref())
    }
}

fn gpu_count(gpu: Option<&Gpu>) -> i32 {
    gpu.and_then(|gpu| gpu.count).unwrap_or(0)
}

impl StorageVolume {
    /// Whether models are kept in the volume.
    #[must_use]
    pub fn is_model_cache(&self) -> bool {
        self.purpose.as_deref() == Some("modelCache")
    }

    /// Name of the claim: the one given, otherwise `<deployment>-<volume>`.
    #[must_use]
    pub fn claim(&self, deployment: &str) -> String {
        match text(self.claim_name.as_ref()) {
            "" => format!("{deployment}-{}", text(self.name.as_ref())),
            claim => claim.to_owned(),
        }
    }

    /// Where the volume is mounted: the path given, otherwise the default of its purpose; custom volumes have none.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match (text(self.mount_path.as_ref()), text(self.purpose.as_ref())) {
            ("", "modelCache") => Some("/model-cache"),
            ("", "compilationCache") => Some("/compilation-cache"),
            ("", _) => None,
            (path, _) => Some(path),
        }
    }
}
