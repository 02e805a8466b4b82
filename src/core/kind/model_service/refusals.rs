//! The children that the API server refuses although it takes the ModelService (model-service.md sections 3 and 6): the
//! operator stops there and tries again for ever.

use super::names::LABEL_LIMIT;
use crate::core::api_server::children::Workload;
use crate::core::kind::judge::Child;
use crate::core::kubernetes::json::{list_at, object, text_at};
use crate::core::schema::text::quote;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// The first child that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Its place among the children.
    pub index: usize,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The server's words.
    pub message: String,
    /// The paths in the child.
    pub paths: Vec<String>,
    /// Whether the name of the ModelService is at fault.
    pub by_name: bool,
}

impl Refused {
    /// What the operator writes into its condition.
    pub(super) fn error(&self) -> String {
        let kind = match self.kind.as_str() {
            "Deployment" => "Deployment".to_owned(),
            other => format!("*v1.{other}"),
        };
        format!("creating {kind} {}: {}", self.name, self.message)
    }
}

/// What a monitor's interval looks like (prometheus-operator v0.90.1).
const INTERVAL: &str =
    "^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$";
/// What a route's host name looks like (Gateway API v1.4.1).
const HOSTNAME: &str = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// What the namespace of a route's gateway looks like (likewise).
const NAMESPACE: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
/// The most bytes of a host name, and of a gateway's name.
const NAME_LIMIT: usize = 253;
/// The most host names of a route.
const HOSTNAMES_LIMIT: usize = 16;

static PATTERNS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let compiled = |pattern: &'static str| Regex::new(pattern).ok().map(|regex| (pattern, regex));
    [INTERVAL, HOSTNAME, NAMESPACE].into_iter().filter_map(compiled).collect()
});

/// The first child that is refused, in the order of creation.
pub(super) fn first(children: &mut [Child]) -> Option<Refused> {
    children.iter_mut().enumerate().find_map(|(index, child)| {
        // The owner's uid exists in a cluster only, and without one the server would refuse the reference.
        let metadata = child.object.get_mut("metadata").and_then(Value::as_object_mut);
        let owners = metadata.and_then(|metadata| metadata.shift_remove(OWNERS));
        let refused = refusal(index, &child.object);
        let metadata = child.object.get_mut("metadata").and_then(Value::as_object_mut);
        if let (Some(metadata), Some(owners)) = (metadata, owners) {
            metadata.insert(OWNERS.to_owned(), owners);
        }
        refused
    })
}

const OWNERS: &str = "ownerReferences";

fn refusal(index: usize, child: &Value) -> Option<Refused> {
    let (kind, name) = (text_at(child, "/kind"), text_at(child, "/metadata/name"));
    let refused = |message: String, paths: Vec<String>, by_name: bool| Refused {
        index,
        kind: kind.to_owned(),
        name: name.to_owned(),
        message,
        paths,
        by_name,
    };
    if let Some(workload) = Workload::of(child) {
        let judged = workload.judge(child, &[]);
        if !judged.is_refused {
            return None;
        }
        let paths: Vec<String> = judged.errors.iter().map(|error| error.path.clone()).collect();
        let by_name = paths.iter().any(|path| path.starts_with("metadata."));
        let words = || {
            let errors: Vec<String> =
                judged.errors.iter().map(|error| format!("{}: {}", error.path, error.body())).collect();
            errors.join(", ")
        };
        let message = judged.denial.as_ref().map_or_else(words, |denial| denial.message.clone());
        return Some(refused(message, paths, by_name));
    }
    if let Some(value) = overlong_label(child) {
        let error =
            format!("metadata.labels: Invalid value: {}: must be no more than 63 bytes", quote(value));
        let message = format!("{kind} {} is invalid: {error}", quote(name));
        return Some(refused(message, vec!["metadata.labels".to_owned()], true));
    }
    let (path, error) = match kind {
        "HTTPRoute" => route(child)?,
        "PodMonitor" => monitor(child)?,
        _ => return None,
    };
    let group = text_at(child, "/apiVersion").split('/').next().unwrap_or_default();
    let message = format!("{kind}.{group} {} is invalid: {path}: {error}", quote(name));
    Some(refused(message, vec![path], false))
}

fn overlong_label(child: &Value) -> Option<&str> {
    let labels = object(child, &["metadata", "labels"])?;
    labels.values().filter_map(Value::as_str).find(|value| value.len() > LABEL_LIMIT)
}

fn matches(pattern: &str, text: &str) -> bool {
    PATTERNS.iter().find(|(known, _)| *known == pattern).is_none_or(|(_, regex)| regex.is_match(text))
}

/// What is wrong with a text, in the server's words.
fn misfit(path: String, text: &str, pattern: &str, limit: usize) -> Option<(String, String)> {
    if text.chars().count() > limit {
        return Some((path, format!("Too long: may not be more than {limit} bytes")));
    }
    if text.is_empty() && limit < usize::MAX {
        let error = format!("Invalid value: \"\": {path} in body should be at least 1 chars long");
        return Some((path, error));
    }
    (!matches(pattern, text)).then(|| {
        let error = format!("Invalid value: {}: {path} in body should match '{pattern}'", quote(text));
        (path, error)
    })
}

fn route(route: &Value) -> Option<(String, String)> {
    let hostnames = list_at(route, "/spec/hostnames");
    if hostnames.len() > HOSTNAMES_LIMIT {
        let error = format!("Too many: {}: must have at most {HOSTNAMES_LIMIT} items", hostnames.len());
        return Some(("spec.hostnames".to_owned(), error));
    }
    let of_host = |(index, host): (usize, &Value)| {
        misfit(format!("spec.hostnames[{index}]"), host.as_str()?, HOSTNAME, NAME_LIMIT)
    };
    if let Some(found) = hostnames.iter().enumerate().find_map(of_host) {
        return Some(found);
    }
    let parent = list_at(route, "/spec/parentRefs").first()?;
    let namespace = text_at(parent, "/namespace");
    let name = text_at(parent, "/name");
    if name.chars().count() > NAME_LIMIT {
        let error = format!("Too long: may not be more than {NAME_LIMIT} bytes");
        return Some(("spec.parentRefs[0].name".to_owned(), error));
    }
    if namespace.is_empty() {
        return None;
    }
    misfit("spec.parentRefs[0].namespace".to_owned(), namespace, NAMESPACE, LABEL_LIMIT)
}

fn monitor(monitor: &Value) -> Option<(String, String)> {
    let endpoint = list_at(monitor, "/spec/podMetricsEndpoints").first()?;
    let path = "spec.podMetricsEndpoints[0].interval".to_owned();
    misfit(path, text_at(endpoint, "/interval"), INTERVAL, usize::MAX)
}
