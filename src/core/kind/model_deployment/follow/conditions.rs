//! What the controllers say, and whether they say it about the generation that was applied.

use crate::core::kind::model_deployment::provider::provider;
use crate::core::kubernetes::json::{integer_at, list_at, text_at};
use crate::core::kubernetes::resource::DEPLOYMENT;
use crate::core::rollout::{Problem, ProblemKind};
use serde_json::Value;

/// Whether the provider's child is an `apps/v1` Deployment of the same name (airunway-providers.md sections 3 and 6), whose
/// rollout can be checked.
fn makes_deployment(provider_name: &str) -> bool {
    provider(provider_name).is_some_and(|provider| provider.facts().main_child() == Some(&DEPLOYMENT))
}

pub(super) struct Conditions<'a> {
    object: &'a Value,
    generation: i64,
}

impl<'a> Conditions<'a> {
    /// The shim's write-back may move the generation by itself, so the newest one counts when it is above the applied one.
    pub(super) fn of(object: &'a Value, applied: i64) -> Conditions<'a> {
        let generation = integer_at(object, "/metadata/generation").unwrap_or(applied).max(applied);
        Conditions { object, generation }
    }

    /// The condition of that type, if it was written for this generation.
    fn current(&self, kind: &str) -> Option<&'a Value> {
        list_at(self.object, "/status/conditions").iter().find(|condition| {
            text_at(condition, "/type") == kind
                && integer_at(condition, "/observedGeneration").is_none_or(|seen| seen >= self.generation)
        })
    }

    fn is_true(&self, kind: &str) -> bool {
        self.current(kind).is_some_and(|condition| text_at(condition, "/status") == "True")
    }

    fn failed(&self, kind: &str) -> Option<&'a Value> {
        self.current(kind).filter(|condition| text_at(condition, "/status") == "False")
    }

    fn provider(&self) -> &'a str {
        text_at(self.object, "/status/provider/name")
    }

    fn phase(&self) -> &'a str {
        text_at(self.object, "/status/phase")
    }

    pub(super) fn child_is_deployment(&self) -> bool {
        let disaggregated = text_at(self.object, "/spec/serving/mode") == "disaggregated";
        makes_deployment(self.provider()) && !disaggregated
    }

    /// A condition that waiting does not clear; the order is the order in which the controllers write them.
    pub(super) fn problem(&self) -> Option<Problem> {
        let refused = |kind: &str, what: &str| {
            let condition = self.failed(kind)?;
            Some(Problem::new(ProblemKind::Refused, what, Some(text_at(condition, "/message"))))
        };
        let unselected = |kind: &str, what: &str| {
            let condition = self.failed(kind)?;
            Some(Problem::new(ProblemKind::NotSelected, what, Some(text_at(condition, "/message"))))
        };
        refused("Validated", "the AI Runway controller refuses the object")
            .or_else(|| {
                unselected("EngineSelected", "no engine could be selected")
                    .map(|problem| self.with_status_message(problem))
            })
            .or_else(|| {
                unselected("ProviderSelected", "no provider could be selected")
                    .map(|problem| self.with_status_message(problem))
            })
            .or_else(|| {
                let provider = self.provider();
                refused("ProviderCompatible", &format!("provider {provider} cannot serve this object"))
            })
            .or_else(|| self.unresolved_image())
            .or_else(|| self.storage())
            .or_else(|| self.not_created())
    }

    fn with_status_message(&self, mut problem: Problem) -> Problem {
        if problem.detail.is_none() {
            let message = text_at(self.object, "/status/message");
            problem.detail = (!message.is_empty()).then(|| message.to_owned());
        }
        problem
    }

    /// A user's own image is used as written when it cannot be resolved; only phase Failed means that nothing is rendered.
    fn unresolved_image(&self) -> Option<Problem> {
        let condition = self.failed("ImageResolved").filter(|_| self.phase() == "Failed")?;
        Some(Problem::new(
            ProblemKind::ImageUnresolved,
            format!("the {} shim cannot resolve the image", self.provider()),
            Some(text_at(condition, "/message")),
        ))
    }

    fn storage(&self) -> Option<Problem> {
        let with_reason = |kind: &str, reason: &str| {
            self.failed(kind).filter(|condition| text_at(condition, "/reason") == reason)
        };
        let claim = with_reason("StorageReady", "PVCFailed")
            .map(|condition| ("the storage claims failed", condition));
        let download = || {
            with_reason("ModelDownloaded", "DownloadFailed")
                .map(|condition| ("the model download failed", condition))
        };
        let (what, condition) = claim.or_else(download)?;
        let detail = Some(text_at(condition, "/message")).filter(|message| !message.is_empty());
        Some(Problem::new(
            ProblemKind::Refused,
            what,
            detail.or(Some(text_at(self.object, "/status/message"))),
        ))
    }

    fn not_created(&self) -> Option<Problem> {
        let condition = self.failed("ResourceCreated")?;
        let provider = self.provider();
        let what = match text_at(condition, "/reason") {
            "ResourceConflict" => {
                format!("provider {provider} refuses to change an object it does not own")
            }
            "TransformFailed" => format!("provider {provider} cannot render this object"),
            _ => format!("provider {provider} could not create its objects"),
        };
        Some(Problem::new(ProblemKind::Refused, what, Some(text_at(condition, "/message"))))
    }

    /// What is being waited for before the children count.
    pub(super) fn waiting(&self) -> Option<String> {
        if integer_at(self.object, "/status/observedGeneration").unwrap_or_default() < self.generation {
            return Some("waiting for the AI Runway controller to see the object".to_owned());
        }
        if self.provider().is_empty() {
            return Some("waiting for a provider to be selected".to_owned());
        }
        if self.current("ProviderCompatible").is_none() {
            return Some(format!("waiting for the {} shim to see the object", self.provider()));
        }
        for (kind, what) in [("StorageReady", "storage"), ("ModelDownloaded", "the model download")] {
            if self.failed(kind).is_some() {
                return Some(format!("waiting for {what}"));
            }
        }
        if !self.is_true("ResourceCreated") {
            return Some(format!("waiting for the {} shim to create its objects", self.provider()));
        }
        None
    }

    /// Whose turn it is while nothing has been said about this generation, as what they have not done.
    pub(super) fn turn(&self) -> Option<String> {
        if integer_at(self.object, "/status/observedGeneration").unwrap_or_default() < self.generation {
            return Some("the AI Runway controller has not touched the object".to_owned());
        }
        let provider = Some(self.provider()).filter(|name| !name.is_empty())?;
        (self.current("ProviderCompatible").is_none())
            .then(|| format!("the {provider} shim has not touched the object"))
    }

    pub(super) fn ready(&self) -> bool {
        self.is_true("Ready") && self.phase() == "Running"
    }

    pub(super) fn phase_text(&self) -> String {
        let message = text_at(self.object, "/status/message");
        match (self.phase(), message) {
            ("", _) => "waiting for a status".to_owned(),
            (phase, "") => format!("phase {phase}"),
            (phase, message) => format!("phase {phase}: {message}"),
        }
    }
}
