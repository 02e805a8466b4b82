//! `kind: CheckReport` of `cli.airunway.ai/v1`; members are only ever added.

use super::{CheckItem, PlacedFinding, PredictedStatus, SelectionLine, severity};
use crate::core::api;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    source: &'a str,
    document: usize,
    name: &'a str,
    namespace: &'a str,
    verdict: &'static str,
    denial: Option<Denial<'a>>,
    warnings: &'a [String],
    selection: Option<Selection<'a>>,
    findings: Vec<Finding<'a>>,
    predicted: Option<Predicted<'a>>,
}

#[derive(Serialize)]
struct Predicted<'a> {
    phase: &'static str,
    message: &'a str,
    conditions: Vec<Condition<'a>>,
}

#[derive(Serialize)]
struct Condition<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Denial<'a> {
    code: u16,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Selection<'a> {
    engine: Option<&'a str>,
    provider: Option<&'a str>,
    provider_reason: Option<&'a str>,
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: &'static str,
    path: &'a str,
    message: &'a str,
    hint: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
}

pub(super) fn write(items: &[CheckItem], writer: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        api_version: "cli.airunway.ai/v1",
        kind: "CheckReport",
        items: items.iter().map(item).collect(),
    };
    serde_json::to_writer_pretty(&mut *writer, &report)?;
    writeln!(writer)
}

fn item(item: &CheckItem) -> Item<'_> {
    Item {
        source: &item.source,
        document: item.document,
        name: &item.name,
        namespace: &item.namespace,
        verdict: if item.valid() { "valid" } else { "invalid" },
        denial: item.denial.as_ref().map(|(code, message)| Denial { code: *code, message }),
        warnings: &item.warnings,
        selection: item.selection.as_ref().map(selection),
        findings: item.findings.iter().map(finding).collect(),
        predicted: item.predicted.as_ref().map(predicted),
    }
}

fn selection(line: &SelectionLine) -> Selection<'_> {
    Selection {
        engine: line.engine.as_deref(),
        provider: line.provider.as_deref(),
        provider_reason: line.provider_reason.as_deref(),
        message: line.message.as_deref(),
    }
}

fn predicted(status: &PredictedStatus) -> Predicted<'_> {
    Predicted {
        phase: status.phase,
        message: &status.message,
        conditions: status.conditions.iter().map(condition).collect(),
    }
}

fn condition(condition: &api::Condition) -> Condition<'_> {
    Condition {
        kind: &condition.kind,
        status: &condition.status,
        reason: &condition.reason,
        message: &condition.message,
    }
}

fn finding(placed: &PlacedFinding) -> Finding<'_> {
    let found = &placed.finding;
    Finding {
        rule: found.rule,
        severity: severity(found.severity),
        path: &found.path,
        message: &found.message,
        hint: found.hint.as_deref(),
        line: placed.place.map(|(line, _)| line),
        column: placed.place.map(|(_, column)| column),
    }
}
