//! SARIF 2.1.0, so that code review shows findings in place.

use super::CheckItem;
use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::Rule;
use crate::report::json::text_of;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Where the paragraph of each rule stands.
const RULES_PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/rules.md");

/// The place of what was given as flags.
const FLAGS: &str = "flags";

pub(super) fn write(items: &[CheckItem], writer: &mut dyn Write) -> io::Result<()> {
    let used: BTreeSet<&str> =
        items.iter().flat_map(|item| &item.findings).map(|placed| placed.finding.rule).collect();
    let results: Vec<Value> = items.iter().flat_map(results).collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "kubectl-airunway",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": used.into_iter().map(rule).collect::<Vec<_>>(),
            }},
            "results": results,
        }],
    });
    writer.write_all(text_of(&report)?.as_bytes())
}

fn rule(id: &str) -> Value {
    let Some(rule) = Rule::named(id) else { return json!({ "id": id }) };
    json!({
        "id": id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.about },
        "helpUri": format!("{RULES_PAGE}#{id}"),
    })
}

fn results(item: &CheckItem) -> Vec<Value> {
    item.findings
        .iter()
        .map(|placed| {
            let finding = &placed.finding;
            let level = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Hint => "note",
            };
            let text = match &finding.hint {
                Some(hint) => format!("{}\nhint: {hint}", finding.message),
                None => finding.message.clone(),
            };
            let mut result = json!({ "ruleId": finding.rule, "level": level, "message": { "text": text } });
            // Code review refuses a whole report for one result without a location, those about flags included.
            let source = if item.source.is_empty() { FLAGS } else { &item.source };
            let mut location = json!({ "artifactLocation": { "uri": uri(source) } });
            if let Some((line, column)) = placed.place {
                location["region"] = json!({ "startLine": line, "startColumn": column });
            }
            result["locations"] = json!([{ "physicalLocation": location }]);
            result
        })
        .collect()
}

/// A relative path as a URI reference: only what a URI cannot hold is escaped.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte))
            }
            b'\\' => text.push('/'),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}
