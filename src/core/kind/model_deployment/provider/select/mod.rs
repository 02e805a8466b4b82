//! Which engine and provider the core controller selects, and what it writes when it stops before that
//! (airunway-providers.md section 2, airunway-api.md section 5; upstream `controller`, commit `b0d3fb7`).

mod rule;
mod spec;
mod validate;

use crate::core::kind::model_deployment::object::{
    self, Condition, InferenceProviderConfig, ModelDeployment, engine,
};
use crate::core::schema::text::quote;
use rule::Rule;
use serde_json::Value;

/// The condition about the provider.
const PROVIDER_SELECTED: &str = "ProviderSelected";
const NO_PROVIDERS: &str = "no providers registered (InferenceProviderConfig resources not found)";

/// What the core controller makes of one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// `status.engine.type`.
    pub engine: Option<String>,
    /// `status.engine.selectedReason`.
    pub engine_reason: Option<String>,
    /// `status.provider.name`.
    pub provider: Option<String>,
    /// `status.provider.selectedReason`.
    pub provider_reason: Option<String>,
    /// Whether the phase is Failed rather than Pending.
    pub failed: bool,
    /// `status.message`, when it stops before a provider is selected.
    pub message: Option<String>,
    /// The conditions it writes, in order, without times; one that it leaves as it was comes with its own generation and time.
    pub conditions: Vec<Condition>,
    /// Every registered provider and why it was or was not taken; empty when a provider is named or none could be looked for.
    pub candidates: Vec<Candidate>,
}

/// One registered provider in a selection.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub provider: String,
    /// Its score, when it can take the object; the highest wins, then the first name.
    pub score: Option<i64>,
    /// Why it cannot take the object.
    pub unfit: Option<&'static str>,
    /// Its rules with their results, in order.
    pub rules: Vec<RuleResult>,
}

/// One selection rule and what it said.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleResult {
    /// CEL text.
    pub condition: String,
    /// What it counts for when it is true.
    pub priority: i64,
    /// True, false, or why it is ignored.
    pub result: Result<bool, String>,
}

/// The registered providers with their rules compiled on first use, for many selections.
pub struct Selector {
    providers: Vec<Registered>,
}

struct Registered {
    config: InferenceProviderConfig,
    rules: Vec<Rule>,
}

/// Selects for one object.
pub fn select(stored: &Value, configs: &[Value]) -> Selection {
    Selector::new(configs).select(stored)
}

impl Selector {
    /// Takes InferenceProviderConfigs as the cluster or a release has them; one that cannot be read is left out, as the controller's
    /// typed client would never see it.
    pub fn new(configs: &[Value]) -> Selector {
        let mut providers: Vec<Registered> = configs
            .iter()
            .filter_map(|config| object::read::<InferenceProviderConfig>(config).ok())
            .map(|config| {
                let rules = config.spec.selection_rules.iter().map(Rule::new).collect();
                Registered { config, rules }
            })
            .collect();
        providers.sort_by(|one, other| one.config.name().cmp(other.config.name()));
        Selector { providers }
    }

    /// One pass of the core controller over a stored object.
    pub fn select(&self, stored: &Value) -> Selection {
        let Ok(object) = object::read::<ModelDeployment>(stored) else { return Selection::default() };
        let mut selection = Selection::default();
        if let Some(text) = validate::image_conflict(&object) {
            selection.conditions.push(condition("ImageResolved", "ConflictingImageFields", &text));
            return selection.invalid(&text);
        }
        let engine = match self.engine(&object) {
            Ok((engine, reason)) => {
                selection.engine = Some(engine.clone());
                selection.engine_reason = Some(reason);
                engine
            }
            Err(error) => return selection.stopped("EngineSelected", "Engine selection failed", &error),
        };
        if let Err(text) = validate::validate(&object, &engine, self) {
            return selection.invalid(&text);
        }
        selection.conditions.push(Condition::new(
            "Validated",
            "True",
            "ValidationPassed",
            "Schema validation passed",
        ));
        selection.conditions.push(if object.engine_type().is_empty() {
            let message = format!("Engine {engine} auto-selected from provider capabilities");
            Condition::new("EngineSelected", "True", "AutoSelected", message)
        } else {
            Condition::new(
                "EngineSelected",
                "True",
                "ExplicitSelection",
                "Engine explicitly specified in spec",
            )
        });
        self.provider(stored, &object, &engine, selection)
    }

