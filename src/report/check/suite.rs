//! The objects as cases: a group a source, a failure where one does not pass.

use super::{CheckItem, PlacedFinding, severity};
use crate::report::suite::{Case, Outcome, Suite};

pub(super) fn of(items: &[CheckItem]) -> Suite {
    Suite { name: "kubectl airunway check", cases: items.iter().map(case).collect(), ..Suite::default() }
}

fn case(item: &CheckItem) -> Case {
    let passes = item.passes();
    let findings: Vec<String> = item.findings.iter().map(line).collect();
    let flaw = item.findings.first().filter(|_| item.kind.is_empty());
    let reason = match (&item.denial, flaw) {
        (Some((_, message)), _) => message.as_str(),
        (None, Some(flaw)) => flaw.finding.message.as_str(),
        (None, None) => "findings count as errors",
    };
    let name = match item.name.as_str() {
        "" => format!("document {}", item.document),
        name => format!("{}/{name}", item.namespace),
    };
    Case {
        group: if item.source.is_empty() { "flags" } else { &item.source }.to_owned(),
        class: item.label(),
        name,
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
