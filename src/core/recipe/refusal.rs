//! How a resolution ends without an object.

use crate::core::recipe::reason::Reason;
use crate::core::recipe::site::documents::SitePath;

/// Longest message or hint, in characters: both may hold text from a document.
const MESSAGE_LIMIT: usize = 2_000;

/// A text that is cut where it would fill the screen.
fn bounded(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MESSAGE_LIMIT) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Why [`crate::core::recipe::resolve::steps`] has no object to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// These documents are needed; fetch them (those that the site does not have go in as missing) and call again.
    Need(Vec<SitePath>),
    /// The request is refused.
    Refused(Box<Refusal>),
}

/// A request that cannot be carried out exactly, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Which of the closed list of reasons.
    pub reason: Reason,
    /// What the recipe needs and what else can be had: a lowercase fragment.
    pub message: String,
    /// What to try instead: the exact flag.
    pub hint: Option<String>,
    /// The values that would do in place of the refused one; may be empty.
    pub alternatives: Vec<String>,
}

impl Refusal {
    /// A refusal without a hint.
    pub(in crate::core::recipe) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: bounded(message.into()), hint: None, alternatives: Vec::new() }
    }

    /// Adds the hint.
    pub(in crate::core::recipe) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(bounded(hint.into()));
        self
    }

    /// Adds what can be had, and the flag that asks for it as the hint.
    pub(in crate::core::recipe) fn instead(
        mut self,
        flag: &str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.alternatives = values.into_iter().map(|value| bounded(value.into())).collect();
        if !self.alternatives.is_empty() {
            self.hint = Some(bounded(format!("choose one with {flag}: {}", self.alternatives.join(", "))));
        }
        self
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(Box::new(refusal))
    }
}
