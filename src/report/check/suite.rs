//! The objects as cases: a group a source, a failure where one does not pass.

use super::{CheckItem, PlacedFinding, severity};
use crate::report::suite::{Case, Outcome, Suite};

pub(super) fn of(items: &[CheckItem]) -> Suite {
    Suite { name: "kubectl airunway check", cases: items.iter().map(case).collect(), ..Suite::default() }
}

fn case(item: &CheckItem) -> Case {
    let passes = item.passes();
    let findings: Vec<String> = item.findings.iter().map(line).collect();
    let reason = item.denial.as_ref().map_or("findings count as errors", |(_, message)| message.as_str());
    Case {
        group: if item.source.is_empty() { "flags" } else { &item.source }.to_owned(),
        class: item.label(),
        name: format!("{}/{}", item.namespace, item.name),
        title: format!("{}: {}", item.label(), item.name),
        outcome: if passes { Outcome::Passed } else { Outcome::Failed },
        verdict: "invalid",
        reason: reason.to_owned(),
        output: if passes { findings.clone() } else { Vec::new() },
        details: findings,
        ..Case::default()
    }
}

fn line(placed: &PlacedFinding) -> String {
    let place = placed.place.map(|(line, column)| format!("{line}:{column}: ")).unwrap_or_default();
    let finding = &placed.finding;
    format!("{place}{}: {} [{}]", severity(finding.severity), finding.text(), finding.rule)
}
