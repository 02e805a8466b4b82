//! What is true of a provider whatever an object says. One constant in the provider's directory; the rest of the
//! program asks it instead of the provider's name.

use serde_json::Value;

use crate::core::image::TagKnowledge;
use crate::core::kubernetes::json;
use crate::core::kubernetes::preview::Write;
use crate::core::kubernetes::resource::Resource;

/// The facts of one provider shim.
#[derive(Debug)]
pub struct Facts {
    /// Name of the provider and of its InferenceProviderConfig.
    pub id: &'static str,
    /// Name of the shim in this program's own messages, for example `Direct vLLM`.
    pub title: &'static str,
    /// Name of the provider in the shim's own messages.
    pub display_name: &'static str,
    /// What the shim creates, the main child first, and how it writes each (airunway-providers.md section 1).
    pub children: &'static [ChildKind],
    /// What the shim calls its children in messages, for example `Deployments`.
    pub children_name: &'static str,
    /// Message of condition `ResourceCreated` once the children exist.
    pub created_message: &'static str,
    /// What the shim registers, the text of `registration.json`; [`super::registration`] makes an object of it.
    pub registration: &'static str,
    /// The version of `versions.env` that is linked into the shim's binary.
    pub linked: Option<LinkedVersion>,
    /// What becomes of `spec.env`.
    pub environment: Environment,
    /// What becomes of `spec.model.storage`.
    pub volumes: Volumes,
    /// Whether GPUs are asked for by the resource that `gpu.type` names; otherwise always by `nvidia.com/gpu`.
    pub gpu_type: bool,
    /// Paths in `spec.provider.overrides` that the shim refuses, besides those that every shim refuses.
    pub protected_overrides: &'static [&'static str],
    /// The provider's backend for tests.
    pub test_backend: Option<TestBackend>,
    /// What the provider makes of a vLLM recipe.
    pub recipes: RecipeSupport,
    /// What is known of the tags of the provider's own images.
    pub tags: &'static [TagKnowledge],
}

impl Facts {
    /// Finalizer that the shim adds before anything else.
    #[must_use]
    pub fn finalizer(&self) -> String {
        format!("airunway.ai/{}-provider", self.id)
    }

    /// The version that the shim reports for a tag of its image.
    #[must_use]
    pub fn reported_version(&self, tag: &str) -> String {
        format!("{}-provider:{tag}", self.id)
    }

    /// The main child.
    #[must_use]
    pub fn main_child(&self) -> Option<&'static Resource> {
        self.children.first().map(|child| &child.resource)
    }

    /// Kind of the main child.
    #[must_use]
    pub fn child_kind(&self) -> &'static str {
        self.main_child().map_or("", |resource| resource.kind)
    }

    /// What an object is that the shim creates.
    #[must_use]
    pub fn child_of(&self, object: &Value) -> Option<&'static ChildKind> {
        let (version, kind) = (json::text(object, &["apiVersion"]), json::text(object, &["kind"]));
        let is_it =
            |child: &&ChildKind| child.resource.kind == kind && child.resource.api_version() == version;
        self.children.iter().find(is_it)
    }

    /// Whether children go through server-side apply, where the API server checks them against their schema first.
    #[must_use]
    pub fn applies_server_side(&self) -> bool {
        self.children.iter().any(|child| matches!(child.write, Write::Apply { .. }))
    }
}

/// A kind of object that a shim creates.
#[derive(Debug, Clone, Copy)]
pub struct ChildKind {
    /// What it is.
    pub resource: Resource,
    /// How the shim writes one that is there already.
    pub write: Write,
}

/// A version of `versions.env`, and the variable of a binary that it is linked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkedVersion {
    /// Name in `versions.env`.
    pub name: &'static str,
    /// Variable, with the directories of its package below the module.
    pub variable: &'static str,
    /// What stands before the version in the variable.
    pub before: &'static str,
}

impl LinkedVersion {
    /// The text that the variable holds for a version.
    #[must_use]
    pub fn expected(&self, version: &str) -> String {
        format!("{}{version}", self.before)
    }
}

/// How a shim renders environment variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Each with its whole source, which goes before a value; a Secret with the token takes the place of an own
    /// `HF_TOKEN`.
    Whole,
    /// Values and keys of Secrets only, both if both are given; the Secret with the token is one more variable.
    SecretKeys,
    /// Not at all.
    Ignored,
}

/// What a shim does with the volumes of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volumes {
    /// It creates the claims of those with a size, and mounts all.
    Created,
    /// It mounts claims that somebody else creates.
    Mounted,
    /// Nothing.
    Ignored,
}

/// A backend that only plays an engine and needs no accelerator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestBackend {
    /// Name in AI Runway's messages.
    pub name: &'static str,
    /// The annotation that asks for it.
    pub annotation: &'static str,
    /// The value that the annotation must have.
    pub value: &'static str,
    /// The engine that it plays.
    pub engine: &'static str,
}

impl TestBackend {
    /// What AI Runway says when another engine is asked for.
    #[must_use]
    pub fn wrong_engine(&self) -> String {
        format!("the {} test backend only supports the {} engine", self.name, self.engine)
    }
}

/// What a provider makes of a vLLM recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipeSupport {
    /// Runs a command of one server on one node as it is.
    OneServer,
    /// The same, and prefill and decode apart.
    PrefillAndDecode(Transfer),
    /// Runs something else: why, as a clause behind `provider <name>`.
    Loses(&'static str),
}

/// The configuration of the cache's transfer (`--kv-transfer-config`) that a shim gives each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Of the servers that read prompts.
    pub prefill: &'static str,
    /// Of the servers that write answers.
    pub decode: &'static str,
}
