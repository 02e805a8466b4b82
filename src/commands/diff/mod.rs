//! `diff`: what a deploy would change in the cluster, in the object and in its children.

mod clean;

use super::authored::{self, ImageChoice};
use super::globals::GlobalArgs;
use super::images::ImageSettings;
use super::inputs::{ImageArgs, InputArgs, InputSettings, OperatorArgs, ReleaseArgs, ours};
use super::output::qualified_name;
use super::planned::{self, Intent, Planned, Recreate};
use super::verdict;
use crate::core::api_server;
use crate::core::kind::judge::{Child, Children};
use crate::core::kind::model_deployment::release::Release;
use crate::core::kind::operator::OperatorValues;
use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::kubernetes::preview::{Write, dropped};
use crate::core::verdict::Rules;
use crate::core::yaml;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::{ApplyOptions, Cluster, ClusterError};
use crate::io::runtime::block_on;
use crate::report::difference::{self, Side};
use crate::ui::Ui;
use clean::cleaned;
use serde_json::Value;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway diff -f model.yaml
  kubectl airunway diff Qwen/Qwen3-0.6B --provider vllm --gpus 2

Compares the object and its child objects with the cluster.

Exit codes, as kubectl diff: 0 no difference, 1 differences, 2 and above an error")]
pub struct DiffArgs {
    #[command(flatten)]
    pub input: InputArgs,

    #[command(flatten)]
    pub images: ImageArgs,

    #[command(flatten)]
    pub release: ReleaseArgs,

    #[command(flatten)]
    pub operators: OperatorArgs,
}

/// Parsed flags of `diff`.
#[derive(Debug)]
pub struct DiffSettings {
    globals: GlobalArgs,
    input: InputSettings,
    images: ImageSettings,
    release: &'static Release,
    operators: OperatorValues,
}

impl DiffSettings {
    pub fn resolve(args: DiffArgs, globals: GlobalArgs) -> Result<DiffSettings> {
        let DiffArgs { input, images, release, operators } = args;
        Ok(DiffSettings {
            globals,
            input: InputSettings::resolve(input, "diff")?,
            images: ImageSettings::resolve(images, true)?,
            release: release.resolve()?,
            operators: operators.resolve()?,
        })
    }
}

/// Runs `diff`.
///
/// # Errors
/// Whatever stops it; an ordinary failure ends with 2, because 1 says that there are differences.
pub fn run(settings: DiffSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    compare(settings, world, ui).map_err(|mut error| {
        if error.exit == Exit::Failure {
            error.exit = Exit::Trouble;
        }
        error
    })
}

fn compare(settings: DiffSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let DiffSettings { globals, input, images, release, operators } = settings;
    let namespace = globals.namespace(world)?;
    let images = ImageChoice { settings: &images, release };
    let objects = ours(authored::load(input, images, &namespace, ui)?, ui)?;
    planned::refuse_everywhere(&objects, release, ui)?;
    let text = block_on(async {
        let cluster = super::connection::connect(&globals, world).await?;
        let intent = Intent { images, recreate: Recreate::Never, operators: &operators };
        let plan = planned::in_cluster(&cluster, objects, intent, world, ui).await?;
        let mut text = String::new();
        for planned in &plan.objects {
            text.push_str(&difference(&cluster, planned, &plan.rules, ui).await?);
        }
        Ok(text)
    })?;
    ui.data(&text)?;
    Ok(if text.is_empty() { Exit::Success } else { Exit::Differs })
}

/// The difference of one object and of its children.
async fn difference(cluster: &Cluster, planned: &Planned, rules: &Rules, ui: &mut Ui) -> Result<String> {
    let Planned { object, live, verdict, .. } = planned;
    verdict::advice(verdict, object).iter().for_each(|note| ui.say(note));
    let namespace = Some(object.namespace());
    let options = ApplyOptions { dry_run: true, force: true };
    // Others were left out before.
    let Some(kind) = object.kind() else { return Ok(String::new()) };
    let answer = cluster.apply(kind.resource(), namespace, object.name(), &object.value, options).await?;
    let mut text = unified(live.as_ref(), Some(&answer.object));
    match rules.foresee(&object.value, &answer.object).children {
        Children::Known(children) => {
            for child in &children {
                text.push_str(&child_difference(cluster, child, &answer.object, ui).await?);
            }
        }
        Children::Stopped => {
            ui.warning("the children are not compared: the controller stops before it creates any");
        }
        Children::NotFollowed(why) => ui.warning(&format!("the children are not compared: {why}")),
    }
    Ok(text)
}

/// The difference of a child, with what its controller leaves to the server and to others.
async fn child_difference(cluster: &Cluster, child: &Child, owner: &Value, ui: &mut Ui) -> Result<String> {
    let Child { object, resource, write, .. } = child;
    let name = text_at(object, "/metadata/name");
    let namespace = owner.pointer("/metadata/namespace").and_then(Value::as_str);
    let live = match cluster.get(resource, namespace, name).await {
        // The operator behind the provider is not installed, so there is nothing yet.
        Err(ClusterError::UnknownResource { .. }) => None,
        answer => answer?,
    };
    let Some(live) = live else { return Ok(unified(None, Some(object))) };
    let adopts = matches!(write, Write::Fields(_));
    // What exists once in a cluster has no owner in a namespace.
    if *write != Write::Create && resource.namespaced && !is_owned(&live, owner) {
        let (child, owner) = (qualified_name(&live), qualified_name(owner));
        let then = match adopts {
            true => "whose controller will overwrite it and not delete it in the end",
            false => "whose controller will not change it",
        };
        ui.warning(&format!("{child} does not belong to {owner}, {then}"));
    }
    let merged = write.preview(&live, object);
    let lost = if adopts { dropped(&live, &merged) } else { Vec::new() };
    if !lost.is_empty() {
        let child = qualified_name(&live);
        ui.warning(&format!("{child}: its controller drops what others added: {}", lost.join(", ")));
    }
    if let Some(refusal) = api_server::refusal_of_change(&live, &merged) {
        let child = qualified_name(&live);
        ui.warning(&format!("the API server will refuse the change of {child}: {refusal}"));
    }
    Ok(unified(Some(&live), Some(&merged)))
}

/// Whether an object refers to an owner: the shims leave alone what does not (airunway-providers.md section 3).
fn is_owned(object: &Value, owner: &Value) -> bool {
    let uid = owner.pointer("/metadata/uid");
    uid.is_some()
        && list_at(object, "/metadata/ownerReferences").iter().any(|reference| reference.get("uid") == uid)
}

/// A unified difference of two objects as YAML; empty when there is none.
fn unified(before: Option<&Value>, after: Option<&Value>) -> String {
    let shown =
        |object: Option<&Value>| object.map(|object| yaml::to_yaml(&cleaned(object))).unwrap_or_default();
    let (old, new) = (shown(before), shown(after));
    let name = before.or(after).map(qualified_name).unwrap_or_default();
    let (live, merged) = (format!("live/{name}"), format!("merged/{name}"));
    difference::difference(Side { name: &live, text: &old }, Side { name: &merged, text: &new })
}
