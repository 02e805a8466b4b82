//! The verdict before the apply, shared by every verb that sends, prints or judges an object.

use super::inputs::SourceObject;
use crate::core::api_server::custom::Review;
use crate::core::kind::model_deployment::advice::{self, Situation};
use crate::core::kind::model_deployment::provider::{
    self, ImageInput, Predicted, Selection, Selector, StageError, Stages, registrations,
};
use crate::core::kind::model_deployment::release::Release;
use crate::core::kind::model_deployment::webhook::{self, Providers};
use crate::core::kubernetes::FIELD_MANAGER;
use crate::core::kubernetes::finding::{Finding, Severity};
use crate::core::kubernetes::server_side_apply::{self, Lists};
use crate::ui::{Note, Ui};
use serde_json::Value;

/// What objects are judged against: a release of AI Runway and the providers that are registered.
pub struct Rules {
    /// The release.
    pub release: &'static Release,
    /// The InferenceProviderConfigs.
    pub configs: Vec<Value>,
    providers: Providers,
    selector: Selector,
}

/// The verdict about one object.
#[derive(Debug)]
pub struct Verdict {
    /// What the API server and the webhooks make of it.
    pub review: Review,
    /// Who will serve it, for an object that is accepted.
    pub selection: Option<Selection>,
    /// How far the object comes behind the API server, if it is accepted.
    pub stages: Option<Result<Stages, StageError>>,
    /// The status of an object that is accepted and then refused.
    pub predicted: Option<Predicted>,
    /// Every reason for a denial, every warning, and what the server accepts and will later fail on.
    pub findings: Vec<Finding>,
}

impl Rules {
    /// The release's own five providers, all ready.
    pub fn offline(release: &'static Release) -> Rules {
        Rules::with(release, registrations(release))
    }

    /// The given providers, as a cluster has them.
    pub fn with(release: &'static Release, configs: Vec<Value>) -> Rules {
        Rules { release, providers: Providers::of(&configs), selector: Selector::new(&configs), configs }
    }

    /// Judges one object; with the live one, as the change that server-side apply makes of it.
    pub fn judge(&self, object: &SourceObject, live: Option<&Value>) -> Verdict {
        let merged = live.map(|live| {
            server_side_apply::preview(
                live,
                &object.value,
                FIELD_MANAGER,
                Lists::Schema(&self.release.model_deployment().schema),
            )
        });
        self.judge_value(object, merged.as_ref().unwrap_or(&object.value), live)
    }

    /// Judges an object that replaces `old` whole.
    pub fn judge_update(&self, object: &SourceObject, old: &Value) -> Verdict {
        self.judge_value(object, &object.value, Some(old))
    }

    fn judge_value(&self, object: &SourceObject, sent: &Value, old: Option<&Value>) -> Verdict {
        let request = webhook::Request {
            object: sent,
            old,
            namespace: object.namespace(),
            providers: &self.providers,
            release: self.release,
        };
        // Of members that are there twice the value holds one only; the text remembers.
        let twice = object.origin.iter().flat_map(|document| document.duplicate_keys());
        let twice: Vec<String> = twice.map(|duplicate| duplicate.path).collect();
        let review = webhook::review_with_duplicates(&request, &twice);
        let mut findings = review.findings.clone();
        let selection = review.stored.as_ref().map(|stored| self.selector.select(stored));
        let (mut stages, mut predicted) = (None, None);
        if let (Some(stored), Some(selection)) = (&review.stored, &selection) {
            let passed = provider::stages(stored, selection, self.release, &ImageInput::NotAsked);
            predicted = Predicted::of(selection, &passed);
            stages = Some(passed);
            findings.extend(advice::advice(&Situation {
                authored: &object.value,
                stored,
                provider: selection.provider.as_deref(),
                engine: selection.engine.as_deref(),
                providers: &self.providers,
                release: self.release,
            }));
            findings.extend(predicted.iter().map(|status| advice::predicted_status(status.sentence())));
        }
        Verdict { review, selection, stages, predicted, findings }
    }
}

impl Verdict {
    /// Whether the server would refuse the object.
    pub fn refused(&self) -> bool {
        self.review.denial.is_some()
    }

    /// The reasons for a refusal.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Says why the object would be refused, each reason with its place and way out.
    pub fn print_denial(&self, object: &SourceObject, ui: &mut Ui) {
        self.denial(object).iter().for_each(|note| ui.say(note));
    }

    /// Says what the server would take and warn about, or later fail on.
    pub fn print_advice(&self, object: &SourceObject, ui: &mut Ui) {
        self.advice(object).iter().for_each(|note| ui.say(note));
    }

    /// What the cluster will choose where the user left it open.
    pub fn print_selection(&self, object: &SourceObject, ui: &mut Ui) {
        self.chosen(object).iter().for_each(|note| ui.say(note));
    }

    /// What [`Verdict::print_denial`] says.
    pub fn denial(&self, object: &SourceObject) -> Vec<Note> {
        self.errors().map(|finding| Note::Finding(place(object, &finding.path), finding.clone())).collect()
    }

    /// What [`Verdict::print_advice`] says.
    pub fn advice(&self, object: &SourceObject) -> Vec<Note> {
        let advice = self.findings.iter().filter(|finding| finding.severity != Severity::Error);
        advice.map(|finding| Note::Finding(place(object, &finding.path), finding.clone())).collect()
    }

    /// What [`Verdict::print_selection`] says.
    pub fn chosen(&self, object: &SourceObject) -> Vec<Note> {
        let Some(selection) = &self.selection else { return Vec::new() };
        let open =
            |pointer: &str| object.value.pointer(pointer).and_then(Value::as_str).is_none_or(str::is_empty);
        let said = |what: &str, pointer: &str, name: &Option<String>, reason: &Option<String>| {
            let (name, reason) = name.as_ref().zip(reason.as_ref())?;
            open(pointer).then(|| Note::Status(format!("{what}: {name} would be selected ({reason})")))
        };
        let engine = said("engine", "/spec/engine/type", &selection.engine, &selection.engine_reason);
        let provider =
            said("provider", "/spec/provider/name", &selection.provider, &selection.provider_reason);
        engine.into_iter().chain(provider).collect()
    }
}

fn place(object: &SourceObject, path: &str) -> String {
    let place = object.place(path);
    if place.is_empty() { object.name().to_owned() } else { place }
}
