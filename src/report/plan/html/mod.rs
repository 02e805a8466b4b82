//! One page that needs nothing else: no script, no font, no picture from elsewhere. Light or dark as the reader has it, from 400
//! pixels on.
//!
//! It is XML, too, so that a test can read it. Whatever a cluster has written is cleaned and escaped; a policy in the head
//! forbids the page to load or run anything, should that ever fail.

mod timeline;

use super::{GROUPS, PlanItem, PlanReport, between, conformance, counts, heading, human, whole_second};
use crate::core::plan::{Broken, Verdict};
use crate::core::text::plain;
use crate::report::difference::{Side, difference};
use std::io::{self, Write};

const STYLE: &str = include_str!("page.css");
/// Most bytes of one text that the page shows; JSON has it whole.
const SHOWN: usize = 32 << 10;
/// Most observations of a check that the page shows, the last ones.
const OBSERVATIONS: usize = 500;

/// Writes the page.
pub(super) fn write(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    head(report, writer)?;
    summary(report, writer)?;
    timeline::write(report, writer)?;
    failures(report, writer)?;
    for group in GROUPS {
        let items = report.items.iter().filter(|item| item.check.group == group);
        if items.clone().next().is_none() {
            continue;
        }
        let (heading, counts) = (heading(group), counts(items.clone()));
        writeln!(writer, r#"<section><h2>{heading} <span class="count">({counts})</span></h2>"#)?;
        items.clone().try_for_each(|item| check(item, writer))?;
        writeln!(writer, "</section>")?;
    }
    writeln!(writer, r#"<section id="conformance"><h2>Conformance</h2><dl>"#)?;
    for (name, value) in conformance(&report.run) {
        writeln!(writer, "<dt>{}</dt><dd>{}</dd>", text(&name), text(&value))?;
    }
    writeln!(writer, "</dl></section>")?;
    writeln!(writer, "</main></body></html>")
}

fn head(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "<!DOCTYPE html>")?;
    writeln!(writer, r#"<html lang="en"><head><meta charset="utf-8"/>"#)?;
    writeln!(writer, r#"<meta name="viewport" content="width=device-width, initial-scale=1"/>"#)?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    writeln!(writer, r#"<meta http-equiv="Content-Security-Policy" content="{policy}"/>"#)?;
    writeln!(writer, r#"<meta name="color-scheme" content="light dark"/>"#)?;
    writeln!(writer, "<title>AI Runway test plan: {}</title>", text(&human::summary(report)))?;
    writeln!(writer, "<style>")?;
    writer.write_all(STYLE.as_bytes())?;
    writeln!(writer, "</style></head><body><main>")
}

fn summary(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let run = &report.run;
    writeln!(writer, "<header><h1>AI Runway test plan</h1>")?;
    let place = run.context.as_deref().unwrap_or(&run.server);
    writeln!(
        writer,
        r#"<p class="quiet">{}, {}, {:.1} s, run {}</p>"#,
        text(place),
        whole_second(run.from),
        between(run.from, run.to),
        text(&run.id),
    )?;
    writeln!(writer, r#"<ul class="counts">"#)?;
    for verdict in Verdict::ALL.into_iter().rev() {
        let count = report.count(verdict);
        if count > 0 {
            writeln!(writer, r#"<li class="{}"><b>{count}</b> {}</li>"#, class(verdict), verdict.word())?;
        }
    }
    writeln!(writer, "</ul>")?;
    if run.interrupted {
        writeln!(writer, r#"<p class="note">Interrupted: what had not ended is not judged.</p>"#)?;
    }
    if !run.left.is_empty() {
        let left: Vec<String> = run.left.iter().map(|object| text(object.as_str())).collect();
        writeln!(writer, r#"<p class="note">May be left in the cluster: {}</p>"#, left.join(", "))?;
    }
    writeln!(writer, "</header>")
}

/// What did not come out well, opened: first what was contradicted, then what was not seen.
fn failures(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let of = |verdict| report.items.iter().filter(move |item: &&PlanItem| item.outcome.verdict == verdict);
    let items: Vec<&PlanItem> = of(Verdict::Fail).chain(of(Verdict::Inconclusive)).collect();
    if items.is_empty() {
        return Ok(());
    }
    writeln!(writer, r#"<section id="failures"><h2>What did not pass</h2>"#)?;
    for item in items {
        let (verdict, check) = (item.outcome.verdict, item.check);
        writeln!(writer, r#"<article class="{}" id="failure-{}">"#, class(verdict), anchor(check.id))?;
        writeln!(
            writer,
            r#"<h3><span class="badge">{}</span> {} {}</h3>"#,
            verdict.word(),
            text(check.id),
            text(check.title)
        )?;
        writeln!(writer, "<p>{}</p>", text(&item.outcome.reason))?;
        item.outcome.broken.iter().try_for_each(|broken| contradicted(broken, writer))?;
        let said = [("Hint", item.hint()), ("Means", item.means())];
        for (word, said) in said.into_iter().filter_map(|(word, said)| Some((word, said?))) {
            writeln!(writer, "<p><b>{word}:</b> {}</p>", text(said))?;
        }
        writeln!(writer, "<details><summary>What was done and seen</summary>")?;
        observed(item, writer)?;
        writeln!(writer, "</details></article>")?;
    }
    writeln!(writer, "</section>")
}

fn contradicted(broken: &Broken, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, r#"<p class="claim">{}</p><div class="pair">"#, text(&broken.claim))?;
    for (name, shown) in [("expected", &broken.expected), ("found", &broken.found)] {
        write!(writer, r#"<div><p class="label">{name}</p><pre>"#)?;
        lines(shown, writer)?;
        writeln!(writer, "</pre></div>")?;
    }
    writeln!(writer, "</div>")?;
    let has_lines = |text: &str| text.lines().nth(1).is_some();
    if !(has_lines(&broken.expected) && has_lines(&broken.found)) {
        return Ok(());
    }
    let (expected, found) = (human::ended(clipped(&broken.expected)), human::ended(clipped(&broken.found)));
    let sides = [("expected", &expected), ("found", &found)].map(|(name, text)| Side { name, text });
    write!(writer, r#"<p class="label">difference</p><pre>"#)?;
    for line in difference(sides[0], sides[1]).lines() {
        let class = match line.as_bytes().first() {
            Some(b'-') => "del",
            Some(b'+') => "ins",
            _ => "same",
        };
        writeln!(writer, r#"<span class="{class}">{}</span>"#, text(line))?;
    }
    writeln!(writer, "</pre>")
}

/// A check in its section, folded.
fn check(item: &PlanItem, writer: &mut dyn Write) -> io::Result<()> {
    let (check, outcome) = (item.check, &item.outcome);
    let verdict = outcome.verdict;
    writeln!(writer, r#"<details class="check {}" id="check-{}">"#, class(verdict), anchor(check.id))?;
    write!(
        writer,
        r#"<summary><span class="id">{}</span><span class="badge">{}</span>"#,
        text(check.id),
        verdict.word()
    )?;
    write!(writer, r#"<span class="title">{}</span>"#, text(check.title))?;
    write!(writer, "<time>{:.1} s</time>", item.seconds())?;
    if verdict != Verdict::Pass {
        write!(writer, r#"<span class="reason">{}</span>"#, text(&outcome.reason))?;
    }
    writeln!(writer, r#"</summary><div class="body">"#)?;
    if verdict == Verdict::Pass {
        writeln!(writer, "<p>{}</p>", text(&outcome.reason))?;
    }
    writeln!(writer, "<p><b>Proves:</b> {}</p>", text(check.proves))?;
    if matches!(verdict, Verdict::Fail | Verdict::Inconclusive) {
        writeln!(writer, r##"<p><a href="#failure-{}">Why it did not pass</a></p>"##, anchor(check.id))?;
    } else {
        observed(item, writer)?;
    }
    writeln!(writer, "</div></details>")
}

/// What was done and seen, each with the seconds since the check began.
fn observed(item: &PlanItem, writer: &mut dyn Write) -> io::Result<()> {
    let remarks = &item.outcome.remarks;
    let before = remarks.len().saturating_sub(OBSERVATIONS);
    if remarks.is_empty() {
        return writeln!(writer, r#"<p class="quiet">Nothing was done.</p>"#);
    }
    writeln!(writer, r#"<ul class="observed">"#)?;
    if before > 0 {
        writeln!(writer, "<li><time>...</time><span>{before} more before</span></li>")?;
    }
    for remark in remarks.iter().skip(before) {
        let seconds = between(item.outcome.from, remark.at);
        writeln!(writer, "<li><time>{seconds:.1} s</time><span>{}</span></li>", text(clipped(&remark.text)))?;
    }
    writeln!(writer, "</ul>")
}

/// A text that may have several lines.
fn lines(shown: &str, writer: &mut dyn Write) -> io::Result<()> {
    let cut = clipped(shown);
    cut.lines().try_for_each(|line| writeln!(writer, "{}", text(line)))?;
    if cut.len() < shown.len() {
        writeln!(writer, "... and {} bytes more", shown.len() - cut.len())?;
    }
    Ok(())
}

/// The beginning of a text, at most [`SHOWN`] bytes.
fn clipped(text: &str) -> &str {
    let end = (0..=SHOWN).rev().find(|place| text.is_char_boundary(*place));
    if text.len() <= SHOWN { text } else { end.and_then(|end| text.get(..end)).unwrap_or_default() }
}

/// The class of a verdict.
fn class(verdict: Verdict) -> String {
    format!("v-{}", verdict.word().to_ascii_lowercase())
}

/// An id as part of an address within the page.
fn anchor(id: &str) -> String {
    id.chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '.' { character } else { '-' })
        .collect()
}

/// Text of an element or an attribute, on one line: nothing in it is markup, and what XML cannot hold shows as an escape.
fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in plain(value).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            other => escaped.push(other),
        }
    }
    // Nor is a line of the page's source a command, should a CI job print it.
    escaped.replace("::", ":&#58;").replace("##[", "#&#35;[")
}
