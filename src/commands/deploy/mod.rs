//! `deploy`: builds an object from flags or a file, checks it, pins its image, applies it and waits.

mod again;
mod apply;
mod args;
mod doomed;
mod finish;
mod fit;
mod interrupt;
mod preflight;
mod send;
mod wait;

pub use args::{ApplyArgs, ApplySettings, DeployArgs, DeploySettings, DryRun, Preflight};

use super::authored;
use super::connection::connect;
use super::inputs::{SourceObject, ours};
use super::output::{ObjectFormat, format_objects};
use super::planned::{self, Plan, Planned};
use super::second;
use super::verdict;
use crate::core::recipe::fit::Demand;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::ui::{Note, Ui};
use interrupt::{Stage, or_interrupted};
use serde_json::Value;

/// Runs `deploy`.
///
/// # Errors
/// Whatever stops it: unreadable input, a verdict of no, a registry or cluster that does not answer, a wait that cannot succeed.
pub fn run(settings: DeploySettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let DeploySettings { input, apply } = settings;
    let namespace = apply.globals.namespace(world)?;
    let provider_by_flag = input.members.provider.is_some();
    let objects = authored::load(input, apply.image_choice(), &namespace, ui)?;
    run_authored(ours(objects, ui)?, &apply, Asked { demand: None, provider_by_flag }, world, ui)
}

/// What a verb does to objects that it made itself: as `deploy` does to those of a file.
///
/// With a `demand` the cluster's nodes are checked first, with a warning for what does not fit.
///
/// # Errors
/// As [`run`].
pub fn run_objects(
    mut objects: Vec<SourceObject>,
    settings: &ApplySettings,
    demand: Option<&Demand>,
    world: &World,
    ui: &mut Ui,
) -> Result<Exit> {
    authored::choose_images(&mut objects, settings.image_choice(), ui);
    run_authored(objects, settings, Asked { demand, provider_by_flag: false }, world, ui)
}

/// What is known of the objects from the command line alone.
#[derive(Clone, Copy)]
struct Asked<'a> {
    /// What they need of the nodes.
    demand: Option<&'a Demand>,
    /// Whether a flag names the provider.
    provider_by_flag: bool,
}

/// Check, pin, check what was pinned, then print it or apply it and wait.
fn run_authored(
    objects: Vec<SourceObject>,
    settings: &ApplySettings,
    asked: Asked<'_>,
    world: &World,
    ui: &mut Ui,
) -> Result<Exit> {
    let client_only = settings.dry_run == DryRun::Client;
    if !client_only {
        planned::refuse_everywhere(&objects, settings.release, ui)?;
    }
    let stage = Stage::default();
    block_on(or_interrupted(&stage, async {
        if client_only {
            let plan = planned::without_cluster(objects, settings.intent(), world, ui).await?;
            say_verdicts(&plan, ui);
            doomed::refuse(&plan, settings, asked.provider_by_flag)?;
            let format = settings.output.as_ref().unwrap_or(&ObjectFormat::Yaml);
            print(plan.objects.iter().map(|planned| &planned.object.value), format, ui)?;
            return Ok(Exit::Success);
        }
        to_cluster(objects, settings, asked, &stage, world, ui).await
    }))
}

async fn to_cluster(
    objects: Vec<SourceObject>,
    settings: &ApplySettings,
    asked: Asked<'_>,
    stage: &Stage,
    world: &World,
    ui: &mut Ui,
) -> Result<Exit> {
    let cluster = connect(&settings.globals, world).await?;
    let plan = planned::in_cluster(&cluster, objects, settings.intent(), world, ui).await?;
    say_verdicts(&plan, ui);
    doomed::refuse(&plan, settings, asked.provider_by_flag)?;
    if let Some(demand) = asked.demand.filter(|_| settings.preflight != Preflight::Off) {
        fit::say(&cluster, demand, ui).await;
    }
    // A recipe knows better what its pods need of the nodes.
    let nodes = asked.demand.is_none();
    if let Some(exit) = preflight::run(&cluster, &plan, settings, nodes, world, ui).await? {
        return Ok(exit);
    }
    second::say(&plan, settings.globals.context.as_deref(), ui);
    let (mut written, mut failure) = send::all(&cluster, &plan, settings, stage, ui).await;
    if failure.is_none() && settings.wait && settings.dry_run == DryRun::None {
        failure = wait::all(&cluster, &mut written, &plan.pins, settings, world, ui).await.err();
    }
    // Also after a failure: what is stored is stored.
    if let Some(format) = settings.output.as_ref().filter(|_| failure.is_none() || !written.is_empty()) {
        let shown: Vec<Value> = written.iter().map(|one| finish::shown(&one.stored, format)).collect();
        print(shown.iter(), format, ui)?;
    }
    if let Some(error) = failure {
        return Err(error);
    }
    again::say(&plan, settings, ui);
    Ok(Exit::Success)
}

fn print<'a>(objects: impl Iterator<Item = &'a Value>, format: &ObjectFormat, ui: &mut Ui) -> Result<()> {
    let objects: Vec<&Value> = objects.collect();
    ui.data(&format_objects(&objects, format)?)
}

/// Says what the server will warn about, what will fail later, what will be chosen, and who will not serve it soon.
fn say_verdicts(plan: &Plan, ui: &mut Ui) {
    let mut notes = Vec::new();
    for Planned { object, verdict, .. } in &plan.objects {
        notes.extend(verdict::advice(verdict, object));
        notes.extend(verdict::chosen(verdict));
        let unwell = verdict.foresight.iter().flat_map(|foresight| &foresight.unwell);
        notes.extend(unwell.map(|line| Note::Warning(line.clone())));
    }
    verdict::grouped(notes).iter().for_each(|note| ui.say(note));
}
