//! JUnit XML: a suite a source, a test case an object, a failure where it does not pass.

use super::{CheckItem, severity};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::{self, Write};

pub(super) fn write(items: &[CheckItem], writer: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("kubectl airunway check");
    for group in items.chunk_by(|one, other| one.source == other.source) {
        let source = group
            .first()
            .map(|item| item.source.as_str())
            .filter(|source| !source.is_empty())
            .unwrap_or("flags");
        let mut suite = TestSuite::new(source);
        suite.add_test_cases(group.iter().map(case));
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(io::Error::other)?;
    writer.write_all(text.as_bytes())
}

fn case(item: &CheckItem) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !item.passes() {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let message =
            item.denial.as_ref().map_or("findings count as errors", |(_, message)| message.as_str());
        status.set_type("invalid").set_message(message).set_description(lines(item));
    }
    let mut case = TestCase::new(format!("{}/{}", item.namespace, item.name), status);
    case.set_classname(item.label());
    if item.passes() && !item.findings.is_empty() {
        case.set_system_out(lines(item));
    }
    case
}

fn lines(item: &CheckItem) -> String {
    let line = |placed: &super::PlacedFinding| {
        let place = placed.place.map(|(line, column)| format!("{line}:{column}: ")).unwrap_or_default();
        let finding = &placed.finding;
        format!("{place}{}: {} [{}]", severity(finding.severity), finding.text(), finding.rule)
    };
    item.findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
