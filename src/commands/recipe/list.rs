//! `recipe list`: the index, and the recipes behind it only where a filter needs them.

use super::ReportFormat;
use super::library::{self, RecipeSourceArgs, say_notes};
use crate::commands::completion;
use crate::commands::globals::GlobalArgs;
use crate::core::nearest::alike;
use crate::core::recipe::catalogue::{Attempt, Entry, Summary, matches};
use crate::core::recipe::document::{Index, Recipe, Row};
use crate::core::recipe::{ModelId, Request};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::io::recipes::Library;
use crate::io::runtime::block_on;
use crate::report::recipes;
use crate::ui::Ui;
use futures::StreamExt;
use std::collections::BTreeMap;

/// Recipes that are read at the same time; the client limits its requests besides.
const PARALLEL: usize = 16;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway recipe list
  kubectl airunway recipe list qwen3 --hardware h200 --gpus 2
  kubectl airunway recipe list --task embedding -o json")]
pub(super) struct ListArgs {
    /// Words to match in model id, title or publisher, ignoring case
    #[arg(value_name = "TEXT")]
    text: Vec<String>,

    /// Only models with a command for this hardware, for example h200
    #[arg(long, value_name = "ID", add = completion::recipe_hardware())]
    hardware: Option<String>,

    /// Only models for this task: text, multimodal, embedding, omni
    #[arg(long, value_name = "TASK", add = completion::recipe_tasks())]
    task: Option<String>,

    /// Only models whose command can be deployed on at most N GPUs
    #[arg(long, value_name = "N")]
    gpus: Option<u32>,

    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<ReportFormat>,

    #[command(flatten)]
    source: RecipeSourceArgs,
}

/// What a recipe must have.
struct Filter {
    hardware: Option<String>,
    task: Option<String>,
    gpus: Option<u32>,
}

impl Filter {
    fn is_any(&self) -> bool {
        self.hardware.is_some() || self.task.is_some() || self.gpus.is_some()
    }

    fn keeps(&self, summary: &Summary) -> bool {
        let has = |list: &[String], wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| list.iter().any(|own| own.eq_ignore_ascii_case(wanted)))
        };
        let few = self.gpus.is_none_or(|limit| {
            let gpus = summary.command.as_ref().and_then(Attempt::gpus);
            gpus.is_some_and(|gpus| gpus <= i64::from(limit))
        });
        has(&summary.hardware, &self.hardware) && has(&summary.tasks, &self.task) && few
    }
}

pub(super) fn run(args: ListArgs, globals: &GlobalArgs, world: &World, ui: &mut Ui) -> Result<Exit> {
    let ListArgs { text, hardware, task, gpus, output, source } = args;
    let words: Vec<String> =
        text.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
    let filter = Filter { hardware, task, gpus };
    let library = library::open(&source, globals, world)?;
    let listed = block_on(entries(&library, &words, &filter, ui));
    say_notes(&library, ui);
    let entries = listed?;
    ui.data(&match output {
        Some(ReportFormat::Json) => recipes::list_json(&library.base(), &entries)?,
        None => recipes::list_text(&entries, ui.width()),
    })?;
    if entries.is_empty() {
        ui.status("no recipe matches");
        let near = if filter.is_any() { None } else { block_on(library.index())? };
        let near = near.map(|index| similar(&index, &words)).unwrap_or_default();
        if !near.is_empty() {
            ui.status(&format!("recipes with a similar name: {}", near.join(", ")));
        }
        return Ok(Exit::Inconclusive);
    }
    Ok(Exit::Success)
}

/// The ids most like what was searched, by their last part where the search names no publisher.
fn similar(index: &Index, words: &[String]) -> Vec<String> {
    const MOST: usize = 5;
    let text = words.join("-");
    let named = |row: &Row| match row.hf_id.rsplit_once('/') {
        Some((_, name)) if !text.contains('/') => name.to_owned(),
        _ => row.hf_id.clone(),
    };
    let names: Vec<String> = index.rows().iter().map(named).collect();
    let near = alike(&text, names.iter().map(String::as_str), MOST);
    let of = |name: &str| index.rows().iter().find(|row| named(row) == name).map(|row| row.hf_id.clone());
    near.into_iter().filter_map(of).collect()
}

async fn entries(library: &Library, words: &[String], filter: &Filter, ui: &mut Ui) -> Result<Vec<Entry>> {
    let index = library.index().await?.ok_or_else(|| library.without_index())?;
    let rows = index.rows().iter().filter(|row| matches(row, words)).cloned();
    if !filter.is_any() {
        return Ok(rows.map(|row| Entry { row, summary: None }).collect());
    }
    let mut summaries = futures::stream::iter(rows)
        .map(|row| async move {
            let summary = summary(library, &row, filter).await;
            (row, summary)
        })
        .buffered(PARALLEL);
    let mut kept = Vec::new();
    let mut refused: BTreeMap<&'static str, usize> = BTreeMap::new();
    while let Some((row, summary)) = summaries.next().await {
        match summary? {
            Some(summary) if filter.keeps(&summary) => kept.push(Entry { row, summary: Some(summary) }),
            Some(Summary { command: Some(Attempt::Refused { reason, .. }), .. }) => {
                *refused.entry(reason).or_default() += 1;
            }
            Some(_) => {}
            None => ui.warning(&format!("the recipe of {} is in the index but not on the site", row.hf_id)),
        }
    }
    if !refused.is_empty() {
        let reasons: Vec<String> =
            refused.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        ui.status(&format!("left out, since their command cannot be deployed: {}", reasons.join(", ")));
    }
    Ok(kept)
}

/// Reads one recipe; `None` when the site does not have what its index names.
async fn summary(library: &Library, row: &Row, filter: &Filter) -> Result<Option<Summary>> {
    let Some(document) = library.document(&row.json, None).await? else { return Ok(None) };
    let Ok(recipe) = Recipe::of(&document) else { return Ok(None) };
    let mut summary = Summary::of(recipe);
    let without_gpus = Filter { hardware: filter.hardware.clone(), task: filter.task.clone(), gpus: None };
    if filter.gpus.is_some()
        && without_gpus.keeps(&summary)
        && let Ok(model) = ModelId::parse(&row.hf_id)
    {
        let hardware = filter.hardware.clone().or_else(|| summary.hardware.first().cloned());
        let request = Request { hardware, ..Request::new(model) };
        summary.command = Some(Attempt::of(library.resolve(&request).await?));
    }
    Ok(Some(summary))
}
