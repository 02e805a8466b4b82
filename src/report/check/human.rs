//! One line an object, its findings below it: `file:line:column: severity: message [rule]`.

use super::{CheckItem, Piece, severity};
use crate::core::text::Lines;
use std::io::{self, Write};

/// What stands before the further lines of a finding.
const GUTTER: &str = "    | ";

/// Adds an object.
pub(super) fn write_item(item: &CheckItem, lines: &mut Lines) {
    let verdict = match item.verdict() {
        "valid" if !item.passes() => "invalid",
        verdict => verdict,
    };
    match item.name.as_str() {
        "" => writeln!(lines, "{}: {verdict}", item.label()),
        name => writeln!(lines, "{}: {name} {verdict}", item.label()),
    }
    for placed in &item.findings {
        let place = match placed.place {
            Some((line, column)) if !item.source.is_empty() => format!("{}:{line}:{column}: ", item.source),
            _ => String::new(),
        };
        let finding = &placed.finding;
        lines.block(
            GUTTER,
            format_args!("  {place}{}: {} [{}]", severity(finding.severity), finding.text(), finding.rule),
        );
        if let Some(hint) = &finding.hint {
            writeln!(lines, "    hint: {hint}");
        }
    }
}

/// Writes the pieces and the count.
pub(super) fn write(pieces: &[Piece], writer: &mut dyn Write) -> io::Result<()> {
    pieces.iter().try_for_each(|piece| writer.write_all(&piece.text))?;
    let sum = |count: fn(&Piece) -> usize| -> usize { pieces.iter().map(count).sum() };
    let (passed, open, total) = (sum(|it| it.passed), sum(|it| it.open), sum(|it| it.total));
    let valid = passed - open;
    match open {
        0 => writeln!(writer, "{valid} of {total} valid"),
        open => writeln!(writer, "{valid} of {total} valid, {open} not foretold"),
    }
}
