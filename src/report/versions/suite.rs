//! The verdicts as cases: a failure for a no, an error for what could not be told.

use super::{VersionItem, VersionReport, summary, words};
use crate::core::shim::Verdict;
use crate::report::suite::{self, Case, Cell, Outcome, Suite};
use std::io::{self, Write};

pub(super) fn junit(report: &VersionReport, writer: &mut dyn Write) -> io::Result<()> {
    suite::junit(&of(report), writer)
}

/// A table for the summary of a CI job, the hints and notes below it.
pub(super) fn markdown(report: &VersionReport, writer: &mut dyn Write) -> io::Result<()> {
    suite::markdown(&of(report), writer)?;
    match report.installation.as_ref().and_then(|installation| installation.difference()) {
        Some(difference) => suite::markdown_warning(&difference, writer),
        None => Ok(()),
    }
}

fn of(report: &VersionReport) -> Suite {
    Suite {
        name: "kubectl airunway verify-version",
        cases: report.items.iter().map(case).collect(),
        columns: &["provider", "reported", "checked", "verdict", "reason"],
        summary: summary(&report.items),
    }
}

fn case(item: &VersionItem) -> Case {
    let notes = item.notes.iter().map(|note| format!("note: {note}"));
    let hints = item.hints.iter().map(|hint| format!("hint: {hint}"));
    Case {
        group: "verify-version".to_owned(),
        class: item.source().to_owned(),
        name: item.label().to_owned(),
        title: item.label().to_owned(),
        outcome: match item.verdict {
            Verdict::Yes => Outcome::Passed,
            Verdict::No => Outcome::Failed,
            Verdict::Unknown => Outcome::Unknown,
        },
        seconds: None,
        verdict: item.verdict.as_str(),
        reason: item.reason.clone(),
        details: notes.chain(hints).collect(),
        output: vec![
            format!("reported: {}", item.reported.as_deref().unwrap_or("nothing")),
            format!("checked: {}", item.subject()),
            item.reason.clone(),
        ],
        cells: vec![
            Cell::Text(item.provider.clone().unwrap_or_else(|| "?".to_owned())),
            Cell::Code(item.reported.clone().unwrap_or_default()),
            Cell::Code(item.subject().to_owned()),
            Cell::Strong(words(item.verdict).to_owned()),
            Cell::Text(item.reason.clone()),
        ],
        remarks: item.hints.iter().chain(&item.notes).cloned().collect(),
    }
}
