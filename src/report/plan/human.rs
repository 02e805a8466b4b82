//! Lines for people.

use super::{PlanItem, PlanReport};
use crate::core::plan::Verdict;
use crate::core::text::Lines;
use std::io::{self, Write};

/// What came of one check, as it ends.
pub fn line(item: &PlanItem, _color: bool) -> String {
    let PlanItem { check, outcome } = item;
    let mut lines = Lines::new();
    let seconds = outcome.to.duration_since(outcome.from).as_secs_f64();
    writeln!(lines, "{:<14} {:<10} {}  {seconds:.1} s", outcome.verdict.word(), check.id, check.title);
    if outcome.verdict != Verdict::Pass {
        writeln!(lines, "               {}", outcome.reason);
    }
    lines.into_string()
}

/// The end of a run.
pub fn write(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new();
    let counts = Verdict::ALL.iter().filter(|verdict| report.count(**verdict) > 0);
    let counts: Vec<String> =
        counts.map(|verdict| format!("{} {}", report.count(*verdict), verdict.word())).collect();
    writeln!(lines, "{}", counts.join(", "));
    writer.write_all(lines.as_str().as_bytes())
}
