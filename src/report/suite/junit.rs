//! JUnit XML as Jenkins, GitLab and others read it: a failure for a no, an error for what could not be told.

use super::{Case, Outcome, Suite};
use crate::core::text::block;
use std::io::{self, Write};

/// Writes the suite.
pub(in crate::report) fn write(suite: &Suite, writer: &mut dyn Write) -> io::Result<()> {
    let (failed, unknown) = (suite.count(Outcome::Failed), suite.count(Outcome::Unknown));
    let skipped = suite.count(Outcome::Skipped);
    writeln!(writer, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        writer,
        r#"<testsuites name="{}" tests="{}" skipped="{skipped}" failures="{failed}" errors="{unknown}"{}>"#,
        escaped(suite.name),
        suite.cases.len(),
        time(suite.cases.iter()),
    )?;
    for group in suite.cases.chunk_by(|one, other| one.group == other.group) {
        let of = |outcome| group.iter().filter(|case| case.outcome == outcome).count();
        writeln!(
            writer,
            r#"    <testsuite name="{}" tests="{}" skipped="{}" errors="{}" failures="{}"{}>"#,
            escaped(group.first().map_or("", |case| &case.group)),
            group.len(),
            of(Outcome::Skipped),
            of(Outcome::Unknown),
            of(Outcome::Failed),
            time(group.iter()),
        )?;
        group.iter().try_for_each(|case| write_case(case, writer))?;
        writeln!(writer, "    </testsuite>")?;
    }
    writeln!(writer, "</testsuites>")
}

/// The attribute for the time that some cases took together; nothing where none is known.
fn time<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let seconds: Vec<f64> = cases.filter_map(|case| case.seconds).collect();
    if seconds.is_empty() {
        return String::new();
    }
    format!(r#" time="{:.3}""#, seconds.iter().sum::<f64>())
}

fn write_case(case: &Case, writer: &mut dyn Write) -> io::Result<()> {
    let (name, class) = (escaped(&case.name), escaped(&case.class));
    write!(writer, r#"        <testcase name="{name}" classname="{class}"{}"#, time(std::iter::once(case)))?;
    let element = match case.outcome {
        Outcome::Passed | Outcome::Known => None,
        Outcome::Failed => Some("failure"),
        Outcome::Unknown => Some("error"),
        Outcome::Skipped => Some("skipped"),
    };
    if element.is_none() && case.output.is_empty() {
        return writeln!(writer, "/>");
    }
    writeln!(writer, ">")?;
    if let Some(element) = element {
        let (reason, verdict) = (escaped(&case.reason), escaped(case.verdict));
        // The schema of JUnit gives a skipped case a message and nothing else.
        if case.outcome == Outcome::Skipped {
            writeln!(writer, r#"            <skipped message="{reason}"/>"#)?;
        } else {
            let details = text(&case.details);
            writeln!(
                writer,
                r#"            <{element} message="{reason}" type="{verdict}">{details}</{element}>"#
            )?;
        }
    }
    if !case.output.is_empty() {
        writeln!(writer, "            <system-out>{}</system-out>", text(&case.output))?;
    }
    writeln!(writer, "        </testcase>")
}

/// What stands before the further lines of an entry.
const GUTTER: &str = "  | ";

/// An entry a line; breaks of lines between them are the only ones that are not escaped.
fn text(entries: &[String]) -> String {
    let entries = entries.iter().map(|entry| block(entry, GUTTER));
    entries
        .map(|entry| entry.split('\n').map(escaped).collect::<Vec<_>>().join("\n"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Text of an element or an attribute. What XML 1.0 cannot hold at all is replaced; what it reads as something else, or a
/// terminal would obey, becomes a reference.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push(char::REPLACEMENT_CHARACTER);
            }
            '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                escaped.push_str(&format!("&#{};", u32::from(character)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
