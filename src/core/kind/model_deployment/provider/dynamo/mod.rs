//! Dynamo: one DynamoGraphDeployment, and the claims and the download its model cache needs before that
//! (`airunway-providers.md` sections 7.1 and 8, upstream `providers/dynamo`, commit `b0d3fb7`).

mod endpoint_picker;
mod overrides;
mod render;
mod storage;
mod worker;

use serde_json::Value;

use crate::core::kind::model_deployment::launch::Server;
use crate::core::kind::model_deployment::object::{ModelDeployment, engine};
use crate::core::kubernetes::preview::{Differs, Write};
use crate::core::kubernetes::resource::{JOB, PERSISTENT_VOLUME_CLAIM, Resource, namespaced};
use crate::core::kubernetes::rule::Found;

use super::arguments;
use super::contract::{Preparation, Provider, RenderError};
use super::facts::{ChildKind, Environment, Facts, LinkedVersion, RecipeSupport, TestBackend, Volumes};
use super::versions::Versions;

/// The version of Dynamo in `versions.env`: the tag of its images.
const VERSION: &str = "DYNAMO_VERSION";
/// A backend that answers without a model.
const MOCKER: TestBackend = TestBackend {
    name: "dynamo mocker",
    annotation: "airunway.ai/dynamo-test-backend",
    value: "mocker",
    engine: engine::VLLM,
};
const CHILD: Resource =
    namespaced("nvidia.com", "v1alpha1", "dynamographdeployments", "DynamoGraphDeployment");
static FACTS: Facts = Facts {
    id: "dynamo",
    title: "Dynamo",
    display_name: "Dynamo",
    children: &CHILDREN,
    children_name: "DynamoGraphDeployment",
    created_message: "DynamoGraphDeployment created successfully",
    registration: include_str!("registration.json"),
    linked: Some(LinkedVersion { name: VERSION, variable: "DynamoVersion", before: "" }),
    environment: Environment::Ignored,
    volumes: Volumes::Created,
    gpu_type: false,
    protected_overrides: &[],
    test_backend: Some(MOCKER),
    recipes: RecipeSupport::Loses(
        "starts `python3 -m dynamo.vllm`, which the recipe's image does not have, and passes neither env nor extraArgs on",
    ),
    tags: &[],
};

/// What the shim creates. It looks past empty texts and maps, which the definition's defaults add.
const CHILDREN: [ChildKind; 3] = [
    ChildKind { resource: CHILD, write: Write::Replace(Differs::BeyondEmpty) },
    ChildKind { resource: PERSISTENT_VOLUME_CLAIM, write: Write::Create },
    ChildKind { resource: JOB, write: Write::Create },
];

/// The provider `dynamo`.
pub(super) struct Dynamo;

impl Provider for Dynamo {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn compatibility(&self, deployment: &ModelDeployment) -> Result<(), String> {
        let refused = |text: &str| Err(text.to_owned());
        if deployment.engine() == engine::LLAMACPP {
            return refused("Dynamo does not support llamacpp engine");
        }
        let components = (deployment.prefill(), deployment.decode());
        if is_mocker(deployment) {
            if deployment.engine() != MOCKER.engine {
                return refused("Dynamo mocker mode only supports the vllm engine");
            }
            if deployment.disaggregated() && !matches!(components, (Some(_), Some(_))) {
                return refused(
                    "Dynamo mocker disaggregated mode requires spec.scaling.prefill and spec.scaling.decode",
                );
            }
            return Ok(());
        }
        // Of the two components the shim looks at the first only.
        let on_prefill = components.0.is_some_and(|prefill| prefill.gpu_count() > 0);
        if deployment.gpu_count() > 0 || deployment.disaggregated() && on_prefill {
            return Ok(());
        }
        refused("Dynamo requires GPU (set resources.gpu.count > 0)")
    }

    fn prepare(&self, deployment: &ModelDeployment) -> Preparation {
        storage::prepare(deployment)
    }

    fn render(
        &self,
        deployment: &ModelDeployment,
        versions: &Versions,
        _: Option<&str>,
    ) -> Result<Vec<Value>, RenderError> {
        render::render(deployment, versions)
    }

    fn unused(&self, _: &str) -> &'static [&'static str] {
        &["env", "engine.extraArgs", "podTemplate"]
    }

    fn services(&self, _: bool) -> &'static [&'static str] {
        &["-frontend"]
    }

    fn servers(&self, deployment: &ModelDeployment) -> Vec<Server> {
        worker::servers(deployment)
    }

    fn advise_arguments(&self, stored: &Value, found: &mut Found) {
        arguments::advise_keys(stored, found);
    }
}

/// Whether the object asks for the test backend. Unlike the webhook, the shim does not ask who named the provider.
fn is_mocker(deployment: &ModelDeployment) -> bool {
    deployment.metadata.annotation(MOCKER.annotation) == Some(MOCKER.value)
}
