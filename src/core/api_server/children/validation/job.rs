//! Jobs.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::node::{Errors, Node};
use super::shown::{self, SUCCESS_POLICY};
use super::texts::check_domain_path;
use super::{job_policies, selector, template};
use crate::core::kubernetes::names;

const UID_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const NAME_LABELS: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
/// Stands for the id that the server makes, in labels and selectors.
const UID: &str = "00000000-0000-0000-0000-000000000000";
/// Longest name of another controller, in bytes.
const MANAGER_LIMIT: usize = 63;
const HIGH: i64 = 100_000;
const LOW: i64 = 10_000;

/// A Job with the labels and the selector that the server makes; whether it made any.
pub(super) fn prepared(object: &Value) -> (Value, bool) {
    let mut object = object.clone();
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let has_labels = !Node::new(&object, "").at("metadata").members("labels").is_empty();
    let of_template =
        object.pointer("/spec/template/metadata/labels").filter(|labels| !labels.is_null()).is_some();
    let manual = object.pointer("/spec/manualSelector").and_then(Value::as_bool).unwrap_or_default();
    if !manual {
        add_generated(&mut object, &name);
    }
    // Without labels of its own a Job has those of its pods, in one map.
    let labels = object.pointer("/spec/template/metadata/labels").cloned();
    if let (false, true, Some(labels)) = (has_labels, of_template, labels)
        && let Some(metadata) = map_at(&mut object, &["metadata"])
    {
        metadata.insert("labels".to_owned(), labels);
    }
    (object, !manual)
}

fn add_generated(object: &mut Value, name: &str) {
    let labels =
        NAME_LABELS.map(|label| (label, name)).into_iter().chain(UID_LABELS.map(|label| (label, UID)));
    if let Some(own) = map_at(object, &["spec", "template", "metadata", "labels"]) {
        for (label, value) in labels {
            own.entry(label).or_insert_with(|| Value::String(value.to_owned()));
        }
    }
    if let Some(chosen) = map_at(object, &["spec", "selector", "matchLabels"]) {
        chosen.entry(UID_LABELS[1]).or_insert_with(|| Value::String(UID.to_owned()));
    }
}

/// The map at a path, made where there is none.
fn map_at<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    let mut place = value;
    for name in path {
        place = place.as_object_mut()?.entry(*name).or_insert(Value::Null);
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
    }
    place.as_object_mut()
}

pub(super) fn check(object: &Node<'_>, is_generated: bool, errors: &mut Errors) {
    let spec = object.at("spec");
    if is_generated {
        check_generated(object, errors);
    }
    check_numbers(&spec, errors);
    check_completion(&spec, errors);
    if spec.has("podFailurePolicy") {
        job_policies::check_failure(&spec, errors);
    }
    if let Some(policy) = spec.set("successPolicy") {
        if spec.str("completionMode") == "Indexed" {
            job_policies::check_success(&spec, errors);
        } else {
            let shown = shown::shown(policy.value, &SUCCESS_POLICY);
            errors.invalid_shown(policy.path, shown, "requires indexed completion mode");
        }
    }
    if spec.has("podFailurePolicy") {
        errors.pointed_choice(&spec, "podReplacementPolicy", &["Failed"]);
    } else {
        errors.pointed_choice(&spec, "podReplacementPolicy", &["Failed", "TerminatingOrFailed"]);
    }
    template::check(&spec.at("template"), errors);
    check_restart(&spec, errors);
    check_selector(&spec, errors);
    check_host_name(object, &spec, errors);
    if is_generated {
        hide_uid(errors);
    }
}

/// An error with the id in it has words that nobody can know before.
fn hide_uid(errors: &mut Errors) {
    let why = "the server refuses it in words that hold an id that it makes";
    let (hidden, known): (Vec<_>, Vec<_>) =
        std::mem::take(&mut errors.list).into_iter().partition(|error| error.to_string().contains(UID));
    errors.list = known;
    hidden.into_iter().for_each(|error| errors.refused_in_unknown_words(error.path, why));
}

/// The labels of a Job whose selector the server makes are those that it would have made.
fn check_generated(object: &Node<'_>, errors: &mut Errors) {
    let (spec, name) = (object.at("spec"), object.at("metadata").str("name"));
    let labels = spec.at("template").at("metadata").at("labels");
    let expected =
        UID_LABELS.map(|label| (label, UID)).into_iter().chain(NAME_LABELS.map(|label| (label, name)));
    let expected: Vec<(&str, &str)> = expected.collect();
    for (label, value) in &expected {
        if labels.str(label) != *value {
            let shown = crate::core::schema::text::json(labels.value);
            errors.invalid_shown(labels.key(label), shown, format!("must be '{value}'"));
        }
    }
    let chosen = spec.at("selector");
    if selector::is_readable(&chosen) && !selector::takes(&chosen, &expected) {
        let shown = shown::selector(chosen.value);
        errors.invalid_shown(chosen.path, shown, "`selector` not auto-generated");
    }
}

