//! One line an object, its findings below it: `file:line:column: severity: message [rule]`.

use super::{CheckItem, Piece, severity};
use std::io::{self, Write};

/// Appends an object.
pub(super) fn write_item(item: &CheckItem, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = try_item(item, out);
}

fn try_item(item: &CheckItem, out: &mut Vec<u8>) -> io::Result<()> {
    let verdict = if item.passes() { "valid" } else { "invalid" };
    writeln!(out, "{}: {} {verdict}", item.label(), item.name)?;
    for placed in &item.findings {
        let place = match placed.place {
            Some((line, column)) if !item.source.is_empty() => format!("{}:{line}:{column}: ", item.source),
            _ => String::new(),
        };
        let finding = &placed.finding;
        writeln!(out, "  {place}{}: {} [{}]", severity(finding.severity), finding.text(), finding.rule)?;
        if let Some(hint) = &finding.hint {
            writeln!(out, "    hint: {hint}")?;
        }
    }
    Ok(())
}

/// Writes the pieces and the count.
pub(super) fn write(pieces: &[Piece], writer: &mut dyn Write) -> io::Result<()> {
    pieces.iter().try_for_each(|piece| writer.write_all(&piece.text))?;
    let passed: usize = pieces.iter().map(|piece| piece.passed).sum();
    let total: usize = pieces.iter().map(|piece| piece.total).sum();
    writeln!(writer, "{passed} of {total} valid")
}
