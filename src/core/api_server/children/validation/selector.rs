//! Label selectors: what is wrong with one, and whether it takes given labels.

use super::node::{Errors, Node};
use super::texts::check_labels;
use crate::core::kubernetes::names;

/// The errors of a selector that is there.
pub(super) fn check(selector: &Node<'_>, errors: &mut Errors) {
    check_labels(selector, "matchLabels", &selector.path("matchLabels"), errors);
    for expression in selector.items("matchExpressions") {
        let values = expression.texts("values");
        match expression.str("operator") {
            "In" | "NotIn" if values.is_empty() => {
                let detail = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.required(expression.path("values"), detail);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.forbidden(expression.path("values"), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => {
                errors.invalid_typed(expression.path("operator"), other, "not a valid selector operator");
            }
        }
        let key = expression.str("key");
        errors.each(&expression.path("key"), key, names::label_key_errors(key));
        let path = expression.path("values");
        for (index, value) in values.into_iter().enumerate() {
            errors.each(&format!("{path}[{index}]"), value, names::label_value_errors(value));
        }
    }
}

/// Whether the server can make a selector of it at all.
pub(super) fn is_readable(selector: &Node<'_>) -> bool {
    let mut errors = Errors::default();
    check(selector, &mut errors);
    errors.list.is_empty()
}

/// Whether nothing is asked.
pub(super) fn is_empty(selector: &Node<'_>) -> bool {
    selector.members("matchLabels").is_empty() && selector.list("matchExpressions").is_empty()
}

/// Whether a readable selector takes the labels; one that is not there takes none.
pub(super) fn takes(selector: &Node<'_>, labels: &[(&str, &str)]) -> bool {
    let label = |key: &str| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
    let matches = |expression: Node<'_>| {
        let found = label(expression.str("key"));
        let is_listed = found.is_some_and(|value| expression.texts("values").contains(&value));
        match expression.str("operator") {
            "In" => is_listed,
            "NotIn" => !is_listed,
            "Exists" => found.is_some(),
            _ => found.is_none(),
        }
    };
    selector.is_set()
        && selector.entries("matchLabels").into_iter().all(|(key, value)| label(key) == Some(value))
        && selector.items("matchExpressions").into_iter().all(matches)
}
