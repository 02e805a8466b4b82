//! Every recorded answer of the real API server and webhooks, reproduced offline: verdict, code, reason, message,
//! causes, warnings and the object as stored.

use super::records;
use kubectl_airunway::core::api_server::custom::{Denial, Review};
use kubectl_airunway::core::kind::model_deployment::provider::registrations;
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{Providers, Request, review};
use serde_json::{Value, json};

/// The providers as all five shims register them.
pub(crate) fn all_five() -> Providers {
    Providers::of(&registrations(Release::newest()))
}

/// The errors of a message, sorted: the order of errors from sibling members is random in the real thing.
fn multiset(message: &str) -> Vec<String> {
    let (prefix, errors) =
        match message.split_once(" is invalid: ").or_else(|| message.split_once(" request: ")) {
            Some((prefix, errors)) => (prefix, errors),
            None => ("", message),
        };
    let errors = errors.strip_prefix('[').and_then(|errors| errors.strip_suffix(']')).unwrap_or(errors);
    let cut = errors.replace(", spec.", "\nspec.").replace(", metadata.", "\nmetadata.");
    let mut parts: Vec<String> = cut.lines().map(str::to_owned).collect();
    parts.sort_unstable();
    parts.insert(0, prefix.to_owned());
    parts
}

fn causes(denial: &Denial) -> Vec<(String, String, String)> {
    let mut causes: Vec<_> = denial
        .causes
        .iter()
        .map(|cause| (cause.field.clone(), cause.reason.to_owned(), cause.message.clone()))
        .collect();
    causes.sort_unstable();
    causes
}

fn recorded_causes(record: &Value) -> Vec<(String, String, String)> {
    let text = |cause: &Value, name: &str| cause[name].as_str().unwrap_or_default().to_owned();
    let mut causes: Vec<_> = record["causes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|cause| (text(cause, "field"), text(cause, "reason"), text(cause, "message")))
        .collect();
    causes.sort_unstable();
    causes
}

/// What differs between a record and our answer; nothing when they agree.
fn difference(record: &Value, answer: &Review) -> Option<String> {
    let warnings = json!(answer.warnings);
    if warnings != record["warnings"] {
        return Some(format!("warnings {} instead of {}", warnings, record["warnings"]));
    }
    match (&answer.denial, record["code"].as_u64()) {
        (None, Some(200 | 201)) => {
            let stored = answer.stored.clone().unwrap_or_default();
            (stored != record["stored"])
                .then(|| format!("stored\n  {stored}\ninstead of\n  {}", record["stored"]))
        }
        (Some(denial), Some(code)) if u64::from(denial.code) == code => {
            let message = record["message"].as_str().unwrap_or_default();
            if multiset(&denial.message) != multiset(message) {
                return Some(format!("message\n  {}\ninstead of\n  {message}", denial.message));
            }
            if denial.reason != record["reason"].as_str() {
                return Some(format!("reason {:?} instead of {}", denial.reason, record["reason"]));
            }
            (causes(denial) != recorded_causes(record)).then(|| format!("causes {:?}", denial.causes))
        }
        (denial, code) => Some(format!("{denial:?} instead of {code:?} {}", record["message"])),
    }
}

fn reproduce(file: &str, at_least: usize) {
    let records = records::read(file);
    assert!(records.len() >= at_least, "{file} holds {} records", records.len());
    let providers = all_five();
    let mut differences = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let request = Request {
            object: &record["object"],
            old: record.get("old"),
            namespace: "parity",
            providers: &providers,
            release: Release::newest(),
        };
        let answer = review(&request);
        if let Some(difference) = difference(record, &answer) {
            differences.push(format!("{file} line {}: {difference}", index + 1));
        }
        if let Some(denial) = &answer.denial {
            assert!(
                !answer.findings.is_empty(),
                "{file} line {}: no finding for {}",
                index + 1,
                denial.message
            );
        }
    }
    let shown = differences.len().min(12);
    assert!(
        differences.is_empty(),
        "{} differences, first {shown}:\n{}",
        differences.len(),
        differences[..shown].join("\n")
    );
}

#[test]
fn creations_are_answered_as_recorded() {
    reproduce("admission-create.jsonl.gz", 3000);
}

#[test]
fn updates_are_answered_as_recorded() {
    reproduce("admission-update.jsonl.gz", 600);
}
