//! JUnit XML: a test case an item; a failure for a no, an error for what could not be told.

use super::{VersionItem, VersionReport};
use crate::core::shim::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::{self, Write};

pub(super) fn write(report: &VersionReport, writer: &mut dyn Write) -> io::Result<()> {
    let mut junit = Report::new("kubectl airunway verify-version");
    let mut suite = TestSuite::new("verify-version");
    suite.add_test_cases(report.items.iter().map(case));
    junit.add_test_suite(suite);
    let text = junit.to_string().map_err(io::Error::other)?;
    writer.write_all(text.as_bytes())
}

fn case(item: &VersionItem) -> TestCase {
    let mut status = match item.verdict {
        Verdict::Yes => TestCaseStatus::success(),
        Verdict::No => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let lines = item.hints.iter().map(|hint| format!("hint: {hint}"));
    let lines = item.notes.iter().map(|note| format!("note: {note}")).chain(lines);
    let lines = lines.collect::<Vec<_>>().join("\n");
    if item.verdict != Verdict::Yes {
        status.set_type(item.verdict.as_str()).set_message(item.reason.as_str()).set_description(lines);
    }
    let mut case = TestCase::new(item.label(), status);
    case.set_classname(item.source());
    let reported = item.reported.as_deref().unwrap_or("nothing");
    case.set_system_out(format!("reported: {reported}\nlooked at: {}\n{}", item.subject(), item.reason));
    case
}