    fn engine(&self, object: &ModelDeployment) -> Result<(String, String), String> {
        if !object.engine_type().is_empty() {
            return Ok((object.engine_type().to_owned(), "explicit engine selection".to_owned()));
        }
        let recorded = object.status.as_ref().and_then(|status| status.engine.as_ref());
        if let Some(engine) = recorded
            && let Some(kind) = engine.kind.as_ref().filter(|kind| !kind.is_empty())
        {
            return Ok((kind.clone(), engine.selected_reason.clone().unwrap_or_default()));
        }
        if self.providers.is_empty() {
            return Err(NO_PROVIDERS.to_owned());
        }
        let (needs_gpu, mode) = (needs_gpu(object), object.serving_mode());
        let offers = |engine: &str| {
            self.ready().find(|registered| {
                registered
                    .config
                    .engine(engine)
                    .is_some_and(|offer| offer.fits(needs_gpu) && offer.serves(mode))
            })
        };
        let found = engine::ALL.iter().find_map(|engine| Some((*engine, offers(engine)?)));
        match found {
            Some((engine, registered)) => {
                let reason = format!("auto-selected from provider {} capabilities", registered.config.name());
                Ok((engine.to_owned(), reason))
            }
            None => Err(format!(
                "no engines available from registered providers (hasGPU={needs_gpu}, servingMode={mode}, advertised={})",
                self.advertised()
            )),
        }
    }

    fn ready(&self) -> impl Iterator<Item = &Registered> {
        self.providers
            .iter()
            .filter(|registered| registered.config.ready() && registered.config.spec.capabilities.is_some())
    }

    /// The engines of the ready providers, as Go prints a map.
    fn advertised(&self) -> String {
        let entries: Vec<String> = self
            .ready()
            .map(|registered| {
                let engines = registered.config.spec.capabilities.iter().flat_map(|offered| &offered.engines);
                let names: Vec<&str> = engines.map(|engine| engine.name.as_str()).collect();
                format!("{}:[{}]", registered.config.name(), names.join(" "))
            })
            .collect();
        format!("map[{}]", entries.join(" "))
    }

    fn provider(
        &self,
        stored: &Value,
        object: &ModelDeployment,
        engine: &str,
        mut selection: Selection,
    ) -> Selection {
        let named = object.provider_name();
        let recorded = object.status.as_ref().and_then(|status| status.provider.as_ref());
        let recorded_name = recorded.and_then(|provider| provider.name.as_deref()).unwrap_or_default();
        if !named.is_empty() && !recorded_name.is_empty() && named != recorded_name {
            let text = format!(
                "changing spec.provider.name from {} to {} after a provider has been selected is not supported; \
                 delete and recreate the ModelDeployment to use a different provider",
                quote(recorded_name),
                quote(named)
            );
            selection.failed = true;
            selection.conditions.push(condition(PROVIDER_SELECTED, "ProviderChangeNotSupported", &text));
            selection.message = Some(text);
            return selection;
        }
        if !recorded_name.is_empty() {
            // What is recorded is not selected again: the condition stays as it is, with the generation it was written at.
            let conditions = object.status.iter().flat_map(|status| &status.conditions);
            selection.conditions.extend(conditions.filter(|known| known.kind == PROVIDER_SELECTED).cloned());
            let reason = recorded.and_then(|provider| provider.selected_reason.clone()).unwrap_or_default();
            return selection.provided(recorded_name, &reason);
        }
        if !named.is_empty() {
            let message = "Provider explicitly specified in spec";
            selection.conditions.push(Condition::new(
                PROVIDER_SELECTED,
                "True",
                "ExplicitSelection",
                message,
            ));
            return selection.provided(named, "explicit provider selection");
        }
        match self.best(stored, object, engine, &mut selection) {
            Ok(provider) => {
                let message = format!("Provider {provider} auto-selected");
                selection.conditions.push(Condition::new(PROVIDER_SELECTED, "True", "AutoSelected", message));
                let reason = format!(
                    "matched capabilities: engine={engine}, gpu={}, mode={}",
                    needs_gpu(object),
                    object.serving_mode()
                );
                selection.provided(&provider, &reason)
            }
            Err(text) => selection.stopped(PROVIDER_SELECTED, "Provider selection failed", text),
        }
    }

    fn best(
        &self,
        stored: &Value,
        object: &ModelDeployment,
        engine: &str,
        selection: &mut Selection,
    ) -> Result<String, &'static str> {
        if self.providers.is_empty() {
            return Err(NO_PROVIDERS);
        }
        if !self.providers.iter().any(|registered| registered.config.ready()) {
            return Err("no healthy providers available");
        }
        let (needs_gpu, mode) = (needs_gpu(object), object.serving_mode());
        let variables = rule::Variables::new(&spec::view(stored, engine));
        for registered in &self.providers {
            let config = &registered.config;
            let unfit = match config.engine(engine) {
                _ if !config.ready() => Some("is not ready"),
                None => Some("does not offer the engine"),
                Some(offer) if !offer.fits(needs_gpu) => {
                    Some("does not offer the engine on this kind of processor")
                }
                Some(offer) if !offer.serves(mode) => Some("does not offer the serving mode"),
                Some(_) => None,
            };
            let rules =
                if unfit.is_none() { rule::evaluate(&registered.rules, &variables) } else { Vec::new() };
            let score = rules.iter().filter(|rule| rule.result == Ok(true)).map(|rule| rule.priority).max();
            selection.candidates.push(Candidate {
                provider: config.name().to_owned(),
                score: unfit.is_none().then(|| score.unwrap_or(0).max(0)),
                unfit,
                rules,
            });
        }
        // The list is in order of names, and the first of equals wins.
        let mut best: Option<(&str, i64)> = None;
        for candidate in &selection.candidates {
            if let Some(score) = candidate.score
                && best.is_none_or(|(_, highest)| score > highest)
            {
                best = Some((&candidate.provider, score));
            }
        }
        best.map(|(provider, _)| provider.to_owned())
            .ok_or("no compatible provider found for this configuration")
    }
}

