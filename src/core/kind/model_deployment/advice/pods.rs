//! What pods may not have: labels, annotations, tolerations.

use super::{Found, Situation, rule, view};
use crate::core::kubernetes::finding::field_path;
use crate::core::kubernetes::names::{label_key_errors, label_value_errors};
use serde_json::Value;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    if situation.is_used("podTemplate") {
        check_texts(situation, &["spec", "podTemplate", "metadata", "labels"], true, found);
        check_texts(situation, &["spec", "podTemplate", "metadata", "annotations"], false, found);
    }
    if situation.is_used("nodeSelector") {
        check_texts(situation, &["spec", "nodeSelector"], true, found);
    }
    if situation.is_used("tolerations") {
        for (index, toleration) in view::list(situation.stored, &["spec", "tolerations"]).iter().enumerate() {
            if let Some(message) = toleration_error(toleration) {
                found.add(&rule::TOLERATION_REFUSED, format!("spec.tolerations[{index}]"), message);
            }
        }
    }
}

fn check_texts(situation: &Situation<'_>, path: &[&str], are_labels: bool, found: &mut Found) {
    for (key, value) in view::object(situation.stored, path).into_iter().flatten() {
        let at = field_path(&path.join("."), key);
        let judged = if are_labels { key.clone() } else { key.to_lowercase() };
        let value_errors =
            if are_labels { label_value_errors(value.as_str().unwrap_or_default()) } else { Vec::new() };
        if let Some(error) = label_key_errors(&judged).into_iter().chain(value_errors).next() {
            found.add(&rule::POD_METADATA_REFUSED, at, error);
        }
    }
}

/// What the API server says about a toleration in a pod template.
fn toleration_error(toleration: &Value) -> Option<String> {
    let text = |name: &str| view::text(toleration, &[name]);
    let operator = text("operator");
    let has_seconds = view::at(toleration, &["tolerationSeconds"]).is_some();
    if text("key").is_empty() && operator != "Exists" {
        return Some("operator must be Exists when `key` is empty".to_owned());
    }
    if !text("key").is_empty()
        && let Some(error) = label_key_errors(text("key")).into_iter().next()
    {
        return Some(error);
    }
    if has_seconds && text("effect") != "NoExecute" {
        return Some("effect must be 'NoExecute' when `tolerationSeconds` is set".to_owned());
    }
    match operator {
        "" | "Equal" => label_value_errors(text("value")).into_iter().next(),
        "Exists" if !text("value").is_empty() => {
            Some("value must be empty when `operator` is 'Exists'".to_owned())
        }
        "Exists" | "Lt" | "Gt" => match text("effect") {
            "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute" => None,
            effect => Some(format!("{effect} is not an effect")),
        },
        _ => Some(format!("{operator} is not an operator")),
    }
}
