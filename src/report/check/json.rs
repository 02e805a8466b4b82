//! `kind: CheckReport` of `cli.airunway.ai/v1`; members are only ever added.

use super::{CheckItem, Decision, OperatorInputs, Piece, PlacedFinding, PredictedStatus, severity};
use crate::core::kind::operator::Told;
use crate::core::kubernetes::meta;
use crate::core::text;
use serde::Serialize;
use std::io::{self, Write};

/// What stands before the items and behind them; an item stands four spaces in.
const HEAD: &str =
    "{\n  \"apiVersion\": \"cli.airunway.ai/v1\",\n  \"kind\": \"CheckReport\",\n  \"items\": [\n";
const TAIL: &str = "\n  ]\n}\n";
const BETWEEN: &[u8] = b",\n";
const INDENT: &[u8] = b"    ";

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
    kind: &'a str,
    /// For kinds whose decisions are not those of `selection`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chosen: Vec<Chosen<'a>>,
    /// What the operator behind the kind is judged to have been started with.
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<Operator<'a>>,
}

#[derive(Serialize)]
struct Operator<'a> {
    name: &'a str,
    release: &'a str,
    inputs: Vec<Input<'a>>,
}

#[derive(Serialize)]
struct Input<'a> {
    key: &'a str,
    value: &'a str,
    origin: String,
}

#[derive(Serialize)]
struct Chosen<'a> {
    what: &'a str,
    value: Option<&'a str>,
    why: Option<&'a str>,
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

/// Appends an object.
pub(super) fn write_item(item: &CheckItem, out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.extend_from_slice(BETWEEN);
    }
    // An item holds texts and numbers, which can always be written.
    let text = text::in_quotes(serde_json::to_string_pretty(&of(item)).unwrap_or_default());
    // JSON has no line break inside a value.
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(INDENT);
        out.extend_from_slice(line.as_bytes());
    }
}

/// Writes the pieces as one report.
pub(super) fn write(pieces: &[Piece], writer: &mut dyn Write) -> io::Result<()> {
    writer.write_all(HEAD.as_bytes())?;
    let mut is_first = true;
    for piece in pieces.iter().filter(|piece| piece.total > 0) {
        if !std::mem::take(&mut is_first) {
            writer.write_all(BETWEEN)?;
        }
        writer.write_all(&piece.text)?;
    }
    writer.write_all(TAIL.as_bytes())
}

fn of(item: &CheckItem) -> Item<'_> {
    let selection = selection(item);
    let chosen = match selection {
        Some(_) => Vec::new(),
        None => item.chosen.iter().map(chosen).collect(),
    };
    Item {
        source: &item.source,
        document: item.document,
        name: &item.name,
        namespace: &item.namespace,
        verdict: item.verdict(),
        denial: item.denial.as_ref().map(|(code, message)| Denial { code: *code, message }),
        warnings: &item.warnings,
        selection,
        findings: item.findings.iter().map(finding).collect(),
        predicted: item.predicted.as_ref().map(predicted),
        kind: &item.kind,
        chosen,
        operator: item.operator.as_ref().map(operator),
    }
}

/// The engine and the provider, for an object whose controller selects a provider.
fn selection(item: &CheckItem) -> Option<Selection<'_>> {
    let of = |what: &str| item.chosen.iter().find(|decision| decision.what == what);
    let value = |what: &str| of(what).and_then(|decision| decision.value.as_deref());
    let provider = of("provider")?;
    Some(Selection {
        engine: value("engine"),
        provider: provider.value.as_deref(),
        provider_reason: provider.why.as_deref(),
        message: item.stopped.as_deref(),
    })
}

fn operator(operator: &OperatorInputs) -> Operator<'_> {
    let OperatorInputs { name, release, inputs } = operator;
    Operator { name, release, inputs: inputs.iter().map(|told| input(told, release)).collect() }
}

/// Of an input that is the release itself the value is the one that is judged by.
fn input<'a>(told: &'a Told, release: &'a str) -> Input<'a> {
    let Told { key, value, origin } = told;
    Input { key, value: value.as_deref().unwrap_or(release), origin: origin.to_string() }
}

fn chosen(decision: &Decision) -> Chosen<'_> {
    let Decision { what, value, why } = decision;
    Chosen { what, value: value.as_deref(), why: why.as_deref() }
}

fn predicted(status: &PredictedStatus) -> Predicted<'_> {
    Predicted {
        phase: status.phase,
        message: &status.message,
        conditions: status.conditions.iter().map(condition).collect(),
    }
}

fn condition(condition: &meta::Condition) -> Condition<'_> {
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