fn needs_gpu(object: &ModelDeployment) -> bool {
    object.gpu_count() > 0 || object.disaggregated()
}

fn condition(kind: &str, reason: &str, message: &str) -> Condition {
    Condition::new(kind, "False", reason, message)
}

impl Selection {
    fn invalid(mut self, text: &str) -> Selection {
        self.failed = true;
        self.conditions.push(condition("Validated", "ValidationFailed", text));
        self.message = Some(format!("Validation failed: {text}"));
        self
    }

    fn stopped(mut self, kind: &str, what: &str, error: &str) -> Selection {
        self.conditions.push(condition(kind, "SelectionFailed", error));
        self.message = Some(format!("{what}: {error}"));
        self
    }

    fn provided(mut self, provider: &str, reason: &str) -> Selection {
        self.provider = Some(provider.to_owned());
        self.provider_reason = Some(reason.to_owned());
        self
    }
}

/// The InferenceProviderConfig of that name among the registered ones.
impl Selector {
    fn config(&self, name: &str) -> Option<&InferenceProviderConfig> {
        self.providers.iter().map(|registered| &registered.config).find(|config| config.name() == name)
    }

    /// Whether any provider, ready or not, runs the engine without a GPU.
    fn anyone_without_gpu(&self, engine: &str) -> bool {
        self.providers
            .iter()
            .any(|registered| registered.config.engine(engine).is_some_and(|offer| offer.fits(false)))
    }

    fn nobody(&self) -> bool {
        self.providers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with_status(provider: &str, status: Value) -> Selection {
        let object = json!({"metadata": {"name": "m"}, "status": status, "spec": {
            "model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "vllm"},
            "provider": {"name": provider}, "resources": {"gpu": {"count": 1}}}});
        select(&object, &[])
    }

    #[test]
    fn a_recorded_provider_keeps_its_condition_and_generation() {
        let old = json!({"type": PROVIDER_SELECTED, "status": "True", "reason": "AutoSelected", "message": "as it was", "observedGeneration": 1});
        let selection = with_status("vllm", json!({"provider": {"name": "vllm"}, "conditions": [old]}));
        let kept = selection.conditions.last().expect("a condition");
        assert_eq!((kept.message.as_str(), kept.observed_generation), ("as it was", Some(1)));
        let written = |condition: &&Condition| condition.observed_generation.is_none();
        assert_eq!(
            selection.conditions.iter().filter(written).count(),
            2,
            "Validated and EngineSelected are written"
        );
    }

    #[test]
    fn names_are_quoted_as_go_does() {
        let selection = with_status("b\u{1}\u{7f}", json!({"provider": {"name": "a\u{7}"}}));
        let message = selection.message.unwrap_or_default();
        assert!(
            message.starts_with(r#"changing spec.provider.name from "a\a" to "b\x01\x7f" after"#),
            "{message}"
        );
    }

    #[test]
    fn the_highest_rule_that_holds_is_the_score_and_none_is_below_zero() {
        let rule = |condition: &str, priority: i32| json!({"condition": condition, "priority": priority});
        let config = |name: &str, rules: Value| {
            let engines = json!([{"name": "vllm", "servingModes": ["aggregated"], "gpuSupport": true}]);
            json!({"apiVersion": "airunway.ai/v1alpha1", "kind": "InferenceProviderConfig", "metadata": {"name": name},
                   "spec": {"capabilities": {"engines": engines}, "selectionRules": rules}, "status": {"ready": true}})
        };
        let both = json!([rule("true", 10), rule("true", 90), rule("false", 99)]);
        let configs = [config("some", both), config("below", json!([rule("true", -5)]))];
        let object = json!({"kind": "ModelDeployment", "metadata": {"name": "m"}, "spec": {
            "model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "vllm"},
            "resources": {"gpu": {"count": 1}}}});
        let scores: Vec<_> = select(&object, &configs)
            .candidates
            .into_iter()
            .map(|candidate| (candidate.provider, candidate.score))
            .collect();
        assert_eq!(scores, [("below".to_owned(), Some(0)), ("some".to_owned(), Some(90))]);
    }
}
