//! The way of one object behind the API server, in one call: what its shim leaves behind and what it creates.

use serde_json::Value;

use crate::core::kind::model_deployment::object::{self, ModelDeployment, ReadError};
use crate::core::kind::model_deployment::release::Release;
use crate::core::kubernetes::json;

use super::contract::ImageInput;
use super::reconcile::{Outcome, reconcile};
use super::select::Selection;
use super::settle::settle;
use super::table::provider;
use super::versions::Versions;

/// Annotation that stops the core controller and every shim.
const PAUSED: &str = "airunway.ai/reconcile-paused";

/// What becomes of a stored object.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages {
    /// Name of the provider whose shim did it.
    pub provider: &'static str,
    /// The object after the shim's write-back, without the status.
    pub settled: Value,
    /// What the shim created, and what it wrote into the status at once.
    pub outcome: Outcome,
}

/// Why no shim takes up a stored object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    /// The object asks to be left alone.
    #[error("reconciliation is paused by annotation {PAUSED}")]
    Paused,
    /// The core controller stops before it hands the object to a shim; the text is what it writes into
    /// `status.message`.
    #[error("{0}")]
    NotSelected(String),
    /// A provider this program does not know.
    #[error("provider {0} is not one of those this program knows")]
    UnknownProvider(String),
    /// The object is not a ModelDeployment.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
}

/// Takes a stored object (as [`crate::core::kind::model_deployment::webhook::review`] returns it) through the selected
/// provider's shim.
///
/// # Errors
/// [`StageError`] when no shim does anything with the object. An object that the shim refuses is not an error: the
/// [`Outcome`] says so.
pub fn stages(
    stored: &Value,
    selection: &Selection,
    release: &Release,
    image: &ImageInput,
) -> Result<Stages, StageError> {
    if json::text(stored, &["metadata", "annotations", PAUSED]) == "true" {
        return Err(StageError::Paused);
    }
    let Some(name) = &selection.provider else {
        let text = selection.message.clone().unwrap_or_else(|| "no provider was selected".to_owned());
        return Err(StageError::NotSelected(text));
    };
    let shim = provider(name).ok_or_else(|| StageError::UnknownProvider(name.clone()))?;
    let mut settled = settle(stored, shim, release);
    let mut deployment: ModelDeployment = object::read(&settled)?;
    record(&mut deployment, selection);
    if let Value::Object(members) = &mut settled {
        members.shift_remove("status");
    }
    let outcome = reconcile(shim, &deployment, &Versions::of(release), image);
    Ok(Stages { provider: shim.id(), settled, outcome })
}

/// The core controller writes what it selected into the status before any shim looks.
fn record(deployment: &mut ModelDeployment, selection: &Selection) {
    let status = deployment.status.get_or_insert_default();
    let engine = status.engine.get_or_insert_default();
    engine.kind.clone_from(&selection.engine);
    let provider = status.provider.get_or_insert_default();
    provider.name.clone_from(&selection.provider);
}
