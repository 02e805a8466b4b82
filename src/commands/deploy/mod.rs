//! `deploy`: flags and/or a file become one object that is defaulted, judged, pinned, applied, and waited for.

mod apply;
mod args;
mod finish;
mod fit;
mod interrupt;
mod wait;

pub use args::{ApplyArgs, ApplySettings, DeployArgs, DeploySettings, DryRun};

use super::connection::connect;
use super::images;
use super::inputs::{Inputs, SourceObject};
use super::output::{ObjectFormat, format_objects};
use super::verdict::{Rules, Verdict};
use crate::core::recipe::fit::Demand;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::ui::Ui;
use apply::{Applied, Plan};
use interrupt::{Stage, or_interrupted};
use serde_json::Value;

/// Runs `deploy`.
///
/// # Errors
/// Whatever stops it: unreadable input, a verdict of no, a registry or cluster that does not answer, a wait that cannot succeed.
pub fn run(settings: DeploySettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let DeploySettings { input, apply } = settings;
    let namespace = apply.globals.namespace(world)?;
    let objects = model_deployments(Inputs::load(input, &namespace, ui)?, ui)?;
    run_objects(objects, &apply, None, world, ui)
}

/// What a verb does to objects once it has them, whatever it made them from: judge, pin, apply, wait.
///
/// With a `demand` the cluster's nodes are looked at first, and what would not fit is said.
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
    for object in &mut objects {
        images::choose_default(object, &settings.images, settings.release, ui);
    }
    judge_offline(&objects, settings, ui)?;
    let stage = Stage::default();
    block_on(or_interrupted(&stage, async {
        match settings.dry_run {
            DryRun::Client => {
                images::pin_all(&mut objects, &settings.images, world, ui).await?;
                print_manifests(&objects, settings, ui)
            }
            DryRun::Server | DryRun::None => to_cluster(objects, settings, demand, &stage, world, ui).await,
        }
    }))
}

/// The ModelDeployments of the input; others are named and left out.
fn model_deployments(inputs: Inputs, ui: &mut Ui) -> Result<Vec<SourceObject>> {
    let (ours, others): (Vec<_>, Vec<_>) =
        inputs.objects.into_iter().partition(SourceObject::is_model_deployment);
    for other in &others {
        let kind = other.value.get("kind").and_then(Value::as_str).unwrap_or_default();
        ui.status(&format!("skipped: {kind} {} of {} is no ModelDeployment", other.name(), other.source));
    }
    if ours.is_empty() {
        return Err(Error::new(Exit::Inconclusive, "the input holds no ModelDeployment"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for object in &ours {
        if !seen.insert((object.namespace().to_owned(), object.name().to_owned())) {
            return Err(Error::verdict(format!("{} is in the input twice", object.name())));
        }
    }
    Ok(ours)
}

/// The verdict before anything is sent, against the providers that AI Runway registers.
///
/// A provider that only the cluster knows is judged again with the cluster's own list, so a denial for that reason alone is put off.
fn judge_offline(objects: &[SourceObject], settings: &ApplySettings, ui: &mut Ui) -> Result<()> {
    let rules = Rules::offline(settings.release);
    let client_only = settings.dry_run == DryRun::Client;
    let mut refused = Vec::new();
    for object in objects {
        let verdict = rules.judge(object, None);
        if verdict.refused() && (client_only || !only_about_the_provider(&verdict)) {
            verdict.print_denial(object, ui);
            refused.push(object);
        } else if client_only {
            verdict.print_advice(object, ui);
            verdict.print_selection(object, ui);
        }
    }
    refuse(&refused)
}

fn only_about_the_provider(verdict: &Verdict) -> bool {
    verdict.errors().next().is_some() && verdict.errors().all(|finding| finding.rule.starts_with("provider-"))
}

fn refuse(refused: &[&SourceObject]) -> Result<()> {
    match refused {
        [] => Ok(()),
        [one] => {
            Err(Error::verdict(format!("ModelDeployment {} would be refused, nothing was sent", one.name())))
        }
        many => {
            Err(Error::verdict(format!("{} ModelDeployments would be refused, nothing was sent", many.len())))
        }
    }
}

fn print_manifests(objects: &[SourceObject], settings: &ApplySettings, ui: &mut Ui) -> Result<Exit> {
    let values: Vec<Value> = objects.iter().map(|object| object.value.clone()).collect();
    let format = settings.output.clone().unwrap_or(ObjectFormat::Yaml);
    ui.data(&format_objects(&values, &format)?)?;
    Ok(Exit::Success)
}

async fn to_cluster(
    mut objects: Vec<SourceObject>,
    settings: &ApplySettings,
    demand: Option<&Demand>,
    stage: &Stage,
    world: &World,
    ui: &mut Ui,
) -> Result<Exit> {
    let cluster = connect(&settings.globals, world).await?;
    let plan = Plan::read(&cluster, &objects, settings).await?;
    plan.judge(&objects, settings, ui)?;
    if let Some(demand) = demand {
        fit::say(&cluster, demand, ui).await;
    }
    let pins = images::pin_all_for(&mut objects, &settings.images, Some(&cluster), world, ui).await?;
    let mut finished = Vec::new();
    let mut applied = Vec::new();
    for object in &objects {
        applied.push(apply::apply(&cluster, &plan, object, settings, stage, ui).await?);
    }
    let waits = settings.wait && settings.dry_run == DryRun::None;
    for Applied { object, .. } in applied {
        if waits {
            stage.waiting_for(&object);
            let object = wait::until_running(&cluster, object, &pins, settings, world, ui).await?;
            finish::say(&object, settings, ui)?;
            finished.push(object);
        } else {
            finished.push(object);
        }
    }
    if let Some(format) = &settings.output {
        ui.data(&format_objects(&finished, format)?)?;
    }
    Ok(Exit::Success)
}
