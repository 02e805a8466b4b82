//! What a provider is to the rest of the program.

use serde_json::Value;

use crate::core::kind::judge::Write;
use crate::core::kind::model_deployment::object::{Condition, ModelDeployment};
use crate::core::kubernetes::resource::{DEPLOYMENT, Resource, SERVICE};

use super::arguments::ArgumentError;
use super::overrides::OverrideError;
use super::reconcile::{ImageInput, Phase};

/// Versions of upstream components that a release of AI Runway was built with (`versions.env`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// The release, as its image tags have it.
    pub release: String,
    /// Whether this release's InferenceProviderConfig knows `apiFormats`.
    pub api_formats: bool,
    /// Tag of Dynamo's images.
    pub dynamo: String,
    /// Version of KAITO's chart.
    pub kaito: String,
    /// Version of llm-d's scheduler, without `v`.
    pub llmd: String,
    /// Tag of the default vLLM image.
    pub vllm: String,
}

/// One provider shim: pure functions over the settled object.
pub trait Provider: Sync {
    /// Name of the provider and of its InferenceProviderConfig.
    fn id(&self) -> &'static str;

    /// Name as the shim's messages write it.
    fn display_name(&self) -> &'static str;

    /// Kind of the main child.
    fn child_kind(&self) -> &'static str;

    /// What the shim calls its children in messages, for example `Deployments`.
    fn children_name(&self) -> &'static str {
        self.child_kind()
    }

    /// Message of condition `ResourceCreated` once the children exist.
    fn created_message(&self) -> String {
        format!("{} created successfully", self.child_kind())
    }

    /// Finalizer the shim adds before anything else.
    fn finalizer(&self) -> String {
        format!("airunway.ai/{}-provider", self.id())
    }

    /// What the shim registers, the text of `registration.json`; [`super::registration`] makes an object of it.
    fn registration(&self) -> &'static str;

    /// Whether the shim takes the object.
    ///
    /// # Errors
    /// The shim's text, as it stands in condition `ProviderCompatible`.
    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String>;

    /// The image the shim runs when the object names none, if the shim resolves one before rendering.
    fn resolved_image(&self, _: &ModelDeployment, _: &Versions, _: &ImageInput) -> ImageReview {
        ImageReview::default()
    }

    /// What the shim does between image and rendering; nothing for most.
    fn prepare(&self, _: &ModelDeployment) -> Preparation {
        Preparation::default()
    }

    /// The objects the shim creates, in the order it applies them.
    ///
    /// # Errors
    /// [`RenderError`] with the shim's text.
    fn render(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        image: Option<&str>,
    ) -> Result<Vec<Value>, RenderError>;

    /// Whether children go through server-side apply, where the API server checks them against their schema first.
    fn applies_server_side(&self) -> bool {
        false
    }

    /// How the shim writes a child that is there already (airunway-providers.md section 1).
    fn write(&self) -> Write {
        Write::Apply { manager: format!("{}-provider", self.id()) }
    }

    /// What a child is, for a look at the cluster's own; `None` for one that is not looked at.
    fn resource_of(&self, child: &Value) -> Option<Resource> {
        let text = |name: &str| child.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_it = |resource: &Resource| {
            resource.kind == text("kind") && resource.api_version() == text("apiVersion")
        };
        [DEPLOYMENT, SERVICE].into_iter().find(is_it)
    }

    /// The image that the shim runs where the object names none, if it is the same for every model.
    fn default_image(&self, _: &Versions) -> Option<String> {
        None
    }
}

/// What a shim finds out about its image before it renders.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageReview {
    /// `status.image`, if the shim writes one.
    pub status: Option<crate::core::kind::model_deployment::object::ImageStatus>,
    /// Conditions about the image, in order.
    pub conditions: Vec<Condition>,
    /// The reference to run, when the object names none.
    pub image: Option<String>,
    /// Why rendering stops here: `status.message`.
    pub failure: Option<String>,
}

/// What a shim creates and writes before it renders.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preparation {
    /// Objects it creates, by kind and name.
    pub children: Vec<Value>,
    /// Conditions it writes, in order.
    pub conditions: Vec<Condition>,
    /// Set when the pass ends here.
    pub stop: Option<Stop>,
}

/// How a pass ends before anything is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// `status.phase`.
    pub phase: Phase,
    /// `status.message`.
    pub message: String,
}

/// Why a shim cannot render an object; the text is the shim's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The engine's arguments.
    #[error("{context}: {cause}")]
    Arguments {
        /// What was being built.
        context: &'static str,
        /// What is wrong.
        cause: ArgumentError,
    },
    /// The overrides.
    #[error("{context}: {cause}")]
    Overrides {
        /// What was being built.
        context: &'static str,
        /// What is wrong.
        cause: OverrideError,
    },
    /// A member the shim needs.
    #[error("{0}")]
    Missing(&'static str),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}
