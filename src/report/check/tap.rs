//! TAP 14: a test point an object, its findings as comments.

use super::{CheckItem, severity};
use std::io::{self, Write};

pub(super) fn write(items: &[CheckItem], writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "TAP version 14\n1..{}", items.len())?;
    for (index, item) in items.iter().enumerate() {
        let result = if item.passes() { "ok" } else { "not ok" };
        writeln!(
            writer,
            "{result} {} - {}",
            index + 1,
            escaped(&format!("{}: {}", item.label(), item.name))
        )?;
        for placed in &item.findings {
            let finding = &placed.finding;
            let place = placed.place.map(|(line, column)| format!("{line}:{column}: ")).unwrap_or_default();
            let text =
                format!("{place}{}: {} [{}]", severity(finding.severity), finding.text(), finding.rule);
            for line in text.lines() {
                writeln!(writer, "# {line}")?;
            }
        }
    }
    Ok(())
}

/// `#` would begin a directive, a line break a new line of the protocol.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('#', r"\#").replace(['\n', '\r'], " ")
}
