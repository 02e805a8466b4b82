//! A kind that exists in tests only: what it takes to follow one more kind is this directory and one line in
//! [`super::KINDS`].
//!
//! A `Gizmo` of group `example.com` becomes one Deployment of the same name, written whole, and a condition of its own.

use super::follow::Follow;
use super::judge::{Child, Children, Foresight, Judge};
use super::release::{Release, release};
use super::{Column, Kind, Product};
use crate::core::api_server::custom::{self, NoWebhooks, Request, Review};
use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::json;
use crate::core::kubernetes::preview::{Differs, Write};
use crate::core::kubernetes::resource::{DEPLOYMENT, Resource};
use crate::core::kubernetes::rule::{Found, Rule, Stage, rules};
use crate::core::rollout::{Assessment, Part, Snapshot, Target, broken_pod, live_object, unfinished};
use serde_json::{Value, json};

/// The row of the table.
#[derive(Debug)]
pub(super) struct GizmoKind;

static RESOURCE: Resource =
    Resource { group: "example.com", version: "v1", plural: "gizmos", kind: "Gizmo", namespaced: true };

static RELEASES: [Release; 1] = [release!("../src/core/kind", "made_up", "", ["gizmos"."example.com"])];

static PRODUCT: Product =
    Product { name: "Gizmo Works", install: &["install Gizmo Works"], releases: &RELEASES };

rules! { Advice Warning
    TOO_MANY "gizmo-too-many"
        "More gizmos than anyone needs"
        "Its controller runs at most ten."
        "use at most 10"
}

impl Kind for GizmoKind {
    fn resource(&self) -> &'static Resource {
        &RESOURCE
    }

    fn product(&self) -> &'static Product {
        &PRODUCT
    }

    fn rules(&self) -> Vec<&'static Rule> {
        vec![&TOO_MANY]
    }

    fn judge(&self, release: &'static Release, _: Vec<Value>) -> Box<dyn Judge> {
        Box::new(GizmoJudge(release))
    }

    fn images(&self) -> &'static [&'static str] {
        &["/spec/image"]
    }

    fn columns(&self) -> &'static [Column] {
        &[Column { name: "SIZE", fields: &["/spec/size"] }]
    }

    fn follow(&self) -> Option<&'static dyn Follow> {
        Some(&GizmoFollow)
    }
}

struct GizmoFollow;

impl Follow for GizmoFollow {
    fn parts(&self, object: &Value) -> Vec<Part> {
        let name = json::text(object, &["metadata", "name"]).to_owned();
        let pods = Some(format!("gizmo={name}"));
        vec![Part { resource: DEPLOYMENT, name, pods }]
    }

    fn assess(&self, target: &Target, snapshot: &Snapshot) -> Assessment {
        if let Err(problem) = live_object(target, snapshot) {
            return Assessment::Stuck(problem);
        }
        let part = snapshot.parts.first();
        let broken = broken_pod(part, target).map(Assessment::Stuck);
        broken.or_else(|| unfinished(part, target)).unwrap_or(Assessment::Ready)
    }
}

struct GizmoJudge(&'static Release);

impl Judge for GizmoJudge {
    fn review(&self, request: &Request<'_>) -> Review {
        custom::review(request, self.0.crd("gizmos.example.com"), &NoWebhooks)
    }

    fn foresee(&self, _: &Value, stored: &Value) -> Foresight {
        let mut found = Found::default();
        let size = json::number(stored, &["spec", "size"]);
        if size > 10 {
            found.add(&TOO_MANY, "spec.size", format!("{size} gizmos"));
        }
        let child = Child {
            object: deployment(stored, size),
            resource: DEPLOYMENT,
            write: Write::Replace(Differs::Exactly),
            later: false,
        };
        Foresight { children: Children::Known(vec![child]), advice: found.0, ..Foresight::default() }
    }
}

fn deployment(stored: &Value, size: i64) -> Value {
    let name = json::text(stored, &["metadata", "name"]);
    let labels = json!({"gizmo": name});
    let image = json::text(stored, &["spec", "image"]);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": json::text(stored, &["metadata", "namespace"])},
        "spec": {"replicas": size, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "gizmo", "image": image}]}}},
    })
}
