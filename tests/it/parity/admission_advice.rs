//! The findings beyond the server, held against what the shims made of the recorded objects: what ends in phase Failed
//! is foretold, and nothing else is.

use super::admission::all_five;
use super::records;
use kubectl_airunway::core::kind::model_deployment::advice::{Situation, advice};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{Request, review};
use kubectl_airunway::core::kubernetes::finding::Finding;
use serde_json::Value;

/// Whether a finding says that the deployment will fail.
fn is_fatal(finding: &Finding, provider: &str) -> bool {
    match finding.rule {
        "launch-flag-reserved" | "launch-flag-key" | "override-at-top" | "override-unknown" => true,
        "env-duplicate" | "env-name" | "kaito-image" | "provider-will-refuse" | "provider-unknown" => true,
        "env-token-twice" | "env-value-and-source" => provider == "llmd",
        _ => false,
    }
}

#[test]
fn advice_foretells_the_recorded_failures() {
    let providers = all_five();
    let records = records::children();
    let mut wrong = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let request = Request {
            object: &record["object"],
            old: None,
            namespace: "children",
            providers: &providers,
            release: Release::newest(),
        };
        let answer = review(&request);
        let stored = answer.stored.unwrap_or_else(|| panic!("line {}: {:?}", index + 1, answer.denial));
        let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
        let provider = text("/stored/spec/provider/name").or(text("/stored/status/provider/name"));
        let needs_gpu = stored.pointer("/spec/resources/gpu/count").and_then(Value::as_i64) > Some(0)
            || stored.pointer("/spec/serving/mode") == Some(&Value::from("disaggregated"));
        // What the controller selects when all five providers are ready.
        let selected = if needs_gpu { "vllm" } else { "llamacpp" };
        let engine = text("/stored/spec/engine/type").or(Some(selected));
        let situation = Situation {
            authored: &record["object"],
            stored: &stored,
            provider,
            engine,
            providers: &providers,
            release: Release::newest(),
        };
        let findings = advice(&situation);
        let foretold = findings.iter().any(|finding| is_fatal(finding, provider.unwrap_or_default()));
        if foretold != (record["phase"] == "Failed") {
            let fatal: Vec<_> =
                findings.iter().filter(|finding| is_fatal(finding, provider.unwrap_or_default())).collect();
            wrong.push(format!(
                "line {}: {provider:?} {engine:?} phase {} {}\n  findings {fatal:?}\n  spec {}",
                index + 1,
                record["phase"],
                record["message"],
                record["object"]["spec"]
            ));
        }
    }
    let shown = wrong.len().min(8);
    assert!(
        wrong.is_empty(),
        "{} of {} foretold wrongly:\n{}",
        wrong.len(),
        records.len(),
        wrong[..shown].join("\n")
    );
}
