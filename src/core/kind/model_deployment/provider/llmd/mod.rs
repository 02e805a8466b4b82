//! llm-d: the same kind of objects as Direct vLLM, aggregated or disaggregated (`airunway-providers.md` section 6,
//! upstream `providers/llmd`, commit `b0d3fb7`).

mod arguments;
mod render;

use serde_json::Value;

use crate::core::kind::model_deployment::launch::Server;
use crate::core::kind::model_deployment::object::{ComponentScaling, ModelDeployment, engine};
use crate::core::kubernetes::preview::Write;
use crate::core::kubernetes::resource::{DEPLOYMENT, SERVICE};
use crate::core::kubernetes::rule::Found;

use super::contract::{Provider, RenderError};
use super::facts::{ChildKind, Environment, Facts, LinkedVersion, RecipeSupport, Transfer, Volumes};
use super::versions::Versions;
use super::{arguments as keys, model_server};

/// How decode and prefill hand the cache over.
const TRANSFER: Transfer = Transfer {
    prefill: r#"{"kv_connector":"PyNcclConnector","kv_role":"kv_producer"}"#,
    decode: r#"{"kv_connector":"PyNcclConnector","kv_role":"kv_consumer"}"#,
};
static FACTS: Facts = Facts {
    id: "llmd",
    title: "llm-d",
    display_name: "llm-d",
    children: &CHILDREN,
    children_name: "Deployments",
    created_message: "Deployments and Services created successfully",
    registration: include_str!("registration.json"),
    linked: Some(LinkedVersion {
        name: "LLMD_VERSION",
        variable: "LLMDSchedulerImage",
        before: "ghcr.io/llm-d/llm-d-inference-scheduler:v",
    }),
    environment: Environment::SecretKeys,
    volumes: Volumes::Ignored,
    gpu_type: false,
    protected_overrides: &["spec.template.spec"],
    test_backend: None,
    recipes: RecipeSupport::PrefillAndDecode(TRANSFER),
    tags: &[],
};

/// What the shim creates; it applies with force.
const CHILDREN: [ChildKind; 2] = {
    const APPLY: Write = Write::Apply { manager: "llmd-provider" };
    [ChildKind { resource: DEPLOYMENT, write: APPLY }, ChildKind { resource: SERVICE, write: APPLY }]
};

/// The provider `llmd`.
pub(super) struct Llmd;

impl Provider for Llmd {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        let engine = deployment.engine();
        if engine != engine::VLLM {
            return Err(format!("llm-d provider only supports vllm engine, got {engine}"));
        }
        if deployment.disaggregated() {
            component("prefill", deployment.prefill())?;
            component("decode", deployment.decode())?;
            has_gpu("prefill", deployment.prefill())?;
            return has_gpu("decode", deployment.decode());
        }
        if deployment.gpu_count() <= 0 {
            return Err("llm-d provider requires GPU resources (spec.resources.gpu.count > 0)".to_owned());
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

    fn services(&self, disaggregated: bool) -> &'static [&'static str] {
        if disaggregated { &["-prefill", "-decode"] } else { &[""] }
    }

    fn servers(&self, deployment: &ModelDeployment) -> Vec<Server> {
        arguments::servers(deployment)
    }

    fn pod_selector(&self, name: &str) -> Option<String> {
        Some(model_server::pod_selector(name))
    }

    fn advise_arguments(&self, stored: &Value, found: &mut Found) {
        keys::advise_keys(stored, found);
    }
}

fn component(role: &str, component: Option<&ComponentScaling>) -> Result<(), String> {
    match component {
        Some(_) => Ok(()),
        None => Err(format!("spec.scaling.{role} is required for disaggregated serving mode")),
    }
}

fn has_gpu(role: &str, component: Option<&ComponentScaling>) -> Result<(), String> {
    if component.is_some_and(|component| component.gpu_count() > 0) {
        return Ok(());
    }
    Err(format!("llm-d provider requires GPU resources for {role} (spec.scaling.{role}.gpu.count > 0)"))
}
