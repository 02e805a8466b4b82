//! What a run would do: the checks, and with JSON every step of them.

use super::group_word;
use crate::core::plan::{Act, Check, Expected, Names, Step, When};
use crate::report::json::text_of;
use crate::report::table::table;
use serde::Serialize;
use std::io::{self, Write};

/// The layouts of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// A table: id, when, needs, title.
    Human,
    /// `kind: PlanList`, version 1, with everything about each check.
    Json,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    api_version: &'static str,
    kind: &'static str,
    checks: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    id: &'a str,
    title: &'a str,
    group: &'static str,
    when: &'static str,
    needs: &'a [&'a str],
    gpus: u32,
    disruptive: bool,
    limit_seconds: u64,
    /// Every step in words, in order.
    steps: Vec<StepWords>,
    /// Of those: what is waited for, what has to hold, what is done in the end.
    waits: Vec<String>,
    assertions: Vec<String>,
    cleanup: Vec<String>,
    proves: &'a str,
    failure: &'a str,
}

#[derive(Serialize)]
struct StepWords {
    step: String,
    lines: Vec<String>,
}

/// Writes the checks, as a run with these names would do them.
///
/// # Errors
/// Those of the writer.
pub fn write(checks: &[&Check], names: &Names, format: ListFormat, writer: &mut dyn Write) -> io::Result<()> {
    match format {
        ListFormat::Human => {
            let rows: Vec<_> = checks.iter().map(|check| row(check)).collect();
            writer.write_all(table(&["ID", "WHEN", "NEEDS", "TITLE"], &rows).as_str().as_bytes())
        }
        ListFormat::Json => {
            let checks = checks.iter().map(|check| item(check, names)).collect();
            let list = List { api_version: "cli.airunway.ai/v1", kind: "PlanList", checks };
            writer.write_all(text_of(&list)?.as_bytes())
        }
    }
}

fn row(check: &Check) -> [String; 4] {
    let when = if check.uses.disrupts { "on request" } else { when(check) };
    let needs = if check.needs.is_empty() { "-".to_owned() } else { check.needs.join(",") };
    [check.id.to_owned(), when.to_owned(), needs, check.title.to_owned()]
}

const fn when(check: &Check) -> &'static str {
    match check.uses.when {
        When::Together => "together",
        When::Alone => "alone",
        When::Last => "last",
    }
}

fn item<'a>(check: &'a Check, names: &Names) -> Item<'a> {
    let steps = (check.script)(names);
    let mut waits = Vec::new();
    let mut assertions = Vec::new();
    let mut cleanup: Vec<String> = Vec::new();
    let mut deletions: Vec<String> = Vec::new();
    for step in &steps {
        let words = step.words();
        let (first, rest) = words.split_first().map_or(("", [].as_slice()), |(first, rest)| (first, rest));
        match step {
            Step::Until { .. } => {
                waits.push(first.to_owned());
                assertions.extend(rest.iter().cloned());
            }
            Step::Do { expected: Expected::Denied(_), .. } => assertions.extend(words.iter().cloned()),
            Step::Expect(_) | Step::Absent { .. } | Step::Judge(_) => assertions.extend(rest.iter().cloned()),
            Step::Always(act) => cleanup.push(act.to_string()),
            Step::Pause(_) => waits.push(first.to_owned()),
            Step::Do { .. } | Step::Label(_) => {}
        }
        if let Step::Do {
            act: Act::Create(object, _), expected: Expected::Accepted | Expected::Any, ..
        } = step
        {
            deletions.push(Act::Delete(object.clone()).to_string());
        }
    }
    // As a case does it: what was put off last comes first, then the objects, the newest first.
    cleanup.reverse();
    cleanup.extend(deletions.into_iter().rev());
    Item {
        id: check.id,
        title: check.title,
        group: group_word(check.group),
        when: when(check),
        needs: check.needs,
        gpus: check.uses.gpus,
        disruptive: check.uses.disrupts,
        limit_seconds: check.limit.as_secs(),
        steps: steps.iter().map(words).collect(),
        waits,
        assertions,
        cleanup,
        proves: check.proves,
        failure: check.failure,
    }
}

fn words(step: &Step) -> StepWords {
    let mut lines = step.words().into_iter();
    StepWords { step: lines.next().unwrap_or_default(), lines: lines.collect() }
}
