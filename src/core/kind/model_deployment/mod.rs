//! AI Runway's ModelDeployment: its types, how flags author one, its webhooks, what the server accepts and later fails,
//! its releases, and the provider shims behind it.

pub mod advice;
pub mod author;
pub mod follow;
pub mod image_class;
mod judge;
pub mod launch;
pub mod object;
pub mod provider;
pub mod release;
pub mod webhook;

pub use judge::ModelDeploymentJudge;

use super::follow::Follow;
use super::judge::Judge;
use super::{Column, DefaultImage, Kind, Product};
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::{Resource, cluster_wide, namespaced};
use crate::core::kubernetes::rule::Rule;
use release::Release;
use serde_json::Value;

/// What AI Runway is about (airunway-api.md section 1).
pub const MODEL_DEPLOYMENT: Resource =
    namespaced("airunway.ai", "v1alpha1", "modeldeployments", "ModelDeployment");
/// What a provider shim registers, one object a provider.
pub const INFERENCE_PROVIDER_CONFIG: Resource =
    cluster_wide("airunway.ai", "v1alpha1", "inferenceproviderconfigs", "InferenceProviderConfig");

/// Where an object names its image: `spec.engine.image` before the older `spec.image` (airunway-api.md section 2.3).
const IMAGES: &[&str] = &["/spec/engine/image", "/spec/image"];

/// AI Runway (`github.com/ai-runway/airunway`).
static AI_RUNWAY: Product = Product {
    name: "AI Runway",
    install: &[
        "install AI Runway: kubectl apply -f https://raw.githubusercontent.com/ai-runway/airunway/b0d3fb775439d2f276e714f6c5f5d8612e75caa0/deploy/controller.yaml",
        "and a provider: kubectl apply -f https://raw.githubusercontent.com/ai-runway/airunway/b0d3fb775439d2f276e714f6c5f5d8612e75caa0/providers/vllm/deploy/vllm.yaml",
    ],
    releases: &release::RELEASES,
};

/// The kind, for flags that are about its providers.
pub static KIND: &dyn Kind = &ModelDeploymentKind;

/// The first row of the table of kinds.
#[derive(Debug, Clone, Copy)]
pub struct ModelDeploymentKind;

impl Kind for ModelDeploymentKind {
    fn resource(&self) -> &'static Resource {
        &MODEL_DEPLOYMENT
    }

    fn product(&self) -> &'static Product {
        &AI_RUNWAY
    }

    fn rules(&self) -> Vec<&'static Rule> {
        webhook::catalogue::RULES.iter().chain(advice::catalogue::RULES).copied().collect()
    }

    fn context(&self) -> &'static [Resource] {
        &[INFERENCE_PROVIDER_CONFIG]
    }

    fn installed(&self, release: &'static Release) -> Vec<Value> {
        provider::registrations(release)
    }

    fn judge(&self, release: &'static Release, context: Vec<Value>) -> Box<dyn Judge> {
        Box::new(ModelDeploymentJudge::new(release, context))
    }

    fn images(&self) -> &'static [&'static str] {
        IMAGES
    }

    fn webhooks(&self) -> &'static [&'static str] {
        webhook::NAMES
    }

    /// Only for an object whose provider is named: who would be selected is not certain enough to write an image for.
    fn default_image(&self, object: &Value, release: &Release) -> Option<DefaultImage> {
        let text = |pointer: &str| text_at(object, pointer);
        if self.images().iter().any(|field| !text(field).is_empty()) || text("/spec/model/source") == "custom"
        {
            return None;
        }
        let image = provider::provider(text("/spec/provider/name"))?
            .default_image(&provider::Versions::of(release))?;
        Some(DefaultImage {
            field: "/spec/engine/image",
            image,
            origin: format!("{} {}", AI_RUNWAY.name, release.name),
        })
    }

    fn open_image(&self, object: &Value, release: &Release) -> Option<String> {
        let names_one = self.images().iter().any(|field| !text_at(object, field).is_empty());
        if names_one
            || text_at(object, "/spec/model/source") == "custom"
            || self.default_image(object, release).is_some()
        {
            return None;
        }
        match text_at(object, "/spec/provider/name") {
            "" => Some("the cluster selects the provider; name one with --provider".to_owned()),
            provider => provider::provider(provider).map(|_| format!("{provider} chooses it")),
        }
    }

    fn flag_of(&self, path: &str, value: &Value) -> Option<Vec<String>> {
        author::flag_of(path, value)
    }

    fn hint_in_flags(&self, path: &str, hint: &str) -> String {
        author::hint_in_flags(path, hint)
    }

    fn columns(&self) -> &'static [Column] {
        const fn column(name: &'static str, fields: &'static [&'static str]) -> Column {
            Column { name, fields }
        }
        const COLUMNS: &[Column] = &[
            column("PHASE", &["/status/phase"]),
            column("PROVIDER", &["/status/provider/name", "/spec/provider/name"]),
            column("ENGINE", &["/status/engine/type", "/spec/engine/type"]),
            column("READY", &["/status/replicas/ready"]),
            column("ENDPOINT", &["/status/endpoint/service"]),
            column("IMAGE", &["/spec/engine/image", "/spec/image", "/status/image/resolved"]),
        ];
        COLUMNS
    }

    fn follow(&self) -> Option<&'static dyn Follow> {
        Some(&follow::ModelDeploymentFollow)
    }
}
