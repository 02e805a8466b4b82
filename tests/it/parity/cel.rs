//! CEL rules of other operators' definitions against what a real API server answered (`tests/fixtures/cel`).

use flate2::read::GzDecoder;
use kubectl_airunway::core::api_server::custom::{Denial, NoWebhooks, Request, Review, review};
use kubectl_airunway::core::schema::{Crd, prune};
use kubectl_airunway::core::yaml;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

fn unpacked(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cel").join(file);
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).expect("a gzip file");
    bytes
}

fn definition(name: &str) -> Value {
    let documents = yaml::parse(&unpacked(&format!("{name}.yaml.gz"))).expect("valid YAML");
    documents.into_iter().next().expect("one document").value
}

pub(super) fn records(name: &str) -> Vec<Value> {
    let bytes = unpacked(&format!("{name}.jsonl.gz"));
    let text = String::from_utf8(bytes).expect("the file is text");
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn answer(record: &Value, crd: &Crd) -> Review {
    let mut object = record["object"].clone();
    if matches!(record["fieldValidation"].as_str(), Some("Warn" | "Ignore")) {
        prune::prune(&mut object, &crd.schema);
    }
    let old = record.get("old").filter(|old| !old.is_null()).map(|old| {
        let mut old = old.clone();
        if let Some(status) = record.get("oldStatus").filter(|status| !status.is_null()) {
            old["status"] = status.clone();
        }
        old
    });
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
    let request = Request { object: &object, old: old.as_ref(), namespace: &namespace, duplicates: &[] };
    review(&request, crd, &NoWebhooks)
}

/// The denial with its causes in the order of the server, which is random where errors come from sibling members.
pub(super) fn in_order_of(record: &Value, denial: &Denial) -> (u16, String, Vec<(String, String, String)>) {
    let recorded: Vec<(String, String, String)> =
        record["causes"].as_array().into_iter().flatten().map(cause).collect();
    let mut own: Vec<(String, String, String)> = denial
        .causes
        .iter()
        .map(|cause| (cause.field.clone(), cause.reason.to_owned(), cause.message.clone()))
        .collect();
    own.sort_by_key(|each| recorded.iter().position(|other| other == each).unwrap_or(usize::MAX));
    let message = match denial.message.split_once(" is invalid: ") {
        Some((object, _)) if denial.code == 422 => {
            let mut texts: Vec<String> = Vec::new();
            for (field, _, message) in &own {
                let text = format!("{field}: {message}");
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            match texts.as_slice() {
                [one] => format!("{object} is invalid: {one}"),
                several => format!("{object} is invalid: [{}]", several.join(", ")),
            }
        }
        _ => denial.message.clone(),
    };
    (denial.code, message, own)
}

fn cause(cause: &Value) -> (String, String, String) {
    let text = |name: &str| cause[name].as_str().unwrap_or_default().to_owned();
    (text("field"), text("reason"), text("message"))
}

/// What differs, per record; the number of records that another layer decided.
#[derive(Default)]
struct Report {
    differences: Vec<String>,
    decided_by_webhook: usize,
    refused_by_rules: usize,
}

fn compare(records: &[Value], crd_of: impl Fn(&Value) -> Crd) -> Report {
    let mut report = Report::default();
    let mut crds: HashMap<String, Crd> = HashMap::new();
    for (number, record) in records.iter().enumerate() {
        let kind = record["object"]["kind"].as_str().unwrap_or_default().to_owned();
        let crd = crds.entry(kind).or_insert_with(|| crd_of(record));
        let Review { stored, denial, findings, .. } = answer(record, crd);
        let open = findings.iter().filter(|finding| finding.rule == "rule-not-evaluated").count();
        let expected_code = record["code"].as_u64().expect("a code");
        let mut differ = |what: String| report.differences.push(format!("{number}: {what}"));
        if open > 0 {
            differ(format!("{open} rules were not evaluated"));
        }
        match (expected_code, denial) {
            // The validating webhook comes after the schema: what it refused, the schema let pass.
            (403, None) => report.decided_by_webhook += 1,
            (200 | 201, None) => {
                let mut expected = record["stored"].clone();
                let mut stored = stored.expect("an object that is not refused is stored");
                for object in [&mut expected, &mut stored] {
                    object.as_object_mut().expect("an object").remove("status");
                }
                if stored != expected {
                    differ(format!("stored {stored} instead of {expected}"));
                }
            }
            (_, Some(denial)) => {
                let causes = record["causes"].as_array().cloned().unwrap_or_default();
                let expected = (
                    u16::try_from(expected_code).expect("a code"),
                    record["message"].as_str().unwrap_or_default().to_owned(),
                    causes.iter().map(cause).collect::<Vec<_>>(),
                );
                let found = in_order_of(record, &denial);
                // Decoding stops at the first of several wrong members, in Go's order.
                let counts_causes = expected_code == 422;
                if found.0 != expected.0 || found.1 != expected.1 || (counts_causes && found.2 != expected.2)
                {
                    differ(format!("{found:?} instead of {expected:?}"));
                }
                report.refused_by_rules += 1;
            }
            (code, None) => differ(format!("accepted instead of {code}: {}", record["message"])),
        }
    }
    report
}

fn assert_same(report: &Report, decided_by_webhook: usize, refused: usize) {
    let Report { differences, .. } = report;
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(report.decided_by_webhook, decided_by_webhook, "decided by the operator's webhook");
    assert_eq!(report.refused_by_rules, refused, "refused by schema and rules");
}

#[test]
fn ogx_servers_are_judged_as_the_api_server_did() {
    let definition = definition("ogxservers");
    let crd = |_: &Value| Crd::compile(&definition, Some("v1beta1")).expect("a valid definition");
    assert_same(&compare(&records("ogx-create"), crd), 5, 0);
    // Four objects are of another kind or version, and were sent to that version's address.
    let is_server = |record: &Value| {
        let object = &record["object"];
        object["kind"] == "OGXServer" && object["apiVersion"] == "ogx.io/v1beta1"
    };
    let invalid: Vec<Value> = records("ogx-invalid").into_iter().filter(is_server).collect();
    assert_eq!(invalid.len(), 267);
    assert_same(&compare(&invalid, crd), 13, 250);
    assert_same(&compare(&records("ogx-update"), crd), 3, 3);
}

#[test]
fn llmkube_objects_are_judged_as_the_api_server_did() {
    let plural = |record: &Value| match record["object"]["kind"].as_str() {
        Some("GPUQuota") => "gpuquotas",
        Some("InferenceService") => "inferenceservices",
        Some("Model") => "models",
        Some("LoRAAdapter") => "loraadapters",
        Some("ModelPool") => "modelpools",
        _ => "modelrouters",
    };
    let crd = |record: &Value| Crd::compile(&definition(plural(record)), None).expect("a valid definition");
    assert_same(&compare(&records("llmkube"), crd), 0, 180);
}

/// The definition of the proposal as the API server takes it: three rules of it do not compile there.
fn repaired_llama_stack() -> Value {
    let mut definition = definition("llamastackdistributions");
    let versions = definition["spec"]["versions"].as_array_mut().expect("versions");
    let version = versions.iter_mut().find(|version| version["name"] == "v1alpha2").expect("the version");
    let spec = &mut version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    let rule = &mut spec["workload"]["properties"]["autoscaling"]["x-kubernetes-validations"][0]["rule"];
    *rule = json!(rule.as_str().expect("a rule").replace('*', ""));
    for list in ["inference", "safety", "vectorIo", "toolRuntime", "telemetry"] {
        let list = &mut spec["providers"]["properties"][list];
        list["maxItems"] = json!(100);
        list["items"]["properties"]["id"]["maxLength"] = json!(253);
        for rule in list["x-kubernetes-validations"].as_array_mut().expect("rules") {
            if rule["rule"].as_str().is_some_and(|rule| rule.contains("toSet")) {
                rule["rule"] =
                    json!("self.all(x, !has(x.id) || self.exists_one(y, has(y.id) && y.id == x.id))");
            }
        }
    }
    spec["disabled"]["maxItems"] = json!(50);
    definition
}

#[test]
fn llama_stack_distributions_are_judged_as_the_api_server_did() {
    let definition = repaired_llama_stack();
    let crd = |_: &Value| Crd::compile(&definition, Some("v1alpha2")).expect("a valid definition");
    assert_same(&compare(&records("llama-stack"), crd), 0, 102);
}

#[test]
fn a_rule_with_an_unknown_function_is_left_open_and_said_so() {
    let definition = definition("llamastackdistributions");
    let crd = Crd::compile(&definition, Some("v1alpha2")).expect("a valid definition");
    let record = records("llama-stack")
        .into_iter()
        .find(|record| record["object"].pointer("/spec/providers/safety").is_some() && record["code"] == 201)
        .expect("an object with that list");
    let review = answer(&record, &crd);
    assert!(review.denial.is_none());
    let open =
        review.findings.iter().find(|finding| finding.rule == "rule-not-evaluated").expect("a finding");
    assert!(open.message.contains("toSet()"), "{}", open.message);
}
