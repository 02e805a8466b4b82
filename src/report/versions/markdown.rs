//! Markdown for the summary of a CI job: a table, the reasons below it.

use super::{VersionReport, summary, words};
use std::io::{self, Write};

pub(super) fn write(report: &VersionReport, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "| provider | reported | looked at | verdict | reason |")?;
    writeln!(writer, "|---|---|---|---|---|")?;
    for item in &report.items {
        let cells = [
            text(item.provider.as_deref().unwrap_or("?")),
            code(item.reported.as_deref().unwrap_or_default()),
            code(item.subject()),
            format!("**{}**", words(item.verdict)),
            text(&item.reason),
        ];
        writeln!(writer, "| {} |", cells.join(" | "))?;
    }
    writeln!(writer, "\n{}", summary(&report.items))?;
    for item in &report.items {
        for line in item.hints.iter().chain(&item.notes) {
            writeln!(writer, "- {}: {}", text(item.label()), text(line))?;
        }
    }
    if let Some(difference) = report.installation.as_ref().and_then(|installation| installation.difference())
    {
        writeln!(writer, "\n**warning**: {}", text(&difference))?;
    }
    Ok(())
}

/// Text from a cluster that must not become markup or another cell.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            character if character.is_control() => escaped.push(' '),
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
    let wrong = |character: char| character.is_control() || matches!(character, '`' | '|');
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace(wrong, " ")) }
}
