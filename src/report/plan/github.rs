//! What GitHub Actions shows of a run: annotations, which are lines of the log, and the summary of the step.
//!
//! `core/text` keeps foreign text from being taken for a command of the runner. Here a command is meant, and what stands in it is
//! escaped by GitHub's own rules (`actions/toolkit`, `core/src/command.ts`).

use super::{PlanItem, PlanReport, suite};
use crate::core::plan::Verdict;
use crate::core::text::{line, plain};
use std::io::{self, Write};

/// The variable that is set to `true` in a job.
pub const VARIABLE: &str = "GITHUB_ACTIONS";
/// The variable that names the file to which the summary of the step is appended.
pub const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// Most bytes that GitHub takes of the summary of a step.
pub const SUMMARY_LIMIT: usize = 1 << 20;
/// Observations of a check in the summary, fewer where it grows too large.
const OBSERVATIONS: [usize; 3] = [12, 3, 0];

/// Writes a command for each check that failed (an error), was not seen or is a known finding (a warning).
///
/// # Errors
/// Those of the writer.
pub fn annotations(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    for item in &report.items {
        let command = match item.outcome.verdict {
            Verdict::Fail => "error",
            Verdict::Inconclusive | Verdict::KnownFinding => "warning",
            Verdict::Pass | Verdict::Fixed | Verdict::Skip => continue,
        };
        let title = format!("{} {}: {}", item.outcome.verdict.word(), item.check.id, item.check.title);
        writeln!(writer, "::{command} title={}::{}", property(&title), data(&message(item)))?;
    }
    Ok(())
}

/// The reason, and what to do.
fn message(item: &PlanItem) -> String {
    let reason = plain(&item.outcome.reason).into_owned();
    match item.hint().or(item.means()) {
        Some(hint) => [reason.as_str(), &plain(hint)].join("\n"),
        None => reason,
    }
}

/// The summary of the step, at most `room` bytes: the checklist, with fewer observations where it would be larger, and in the
/// end the counts alone.
pub fn step_summary(report: &PlanReport, room: usize) -> String {
    for most in OBSERVATIONS {
        let mut bytes = Vec::new();
        let written = suite::checklist(report, most, &mut bytes);
        if let (Ok(()), Ok(text)) = (written, String::from_utf8(bytes))
            && text.len() <= room
        {
            return text;
        }
    }
    let counts = super::human::summary(report);
    let shortest = line(&counts);
    if shortest.len() < room { format!("{shortest}\n") } else { String::new() }
}

/// What stands after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(&plain(text)).replace(':', "%3A").replace(',', "%2C")
}
