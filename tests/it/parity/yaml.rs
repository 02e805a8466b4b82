//! `core::yaml` against recorded answers of the YAML library that kubectl uses.

use kubectl_airunway::core::yaml::{parse, to_yaml};
use serde_json::Value;

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect()
}

/// Texts where the YAML 1.2 grammar of the parser and the 1.1 grammar of Go's differ, none of which a manifest holds:
/// a colon at the edge of a value in flow style, a lone dash there, and escapes and a tag that only Go refuses. A directive
/// is left out as well: the library takes it, kubectl cuts the file before the library sees it whole, and refuses it.
fn grammars_differ(text: &str) -> bool {
    let flow = text.contains(['[', '{']);
    let edge = [":}", ":]", "[:", ": :", "-}", "-]"].iter().any(|part| text.contains(part));
    (flow && edge)
        || text.starts_with('%')
        || text.contains("\\ud83d")
        || text.contains("\\/")
        || text.contains("!!timestamp")
}

#[test]
fn scalars_and_structures_mean_what_they_mean_to_kubectl() {
    let mut differences = Vec::new();
    let records = records(include_str!("../../fixtures/yaml/read.jsonl"));
    for record in &records {
        let text = record["text"].as_str().expect("text");
        if grammars_differ(text) {
            continue;
        }
        let ours = parse(text.as_bytes());
        let same = match (&ours, record["json"].as_str()) {
            (Err(_), None) => true,
            (Ok(documents), Some(json)) => {
                // The JSON text goes through our own reader of numbers, as it would through the API server's.
                let theirs = parse(json.as_bytes()).expect("recorded JSON");
                let first = |documents: &[_]| {
                    documents.first().map(|d: &kubectl_airunway::core::yaml::Document| d.value.clone())
                };
                first(documents) == first(&theirs) || (json == "null" && documents.is_empty())
            }
            _ => false,
        };
        if !same {
            differences.push(format!(
                "{text:?}\n  kubectl: {} {}\n  ours:    {ours:?}",
                record["json"], record["error"]
            ));
        }
    }
    assert!(records.len() > 1_500);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn what_is_written_reads_back_in_go_and_here() {
    for record in records(include_str!("../../fixtures/yaml/write.jsonl")) {
        let text = to_yaml(&record["value"]);
        assert_eq!(text, record["text"].as_str().expect("text"), "written as when Go read it back");
        assert_eq!(parse(text.as_bytes()).expect("our own text")[0].value, record["value"], "{text}");
    }
}
