//! OGXServer and LlamaStackDistribution, by their rows in the table of kinds, against what a real API server, webhook and
//! operator did.

use super::cel::{in_order_of, records as answers};
use flate2::read::GzDecoder;
use kubectl_airunway::core::api_server::custom::{Request, Review};
use kubectl_airunway::core::kind::judge::{Foresight, Judge};
use kubectl_airunway::core::kind::{self, Kind};
use serde_json::Value;
use std::io::Read as _;

fn judge(of: &Value) -> Option<Box<dyn Judge>> {
    let kind: &dyn Kind = kind::of(of)?;
    Some(kind.judge(kind.product().newest()?, Vec::new()))
}

fn review(judge: &dyn Judge, record: &Value) -> Review {
    let object = &record["object"];
    let old = record.get("old").filter(|old| !old.is_null());
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
    judge.review(&Request { object, old, namespace, duplicates: &[] })
}

/// Which of the records differ, and how many are refused.
fn compare(name: &str) -> (Vec<String>, usize) {
    let (mut differences, mut refused) = (Vec::new(), 0);
    for (number, record) in answers(name).iter().enumerate() {
        // Others are about clients that send what kubectl does not, or about an address of another version or kind.
        let is_strict = matches!(record["fieldValidation"].as_str(), None | Some("Strict"));
        let Some(judge) = judge(&record["object"]).filter(|_| is_strict) else { continue };
        if record["object"]["apiVersion"] == "ogx.io/v1alpha1" {
            continue;
        }
        let review = review(judge.as_ref(), record);
        let code = record["code"].as_u64().unwrap_or_default();
        match review.denial {
            None if code < 300 => {}
            None => differences.push(format!("{number}: accepted instead of {}", record["message"])),
            Some(denial) => {
                refused += 1;
                let (found, message, _) = in_order_of(record, &denial);
                if u64::from(found) != code || record["message"].as_str() != Some(message.as_str()) {
                    differences.push(format!("{number}: {message} instead of {}", record["message"]));
                }
                assert!(!review.findings.is_empty(), "{number}: a denial without a finding");
            }
        }
    }
    (differences, refused)
}

#[test]
fn servers_are_refused_as_api_server_and_webhook_did() {
    for (name, expected) in [("ogx-create", 5), ("ogx-invalid", 239), ("ogx-update", 6), ("llama-stack", 102)]
    {
        let (differences, refused) = compare(name);
        assert!(differences.is_empty(), "{name}: {} differ:\n{}", differences.len(), differences.join("\n"));
        assert_eq!(refused, expected, "{name}");
    }
}

fn statuses() -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ogx/statuses.jsonl.gz");
    let mut text = String::new();
    let file = std::fs::File::open(file).expect("the fixture");
    GzDecoder::new(file).read_to_string(&mut text).expect("a gzip file of text");
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn foreseen(record: &Value) -> Foresight {
    let judge = judge(&record["object"]).expect("a followed kind");
    let stored = review(judge.as_ref(), record).stored.expect("an accepted object");
    judge.foresee(&record["object"], &stored)
}

#[test]
fn a_server_that_will_fail_by_its_own_fields_gets_the_operators_message() {
    let (mut exact, mut earlier) = (0, Vec::new());
    for record in statuses() {
        let Some(status) = foreseen(&record).status else { continue };
        assert_eq!(record["phase"], "Failed", "predicted {} for {}", status.message, record["object"]);
        match record["deploymentReady"].as_str() {
            Some(recorded) if recorded == status.message => exact += 1,
            recorded => earlier.push(recorded.unwrap_or_default().to_owned()),
        }
    }
    assert_eq!(exact, 16);
    // Two have a configuration that cannot be made, and the operator meets that first.
    assert_eq!(earlier.len(), 2, "{earlier:#?}");
    assert!(
        earlier.iter().all(|message| message.contains("failed to reconcile generated config")),
        "{earlier:#?}"
    );
}

#[test]
fn no_warning_of_a_failure_about_a_server_that_ran() {
    let failing = ["ogx-name-unusable", "ogx-port-twice", "ogx-variable-twice", "ogx-replicas-above-maximum"];
    for record in statuses().iter().filter(|record| record["phase"] != "Failed") {
        let found = foreseen(record).advice;
        let wrong = found.iter().find(|finding| failing.contains(&finding.rule));
        assert!(wrong.is_none(), "{wrong:?} about {}", record["object"]);
    }
}
