//! LlamaStackDistribution, the custom resource that became OGXServer: version v1alpha2 as it was proposed for the Llama
//! Stack operator (pull request 266 at `e80ebf0`, never merged; llama-stack.md part A), and what to write in place of
//! version v1alpha1, the only one ever released.

mod catalogue;
mod judge;
mod retired;

use super::judge::Judge;
use super::release::{Release, release};
use super::{Column, Kind, Product};
use crate::core::kubernetes::resource::{Resource, namespaced};
use crate::core::kubernetes::rule::Rule;
use serde_json::Value;

static RESOURCE: Resource =
    namespaced("llamastack.io", "v1alpha2", "llamastackdistributions", "LlamaStackDistribution");

static RELEASES: [Release; 1] =
    [release!("llama-stack", "proposal-e80ebf0", "", ["llamastackdistributions"."llamastack.io"])];

static PRODUCT: Product = Product {
    name: "the Llama Stack operator",
    install: &["no release serves llamastack.io/v1alpha2: write an OGXServer of ogx.io/v1beta1"],
    releases: &RELEASES,
};

/// The row of the table of kinds.
#[derive(Debug, Clone, Copy)]
pub(super) struct LlamaStackKind;

impl Kind for LlamaStackKind {
    fn resource(&self) -> &'static Resource {
        &RESOURCE
    }

    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn rules(&self) -> Vec<&'static Rule> {
        catalogue::RULES.to_vec()
    }

    fn judge(&self, release: &'static Release, _: Vec<Value>) -> Box<dyn Judge> {
        Box::new(judge::LlamaStackJudge(release))
    }

    fn images(&self) -> &'static [&'static str] {
        &["/spec/distribution/image"]
    }

    fn columns(&self) -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            Column { name: "PHASE", fields: &["/status/phase"] },
            Column { name: "DISTRIBUTION", fields: &["/spec/distribution/name", "/spec/distribution/image"] },
            Column { name: "AVAILABLE", fields: &["/status/availableReplicas"] },
        ];
        COLUMNS
    }
}
