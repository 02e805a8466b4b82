//! OtterScale's ModelService (`model.otterscale.io/v1alpha1`): one object becomes a decode and a prefill Deployment, an
//! endpoint picker with its rights, a pool, a route and monitors. There is no webhook and no CEL: what the operator cannot
//! create it says in the condition `Ready` only, so all of it is foretold here (source: model-service.md).

mod advice;
mod follow;
mod inputs;
mod judge;
mod names;
mod refusals;
mod render;
mod shape;

use super::follow::Follow;
use super::judge::Judge;
use super::operator::{Operator, OperatorValues};
use super::release::{Release, release};
use super::{Column, Kind, Product};
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::{Resource, namespaced};
use crate::core::kubernetes::rule::Rule;
use judge::ModelServiceJudge;
use serde_json::Value;

/// The row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct ModelServiceKind;

static RESOURCE: Resource = namespaced("model.otterscale.io", "v1alpha1", "modelservices", "ModelService");

/// The name of its definition.
const DEFINITION: &str = "modelservices.model.otterscale.io";

static RELEASES: [Release; 1] =
    [release!("otterscale", "v1.0.1", "", ["modelservices"."model.otterscale.io"])];

/// `github.com/otterscale/model-operator`.
static PRODUCT: Product = Product {
    name: "OtterScale's model operator",
    install: &["install OtterScale's model operator: github.com/otterscale/model-operator has its manifests"],
    releases: &RELEASES,
};

impl Kind for ModelServiceKind {
    fn resource(&self) -> &'static Resource {
        &RESOURCE
    }

    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn rules(&self) -> Vec<&'static Rule> {
        advice::catalogue::RULES.to_vec()
    }

    fn judge(&self, release: &'static Release, context: Vec<Value>) -> Box<dyn Judge> {
        self.judge_operated(release, context, &OperatorValues::default())
    }

    fn operator(&self) -> Option<&'static Operator> {
        Some(&inputs::OPERATOR)
    }

    fn judge_operated(
        &self,
        release: &'static Release,
        _: Vec<Value>,
        values: &OperatorValues,
    ) -> Box<dyn Judge> {
        Box::new(ModelServiceJudge::new(release, values))
    }

    fn images(&self) -> &'static [&'static str] {
        &[
            "/spec/engine/image",
            "/spec/routingProxy/image",
            "/spec/inferencePool/endpointPicker/image",
            "/spec/model/image",
        ]
    }

    fn open_image(&self, object: &Value, _: &Release) -> Option<String> {
        let has = |pointer: &str| object.pointer(pointer).is_some_and(|member| !member.is_null());
        let rests_on = [
            (true, "/spec/engine/image", "default-engine-image"),
            (has("/spec/routingProxy"), "/spec/routingProxy/image", "default-routing-proxy-image"),
            (has("/spec/inferencePool"), "/spec/inferencePool/endpointPicker/image", "default-epp-image"),
        ];
        let open: Vec<&str> = rests_on
            .into_iter()
            .filter(|(runs, pointer, _)| *runs && text_at(object, pointer).is_empty())
            .map(|(_, _, flag)| flag)
            .collect();
        (!open.is_empty()).then(|| format!("the operator's {} is not in the manifest", open.join(", ")))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "PHASE", fields: &["/status/phase"] },
            Column { name: "MODEL", fields: &["/spec/model/name"] },
            Column { name: "DECODE", fields: &["/status/decodeReady"] },
            Column { name: "PREFILL", fields: &["/status/prefillReady"] },
            Column { name: "IMAGE", fields: &["/spec/engine/image"] },
        ]
    }

    fn follow(&self) -> Option<&'static dyn Follow> {
        Some(&follow::ModelServiceFollow)
    }
}
