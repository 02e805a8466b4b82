//! For people: a line a check while it runs; in the end what went wrong, the counts, what it was run against.

use super::{GROUPS, PlanItem, PlanReport, between, conformance, counts, heading};
use crate::core::plan::{Broken, Group, Verdict};
use crate::core::text::{Lines, plain};
use crate::report::difference::{Side, difference};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

/// Columns of a line.
const WIDTH: usize = 80;
/// Columns of the verdict: the longest is KNOWN-FINDING.
const VERDICT: usize = 13;
/// Columns of the id.
const ID: usize = 10;
/// Where the title begins: two blanks after each of those.
const TITLE: usize = VERDICT + 2 + ID + 2;
/// Columns of the time, its unit included.
const TIME: usize = 9;
/// How much further the second line of a paragraph with a lead stands.
const HANG: usize = 2;
/// Most lines of an expected or found text that are shown; JSON and HTML have it whole.
const SHOWN_LINES: usize = 40;

/// A check that has ended: verdict, id, title and time in columns, and unless it passed the reason below. Every line with its
/// end. With `color` the verdict is painted, after all else was cleaned.
pub fn line(item: &PlanItem, color: bool) -> String {
    let verdict = item.outcome.verdict;
    let mut lines = Lines::new();
    let mut title = wrapped(item.check.title, WIDTH - TITLE - TIME).into_iter();
    let first = title.next().unwrap_or_default();
    let filled = format!("{first}{}", blanks((WIDTH - TITLE - TIME).saturating_sub(first.width())));
    let time = format!("{:.1} s", item.seconds());
    let (word, id) = (verdict.word(), plain(item.check.id));
    let id = format!("{id}{}", blanks(ID.saturating_sub(id.width())));
    writeln!(lines, "{word:<VERDICT$}  {id}  {filled}{time:>TIME$}");
    title.for_each(|more| writeln!(lines, "{}{more}", blanks(TITLE)));
    if verdict != Verdict::Pass {
        paragraph(&mut lines, VERDICT + 2, "", &item.outcome.reason);
    }
    let text = lines.into_string();
    match text.strip_prefix(word) {
        Some(rest) if color => format!("{}{rest}", painted(verdict)),
        _ => text,
    }
}

/// The end of a run whose lines were shown already: failures in detail, the section beyond the plan, counts, what it was run
/// against, and what was left behind.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new();
    for verdict in [Verdict::Fail, Verdict::Inconclusive] {
        // A precondition that is not met is named by the checks that it holds back.
        let judged = report.items.iter().filter(|item| item.check.group != Group::Precondition);
        for item in judged.filter(|item| item.outcome.verdict == verdict) {
            details(item, &mut lines);
        }
    }
    if report.of_group(Group::Beyond).next().is_some() {
        writeln!(lines);
        writeln!(lines, "{}: {}", heading(Group::Beyond), counts(beyond(report)));
        for item in report.of_group(Group::Beyond) {
            writeln!(lines, "  {} {}: {}", item.outcome.verdict.word(), item.check.id, item.check.title);
        }
    }
    writeln!(lines);
    for (name, value) in conformance(&report.run) {
        paragraph(&mut lines, 2, &format!("{name}: "), &value);
    }
    writeln!(lines);
    if report.run.interrupted {
        writeln!(lines, "interrupted: what had not ended is not judged");
    }
    if !report.run.left.is_empty() {
        writeln!(lines, "may be left in the cluster:");
        report.run.left.iter().for_each(|object| writeln!(lines, "  {object}"));
        writeln!(lines, "  delete it with: kubectl airunway e2e --cleanup {}", report.run.id);
    }
    writeln!(lines, "{}", summary(report));
    writer.write_all(lines.as_str().as_bytes())
}

/// Everything: the lines by section, then the end.
pub(super) fn write_whole(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let mut first = true;
    for group in GROUPS {
        let mut items = report.of_group(group).peekable();
        if items.peek().is_none() {
            continue;
        }
        if !std::mem::take(&mut first) {
            writeln!(writer)?;
        }
        writeln!(writer, "{}", heading(group))?;
        items.try_for_each(|item| writer.write_all(line(item, false).as_bytes()))?;
    }
    write(report, writer)
}

