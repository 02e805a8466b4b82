//! `kind: PlanReport` of `cli.airunway.ai/v1`.

use super::{PlanItem, PlanReport};
use crate::error::{Error, Result};
use crate::report::json::text_of;
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn write(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let item = |PlanItem { check, outcome }: &PlanItem| {
        json!({
            "id": check.id, "verdict": outcome.verdict.word(), "title": check.title, "reason": outcome.reason,
            "seconds": outcome.to.duration_since(outcome.from).as_secs_f64(),
            "observations": outcome.remarks.iter().map(|remark| remark.text.clone()).collect::<Vec<_>>(),
        })
    };
    let run = &report.run;
    let whole = json!({
        "apiVersion": "cli.airunway.ai/v1", "kind": "PlanReport",
        "run": { "id": run.id, "namespace": run.namespace, "interrupted": run.interrupted, "left": run.left },
        "checks": report.items.iter().map(item).collect::<Vec<_>>(),
    });
    writer.write_all(text_of(&whole)?.as_bytes())
}

/// The ids of what failed or was inconclusive in a report of an earlier run.
///
/// # Errors
/// What is not such a report.
pub fn failed_ids(bytes: &[u8]) -> Result<Vec<String>> {
    let report: Value = serde_json::from_slice(bytes)
        .map_err(|error| Error::failure("not a JSON report of a run").caused_by(error.to_string()))?;
    let checks = report.get("checks").and_then(Value::as_array);
    let checks = checks.ok_or_else(|| Error::failure("not a JSON report of a run"))?;
    let is_bad = |check: &&Value| {
        matches!(check.get("verdict").and_then(Value::as_str), Some("FAIL" | "INCONCLUSIVE"))
    };
    let ids = checks.iter().filter(is_bad).filter_map(|check| check.get("id")?.as_str().map(str::to_owned));
    Ok(ids.collect())
}
