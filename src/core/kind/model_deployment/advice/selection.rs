//! Whether the provider exists and takes what it will get.

use super::{Found, Situation, rule, view};
use crate::core::kind::model_deployment::provider::{PROVIDERS, TestBackend};
use crate::core::kind::model_deployment::webhook::{Capability, LookUp};
use crate::core::nearest::nearest;

const NAME: &str = "spec.provider.name";

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    check_provider(situation, found);
    let annotation = |name: &str| view::text(situation.stored, &["metadata", "annotations", name]);
    if annotation("airunway.ai/reconcile-paused") == "true" {
        let path = "metadata.annotations[airunway.ai/reconcile-paused]";
        found.add(&rule::PAUSED, path, "nothing happens while the object is paused");
    }
    let named = view::text(situation.stored, &["spec", "provider", "name"]);
    for facts in PROVIDERS.iter().map(|provider| provider.facts()).filter(|facts| facts.id != named) {
        let asked_for = |backend: &&TestBackend| annotation(backend.annotation) == backend.value;
        if let Some(backend) = facts.test_backend.as_ref().filter(asked_for) {
            let path = format!("metadata.annotations[{}]", backend.annotation);
            let message = format!("the test backend works only with spec.provider.name: {}", facts.id);
            found.add(&rule::MOCKER_IGNORED, path, message);
        }
    }
}

fn check_provider(situation: &Situation<'_>, found: &mut Found) {
    let named = view::text(situation.stored, &["spec", "provider", "name"]);
    let has_engine = !view::text(situation.stored, &["spec", "engine", "type"]).is_empty();
    // With an engine the webhook has looked the provider up.
    if named.is_empty() || *situation.providers.look_up() != LookUp::Found {
        return;
    }
    match situation.providers.get(named) {
        None if !has_engine || view::test_backend(situation.stored).is_some() => {
            let message = format!("no provider {named} is registered; the object stays Pending until one is");
            match nearest(named, situation.providers.names()) {
                Some(meant) => {
                    found.add_with_hint(
                        &rule::PROVIDER_UNKNOWN,
                        NAME,
                        message,
                        format!("did you mean {meant}?"),
                    );
                }
                None => found.add(&rule::PROVIDER_UNKNOWN, NAME, message),
            }
        }
        Some(Some(capabilities)) if !has_engine => check_capabilities(situation, named, capabilities, found),
        _ => {}
    }
}

/// What the webhook says when an engine is given, for the engine that the controller will select.
fn check_capabilities(
    situation: &Situation<'_>,
    provider: &str,
    capabilities: &[Capability],
    found: &mut Found,
) {
    let engine = situation.engine_name();
    if engine.is_empty() {
        return;
    }
    if let Some(backend) = view::test_backend(situation.stored) {
        if engine != backend.engine {
            let plays = backend.engine;
            let message = format!(
                "the controller will select engine {engine}, and the test backend only simulates {plays}"
            );
            found.add(&rule::PROVIDER_WILL_REFUSE, NAME, message);
        }
        return;
    }
    let mode = view::serving_mode(situation.stored);
    let gpus = view::number(situation.stored, &["spec", "resources", "gpu", "count"]);
    let message = match capabilities.iter().find(|capability| capability.engine == engine) {
        None => {
            format!("the controller will select engine {engine}, which provider {provider} does not support")
        }
        Some(capability) if !capability.modes.iter().any(|each| each == mode) => {
            format!("provider {provider} does not serve engine {engine} in {mode} mode")
        }
        Some(capability) if mode == "aggregated" && gpus == 0 && !capability.on_cpu => {
            format!("engine {engine} on provider {provider} needs a GPU")
        }
        Some(_) => return,
    };
    found.add(&rule::PROVIDER_WILL_REFUSE, NAME, message);
}
