//! A table, then the reason of each verdict, then what else is known.

use super::{BinaryEvidence, Evidence, Origin, VersionItem, VersionReport, summary, words};
use crate::core::image::Digest;
use crate::core::kind::model_deployment::release::Release;
use crate::core::shim::cluster::{Seen, Workload};
use crate::core::shim::installation::Installation;
use crate::core::shim::{BinaryReport, Effect, Found, Module, Verdict};
use crate::core::text::Lines;
use crate::report::table::table;
use std::io::{self, Write};

pub(super) fn write(report: &VersionReport, writer: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new();
    if !report.items.is_empty() {
        writer.write_all(overview(&report.items).as_str().as_bytes())?;
        writeln!(lines);
    }
    for item in &report.items {
        reason(item, &mut lines);
    }
    for item in &report.items {
        if let Evidence::Binary(evidence) = &item.evidence {
            writeln!(lines);
            binary(evidence, &mut lines);
        }
    }
    if let Some(installation) = &report.installation {
        writeln!(lines);
        installed(installation, &mut lines);
    }
    if report.items.len() > 1 {
        writeln!(lines);
        writeln!(lines, "{}", summary(&report.items));
    }
    writer.write_all(lines.as_str().as_bytes())
}

fn overview(items: &[VersionItem]) -> Lines {
    let row = |item: &VersionItem| {
        let heartbeat = match &item.evidence {
            Evidence::Cluster(evidence) => evidence.heartbeat_age.map(|age| format!("{age}s ago")),
            Evidence::Binary(_) => None,
        };
        let shown = |text: Option<&str>| text.filter(|text| !text.is_empty()).unwrap_or("-").to_owned();
        [
            shown(item.provider.as_deref()),
            shown(item.reported.as_deref()),
            shown(Some(item.subject())),
            shown(item.digest().map(|digest| short(&digest)).as_deref()),
            shown(heartbeat.as_deref()),
            words(item.verdict).to_owned(),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    table(&["PROVIDER", "REPORTED", "IMAGE OR FILE", "DIGEST", "HEARTBEAT", "VERDICT"], &rows)
}

fn reason(item: &VersionItem, lines: &mut Lines) {
    writeln!(lines, "{}: {}", item.label(), item.reason);
    for note in &item.notes {
        writeln!(lines, "  note: {note}");
    }
    for hint in item.hints.iter().filter(|_| item.verdict != Verdict::Yes) {
        writeln!(lines, "  hint: {hint}");
    }
}

/// What a binary holds, for a person who wants to see it.
fn binary(evidence: &BinaryEvidence, lines: &mut Lines) {
    if let Origin::Image(image) = &evidence.origin {
        let mut line = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                writeln!(lines, "{name:<10}{value}");
            }
        };
        line("image", Some(image.name.clone()));
        line("digest", image.digest.as_ref().map(ToString::to_string));
        line("platform", image.platform.as_ref().map(ToString::to_string));
        line("program", image.program.clone());
        line("layer", image.layer.map(|layer| format!("{} of {}", layer + 1, image.layers)));
    }
    if let Some(report) = &evidence.report {
        record(report, lines);
    }
    for check in &evidence.checks {
        writeln!(lines, "check     {:<4}{:<16}{}", check.id, words(check.verdict), check.text);
    }
}

fn record(report: &BinaryReport, lines: &mut Lines) {
    let stripped = if report.stripped { ", without symbols" } else { "" };
    let trimmed = if report.trimpath { ", -trimpath" } else { "" };
    writeln!(
        lines,
        "built     {} for {} {}{stripped}{trimmed}",
        report.go_version, report.arch, report.format
    );
    if let Some(path) = &report.path {
        writeln!(lines, "package   {path}");
    }
    if let Some(main) = &report.main {
        writeln!(lines, "main      {}", module(main));
    }
    for dependency in &report.deps {
        writeln!(lines, "module    {}", module(dependency));
    }
    for (key, value) in &report.settings {
        writeln!(lines, "setting   {key}={value}");
    }
    for variable in report.ldflags.iter().flatten() {
        let overridden = if variable.overridden { " (overridden by a later one)" } else { "" };
        writeln!(lines, "linker    -X {}={}{overridden}", variable.symbol, variable.value);
    }
    for found in &report.effects {
        writeln!(lines, "in effect {}", effect(found));
    }
}

fn effect(effect: &Effect) -> String {
    let value = effect.value.as_deref().map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"));
    let how = match &effect.how {
        Found::SymbolTable => "by the symbol table".to_owned(),
        Found::DataReachable => "by the data".to_owned(),
        Found::NotFound(missing) => missing.to_string(),
    };
    format!("{} = {value} ({how})", effect.symbol)
}

fn module(module: &Module) -> String {
    let mut text = format!("{} {}", module.path, module.version);
    if let Some(replace) = &module.replace {
        text.push_str(&format!(" => {} {}", replace.path, replace.version));
    }
    text.trim_end().to_owned()
}

/// Which AI Runway this is.
fn installed(installation: &Installation, lines: &mut Lines) {
    for (name, seen) in [("controller", &installation.controller), ("dashboard", &installation.dashboard)] {
        match seen {
            Seen::Hidden(why) => writeln!(lines, "{name}: {why}"),
            Seen::Known(found) if found.is_empty() => writeln!(lines, "{name}: not installed"),
            Seen::Known(found) => {
                for workload in found {
                    writeln!(lines, "{name}: {}", line(workload));
                }
            }
        }
    }
    let releases = installation.releases();
    let newest = Release::newest().name;
    let hidden = installation.definitions.iter().find_map(|definition| match &definition.hash {
        Seen::Hidden(why) => Some(format!("{} not compared: {why}", definition.name)),
        Seen::Known(_) => None,
    });
    let definitions = match (hidden, releases.as_slice()) {
        (Some(hidden), _) => hidden,
        (None, []) => format!("of no AI Runway release known here (checking by {newest})"),
        (None, releases) => {
            format!("those of AI Runway {} (checking by {newest})", releases.join(", "))
        }
    };
    writeln!(lines, "CRDs: {definitions}");
}

fn line(workload: &Workload) -> String {
    let image = workload.image.as_deref().unwrap_or("no image");
    let mut digests: Vec<String> = workload
        .pods
        .known()
        .into_iter()
        .flatten()
        .filter(|pod| pod.running)
        .filter_map(|pod| Some(short(&pod.digest()?)))
        .collect();
    digests.sort();
    digests.dedup();
    let digests =
        if digests.is_empty() { String::new() } else { format!(", runs {}", digests.join(" and ")) };
    let rollout =
        workload.rollout.as_ref().map(|why| format!(", rollout in progress: {why}")).unwrap_or_default();
    format!("{}/{} {image}{digests}{rollout}", workload.namespace, workload.name)
}

/// The beginning of a digest, enough to tell it from others.
fn short(digest: &Digest) -> String {
    format!("{}:{}", digest.algorithm(), digest.digits().get(..12).unwrap_or_default())
}
