//! The verdict on built-in objects against recorded answers of a real API server (`tests/fixtures/workloads`).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use kubectl_airunway::core::api_server::Workload;
use serde_json::{Value, json};

fn records(kind: &str) -> Vec<Value> {
    let file = format!("tests/fixtures/workloads/{kind}.jsonl.gz");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let compressed = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    BufReader::new(GzDecoder::new(compressed))
        .lines()
        .map(|line| serde_json::from_str(&line.expect("the file is text")).expect("each line is JSON"))
        .collect()
}

/// The parts of a message, as a bag: between the brackets, cut before each field.
fn parts(message: &str) -> BTreeMap<String, usize> {
    let (head, list) = message.split_once(" is invalid: ").unwrap_or(("", message));
    let list = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(list);
    let mut bag = BTreeMap::new();
    let mut rest = list;
    loop {
        let cut = [", spec.", ", metadata.", ", data[", ", binaryData["]
            .iter()
            .filter_map(|begin| rest.find(begin))
            .min();
        let (part, after) = cut.map_or((rest, ""), |cut| (&rest[..cut], &rest[cut + 2..]));
        *bag.entry(format!("{head}: {part}")).or_default() += 1;
        if after.is_empty() {
            return bag;
        }
        rest = after;
    }
}

fn causes(answer: &Value) -> Vec<String> {
    let list = answer["causes"].as_array().cloned().unwrap_or_default();
    let mut causes: Vec<String> = list
        .iter()
        .map(|cause| format!("{} {} {}", cause["field"], cause["reason"], cause["message"]))
        .collect();
    causes.sort();
    causes
}

/// What is foretold, in the form of a record; `None` when nothing certain is.
fn foretold(object: &Value) -> Option<Value> {
    let judged = Workload::of(object).expect("a kind that is judged").judge(object, &[]);
    if !judged.unknown.is_empty() {
        return None;
    }
    let Some(denial) = judged.denial else { return Some(json!({"code": 201})) };
    let causes: Vec<Value> = denial
        .causes
        .iter()
        .map(|cause| json!({"field": cause.field, "reason": cause.reason, "message": cause.message}))
        .collect();
    Some(json!({"code": denial.code, "reason": denial.reason, "message": denial.message, "causes": causes}))
}

/// The records differ in nothing, and few are left open.
fn compare(kind: &str, least: usize) {
    let records = records(kind);
    assert!(records.len() >= least, "{} records of {kind}", records.len());
    let (mut open, mut wrong) = (0, Vec::new());
    for record in &records {
        let Some(answer) = foretold(&record["object"]) else {
            open += 1;
            continue;
        };
        let text = |answer: &Value| answer["message"].as_str().unwrap_or_default().to_owned();
        let same = answer["code"] == record["code"]
            && answer.get("reason") == record.get("reason")
            && parts(&text(&answer)) == parts(&text(record))
            && causes(&answer) == causes(record);
        if !same {
            wrong.push(difference(record, &answer));
        }
    }
    let shown = wrong.len().min(12);
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), records.len(), wrong[..shown].join("\n"));
    assert!(open * 20 <= records.len(), "{open} of {} {kind} records are not foretold", records.len());
}

fn difference(record: &Value, answer: &Value) -> String {
    let (recorded, foretold) = (causes(record), causes(answer));
    let only = |left: &[String], right: &[String]| {
        left.iter().filter(|cause| !right.contains(cause)).cloned().collect::<Vec<_>>().join("\n    ")
    };
    format!(
        "seed {} recorded {} {} foretold {} {}\n  only recorded\n    {}\n  only foretold\n    {}",
        record["seed"],
        record["code"],
        if record["code"] == 400 { record["message"].to_string() } else { String::new() },
        answer["code"],
        if answer["code"] == 400 { answer["message"].to_string() } else { String::new() },
        only(&recorded, &foretold),
        only(&foretold, &recorded)
    )
}

#[test]
fn deployments_as_recorded() {
    compare("Deployment", 3_000);
}

#[test]
fn services_as_recorded() {
    compare("Service", 900);
}

#[test]
fn jobs_as_recorded() {
    compare("Job", 500);
}

#[test]
fn claims_as_recorded() {
    compare("PersistentVolumeClaim", 100);
}

#[test]
fn rules_that_the_recordings_do_not_reach() {
    compare("reached", 1_500);
}

#[test]
fn config_maps_as_recorded() {
    compare("ConfigMap", 10);
}
