//! The reports as tables.

use crate::core::recipe::Sizes;
use crate::core::recipe::catalogue::{Attempt, Details, Entry};
use crate::core::text::Lines;
use crate::report::table::{fitted, fold};

/// Longest value that the table of `--provenance` shows whole, as a part of the width.
const VALUE_PART: usize = 4;
/// Columns from which a table of fields has three.
const THREE_COLUMNS: usize = 110;
/// Hardware that a list names; the rest is in the number before it.
const SHOWN_HARDWARE: usize = 2;
/// Blanks before the lines below a title.
const INDENT: usize = 2;

/// One member of an object and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainRow {
    /// The member.
    pub field: String,
    /// Its value.
    pub value: String,
    /// Where it comes from.
    pub from: String,
}

/// `--provenance`: a row for each member; where there is no room for three columns, two lines for each.
pub fn explain_table(rows: &[ExplainRow], width: usize) -> String {
    let value = |row: &ExplainRow| shortened(&row.value, width / VALUE_PART);
    if width >= THREE_COLUMNS {
        let cells = rows.iter().map(|row| vec![row.field.clone(), value(row), row.from.clone()]);
        return columns(&["FIELD", "VALUE", "FROM"], cells.collect(), &[], width).into_string();
    }
    let mut lines = Lines::new();
    for row in rows {
        writeln!(lines, "{}", shortened(&format!("{}: {}", row.field, row.value), width));
        writeln!(lines, "  {}", row.from);
    }
    lines.into_string()
}

/// `recipe list`: a row for each model; with what a filter made the program read.
pub fn list_text(entries: &[Entry], width: usize) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let read = entries.iter().any(|entry| entry.summary.is_some());
    let resolved = entries.iter().any(|entry| entry.summary.iter().any(|summary| summary.command.is_some()));
    let mut headings = vec!["MODEL", "TITLE", "MAKER"];
    if read {
        headings.extend(["TASKS", "PRECISION", "MEMORY", "HARDWARE"]);
    }
    if resolved {
        headings.push("GPUS");
    }
    if !read {
        headings.push("VARIANT OF");
    }
    let row = |entry: &Entry| {
        let mut cells = vec![entry.row.hf_id.clone(), entry.row.title.clone(), entry.row.provider.clone()];
        let summary = entry.summary.clone().unwrap_or_default();
        if read {
            cells.extend([
                summary.tasks.join(","),
                summary.precision.unwrap_or_default(),
                gigabytes(summary.memory_gb),
                few(&summary.hardware),
            ]);
        }
        if resolved {
            cells.push(summary.command.as_ref().map(gpus).unwrap_or_default());
        }
        if !read {
            cells.push(entry.row.derived_from.clone().unwrap_or_default());
        }
        cells
    };
    columns(
        &headings,
        entries.iter().map(row).collect(),
        &["TITLE", "VARIANT OF", "MAKER", "PRECISION", "TASKS"],
        width,
    )
    .into_string()
}

/// How many there are, and the first of them: JSON has all.
fn few(hardware: &[String]) -> String {
    let shown = hardware.iter().take(SHOWN_HARDWARE).map(String::as_str);
    let more = (hardware.len() > SHOWN_HARDWARE).then_some("…");
    match hardware.len() {
        0 => String::new(),
        count => format!("{count}: {}", shown.chain(more).collect::<Vec<_>>().join(" ")),
    }
}

/// `recipe show`: what the recipe is, then a table of each thing that can be chosen.
pub fn show_text(details: &Details, width: usize) -> String {
    let mut lines = head(details, width);
    let mut section = |title: &str, headings: &[&str], rows: Vec<Vec<String>>, optional: &[&str]| {
        if !rows.is_empty() {
            writeln!(lines);
            writeln!(lines, "{title}");
            let table = columns(headings, rows, optional, width.saturating_sub(INDENT));
            table.iter().for_each(|line| writeln!(lines, "  {line}"));
        }
    };
    section(
        "Hardware",
        &["ID", "NAME", "NODE", "STRATEGY", "GPUS", "IMAGE", "NOTE"],
        hardware(details),
        &["NAME", "IMAGE"],
    );
    section("Variants", &["NAME", "PRECISION", "MEMORY", "MODEL", "NOTE"], variants(details), &[]);
    let shown = details.shown_hardware.as_deref().unwrap_or("the recommended hardware");
    section(
        &format!("Strategies on {shown}"),
        &["NAME", "GPUS", "PROVIDER", "NOTE"],
        strategies(details),
        &[],
    );
    section(&format!("Features on {shown}"), &["NAME", "ON", "MODES", "NOTE"], features(details), &[]);
    lines.into_string()
}

