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

/// Writes a paragraph of one line.
pub(in crate::report) fn write_line(line: &str, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "\n{}", text(line))
}

/// Writes a table of names and values.
pub(in crate::report) fn write_facts(
    headings: [&str; 2],
    facts: &[(String, String)],
    writer: &mut dyn Write,
) -> io::Result<()> {
    let [name, value] = headings;
    writeln!(writer, "| {name} | {value} |")?;
    writeln!(writer, "|---|---|")?;
    facts.iter().try_for_each(|(name, value)| writeln!(writer, "| {} | {} |", text(name), text(value)))
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) => text(words),
        Cell::Code(name) => code(name),
        Cell::Strong(words) => format!("**{}**", text(words)),
        Cell::Lines(entries) => entries.iter().map(|entry| text(entry)).collect::<Vec<_>>().join("<br>"),
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