fn check_numbers(spec: &Node<'_>, errors: &mut Errors) {
    for member in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        errors.not_negative(spec, member);
    }
    if spec.has("maxFailedIndexes") && !spec.has("backoffLimitPerIndex") {
        errors.required(spec.path("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if spec.has("managedBy") {
        let path = spec.path("managedBy");
        check_domain_path(spec.str("managedBy"), &path, errors);
        if spec.str("managedBy").len() > MANAGER_LIMIT {
            errors.too_long(path, MANAGER_LIMIT);
        }
    }
}

fn check_completion(spec: &Node<'_>, errors: &mut Errors) {
    errors.pointed_choice(spec, "completionMode", &["NonIndexed", "Indexed"]);
    if spec.str("completionMode") == "Indexed" {
        return check_indexed(spec, errors);
    }
    if spec.has("completionMode") && spec.str("completionMode") != "NonIndexed" {
        return;
    }
    for member in ["backoffLimitPerIndex", "maxFailedIndexes"] {
        if let Some(number) = spec.int(member) {
            errors.invalid_number(spec.path(member), number, "requires indexed completion mode");
        }
    }
}

/// The number of completions: without any number at all the server makes it one.
pub(super) fn completions(spec: &Node<'_>) -> Option<i64> {
    spec.int("completions").or_else(|| (!spec.has("parallelism")).then_some(1))
}

fn check_indexed(spec: &Node<'_>, errors: &mut Errors) {
    let (completions, parallelism) = (completions(spec), spec.int("parallelism").unwrap_or(1));
    let failed = spec.int("maxFailedIndexes");
    let path = spec.path("maxFailedIndexes");
    if completions.is_none() {
        errors.required(spec.path("completions"), "when completion mode is Indexed");
    }
    if parallelism > HIGH {
        let detail = format!("must be less than or equal to {HIGH} when completion mode is Indexed");
        errors.invalid_number(spec.path("parallelism"), parallelism, detail);
    }
    if let (Some(completions), Some(failed)) = (completions, failed)
        && failed > completions
    {
        errors.invalid_number(&path, failed, "must be less than or equal to completions");
    }
    if let Some(failed) = failed.filter(|failed| *failed > HIGH) {
        errors.invalid_number(&path, failed, format!("must be less than or equal to {HIGH}"));
    }
    if completions.is_some_and(|completions| completions > HIGH) && spec.has("backoffLimitPerIndex") {
        let detail = format!(
            "must be less than or equal to {LOW} when completions are above {HIGH} and used with backoff limit per index"
        );
        if failed.is_none() {
            errors.required(&path, &format!("must be specified when completions is above {HIGH}"));
        }
        if parallelism > LOW {
            errors.invalid_number(spec.path("parallelism"), parallelism, detail.clone());
        }
        if let Some(failed) = failed.filter(|failed| *failed > LOW) {
            errors.invalid_number(path, failed, detail);
        }
    }
}

fn check_restart(spec: &Node<'_>, errors: &mut Errors) {
    let pod = spec.at("template").at("spec");
    let path = pod.path("restartPolicy");
    match pod.str_or("restartPolicy", "Always") {
        "Always" => errors.required(path, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if spec.has("podFailurePolicy") => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.invalid(path, "OnFailure", detail);
        }
        "OnFailure" | "Never" => {}
        other => errors.not_supported(path, other, &["OnFailure", "Never"]),
    }
}

fn check_selector(spec: &Node<'_>, errors: &mut Errors) {
    let chosen = spec.at("selector");
    if !chosen.is_set() {
        errors.required(chosen.path.clone(), "");
    }
    selector::check(&chosen, errors);
    if selector::is_readable(&chosen) {
        template::check_selected(&chosen, &spec.at("template"), errors);
    }
}

/// The pods of an indexed Job are named after it and their number.
fn check_host_name(object: &Node<'_>, spec: &Node<'_>, errors: &mut Errors) {
    let name = object.at("metadata").str("name");
    let highest = completions(spec).filter(|count| *count > 0 && spec.str("completionMode") == "Indexed");
    if let Some(count) = highest {
        let host = format!("{name}-{}", count - 1);
        if !names::label_errors(&host).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {host}");
            errors.invalid("metadata.name", name, detail);
        }
    }
}

/// The names of all containers of the template.
pub(super) fn container_names<'a>(spec: &Node<'a>) -> BTreeSet<&'a str> {
    let pod = spec.at("template").at("spec");
    ["containers", "initContainers"]
        .iter()
        .flat_map(|list| pod.items(list))
        .map(|it| it.str("name"))
        .collect()
}
