//! Decoding, defaults and the schema, held against Go's libraries on random objects (`tests/fixtures/golibs`).

use kubectl_airunway::core::api_server::custom::{Denial, Review};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{Providers, Request, review};
use kubectl_airunway::core::kubernetes::quantity::Quantity;
use serde_json::Value;

use super::records;

/// The errors as the fixture writes them.
fn errors(answer: &Review, denial: &Denial) -> Vec<String> {
    if denial.message.contains("strict decoding error") {
        return answer.findings.iter().map(|finding| finding.path.clone()).collect();
    }
    if denial.code == 422 {
        let causes = denial.causes.iter();
        let mut errors: Vec<String> =
            causes.map(|cause| format!("{} {}: {}", cause.reason, cause.field, cause.message)).collect();
        errors.sort_unstable();
        return errors;
    }
    let words = [" denied the request: ", " cannot be handled as a ModelDeployment: "];
    let text = words
        .iter()
        .find_map(|word| denial.message.split_once(word))
        .map_or(denial.message.as_str(), |(_, text)| text);
    vec![text.to_owned()]
}

#[test]
fn random_objects_fare_as_in_go() {
    let providers = Providers::default();
    let records = records::read("../golibs/objects.jsonl.gz");
    assert!(records.len() > 1_500);
    for (index, record) in records.iter().enumerate() {
        let line = index + 1;
        let request = Request {
            object: &record["object"],
            old: None,
            namespace: "parity",
            providers: &providers,
            release: Release::newest(),
        };
        let answer = review(&request);
        match &answer.denial {
            None => assert_eq!(answer.stored.as_ref(), Some(&record["stored"]), "line {line}"),
            // The fixture ends before the validating webhook.
            Some(denial) if denial.code == 403 => assert_eq!(record["code"], 201, "line {line}: {denial:?}"),
            Some(denial) => {
                assert_eq!(record["code"], denial.code, "line {line}: {denial:?}");
                assert_eq!(record["errors"], Value::from(errors(&answer, denial)), "line {line}");
            }
        }
    }
}

#[test]
fn random_quantities_read_as_in_go() {
    for record in records::read("../golibs/quantities.jsonl.gz") {
        let text = record["text"].as_str().expect("a text");
        let answer = match Quantity::parse(text) {
            Ok(quantity) => quantity.to_string(),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(record["answer"], answer, "{text:?}");
    }
}