fn head(details: &Details, width: usize) -> Lines {
    let context = details.context_length.map(|tokens| format!("{tokens} tokens"));
    let tasks = (!details.tasks.is_empty()).then(|| details.tasks.join(", "));
    let facts = [
        ("model", Some(details.model.clone())),
        ("title", details.title.clone()),
        ("about", details.description.as_deref().map(one_line)),
        ("variant of", details.derived_from.clone()),
        ("tasks", tasks),
        ("parameters", details.parameters.clone()),
        ("context", context),
        ("needs vLLM", details.min_vllm_version.clone()),
        ("updated", details.updated.clone()),
        ("recipe", Some(details.source.clone())),
    ];
    let known = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let mut lines = Lines::new();
    for (name, value) in known {
        for (index, line) in
            fold(&format!("{name}: {value}"), width.saturating_sub(INDENT)).iter().enumerate()
        {
            let indent = if index == 0 { "" } else { "  " };
            writeln!(lines, "{indent}{line}");
        }
    }
    lines
}

fn hardware(details: &Details) -> Vec<Vec<String>> {
    let row = |hardware: &crate::core::recipe::catalogue::Hardware| {
        let node = match (hardware.node_gpus, hardware.node_memory_gb) {
            (Some(gpus), Some(memory)) => format!("{gpus} x {:.0} GB", memory / gpus as f64),
            _ => String::new(),
        };
        let recommended = details.default_hardware.as_deref() == Some(&hardware.id);
        let notes = [recommended.then(|| "recommended".to_owned()), hardware.status.clone()];
        let mut notes: Vec<String> = notes.into_iter().flatten().collect();
        let (strategy, image) = match &hardware.command {
            Some(Attempt::Deployable { strategy, image, .. }) => (strategy.clone(), image.clone()),
            Some(Attempt::Refused { reason, .. }) => {
                notes.push(format!("cannot be deployed: {reason}"));
                (String::new(), String::new())
            }
            None => (String::new(), String::new()),
        };
        let gpus = hardware.command.as_ref().map(gpus).unwrap_or_default();
        let name = hardware.name.clone().unwrap_or_default();
        vec![hardware.id.clone(), name, node, strategy, gpus, image, notes.join(", ")]
    };
    details.hardware.iter().map(row).collect()
}

fn variants(details: &Details) -> Vec<Vec<String>> {
    let row = |variant: &crate::core::recipe::catalogue::VariantDetails| {
        vec![
            variant.name.clone(),
            variant.precision.clone().unwrap_or_default(),
            gigabytes(variant.memory_gb),
            variant.model.clone().unwrap_or_default(),
            variant.description.clone().unwrap_or_default(),
        ]
    };
    details.variants.iter().map(row).collect()
}

fn strategies(details: &Details) -> Vec<Vec<String>> {
    let row = |strategy: &crate::core::recipe::catalogue::StrategyDetails| {
        let mut notes = Vec::new();
        if strategy.recommended {
            notes.push("recommended".to_owned());
        }
        let provider = match &strategy.command {
            Attempt::Deployable { provider, .. } => provider.clone(),
            Attempt::Refused { reason, .. } => {
                notes.push(format!("cannot be deployed: {reason}"));
                String::new()
            }
        };
        vec![strategy.name.clone(), gpus(&strategy.command), provider, notes.join(", ")]
    };
    details.strategies.iter().map(row).collect()
}

fn features(details: &Details) -> Vec<Vec<String>> {
    let row = |feature: &crate::core::recipe::catalogue::FeatureDetails| {
        let on = if feature.on { "yes" } else { "no" };
        vec![
            feature.name.clone(),
            on.to_owned(),
            feature.modes.join(","),
            feature.description.clone().unwrap_or_default(),
        ]
    };
    details.features.iter().map(row).collect()
}

fn gpus(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Refused { .. } => "-".to_owned(),
        Attempt::Deployable { sizes: Sizes::Aggregated(pod), .. } => pod.gpus.to_string(),
        Attempt::Deployable { sizes: Sizes::Disaggregated { prefill, decode }, .. } => {
            format!("{}x{} + {}x{}", prefill.replicas, prefill.gpus, decode.replicas, decode.gpus)
        }
    }
}

fn gigabytes(memory: Option<f64>) -> String {
    memory.map(|memory| format!("{memory:.0} GB")).unwrap_or_default()
}

fn shortened(value: &str, most: usize) -> String {
    if value.chars().count() <= most {
        return value.to_owned();
    }
    value.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A table without the columns that say nothing, nor those of `optional` for which there is no room.
fn columns(headings: &[&str], rows: Vec<Vec<String>>, optional: &[&str], width: usize) -> Lines {
    let used: Vec<usize> = (0..headings.len())
        .filter(|column| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty())))
        .collect();
    let headings: Vec<&str> = used.iter().filter_map(|column| headings.get(*column).copied()).collect();
    let kept = |row: Vec<String>| used.iter().filter_map(|column| row.get(*column).cloned()).collect();
    let rows: Vec<Vec<String>> = rows.into_iter().map(kept).collect();
    fitted(&headings, &rows, optional, width)
}
