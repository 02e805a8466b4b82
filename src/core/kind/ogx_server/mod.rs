//! OGXServer, the custom resource of the OGX operator (ogx-ai/ogx-k8s-operator at `1784464`, after v0.14.0): its webhook,
//! and what the server accepts and the operator later fails on or passes over (llama-stack.md part B).

mod advice;
mod catalogue;
mod judge;
mod providers;
mod webhook;

use super::judge::Judge;
use super::release::{Release, release};
use super::{Column, Kind, Product};
use crate::core::kubernetes::resource::{Resource, namespaced};
use crate::core::kubernetes::rule::Rule;
use serde_json::Value;

static RESOURCE: Resource = namespaced("ogx.io", "v1beta1", "ogxservers", "OGXServer");

static RELEASES: [Release; 1] = [release!("ogx", "v0.14.0", "", ["ogxservers"."ogx.io"])];

static PRODUCT: Product = Product {
    name: "the OGX operator",
    install: &["install the OGX operator: github.com/ogx-ai/ogx-k8s-operator has its manifests"],
    releases: &RELEASES,
};

/// The row of the table of kinds.
#[derive(Debug, Clone, Copy)]
pub(super) struct OgxServerKind;

impl Kind for OgxServerKind {
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
        Box::new(judge::OgxServerJudge(release))
    }

    fn images(&self) -> &'static [&'static str] {
        &["/spec/distribution/image"]
    }

    /// The image of a named distribution is the operator's to choose: its environment and a ConfigMap replace it.
    fn open_image(&self, object: &Value, _: &Release) -> Option<String> {
        let name = crate::core::kubernetes::json::text_at(object, "/spec/distribution/name");
        let names_one = object.pointer("/spec/distribution/image").is_some();
        (!names_one && !name.is_empty()).then(|| {
            format!(
                "the operator chooses the image of distribution {name}; spec.distribution.image names one"
            )
        })
    }

    fn columns(&self) -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            Column { name: "PHASE", fields: &["/status/phase"] },
            Column { name: "DISTRIBUTION", fields: &["/spec/distribution/name", "/spec/distribution/image"] },
            Column { name: "CONFIG", fields: &["/status/configGeneration/configMapName"] },
            Column { name: "AVAILABLE", fields: &["/status/availableReplicas"] },
        ];
        COLUMNS
    }
}
