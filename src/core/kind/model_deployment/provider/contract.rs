//! What a provider is to the rest of the program.

use serde_json::Value;

use crate::core::kind::model_deployment::launch::Server;
use crate::core::kind::model_deployment::object::{Condition, ImageStatus, ModelDeployment};
use crate::core::kubernetes::rule::Found;

use super::arguments::ArgumentError;
use super::facts::Facts;
use super::overrides::OverrideError;
use super::versions::Versions;

/// One provider shim: facts, and pure functions over the object.
pub trait Provider: Sync {
    /// What is true whatever the object says.
    fn facts(&self) -> &'static Facts;

    /// Name of the provider and of its InferenceProviderConfig.
    fn id(&self) -> &'static str {
        self.facts().id
    }

    /// Whether the shim takes the settled object.
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

    /// The objects the shim creates, in the order it writes them.
    ///
    /// # Errors
    /// [`RenderError`] with the shim's text.
    fn render(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        image: Option<&str>,
    ) -> Result<Vec<Value>, RenderError>;

    /// The image that the shim runs when the object names none, if it is the same for every model: then it can be named,
    /// and pinned.
    fn default_image(&self, _: &Versions) -> Option<String> {
        None
    }

    /// Fields that the shim does not render for an engine, as paths below `spec`; the engine may be empty.
    fn unused(&self, _engine: &str) -> &'static [&'static str] {
        &[]
    }

    /// The endings that Services get behind the name of the ModelDeployment.
    fn services(&self, _disaggregated: bool) -> &'static [&'static str] {
        &[""]
    }

    /// The kinds of pods in which the shim starts an engine with the arguments of the object, whose engine is set.
    fn servers(&self, _: &ModelDeployment) -> Vec<Server> {
        Vec::new()
    }

    /// The field from which the shim takes the image for an engine; the engine may be empty.
    fn image_field(&self, _engine: &str) -> &'static str {
        "spec.engine.image"
    }

    /// Label selector of the pods, where they belong to a Deployment of the ModelDeployment's name.
    fn pod_selector(&self, _name: &str) -> Option<String> {
        None
    }

    /// What the shim or the engine will refuse or read differently among the engine's arguments of a stored object.
    fn advise_arguments(&self, _stored: &Value, _found: &mut Found) {}

    /// The same for the image.
    fn advise_image(&self, _stored: &Value, _engine: &str, _: &Versions, _found: &mut Found) {}

    /// The same for overrides of the main child that fit its kind.
    fn advise_overrides(&self, _overrides: &Value, _found: &mut Found) {}
}

/// What a registry said about the image, or that it was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ImageInput {
    /// No registry was asked; nothing is said about the resolution.
    #[default]
    NotAsked,
    /// The tag has a digest.
    Resolved {
        /// Digest of the manifest or index, `sha256:...`.
        digest: String,
        /// When the image was built, RFC 3339.
        created_at: Option<String>,
        /// Source revision.
        revision: Option<String>,
        /// Age, for example `20d`.
        age: Option<String>,
    },
    /// The resolution failed, with the shim's text.
    Failed(String),
}

/// What a shim finds out about its image before it renders.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageReview {
    /// `status.image`, if the shim writes one.
    pub status: Option<ImageStatus>,
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

/// `status.phase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has happened, or something is awaited.
    Pending,
    /// Children exist.
    Deploying,
    /// The model is served.
    Running,
    /// It will not work as it is.
    Failed,
}

impl Phase {
    /// The word in the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Deploying => "Deploying",
            Self::Running => "Running",
            Self::Failed => "Failed",
        }
    }
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
    /// A field the shim needs.
    #[error("{0}")]
    Missing(&'static str),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}
