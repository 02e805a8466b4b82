//! KAITO: one Workspace (`airunway-providers.md` section 7.2, upstream `providers/kaito`, commit `b0d3fb7`).

mod render;

use serde_json::Value;

use crate::core::kind::model_deployment::advice::catalogue as rule;
use crate::core::kind::model_deployment::object::{ModelDeployment, engine};
use crate::core::kubernetes::json;
use crate::core::kubernetes::preview::{Remembered, Write};
use crate::core::kubernetes::resource::{Resource, namespaced};
use crate::core::kubernetes::rule::Found;

use super::contract::{Provider, RenderError};
use super::facts::{ChildKind, Environment, Facts, RecipeSupport, Volumes};
use super::versions::Versions;

const CHILD: Resource = namespaced("kaito.sh", "v1beta1", "workspaces", "Workspace");
static FACTS: Facts = Facts {
    id: "kaito",
    title: "KAITO",
    display_name: "KAITO",
    children: &CHILDREN,
    children_name: "Workspace",
    created_message: "Workspace created successfully",
    registration: include_str!("registration.json"),
    linked: None,
    environment: Environment::SecretKeys,
    volumes: Volumes::Ignored,
    gpu_type: false,
    protected_overrides: &[],
    test_backend: None,
    recipes: RecipeSupport::Loses("runs a preset of its own and passes no engine arguments, image or env on"),
    tags: &[],
};

/// What the shim creates. It patches what it renders, and remembers it in an annotation.
const CHILDREN: [ChildKind; 1] = [ChildKind { resource: CHILD, write: Write::MergePatch(&REMEMBERED) }];

/// A Workspace that was written before there was such an annotation still loses labels of nodes that are not rendered.
static REMEMBERED: Remembered = Remembered {
    annotation: render::LAST_APPLIED,
    fields: &["resource", "inference"],
    whole: &["resource.labelSelector", "resource.labelSelector.matchLabels"],
};

/// The provider `kaito`.
pub(super) struct Kaito;

impl Provider for Kaito {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        match deployment.engine() {
            engine::SGLANG => return Err("KAITO does not support sglang engine".to_owned()),
            engine::TRTLLM => return Err("KAITO does not support trtllm engine".to_owned()),
            _ => {}
        }
        if deployment.disaggregated() {
            return Err("KAITO does not support disaggregated serving mode".to_owned());
        }
        // The older member alone counts here, although rendering takes either.
        let image = deployment.spec.image.as_deref().unwrap_or_default();
        if deployment.engine() == engine::LLAMACPP && image.is_empty() {
            return Err("llamacpp engine requires spec.image to be set".to_owned());
        }
        Ok(())
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        _: &Versions,
        _: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        render::render(deployment)
    }

    /// llama.cpp is a container of the user's, anything else a preset of KAITO's.
    fn unused(&self, engine: &str) -> &'static [&'static str] {
        if engine == engine::LLAMACPP {
            return &[
                "engine.extraArgs",
                "engine.contextLength",
                "engine.trustRemoteCode",
                "engine.enforceEager",
                "model.servedName",
                "tolerations",
            ];
        }
        &[
            "engine.args",
            "engine.extraArgs",
            "engine.contextLength",
            "engine.trustRemoteCode",
            "engine.enforceEager",
            "engine.image",
            "image",
            "env",
            "model.servedName",
            "secrets",
            "tolerations",
        ]
    }

    /// The check for llama.cpp asks for the older field, although rendering takes either.
    fn image_field(&self, _: &str) -> &'static str {
        "spec.image"
    }

    fn advise_image(&self, stored: &Value, engine: &str, _: &Versions, found: &mut Found) {
        if engine == engine::LLAMACPP && json::text(stored, &["spec", "image"]).is_empty() {
            let message = "llamacpp on KAITO requires spec.image; the shim refuses the object without it";
            found.add(&rule::KAITO_IMAGE, "spec.image", message);
        }
    }
}
