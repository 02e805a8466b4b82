//! The admission webhooks that stand between reading an object and storing it.

use super::denial::Refusal;
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::rule::Rule;
use crate::core::schema::FieldError;
use crate::core::schema::error::join;
use serde_json::Value;

/// The webhooks of a kind; a kind without any is [`NoWebhooks`].
pub trait Webhooks {
    /// The mutating webhook: changes the object and says whether it did. The API server then fills in defaults again.
    ///
    /// # Errors
    /// The refusal of an object that the webhook cannot read.
    fn mutate(&self, _object: &mut Value) -> Result<bool, Refusal> {
        Ok(false)
    }

    /// The validating webhook. `old` is the stored object on an update.
    fn validate(&self, _object: &Value, _old: Option<&Value>) -> WebhookAnswer {
        WebhookAnswer::default()
    }

    /// Name of the validating webhook, as the API server puts it in front of a denial.
    fn validating(&self) -> &'static str {
        ""
    }
}

/// A kind that no webhook looks at.
#[derive(Debug, Clone, Copy)]
pub struct NoWebhooks;

impl Webhooks for NoWebhooks {}

/// One error of the webhook, and the rule behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The rule.
    pub rule: &'static Rule,
    /// The error, as the server prints it.
    pub error: FieldError,
    /// A way out that only fits this error; else the rule's own holds.
    pub hint: Option<String>,
}

impl Issue {
    /// The finding behind it.
    pub(super) fn finding(&self) -> Finding {
        self.rule.finding(&self.error.path, self.error.body(), self.hint.clone())
    }
}

/// One warning of the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// The rule.
    pub rule: &'static Rule,
    /// What it is about; empty for the whole object.
    pub path: String,
    /// The text.
    pub text: String,
}

/// What the validating webhook answers: no error means allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// Errors, in order.
    pub issues: Vec<Issue>,
    /// Warnings, in order; given with a denial as well.
    pub cautions: Vec<Caution>,
}

impl WebhookAnswer {
    /// The text of the denial, without the API server's prefix; `None` when the object is allowed.
    pub fn message(&self) -> Option<String> {
        let errors: Vec<FieldError> = self.issues.iter().map(|issue| issue.error.clone()).collect();
        (!errors.is_empty()).then(|| join(&errors))
    }
}
