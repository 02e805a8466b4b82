//! Requests and limits.

use serde_json::Value;

use super::{NOT_NEGATIVE, at, invalid, items};
use crate::core::kubernetes::names;
use crate::core::kubernetes::quantity::Quantity;
use crate::core::schema::FieldError;

pub(super) fn check(resources: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let (limits_path, requests_path) = (format!("{path}.limits"), format!("{path}.requests"));
    let limits = amounts(resources, "limits");
    for (name, amount) in &limits {
        check_amount(name, amount, &format!("{limits_path}[{name}]"), errors);
    }
    for (name, amount) in amounts(resources, "requests") {
        let Some(wanted) = check_amount(name, &amount, &format!("{requests_path}[{name}]"), errors) else {
            continue;
        };
        let limit = limits.iter().find(|(limited, _)| *limited == name);
        match limit.and_then(|(_, amount)| amount.parse::<Quantity>().ok()) {
            Some(limit) if wanted != limit && !may_overcommit(name) => {
                let detail = format!("must be equal to {name} limit of {limit}");
                errors.push(invalid(&requests_path, &wanted.to_string(), detail));
            }
            Some(limit) if wanted > limit => {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                errors.push(invalid(&requests_path, &wanted.to_string(), detail));
            }
            None if limit.is_none() && !may_overcommit(name) => {
                let detail = "Limit must be set for non overcommitable resources";
                errors.push(FieldError::required(&limits_path, detail));
            }
            _ => {}
        }
    }
}

/// The first amount of a pod's containers that is not a quantity, in the server's words.
pub(super) fn unreadable(pod: &Value) -> Option<String> {
    let containers = ["containers", "initContainers"].into_iter().flat_map(|member| items(pod, member));
    let amounts = containers.flat_map(|container| {
        let resources = at(container, "resources");
        ["limits", "requests"].into_iter().flat_map(|member| amounts(resources, member))
    });
    amounts
        .into_iter()
        .find_map(|(_, amount)| amount.parse::<Quantity>().err())
        .map(|error| error.to_string())
}

/// Amounts by name, in order; a number is an amount as well.
fn amounts<'a>(resources: &'a Value, member: &str) -> Vec<(&'a str, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = at(resources, member).as_object().into_iter().flatten();
    let mut amounts: Vec<_> = members
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    amounts.sort_unstable();
    amounts
}

/// Checks name and amount; the amount when it is one.
fn check_amount(name: &str, amount: &str, path: &str, errors: &mut Vec<FieldError>) -> Option<Quantity> {
    let wrong = names::label_key_errors(name);
    let is_named = wrong.is_empty();
    errors.extend(wrong.into_iter().map(|error| invalid(path, name, error)));
    if is_named && !name.contains('/') && !is_standard(name) {
        errors.push(invalid(path, name, "must be a standard resource type or fully qualified"));
        errors.push(invalid(path, name, "must be a standard resource for containers"));
    }
    if name.contains('/') && !is_native(name) && !is_extended(name) {
        errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
    }
    let amount: Quantity = amount.parse().ok()?;
    if amount.is_negative() {
        errors.push(invalid(path, &amount.to_string(), NOT_NEGATIVE));
    }
    let is_whole = amount.to_milli().is_none_or(|milli| milli % 1000 == 0);
    if !may_overcommit(name) && !is_whole {
        errors.push(invalid(path, &amount.to_string(), "must be an integer"));
    }
    Some(amount)
}

fn is_standard(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
}

/// Resources of Kubernetes itself; others, such as GPUs, are whole and given out once.
fn may_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Quota counts an extended resource under this prefix, so the whole has to be a name.
fn is_extended(name: &str) -> bool {
    !name.starts_with("requests.") && names::label_key_errors(&format!("requests.{name}")).is_empty()
}
