//! One line an object, its findings below it: `file:line:column: severity: message [rule]`.

use super::{CheckItem, severity};
use std::io::{self, Write};

pub(super) fn write(items: &[CheckItem], writer: &mut dyn Write) -> io::Result<()> {
    for item in items {
        let verdict = if item.passes() { "valid" } else { "invalid" };
        writeln!(writer, "{}: {} {verdict}", item.label(), item.name)?;
        for placed in &item.findings {
            let place = match placed.place {
                Some((line, column)) if !item.source.is_empty() => {
                    format!("{}:{line}:{column}: ", item.source)
                }
                _ => String::new(),
            };
            let finding = &placed.finding;
            writeln!(
                writer,
                "  {place}{}: {} [{}]",
                severity(finding.severity),
                finding.text(),
                finding.rule
            )?;
            if let Some(hint) = &finding.hint {
                writeln!(writer, "    hint: {hint}")?;
            }
        }
    }
    let invalid = items.iter().filter(|item| !item.passes()).count();
    writeln!(writer, "{} of {} valid", items.len() - invalid, items.len())
}
