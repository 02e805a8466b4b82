//! Patterns of a schema: compiled once, on first use; the two that every ModelDeployment meets are matched by hand.

use super::go_regex;
use crate::core::kubernetes::names::is_label_text;
use regex::Regex;
use std::sync::OnceLock;

/// The pattern that controller-gen writes for quantities.
const QUANTITY: &str = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";
/// Two spellings of the DNS label.
const LABELS: [&str; 2] = [r"^[a-z0-9]([a-z0-9\-]*[a-z0-9])?$", "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"];

/// A pattern of a schema.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: Box<str>,
    matcher: Matcher,
}

#[derive(Debug, Clone)]
enum Matcher {
    Label,
    Quantity,
    Regex(OnceLock<Option<Regex>>),
}

impl Pattern {
    pub(super) fn new(text: &str) -> Pattern {
        let matcher = match text {
            QUANTITY => Matcher::Quantity,
            _ if LABELS.contains(&text) => Matcher::Label,
            _ => Matcher::Regex(OnceLock::new()),
        };
        Pattern { text: text.into(), matcher }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a value matches; a pattern that cannot be compiled matches everything (the API server refuses such a
    /// definition when it is created, so none is met in practice).
    pub(super) fn matches(&self, value: &str) -> bool {
        match &self.matcher {
            Matcher::Label => is_label_text(value),
            Matcher::Quantity => is_quantity(value),
            Matcher::Regex(compiled) => compiled
                .get_or_init(|| go_regex::compile(&self.text))
                .as_ref()
                .is_none_or(|regex| regex.is_match(value)),
        }
    }
}

fn is_quantity(value: &str) -> bool {
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let Some(suffix) = skip_number(unsigned) else { return false };
    match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" => true,
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => suffix
            .strip_prefix(['e', 'E'])
            .map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
            .is_some_and(|exponent| skip_number(exponent) == Some("")),
    }
}

/// What follows digits with an optional point; `None` when there is no digit where one must be.
fn skip_number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let has_whole = rest.len() < text.len();
    let Some(after_point) = rest.strip_prefix('.') else { return has_whole.then_some(rest) };
    let end = after_point.trim_start_matches(|c: char| c.is_ascii_digit());
    (has_whole || end.len() < after_point.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_regex(pattern: &str, value: &str) -> bool {
        Regex::new(pattern).expect("a valid pattern").is_match(value)
    }

    proptest! {
        #[test]
        fn hand_matchers_agree_with_the_patterns(value in "[-+]?[0-9.]{0,4}([eEKMi]|[a-z]){0,2}[-+.0-9]{0,4}\n?", name in "[-a-z0-9A._]{0,6}") {
            prop_assert_eq!(Pattern::new(QUANTITY).matches(&value), by_regex(QUANTITY, &value));
            for label in LABELS {
                prop_assert_eq!(Pattern::new(label).matches(&name), by_regex(label, &name));
            }
        }
    }
}
