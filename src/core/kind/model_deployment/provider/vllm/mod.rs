//! Direct vLLM: a Deployment and a Service, no operator (`airunway-providers.md` sections 3 to 5,
//! upstream `providers/vllm`, commit `b0d3fb7`).

mod advice;
mod arguments;
mod image;
mod launch;
mod recipe;
mod render;
mod tags;

use serde_json::Value;

use crate::core::kind::model_deployment::image_class;
use crate::core::kind::model_deployment::launch::Server;
use crate::core::kind::model_deployment::object::{ModelDeployment, engine};
use crate::core::kubernetes::preview::Write;
use crate::core::kubernetes::resource::{DEPLOYMENT, SERVICE};
use crate::core::kubernetes::rule::Found;

use super::contract::{ImageInput, ImageReview, Provider, RenderError};
use super::facts::{ChildKind, Environment, Facts, LinkedVersion, RecipeSupport, Volumes};
use super::model_server;
use super::versions::Versions;

static FACTS: Facts = Facts {
    id: "vllm",
    title: "Direct vLLM",
    display_name: "vLLM",
    children: &CHILDREN,
    children_name: "Deployments",
    created_message: "Deployments and Services created successfully",
    registration: include_str!("registration.json"),
    linked: Some(LinkedVersion { name: image_class::VERSION, variable: "VLLMVersion", before: "" }),
    environment: Environment::Whole,
    volumes: Volumes::Mounted,
    gpu_type: false,
    protected_overrides: &[],
    test_backend: None,
    recipes: RecipeSupport::OneServer,
    tags: &tags::TAGS,
};

/// What the shim creates; it applies with force.
const CHILDREN: [ChildKind; 2] = {
    const APPLY: Write = Write::Apply { manager: "vllm-provider" };
    [ChildKind { resource: DEPLOYMENT, write: APPLY }, ChildKind { resource: SERVICE, write: APPLY }]
};

/// The provider `vllm`.
pub struct Vllm;

impl Provider for Vllm {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        let engine = deployment.engine();
        if engine != engine::VLLM {
            return Err(format!("vLLM provider only supports vllm engine, got {engine}"));
        }
        if deployment.disaggregated() {
            return Err("vLLM provider does not support disaggregated serving mode; \
                        use spec.serving.mode: aggregated"
                .to_owned());
        }
        if deployment.gpu_count() <= 0 {
            return Err("vLLM provider requires GPU resources (spec.resources.gpu.count > 0)".to_owned());
        }
        Ok(())
    }

    fn resolved_image(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        input: &ImageInput,
    ) -> ImageReview {
        image::review(deployment, versions, input)
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        image: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        render::render(deployment, versions, image)
    }

    fn default_image(&self, versions: &Versions) -> Option<String> {
        (!versions.get(image_class::VERSION).is_empty()).then(|| image_class::default_image(versions))
    }

    fn pod_selector(&self, name: &str) -> Option<String> {
        Some(model_server::pod_selector(name))
    }

    fn servers(&self, deployment: &ModelDeployment) -> Vec<Server> {
        vec![arguments::server(deployment)]
    }

    fn advise_arguments(&self, stored: &Value, found: &mut Found) {
        launch::advise(stored, found);
    }

    fn advise_image(&self, stored: &Value, _: &str, versions: &Versions, found: &mut Found) {
        advice::image(stored, versions, found);
    }

    fn advise_overrides(&self, overrides: &Value, found: &mut Found) {
        advice::overrides(overrides, found);
    }
}
