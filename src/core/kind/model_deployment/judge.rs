//! The judge of ModelDeployments: AI Runway's webhooks, its core controller's selection, and the selected shim's ways.

use super::advice::{self, Situation};
use super::provider::{
    ChildKind, ImageInput, Outcome, Predicted, Provider, Selection, Selector, StageError, Stages, provider,
    stages,
};
use super::release::Release;
use super::webhook::{self, Providers};
use crate::core::api_server::custom::{Request, Review};
use crate::core::kind::judge::{Attendant, Child, Children, Chosen, Foresight, Judge, PredictedStatus};
use crate::core::kubernetes::json::{flag_at, text_at};
use crate::core::shim::cluster::{NAMESPACE, SELECTOR};
use serde_json::Value;

/// What the core controller's Deployment is labelled as.
const CONTROLLER: &str = "controller-manager";

/// Judges by a release of AI Runway and the providers that are registered.
pub struct ModelDeploymentJudge {
    release: &'static Release,
    /// The InferenceProviderConfigs.
    configs: Vec<Value>,
    providers: Providers,
    selector: Selector,
}

impl ModelDeploymentJudge {
    /// A judge for the given InferenceProviderConfigs.
    pub fn new(release: &'static Release, configs: Vec<Value>) -> ModelDeploymentJudge {
        let (providers, selector) = (Providers::of(&configs), Selector::new(&configs));
        ModelDeploymentJudge { release, configs, providers, selector }
    }

    /// A provider that says itself that it is not ready will not serve an object soon.
    fn unwell(&self, provider: Option<&str>) -> Vec<String> {
        let name = |config: &Value| config.pointer("/metadata/name").and_then(Value::as_str) == provider;
        let Some(config) = self.configs.iter().find(|config| provider.is_some() && name(config)) else {
            return Vec::new();
        };
        if flag_at(config, "/status/ready") {
            return Vec::new();
        }
        vec![format!("provider {} reports that it is not ready", provider.unwrap_or_default())]
    }

    /// The core controller, and the shim of a provider that is registered.
    fn attendants(&self, provider: Option<&str>) -> Vec<Attendant> {
        let attendant = |what: String, component: String, heartbeat| Attendant {
            look: format!("kubectl get pods -n {NAMESPACE} -l control-plane={component}"),
            selector: SELECTOR,
            what,
            component,
            heartbeat,
        };
        let mut found = vec![attendant("the AI Runway controller".to_owned(), CONTROLLER.to_owned(), None)];
        let registered = self
            .configs
            .iter()
            .find(|config| provider.is_some_and(|name| text_at(config, "/metadata/name") == name));
        // One that says of itself that it is not ready is told of already.
        if let (Some(name), Some(config)) = (provider, registered)
            && flag_at(config, "/status/ready")
        {
            let heartbeat = text_at(config, "/status/lastHeartbeat").parse().ok();
            found.push(attendant(format!("the {name} shim"), format!("{name}-provider"), heartbeat));
        }
        found
    }
}

impl Judge for ModelDeploymentJudge {
    fn review(&self, request: &Request<'_>) -> Review {
        webhook::judge(request, self.release, &self.providers)
    }

    fn foresee(&self, authored: &Value, stored: &Value) -> Foresight {
        let selection = self.selector.select(stored);
        let passed = stages(stored, &selection, self.release, &ImageInput::NotAsked);
        let predicted = Predicted::of(&selection, &passed);
        let mut advice = advice::advice(&Situation {
            authored,
            stored,
            provider: selection.provider.as_deref(),
            engine: selection.engine.as_deref(),
            providers: &self.providers,
            release: self.release,
        });
        advice.extend(predicted.iter().map(|status| advice::predicted_status(status.sentence())));
        let unwell = self.unwell(selection.provider.as_deref());
        let attendants = self.attendants(selection.provider.as_deref());
        let (settled, children) = becoming(passed);
        Foresight {
            chosen: chosen(authored, &selection),
            stopped: selection.message,
            settled,
            children,
            status: predicted.map(status),
            advice,
            unwell,
            attendants,
        }
    }

    fn explain(&self, stored: &Value) -> Vec<String> {
        explanation(&self.selector.select(stored))
    }
}

/// The written back object and what its shim creates.
fn becoming(passed: Result<Stages, StageError>) -> (Option<Value>, Children) {
    let Stages { provider: name, settled, outcome } = match passed {
        Ok(stages) => stages,
        Err(StageError::NotSelected(_)) => return (None, Children::Stopped),
        Err(error) => return (None, Children::NotFollowed(error.to_string())),
    };
    let Some(shim) = provider(name) else { return (Some(settled), Children::Stopped) };
    let Outcome { children, later, .. } = outcome;
    let later = later.map(|later| later.children).unwrap_or_default();
    let now = children.into_iter().filter_map(|object| child(shim, object, false));
    let all = now.chain(later.into_iter().filter_map(|object| child(shim, object, true))).collect();
    (Some(settled), Children::Known(all))
}

/// `None` for an object of a kind that the shim does not say it creates, which a test rules out.
fn child(shim: &dyn Provider, object: Value, later: bool) -> Option<Child> {
    let ChildKind { resource, write } = *shim.facts().child_of(&object)?;
    Some(Child { object, resource, write, later })
}

/// What the core controller decides, for the members that the author left open.
fn chosen(authored: &Value, selection: &Selection) -> Vec<Chosen> {
    let named = |pointer: &str| !text_at(authored, pointer).is_empty();
    let one = |what, pointer, value: &Option<String>, why: &Option<String>| Chosen {
        what,
        value: value.clone(),
        why: why.clone(),
        by_author: named(pointer),
    };
    vec![
        one("engine", "/spec/engine/type", &selection.engine, &selection.engine_reason),
        one("provider", "/spec/provider/name", &selection.provider, &selection.provider_reason),
    ]
}

fn status(predicted: Predicted) -> PredictedStatus {
    let sentence = predicted.sentence();
    let Predicted { phase, message, conditions, later } = predicted;
    PredictedStatus { phase: phase.as_str(), message, conditions, sentence, later }
}

/// Each provider with its score and its rules.
fn explanation(selection: &Selection) -> Vec<String> {
    let mut lines = Vec::new();
    for candidate in &selection.candidates {
        lines.push(match (candidate.score, candidate.unfit) {
            (Some(score), _) => format!("  {}: score {score}", candidate.provider),
            (None, why) => format!("  {}: {}", candidate.provider, why.unwrap_or("not considered")),
        });
        for rule in &candidate.rules {
            let result = match &rule.result {
                Ok(true) => format!("true, counts {}", rule.priority),
                Ok(false) => "false".to_owned(),
                Err(why) => format!("ignored ({why})"),
            };
            lines.push(format!("    {}: {result}", rule.condition));
        }
    }
    lines
}
