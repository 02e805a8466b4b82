//! The checks as cases, for what continuous integration reads.

use super::{GROUPS, PlanItem, PlanReport, conformance, counts, heading, human};
use crate::core::plan::Verdict;
use crate::report::suite::{self, Case, Cell, Outcome, Suite};
use std::io::{self, Write};

const NAME: &str = "kubectl airunway e2e";
/// Most observations of a check that a row of the checklist holds; JSON and HTML have them all.
const OBSERVATIONS: usize = 12;

pub(super) fn junit(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    suite::junit(&whole(report), writer)
}

pub(super) fn tap(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    suite::tap(&whole(report), writer)
}

/// The manual checklist, filled in: a table a section, a row a check.
pub(super) fn markdown(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    checklist(report, OBSERVATIONS, writer)
}

/// [`markdown`] with at most so many observations a check.
pub(super) fn checklist(report: &PlanReport, most: usize, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "# AI Runway test plan")?;
    suite::markdown_line(&human::summary(report), writer)?;
    if report.run.interrupted {
        suite::markdown_warning("interrupted: what had not ended is not judged", writer)?;
    }
    for group in GROUPS {
        let cases: Vec<Case> = report.of_group(group).map(|item| case(item, most)).collect();
        if cases.is_empty() {
            continue;
        }
        writeln!(writer)?;
        writeln!(writer, "## {}", heading(group))?;
        writeln!(writer)?;
        let summary = counts(report.items.iter().filter(|item| item.check.group == group));
        let columns = &["check", "asserts", "verdict", "reason", "observed", "time"];
        suite::markdown(&Suite { name: NAME, cases, columns, summary }, writer)?;
    }
    writeln!(writer)?;
    writeln!(writer, "## Conformance")?;
    writeln!(writer)?;
    suite::markdown_facts(["run against", ""], &conformance(&report.run), writer)?;
    report.run.left.iter().try_for_each(|object| {
        suite::markdown_warning(&format!("may be left in the cluster: {object}"), writer)
    })
}

fn whole(report: &PlanReport) -> Suite {
    let of = |group| report.of_group(group);
    let cases = GROUPS.into_iter().flat_map(of).map(|item| case(item, usize::MAX)).collect();
    Suite { name: NAME, cases, ..Suite::default() }
}

fn case(item: &PlanItem, most: usize) -> Case {
    let (check, outcome) = (item.check, &item.outcome);
    let result = outcome_of(outcome.verdict);
    let said = [("hint", item.hint()), ("means", item.means())];
    let said: Vec<String> =
        said.into_iter().filter_map(|(word, said)| Some(format!("{word}: {}", said?))).collect();
    // The directive of TAP, or the message of JUnit, has the reason already.
    let directed = matches!(result, Outcome::Known | Outcome::Skipped);
    let mut details = if directed { Vec::new() } else { vec![outcome.reason.clone()] };
    for broken in &outcome.broken {
        details.push(format!("claim: {}", broken.claim));
        details.push(format!("expected: {}", broken.expected));
        details.push(format!("found: {}", broken.found));
    }
    details.extend(said.iter().cloned());
    let good = matches!(result, Outcome::Passed | Outcome::Known);
    let first = good.then(|| format!("{}: {}", outcome.verdict.word(), outcome.reason));
    let observed: Vec<String> = outcome.remarks.iter().map(|remark| remark.text.clone()).collect();
    Case {
        group: heading(check.group).to_owned(),
        class: format!("e2e.{}", super::group_word(check.group)),
        name: format!("{} {}", check.id, check.title),
        title: format!("{} {}", check.id, check.title),
        outcome: result,
        seconds: Some(item.seconds()),
        verdict: outcome.verdict.word(),
        reason: outcome.reason.clone(),
        details,
        output: first.into_iter().chain(observed.clone()).collect(),
        cells: vec![
            Cell::Text(check.id.to_owned()),
            Cell::Text(check.title.to_owned()),
            Cell::Strong(outcome.verdict.word().to_owned()),
            Cell::Text(outcome.reason.clone()),
            Cell::Lines(shortened(observed, most)),
            Cell::Text(format!("{:.1} s", item.seconds())),
        ],
        remarks: said,
    }
}

fn outcome_of(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Pass | Verdict::Fixed => Outcome::Passed,
        Verdict::KnownFinding => Outcome::Known,
        Verdict::Skip => Outcome::Skipped,
        Verdict::Inconclusive => Outcome::Unknown,
        Verdict::Fail => Outcome::Failed,
    }
}

/// The last entries, and how many come before them: what was seen last decided.
fn shortened(entries: Vec<String>, most: usize) -> Vec<String> {
    let before = entries.len().saturating_sub(most);
    let more = (before > 0).then(|| format!("({before} more before)"));
    more.into_iter().chain(entries.into_iter().skip(before)).collect()
}