/// The last line: counts of the plan, and of what is beyond it, without the preconditions.
pub(super) fn summary(report: &PlanReport) -> String {
    let of_plan = report.items.iter().filter(|item| {
        let group = item.check.group;
        group != Group::Precondition && group != Group::Beyond
    });
    let seconds = between(report.run.from, report.run.to);
    let more = match report.of_group(Group::Beyond).next() {
        Some(_) => format!("; beyond the plan: {}", counts(beyond(report))),
        None => String::new(),
    };
    format!("{} in {seconds:.1} s{more}", counts(of_plan))
}

fn beyond(report: &PlanReport) -> impl Iterator<Item = &PlanItem> + Clone {
    report.items.iter().filter(|item| item.check.group == Group::Beyond)
}

/// A check that did not come out well, with everything that tells why.
fn details(item: &PlanItem, lines: &mut Lines) {
    let outcome = &item.outcome;
    writeln!(lines);
    writeln!(lines, "{} {}: {}", outcome.verdict.word(), item.check.id, item.check.title);
    paragraph(lines, 2, "", &outcome.reason);
    outcome.broken.iter().for_each(|broken| contradicted(broken, lines));
    for (lead, text) in [("hint: ", item.hint()), ("means: ", item.means())] {
        if let Some(text) = text {
            paragraph(lines, 2, lead, text);
        }
    }
}

fn contradicted(broken: &Broken, lines: &mut Lines) {
    paragraph(lines, 2, "claim: ", &broken.claim);
    let has_lines = |text: &str| text.lines().nth(1).is_some();
    if has_lines(&broken.expected) && has_lines(&broken.found) {
        let (expected, found) = (ended(&broken.expected), ended(&broken.found));
        let before = Side { name: "expected", text: &expected };
        shown("    ", &difference(before, Side { name: "found", text: &found }), lines);
        return;
    }
    for (name, text) in [("expected", &broken.expected), ("found", &broken.found)] {
        if has_lines(text) {
            writeln!(lines, "    {name}:");
            shown("      ", text, lines);
        } else {
            paragraph(lines, 4, &format!("{name}: "), text);
        }
    }
}

/// A text whose every line is cleaned and ended, as a difference needs it: a lone `\r` ends a line there.
pub(super) fn ended(text: &str) -> String {
    let mut lines = Lines::new();
    text.lines().for_each(|line| writeln!(lines, "{line}"));
    lines.into_string()
}

/// A text with several lines, the first of them.
fn shown(indent: &str, text: &str, lines: &mut Lines) {
    let count = text.lines().count();
    for line in text.lines().take(SHOWN_LINES) {
        writeln!(lines, "{indent}{line}");
    }
    if count > SHOWN_LINES {
        writeln!(lines, "{indent}... and {} lines more", count - SHOWN_LINES);
    }
}

/// A paragraph behind some blanks; with a lead, its further lines stand behind some more.
fn paragraph(lines: &mut Lines, indent: usize, lead: &str, text: &str) {
    let mut start = blanks(indent);
    for line in wrapped(&format!("{lead}{text}"), WIDTH - indent - HANG) {
        writeln!(lines, "{start}{line}");
        start = blanks(indent + if lead.is_empty() { 0 } else { HANG });
    }
}

/// A text, cleaned, in lines of at most so many columns; a word that is longer stays whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = plain(text);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn blanks(count: usize) -> String {
    " ".repeat(count)
}

/// The verdict's word in its color.
fn painted(verdict: Verdict) -> String {
    let code = match verdict {
        Verdict::Pass => "32",
        Verdict::Fixed => "1;32",
        Verdict::KnownFinding => "33",
        Verdict::Skip => "2",
        Verdict::Inconclusive => "1;35",
        Verdict::Fail => "1;31",
    };
    format!("\x1b[{code}m{}\x1b[0m", verdict.word())
}
