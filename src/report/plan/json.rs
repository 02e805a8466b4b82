//! `kind: PlanReport` of `cli.airunway.ai/v1`; fields are only ever added. And the way back, for a rerun.

use super::{PlanItem, PlanReport, RunPart, between, group_word};
use crate::core::plan::{Group, Verdict};
use crate::error::{Error, Result};
use crate::report::json::text_of;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// Largest report that is read back, in bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// Most checks that a report may name.
const MAX_CHECKS: usize = 10_000;

const API_VERSION: &str = "cli.airunway.ai/v1";
const KIND: &str = "PlanReport";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'static str,
    kind: &'static str,
    run: Run<'a>,
    counts: serde_json::Map<String, serde_json::Value>,
    checks: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    id: &'a str,
    program: &'a str,
    context: Option<&'a str>,
    server: &'a str,
    namespace: &'a str,
    kubernetes: Option<&'a str>,
    parts: Vec<Part<'a>>,
    from: Timestamp,
    to: Timestamp,
    seconds: f64,
    interrupted: bool,
    left: &'a [String],
}

#[derive(Serialize)]
struct Part<'a> {
    name: &'a str,
    image: Option<&'a str>,
    digest: Option<&'a str>,
    version: Option<&'a str>,
    ready: Option<bool>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    verdict: &'static str,
    title: &'a str,
    reason: &'a str,
    seconds: f64,
    observations: Vec<Observation<'a>>,
    group: &'static str,
    hint: Option<&'a str>,
    means: Option<&'a str>,
    broken: Vec<Claim<'a>>,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Serialize)]
struct Observation<'a> {
    at: Timestamp,
    text: &'a str,
}

#[derive(Serialize)]
struct Claim<'a> {
    claim: &'a str,
    expected: &'a str,
    found: &'a str,
}

pub(super) fn write(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let run = &report.run;
    let report = Report {
        api_version: API_VERSION,
        kind: KIND,
        run: Run {
            id: &run.id,
            program: &run.program,
            context: run.context.as_deref(),
            server: &run.server,
            namespace: &run.namespace,
            kubernetes: run.kubernetes.as_deref(),
            parts: run.parts.iter().map(part).collect(),
            from: run.from,
            to: run.to,
            seconds: rounded(between(run.from, run.to)),
            interrupted: run.interrupted,
            left: &run.left,
        },
        counts: Verdict::ALL
            .into_iter()
            .map(|verdict| (verdict.word().to_owned(), report.count(verdict).into()))
            .collect(),
        checks: report.items.iter().map(item).collect(),
    };
    writer.write_all(text_of(&report)?.as_bytes())
}

fn part(part: &RunPart) -> Part<'_> {
    Part {
        name: &part.name,
        image: part.image.as_deref(),
        digest: part.digest.as_deref(),
        version: part.version.as_deref(),
        ready: part.ready,
    }
}

fn item(item: &PlanItem) -> Item<'_> {
    let outcome = &item.outcome;
    Item {
        id: item.check.id,
        verdict: outcome.verdict.word(),
        title: item.check.title,
        reason: &outcome.reason,
        seconds: rounded(item.seconds()),
        observations: outcome
            .remarks
            .iter()
            .map(|remark| Observation { at: remark.at, text: &remark.text })
            .collect(),
        group: group_word(item.check.group),
        hint: item.hint(),
        means: item.means(),
        broken: outcome
            .broken
            .iter()
            .map(|broken| Claim { claim: &broken.claim, expected: &broken.expected, found: &broken.found })
            .collect(),
        from: outcome.from,
        to: outcome.to,
    }
}

/// A check as the report has it.
pub(super) fn item_value(checked: &PlanItem) -> serde_json::Value {
    // Members of types that JSON has.
    serde_json::to_value(item(checked)).unwrap_or_default()
}

/// Seconds to the millisecond.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// What is read of a report; anything else in it is left unread, so that one of a later version still says this.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Earlier {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    checks: Vec<EarlierCheck>,
}

#[derive(Deserialize)]
struct EarlierCheck {
    #[serde(default)]
    id: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    group: Option<String>,
}

/// Ids of the checks that an earlier report (`-o json`) has as FAIL or INCONCLUSIVE, each once, in its order. Preconditions are
/// not among them: every run looks at those anew.
///
/// # Errors
/// What is larger than [`MAX_BYTES`], not JSON, not such a report, or of another version.
pub fn failed_ids(bytes: &[u8]) -> Result<Vec<String>> {
    let refused = |why: String| {
        Error::failure("not a report of e2e")
            .caused_by(why)
            .hint("write one with kubectl airunway e2e --report json=FILE")
    };
    if bytes.len() > MAX_BYTES {
        return Err(refused(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let earlier: Earlier = serde_json::from_slice(bytes).map_err(|error| refused(error.to_string()))?;
    if earlier.kind != KIND || earlier.api_version != API_VERSION {
        let found = format!("it is of kind {:?} and version {:?}", earlier.kind, earlier.api_version);
        return Err(refused(found));
    }
    if earlier.checks.len() > MAX_CHECKS {
        return Err(refused(format!("it names more than {MAX_CHECKS} checks")));
    }
    let mut ids: Vec<String> = Vec::new();
    for check in earlier.checks {
        let failed = matches!(Verdict::of_word(&check.verdict), Some(Verdict::Fail | Verdict::Inconclusive));
        let precondition = check.group.as_deref() == Some(group_word(Group::Precondition));
        if failed && !precondition && !check.id.is_empty() && !ids.contains(&check.id) {
            ids.push(check.id);
        }
    }
    Ok(ids)
}
