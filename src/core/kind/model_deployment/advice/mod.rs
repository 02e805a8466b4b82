//! Findings beyond the server: what it accepts and what then fails, is ignored or changes.
//!
//! A second pass over an object that the server accepted. Facts: airunway-providers.md sections 3 to 7, the
//! recorded behavior in `tests/fixtures/parity` (write-back, refused Deployments).

mod caches;
pub(super) mod catalogue;
mod devices;
mod env;
mod ignored;
mod images;
mod kept;
mod launch;
mod model;
mod names;
mod overrides;
mod pods;
mod resources;
mod secrets;
mod selection;
mod storage;
#[cfg(test)]
mod tests;

use super::webhook::{Providers, view};
use crate::core::kind::model_deployment::provider::{Provider, provider};
use crate::core::kind::model_deployment::release::Release;
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::rule::Found;
use catalogue as rule;
use serde_json::Value;

/// What is judged, and what is known about where it will run.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The object as its author wrote it.
    pub authored: &'a Value,
    /// The object as it would be stored ([`crate::core::api_server::custom::Review::stored`]).
    pub stored: &'a Value,
    /// The provider that will run it: the named one, else the one that the controller will select, if that is known.
    pub provider: Option<&'a str>,
    /// The engine that will run it, likewise.
    pub engine: Option<&'a str>,
    /// The registered providers.
    pub providers: &'a Providers,
    /// The release of AI Runway.
    pub release: &'a Release,
}

impl<'a> Situation<'a> {
    /// The provider, empty when it is unknown.
    fn provider_name(&self) -> &'a str {
        self.provider.unwrap_or_else(|| view::text(self.stored, &["spec", "provider", "name"]))
    }

    /// The engine, empty when it is unknown.
    fn engine_name(&self) -> &'a str {
        self.engine.unwrap_or_else(|| view::text(self.stored, &["spec", "engine", "type"]))
    }

    /// The provider's shim, when it is one of the table's.
    fn shim(&self) -> Option<&'static dyn Provider> {
        provider(self.provider_name())
    }

    /// Whether the shim renders the field, given as a path below `spec`; a shim that is not known may.
    fn is_used(&self, field: &str) -> bool {
        self.shim().is_none_or(|shim| !shim.unused(self.engine_name()).contains(&field))
    }

    fn is_aggregated(&self) -> bool {
        view::serving_mode(self.stored) == "aggregated"
    }
}

/// Judges an object beyond what the server looks at.
pub fn advice(situation: &Situation<'_>) -> Vec<Finding> {
    let mut found = Found::default();
    selection::check(situation, &mut found);
    names::check(situation, &mut found);
    model::check(situation, &mut found);
    kept::check(situation, &mut found);
    let lines = launch::lines(situation);
    launch::check(situation, &lines, &mut found);
    images::check(situation, &mut found);
    storage::check(situation, &lines, &mut found);
    ignored::check(situation, &mut found);
    resources::check(situation, &mut found);
    env::check(situation, &mut found);
    devices::check(situation, &lines, &mut found);
    secrets::check(situation, &lines, &mut found);
    overrides::check(situation, &mut found);
    pods::check(situation, &mut found);
    found.0
}

/// The finding that a controller will refuse an object, in the words of [`crate::core::kind::model_deployment::provider::Predicted`].
pub fn predicted_status(sentence: String) -> Finding {
    rule::STATUS_PREDICTED.finding("", sentence, None)
}
