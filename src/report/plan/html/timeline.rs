//! The run as a picture: a bar a check by its start and length, on an axis in seconds.
//!
//! Places and widths are percentages and the rest is pixels, so that the picture follows the page's width and its letters stay
//! as large as they are. A verdict has a color, a pattern and its word: none of them alone carries it.

use super::{anchor, class, text};
use crate::core::plan::{Group, Verdict};
use crate::report::plan::{PlanItem, PlanReport, between};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

/// Pixels for the axis.
const TOP: usize = 26;
/// Pixels of a row.
const ROW: usize = 24;
/// Pixels of a bar.
const BAR: usize = 14;
/// Most steps of the axis: their labels fit on 400 pixels.
const STEPS: f64 = 5.0;
/// Pixels of a letter of a label, rather too many.
const LETTER: f64 = 7.5;
/// Pixels of the picture on a page of 400.
const NARROW: f64 = 340.0;

/// Writes the section.
pub(super) fn write(report: &PlanReport, writer: &mut dyn Write) -> io::Result<()> {
    let (mut drawn, left_out): (Vec<&PlanItem>, Vec<&PlanItem>) =
        report.items.iter().partition(|item| item.outcome.verdict != Verdict::Skip || item.seconds() > 0.0);
    // Preconditions first, then as they began.
    drawn.sort_by_key(|item| (item.check.group != Group::Precondition, item.outcome.from));
    if drawn.is_empty() {
        return Ok(());
    }
    let ends = drawn.iter().map(|item| between(report.run.from, item.outcome.to));
    let length = ends.fold(between(report.run.from, report.run.to), f64::max).max(0.001);
    writeln!(writer, r#"<section id="timeline"><h2>Timeline</h2><div class="picture">"#)?;
    let height = TOP + drawn.len() * ROW;
    writeln!(
        writer,
        r#"<svg role="img" aria-labelledby="timeline-title timeline-desc" width="100%" height="{height}">"#
    )?;
    writeln!(writer, r#"<title id="timeline-title">When each check ran</title>"#)?;
    writeln!(
        writer,
        r#"<desc id="timeline-desc">{} bars over {length:.1} seconds, preconditions first, then in the order of their start. The sections below name each verdict and time.</desc>"#,
        drawn.len()
    )?;
    patterns(writer)?;
    axis(length, height, writer)?;
    for (row, item) in drawn.iter().enumerate() {
        let from = between(report.run.from, item.outcome.from) / length * 100.0;
        bar(item, row, from, item.seconds() / length * 100.0, writer)?;
    }
    writeln!(writer, "</svg>")?;
    legend(&drawn, writer)?;
    if !left_out.is_empty() {
        let ids: Vec<String> = left_out.iter().map(|item| text(item.check.id)).collect();
        writeln!(writer, r#"<p class="quiet">Skipped: {}</p>"#, ids.join(", "))?;
    }
    writeln!(writer, "</div></section>")
}

fn bar(item: &PlanItem, row: usize, from: f64, width: f64, writer: &mut dyn Write) -> io::Result<()> {
    let verdict = item.outcome.verdict;
    let (id, class, word) = (text(item.check.id), class(verdict), verdict.word());
    let (y, seconds) = (TOP + row * ROW + (ROW - BAR) / 2, item.seconds());
    writeln!(
        writer,
        r##"<a href="#check-{}"><g class="bar {class}" data-check="{id}">"##,
        anchor(item.check.id)
    )?;
    writeln!(writer, "<title>{id} {word}, {seconds:.1} s: {}</title>", text(item.check.title))?;
    writeln!(
        writer,
        r#"<rect class="run" x="{from:.3}%" y="{y}" width="{width:.3}%" height="{BAR}" rx="2" fill="url(#fill-{class})"/>"#
    )?;
    let label = format!("{} {word}", item.check.id);
    let pixels = label.width() as f64 * LETTER + 6.0;
    let (end, room) = (from + width, pixels / NARROW * 100.0);
    // Behind the bar, before it, or on it: a bar that leaves no room on either side is longer than its label.
    let (x, dx, anchor) = match () {
        () if end + room <= 100.0 => (end, 6, "start"),
        () if from >= room => (from, -6, "end"),
        () => (from, 6, "start"),
    };
    if end + room > 100.0 && from < room {
        writeln!(
            writer,
            r#"<svg x="{from:.3}%" y="{y}" width="{pixels:.0}" height="{BAR}"><rect class="plate" x="3" y="1.5" width="{:.0}" height="11" rx="2"/></svg>"#,
            pixels - 3.0
        )?;
    }
    writeln!(
        writer,
        r#"<text x="{x:.3}%" dx="{dx}" y="{}" text-anchor="{anchor}">{id} {word}</text></g></a>"#,
        y + BAR - 3
    )
}

/// A line for each step, and its seconds above it.
fn axis(length: f64, height: usize, writer: &mut dyn Write) -> io::Result<()> {
    let step = step(length);
    let decimals = if step < 1.0 { (-step.log10()).ceil().max(0.0) } else { 0.0 };
    // Of a number between 0 and 3; a step is at least 0.001.
    let decimals = format!("{decimals:.0}").parse::<usize>().unwrap_or_default();
    writeln!(writer, r#"<g class="axis">"#)?;
    let mut number = 0_u32;
    loop {
        let at = f64::from(number) * step;
        if at > length {
            break;
        }
        let x = at / length * 100.0;
        let anchor = match number {
            0 => "start",
            _ if x > 92.0 => "end",
            _ => "middle",
        };
        writeln!(writer, r#"<line x1="{x:.3}%" x2="{x:.3}%" y1="18" y2="{height}"/>"#)?;
        writeln!(writer, r#"<text x="{x:.3}%" y="12" text-anchor="{anchor}">{at:.decimals$} s</text>"#)?;
        number += 1;
    }
    writeln!(writer, "</g>")
}

/// The seconds between two lines: 1, 2 or 5 times a power of ten, such that there are few enough of them.
fn step(length: f64) -> f64 {
    let least = length / STEPS;
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= least)
        .unwrap_or(least)
}

/// What fills the bars of a verdict.
fn patterns(writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "<defs>")?;
    for verdict in Verdict::ALL {
        let class = class(verdict);
        let strokes = match verdict {
            Verdict::Pass => r#"<rect width="8" height="8" opacity=".55" stroke="none"/>"#,
            Verdict::Fixed => r#"<circle cx="4" cy="4" r="1.6" stroke="none"/>"#,
            Verdict::KnownFinding => {
                r#"<path d="M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6" stroke-width="1.4" fill="none"/>"#
            }
            Verdict::Skip => r#"<path d="M0 4 H3" stroke-width="1" fill="none"/>"#,
            Verdict::Inconclusive => r#"<path d="M0 0 L8 8 M8 0 L0 8" stroke-width="1" fill="none"/>"#,
            Verdict::Fail => r#"<rect width="8" height="8" stroke="none"/>"#,
        };
        writeln!(
            writer,
            r#"<pattern id="fill-{class}" class="{class}" width="8" height="8" patternUnits="userSpaceOnUse"><g class="ink">{strokes}</g></pattern>"#
        )?;
    }
    writeln!(writer, "</defs>")
}

fn legend(drawn: &[&PlanItem], writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, r#"<ul class="legend">"#)?;
    for verdict in Verdict::ALL {
        if drawn.iter().any(|item| item.outcome.verdict == verdict) {
            let class = class(verdict);
            writeln!(
                writer,
                r#"<li class="{class}"><svg width="28" height="14" aria-hidden="true"><rect x="1" y="1" width="26" height="12" rx="2" fill="url(#fill-{class})"/></svg>{}</li>"#,
                verdict.word()
            )?;
        }
    }
    writeln!(writer, "</ul>")
}
