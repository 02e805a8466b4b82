//! Markdown for the summary of a CI job: a table, the remarks below it.

use super::{Cell, Suite};
use crate::core::text::plain;
use std::io::{self, Write};

/// Writes the suite.
pub(in crate::report) fn write(suite: &Suite, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "| {} |", suite.columns.join(" | "))?;
    writeln!(writer, "|{}", "---|".repeat(suite.columns.len()))?;
    for case in &suite.cases {
        let cells: Vec<String> = case.cells.iter().map(cell).collect();
        writeln!(writer, "| {} |", cells.join(" | "))?;
    }
    writeln!(writer, "\n{}", suite.summary)?;
    for case in &suite.cases {
        for remark in &case.remarks {
            writeln!(writer, "- {}: {}", text(&case.name), text(remark))?;
        }
    }
    Ok(())
}

/// Writes a warning that is about no case alone.
pub(in crate::report) fn write_warning(warning: &str, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "\n**warning**: {}", text(warning))
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) => text(words),
        Cell::Code(name) => code(name),
        Cell::Strong(words) => format!("**{}**", text(words)),
    }
}

/// Text that must not become markup or another cell.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in plain(text).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '|' | '\\' | '`' | '*' | '[' | ']' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text as code; it cannot hold the marks that would end it.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", plain(text).replace(['`', '|'], " ")) }
}
