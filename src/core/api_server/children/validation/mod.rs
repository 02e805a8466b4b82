//! What the API server says about the values of a Deployment once its types are right
//! (`pkg/apis/apps/validation` and `pkg/apis/core/validation` of Kubernetes 1.36).
//!
//! Judged is what labels, annotations, environment, volumes and overrides of a ModelDeployment reach in practice, in
//! the server's order and words; `tests/cluster/invalid_deployments.rs` holds it against a real server. Members that
//! are rare in an override (affinity, security contexts, spread constraints, rare kinds of volumes ...) are not judged.

mod container;
mod pod;
mod resources;

use serde_json::{Map, Value};

use crate::core::kubernetes::names;
use crate::core::schema::text::{self, quote};
use crate::core::schema::{ErrorKind, FieldError, metadata};

/// What the server fills in for `progressDeadlineSeconds`.
const PROGRESS_DEADLINE_SECONDS: i64 = 600;
const NOT_NEGATIVE: &str = "must be greater than or equal to 0";
static NULL: Value = Value::Null;

/// Why the object cannot be made a Deployment, although each type is right: a text that is not a quantity.
pub(super) fn conversion_error(deployment: &Value) -> Option<String> {
    resources::unreadable(at(at(at(deployment, "spec"), "template"), "spec"))
}

/// The errors of a new Deployment.
pub(super) fn errors(deployment: &Value) -> Vec<FieldError> {
    let mut errors = metadata::validate_create(at(deployment, "metadata"));
    let spec = at(deployment, "spec");
    check_not_negative(spec, "replicas", "spec", &mut errors);
    check_selector_and_template(spec, &mut errors);
    check_strategy(at(spec, "strategy"), &mut errors);
    check_not_negative(spec, "minReadySeconds", "spec", &mut errors);
    check_not_negative(spec, "revisionHistoryLimit", "spec", &mut errors);
    check_not_negative(spec, "progressDeadlineSeconds", "spec", &mut errors);
    let deadline = integer(spec, "progressDeadlineSeconds").unwrap_or(PROGRESS_DEADLINE_SECONDS);
    if deadline <= integer(spec, "minReadySeconds").unwrap_or(0) {
        let detail = "must be greater than minReadySeconds";
        errors.push(FieldError::invalid("spec.progressDeadlineSeconds", deadline.to_string(), detail));
    }
    errors
}

fn check_selector_and_template(spec: &Value, errors: &mut Vec<FieldError>) {
    let selector = at(spec, "selector");
    if selector.is_null() {
        errors.push(FieldError::required("spec.selector", ""));
    }
    let before = errors.len();
    check_labels(selector, "matchLabels", "spec.selector.matchLabels", errors);
    if errors.len() > before {
        // Then the server does not look at the pod template at all.
        errors.push(FieldError::invalid("spec.selector", text::json(selector), "invalid label selector"));
        return;
    }
    let wanted = entries(selector, "matchLabels");
    let labels = at(at(at(spec, "template"), "metadata"), "labels");
    if selector.is_null()
        || wanted.iter().any(|(key, value)| labels.get(*key).and_then(Value::as_str) != Some(*value))
    {
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid("spec.template.metadata.labels", text::json(labels), detail));
    }
    pod::check_template(at(spec, "template"), "spec.template", errors);
}

fn check_strategy(strategy: &Value, errors: &mut Vec<FieldError>) {
    let rolling = at(strategy, "rollingUpdate");
    let kind = string(strategy, "type");
    if !matches!(kind, "" | "Recreate" | "RollingUpdate") {
        let rolling = if rolling.is_null() { "null" } else { return };
        errors.push(FieldError {
            kind: ErrorKind::NotSupported,
            path: "spec.strategy".to_owned(),
            value: Some(format!("{{\"Type\":{},\"RollingUpdate\":{rolling}}}", text::json_string(kind))),
            detail: "supported values: \"Recreate\", \"RollingUpdate\"".to_owned(),
        });
    }
    let is_zero = |member: &str| integer(rolling, member) == Some(0) || string(rolling, member) == "0%";
    if is_zero("maxSurge") && is_zero("maxUnavailable") {
        let path = "spec.strategy.rollingUpdate.maxUnavailable";
        let value = text::value(at(rolling, "maxUnavailable"));
        errors.push(FieldError::invalid(path, value, "may not be 0 when `maxSurge` is 0"));
    }
    if kind == "Recreate" && !rolling.is_null() {
        let detail = "may not be specified when strategy `type` is 'Recreate'";
        errors.push(FieldError::forbidden("spec.strategy.rollingUpdate", detail));
    }
}

/// The member of that name, null when it is not there.
///
/// Not `core::kubernetes::json`: the checks hand whole members on, and a message shows a member as it is.
fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&NULL)
}

/// A text, empty when it is not there.
fn string<'a>(value: &'a Value, name: &str) -> &'a str {
    at(value, name).as_str().unwrap_or_default()
}

fn integer(value: &Value, name: &str) -> Option<i64> {
    at(value, name).as_i64()
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    at(value, name).as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The entries of a map of texts, in order of their keys.
fn entries<'a>(value: &'a Value, name: &str) -> Vec<(&'a str, &'a str)> {
    let none = || static_empty().iter();
    let members = at(value, name).as_object().map_or_else(none, Map::iter);
    let mut entries: Vec<_> =
        members.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())).collect();
    entries.sort_unstable();
    entries
}

fn static_empty() -> &'static Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    &EMPTY
}

fn invalid(path: &str, value: &str, detail: impl Into<String>) -> FieldError {
    FieldError::invalid(path, quote(value), detail)
}

fn not_supported(path: String, value: &str, supported: &[&str]) -> FieldError {
    let supported: Vec<String> = supported.iter().map(|value| quote(value)).collect();
    let detail = format!("supported values: {}", supported.join(", "));
    FieldError { kind: ErrorKind::NotSupported, path, value: Some(quote(value)), detail }
}

fn duplicate(path: String, value: &str) -> FieldError {
    FieldError { kind: ErrorKind::Duplicate, path, value: Some(quote(value)), detail: String::new() }
}

fn check_not_negative(value: &Value, name: &str, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(number) = integer(value, name).filter(|number| *number < 0) {
        errors.push(FieldError::invalid(format!("{path}.{name}"), number.to_string(), NOT_NEGATIVE));
    }
}

/// A name that must be there and be a DNS label.
fn check_label_name(name: &str, path: &str, errors: &mut Vec<FieldError>) {
    if name.is_empty() {
        errors.push(FieldError::required(path, ""));
    } else {
        errors.extend(names::label_errors(name).into_iter().map(|error| invalid(path, name, error)));
    }
}

/// Labels; both errors of an entry name the whole map.
fn check_labels(value: &Value, name: &str, path: &str, errors: &mut Vec<FieldError>) {
    for (key, value) in entries(value, name) {
        errors.extend(names::label_key_errors(key).into_iter().map(|error| invalid(path, key, error)));
        errors.extend(names::label_value_errors(value).into_iter().map(|error| invalid(path, value, error)));
    }
}
