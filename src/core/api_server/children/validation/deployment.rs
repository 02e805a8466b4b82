//! Deployments.

use serde_json::Value;

use super::node::{Errors, Node, whole};
use super::shown::{self, STRATEGY};
use super::texts::{PERCENT, is_percent};
use super::{selector, template};
use crate::core::schema::text;

/// What the server fills in for `progressDeadlineSeconds`.
const PROGRESS_DEADLINE_SECONDS: i64 = 600;

pub(super) fn check(spec: &Node<'_>, errors: &mut Errors) {
    errors.not_negative(spec, "replicas");
    check_selector(spec, errors);
    check_strategy(&spec.at("strategy"), errors);
    for member in ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        errors.not_negative(spec, member);
    }
    let deadline = spec.int("progressDeadlineSeconds").unwrap_or(PROGRESS_DEADLINE_SECONDS);
    if deadline <= spec.int("minReadySeconds").unwrap_or(0) {
        let path = spec.path("progressDeadlineSeconds");
        errors.invalid_number(path, deadline, "must be greater than minReadySeconds");
    }
}

fn check_selector(spec: &Node<'_>, errors: &mut Errors) {
    let (chosen, template) = (spec.at("selector"), spec.at("template"));
    if !chosen.is_set() {
        errors.required(chosen.path.clone(), "");
    } else if selector::is_empty(&chosen) {
        let detail = "empty selector is invalid for deployment";
        errors.invalid_shown(chosen.path.clone(), shown::selector(chosen.value), detail);
    }
    selector::check(&chosen, errors);
    if !selector::is_readable(&chosen) {
        // Then the server does not look at the pod template at all.
        let shown = shown::selector(chosen.value);
        return errors.invalid_shown(chosen.path, shown, "invalid label selector");
    }
    template::check_selected(&chosen, &template, errors);
    template::check(&template, errors);
    let pod = template.at("spec");
    // A Deployment restarts its pods whatever happens to them.
    if pod.str_or("restartPolicy", "Always") != "Always" {
        errors.not_supported(pod.path("restartPolicy"), pod.str("restartPolicy"), &["Always"]);
    }
    if pod.has("activeDeadlineSeconds") {
        let detail = "activeDeadlineSeconds in ReplicaSet is not Supported";
        errors.forbidden(pod.path("activeDeadlineSeconds"), detail);
    }
}

fn check_strategy(strategy: &Node<'_>, errors: &mut Errors) {
    let rolling = strategy.at("rollingUpdate");
    match strategy.str_or("type", "RollingUpdate") {
        "RollingUpdate" => check_rolling(&rolling, errors),
        "Recreate" if !rolling.is_set() => {}
        "Recreate" => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            errors.forbidden(rolling.path, detail);
        }
        _ => {
            let shown = shown::shown(strategy.value, &STRATEGY);
            errors.not_supported_shown(strategy.path.clone(), shown, &["Recreate", "RollingUpdate"]);
        }
    }
}

fn check_rolling(rolling: &Node<'_>, errors: &mut Errors) {
    for member in ["maxUnavailable", "maxSurge"] {
        match rolling.raw(member) {
            Value::String(text) if !is_percent(text) => {
                errors.invalid_shown(rolling.path(member), text::json_string(text), PERCENT);
            }
            _ => errors.not_negative(rolling, member),
        }
    }
    let path = rolling.path("maxUnavailable");
    let unavailable = rolling.raw("maxUnavailable");
    if share(unavailable) == 0 && share(rolling.raw("maxSurge")) == 0 {
        errors.invalid_shown(&path, text::json(unavailable), "may not be 0 when `maxSurge` is 0");
    }
    if unavailable.as_str().is_some_and(is_percent) && share(unavailable) > 100 {
        errors.invalid_shown(path, text::json(unavailable), "must not be greater than 100%");
    }
}

/// The number of a share, with or without a percent sign; what the server fills in when nothing is said.
fn share(value: &Value) -> i64 {
    match value {
        Value::Null => 25,
        Value::String(text) => text.strip_suffix('%').unwrap_or(text).parse().unwrap_or_default(),
        number => whole(number).unwrap_or_default(),
    }
}
