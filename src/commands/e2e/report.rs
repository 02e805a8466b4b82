//! The end of a run: its reports and its exit code.

use super::runner::Known;
use super::settings::RunSettings;
use super::story::Story;
use crate::core::plan::{Group, Verdict, checks};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::io::plan::bundle as io;
use crate::io::replace;
use crate::report::plan::bundle::{self, BundleFile};
use crate::report::plan::{self, Format, PlanItem, PlanReport, RunInfo, github, human};
use crate::ui::Ui;
use jiff::Timestamp;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;

/// How many letters of an id are random.
const RANDOM: u32 = 3;
/// What they are made of.
const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// An id for a run that begins now: `e2e-1129-153012-k3f`.
pub(super) fn run_id(now: Timestamp) -> String {
    // The standard library seeds each from the operating system.
    let mut number = RandomState::new().build_hasher().finish();
    let mut random = String::new();
    for _ in 0..RANDOM {
        let index = usize::try_from(number % 36).unwrap_or_default();
        random.extend(LETTERS.get(index).map(|letter| char::from(*letter)));
        number /= 36;
    }
    format!("{}-{random}", now.strftime("e2e-%m%d-%H%M%S"))
}

/// Writes what came of a run.
///
/// # Errors
/// A file or stdout that cannot be written.
pub(super) fn finish(info: RunInfo, known: Known, story: &Story<'_>, ui: &mut Ui) -> Result<Exit> {
    let interrupted = info.interrupted;
    let RunSettings { reports, bundle, .. } = story.settings;
    if let Some(directory) = bundle {
        evidence(directory, &known, ui)?;
    }
    let report = PlanReport { run: info, items: in_order(known) };
    ui.data_with(|writer| match story.format {
        // The lines were shown as the checks ended.
        Format::Human => human::write(&report, writer),
        format => plan::write(&report, format, writer),
    })?;
    for (format, path) in reports {
        let mut bytes = Vec::new();
        let written = plan::write(&report, *format, &mut bytes);
        written.map_err(|error| {
            crate::error::Error::bug("cannot write a report").caused_by(error.to_string())
        })?;
        replace::write(path, &bytes)?;
        ui.status(&format!("wrote {}", path.display()));
    }
    on_github(&report, story.world, ui)?;
    Ok(if interrupted { Exit::Interrupted } else { exit_of(&report.items) })
}

/// Writes what is known of the checks that did not pass, a directory each.
fn evidence(directory: &Path, known: &Known, ui: &mut Ui) -> Result<()> {
    let mut count = 0;
    for ran in &known.ran {
        let Some(evidence) = &ran.kept.evidence else { continue };
        let files = bundle::files(&ran.item, evidence, &[]);
        for BundleFile { path, bytes } in &files {
            io::write(directory, path, bytes)?;
        }
        if let Some(first) = files.first().and_then(|file| file.path.first()) {
            let path = [first.clone(), "transcript.jsonl".to_owned()];
            io::write(directory, &path, ran.kept.transcript.lines().as_bytes())?;
        }
        count += 1;
    }
    ui.status(&format!("evidence of {count} checks is in {}", directory.display()));
    Ok(())
}

/// Annotations and the summary of the step, where GitHub runs this.
fn on_github(report: &PlanReport, world: &World, ui: &mut Ui) -> Result<()> {
    if world.environment.text(github::VARIABLE) != Some("true") {
        return Ok(());
    }
    ui.commands(|writer| github::annotations(report, writer));
    if let Some(path) = world.environment.path(github::SUMMARY) {
        io::append(&path, &github::step_summary(report, io::room_in(&path)))?;
    }
    Ok(())
}

/// The items in the order of the plan.
fn in_order(known: Known) -> Vec<PlanItem> {
    let mut items: Vec<PlanItem> = known.ran.into_iter().map(|ran| ran.item).collect();
    let order: Vec<&str> = checks::all().map(|check| check.id).collect();
    items.sort_by_key(|item| order.iter().position(|id| *id == item.check.id));
    items
}

/// How the program ends: a failure outweighs what is not known, and a run that has looked at nothing is not a success.
fn exit_of(items: &[PlanItem]) -> Exit {
    let mut verdicts =
        items.iter().filter(|item| item.check.group != Group::Precondition).map(|item| item.outcome.verdict);
    let has = |wanted: Verdict| verdicts.clone().any(|verdict| verdict == wanted);
    if has(Verdict::Fail) {
        return Exit::VerdictNo;
    }
    if has(Verdict::Inconclusive) || verdicts.all(|verdict| verdict == Verdict::Skip) {
        return Exit::Inconclusive;
    }
    Exit::Success
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kubernetes::names::{is_label_text, label_value_errors};

    #[test]
    fn an_id_is_a_valid_label_and_not_the_same_twice() {
        let now: Timestamp = "2026-11-29T15:30:12Z".parse().expect("a time");
        let ids: std::collections::BTreeSet<String> = (0..20).map(|_| run_id(now)).collect();
        assert!(ids.len() > 10, "{ids:?}");
        for id in ids {
            assert!(id.starts_with("e2e-1129-153012-") && id.len() == 19, "{id}");
            assert!(label_value_errors(&id).is_empty() && is_label_text(&id), "{id}");
        }
    }
}
