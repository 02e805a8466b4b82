//! What the API server says about the values of a built-in object once its types are right (`pkg/apis/core/validation`,
//! `pkg/apis/apps/validation` and `pkg/apis/batch/validation` of Kubernetes 1.36, features as they are by default).
//!
//! The rules ask for what is filled in by default where they need it, so that an object is judged as it was written. Errors
//! come in the server's words; `tests/it/parity/workloads.rs` holds them against recorded answers, and
//! `tests/cluster/invalid_deployments.rs` against a real server. What asks the cluster, or is not modelled, is said with its
//! field.

mod claim;
mod config_map;
mod container;
mod containers;
mod deployment;
mod env;
mod handlers;
mod job;
mod job_policies;
mod network;
mod node;
mod placement;
mod pod;
mod pod_resources;
mod projected;
mod rare_volumes;
mod resources;
mod security;
mod selector;
mod service;
mod shown;
mod template;
mod texts;
mod update;
mod volumes;
mod windows;

use std::borrow::Cow;

use serde_json::Value;

use crate::core::kubernetes::names;
use crate::core::schema::text::quote;
use crate::core::schema::{FieldError, metadata};
use node::{Errors, Node};

/// What is known of the answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Why the object is refused, in the server's words.
    pub errors: Vec<FieldError>,
    /// Fields of which nothing certain can be said, or not in the server's words, and why.
    pub unknown: Vec<(String, String)>,
    /// Whether the object is refused for a reason whose words cannot be known.
    pub is_refused: bool,
}

impl From<Errors> for Found {
    fn from(errors: Errors) -> Self {
        let Errors { list, unknown, is_refused } = errors;
        let unknown = unknown.into_iter().map(|(path, why)| (path, why.into_owned())).collect();
        Self { errors: list, unknown, is_refused }
    }
}

/// What the server says to a new object of a kind that it knows.
pub(super) fn check_new(kind: &str, object: &Value) -> Found {
    let mut errors = Errors::default();
    let (object, is_generated) = prepared(kind, object);
    let object = object.as_ref();
    check_metadata(kind, object, &mut errors);
    check_values(kind, object, is_generated, &mut errors);
    let metadata = Node::new(object, "").at("metadata");
    if metadata.str("name").is_empty() && !metadata.str("generateName").is_empty() && !errors.list.is_empty()
    {
        let why = "the server refuses it in words that hold the name that it makes";
        errors.refused_in_unknown_words(metadata.path("generateName"), why);
    }
    errors.into()
}

/// What the server says to an object that replaces a stored one.
pub(super) fn check_changed(kind: &str, object: &Value, stored: &Value) -> Found {
    let mut errors = Errors::default();
    let (object, _) = prepared(kind, object);
    let object = object.as_ref();
    let (new, old) = (Node::new(object, "").at("metadata"), Node::new(stored, "").at("metadata"));
    errors.list.extend(metadata::validate_update(new.value, old.value));
    check_finalizers(&new, &mut errors);
    check_values(kind, object, false, &mut errors);
    // What is stored was taken once, by this release or another: what it holds is no reason to refuse a change.
    let mut before = Errors::default();
    check_values(kind, stored, false, &mut before);
    errors.list.retain(|error| !before.list.contains(error));
    errors.unknown.retain(|unknown| !before.unknown.contains(unknown));
    update::check(kind, object, stored, &mut errors);
    errors.into()
}

/// The object with what the server adds to it before it judges; whether a selector was made.
fn prepared<'a>(kind: &str, object: &'a Value) -> (Cow<'a, Value>, bool) {
    if kind != "Job" {
        return (Cow::Borrowed(object), false);
    }
    let (object, is_generated) = job::prepared(object);
    (Cow::Owned(object), is_generated)
}

fn check_metadata(kind: &str, object: &Value, errors: &mut Errors) {
    // A Service is named like a host, everything else like a domain.
    let judge = if kind == "Service" { names::label_errors } else { names::subdomain_errors };
    let metadata = Node::new(object, "").at("metadata");
    errors.list.extend(metadata::validate_create_named(metadata.value, judge));
    // The server numbers the others itself.
    if matches!(kind, "Service" | "PersistentVolumeClaim" | "ConfigMap") {
        errors.not_negative(&metadata, "generation");
    }
    check_finalizers(&metadata, errors);
}

fn check_finalizers(metadata: &Node<'_>, errors: &mut Errors) {
    for finalizer in metadata.items("finalizers") {
        let name = finalizer.value.as_str().unwrap_or_default();
        if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(finalizer.path, name, detail);
        }
    }
}

fn check_values(kind: &str, object: &Value, is_generated: bool, errors: &mut Errors) {
    let node = Node::new(object, "");
    match kind {
        "Deployment" => deployment::check(&node.at("spec"), errors),
        "Service" => service::check(&node, errors),
        "ConfigMap" => config_map::check(&node, errors),
        "PersistentVolumeClaim" => {
            let spec = claim::prepared(node.raw("spec"));
            claim::check(&Node::new(&spec, "spec"), errors);
        }
        "Job" => job::check(&node, is_generated, errors),
        other => errors.not_foretold("kind", format!("{} is not modelled", quote(other))),
    }
}
