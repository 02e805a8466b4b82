//! KubeRay: one RayService (`airunway-providers.md` section 7.3, upstream `providers/kuberay`, commit `b0d3fb7`).

mod render;

use serde_json::Value;

use crate::core::kind::model_deployment::launch::Server;
use crate::core::kind::model_deployment::object::{ModelDeployment, engine};
use crate::core::kubernetes::preview::{Differs, Write};
use crate::core::kubernetes::resource::{Resource, namespaced};

use super::contract::{Provider, RenderError};
use super::facts::{ChildKind, Environment, Facts, RecipeSupport, Volumes};
use super::versions::Versions;

const CHILD: Resource = namespaced("ray.io", "v1", "rayservices", "RayService");
static FACTS: Facts = Facts {
    id: "kuberay",
    title: "KubeRay",
    display_name: "KubeRay",
    children: &CHILDREN,
    children_name: "RayService",
    created_message: "RayService created successfully",
    registration: include_str!("registration.json"),
    linked: None,
    environment: Environment::SecretKeys,
    volumes: Volumes::Ignored,
    gpu_type: true,
    protected_overrides: &[],
    test_backend: None,
    recipes: RecipeSupport::Loses(
        "runs vLLM inside Ray Serve, not the recipe's command, and passes env to the head node only and no extraArgs",
    ),
    tags: &[],
};

/// What the shim creates.
const CHILDREN: [ChildKind; 1] = [ChildKind { resource: CHILD, write: Write::Replace(Differs::Exactly) }];

/// The provider `kuberay`.
pub(super) struct KubeRay;

impl Provider for KubeRay {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        let engine = deployment.engine();
        if engine != engine::VLLM {
            return Err(format!("KubeRay only supports vllm engine, got {engine}"));
        }
        let component_gpus = deployment.disaggregated()
            && deployment.prefill().is_some_and(|component| component.gpu_count() > 0);
        if deployment.gpu_count() <= 0 && !component_gpus {
            return Err("KubeRay requires GPU (set resources.gpu.count > 0)".to_owned());
        }
        Ok(())
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        _: &Versions,
        _: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        Ok(vec![render::render(deployment)])
    }

    fn unused(&self, _: &str) -> &'static [&'static str] {
        &[
            "provider.overrides",
            "engine.extraArgs",
            "engine.enforceEager",
            "nodeSelector",
            "tolerations",
            "resources.cpu",
        ]
    }

    fn services(&self, _: bool) -> &'static [&'static str] {
        &["-serve-svc", "-head-svc"]
    }

    fn servers(&self, deployment: &ModelDeployment) -> Vec<Server> {
        vec![render::server(deployment)]
    }
}
