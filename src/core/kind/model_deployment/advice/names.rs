//! Names of objects and label values that are derived from the name.

use super::{Found, Situation, rule, view};
use crate::core::kubernetes::names::LABEL_LIMIT;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let name = view::text(situation.stored, &["metadata", "name"]);
    // The longest Service that the provider makes.
    let suffix = situation.shim().map_or("", |shim| shim.service_suffix(!situation.is_aggregated()));
    let gateway =
        view::at(situation.stored, &["spec", "gateway", "enabled"]).and_then(serde_json::Value::as_bool);
    let suffix = if suffix.len() < 4 && gateway == Some(true) { "-epp" } else { suffix };
    let length = name.len() + suffix.len();
    if length > LABEL_LIMIT {
        let derived =
            if suffix.is_empty() { "its Service".to_owned() } else { format!("the Service <name>{suffix}") };
        let message =
            format!("the name of {derived} would have {length} characters; {LABEL_LIMIT} are allowed");
        found.add(&rule::NAME_TOO_LONG_DERIVED, "metadata.name", message);
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        let message = "a Service with this name is refused; its name must start with a letter";
        found.add(&rule::NAME_STARTS_WITH_DIGIT, "metadata.name", message);
    }
}
