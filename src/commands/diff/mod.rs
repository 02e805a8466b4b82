//! `diff`: what a deploy would change in the cluster, in the ModelDeployment and in its children.

mod clean;

use super::globals::GlobalArgs;
use super::images::{self, ImageSettings};
use super::inputs::{ImageArgs, InputArgs, InputSettings, Inputs, ReleaseArgs, SourceObject};
use super::verdict::{Rules, Verdict};
use crate::core::kind::model_deployment::provider::{self, ImageInput, Stages};
use crate::core::kind::model_deployment::release::Release;
use crate::core::kubernetes::server_side_apply::{self, Lists};
use crate::core::yaml;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::{
    ApplyOptions, Cluster, ClusterError, DEPLOYMENT, INFERENCE_PROVIDER_CONFIG, MODEL_DEPLOYMENT, Resource,
    SERVICE,
};
use crate::io::runtime::block_on;
use crate::report::difference::{self, Side};
use crate::ui::Ui;
use clean::cleaned;
use serde_json::Value;

/// Show what a deploy would change in the cluster
///
/// Compares the object and the children its provider would create with what the cluster holds. The object is asked of the server as
/// a dry run. Exit code 0: no difference, 1: differences, 2 and above: an error.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway diff -f model.yaml
  kubectl airunway diff Qwen/Qwen3-0.6B --provider vllm --gpus 2")]
pub struct DiffArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help of the verb")]
    pub input: InputArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help of the verb")]
    pub images: ImageArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help of the verb")]
    pub release: ReleaseArgs,
}

/// Parsed flags of `diff`.
#[derive(Debug)]
pub struct DiffSettings {
    globals: GlobalArgs,
    input: InputSettings,
    images: ImageSettings,
    release: &'static Release,
}

impl DiffSettings {
    /// Parses the flags; every flag is looked at, so a new one cannot be forgotten.
    ///
    /// # Errors
    /// A usage error that names the flag.
    pub fn resolve(args: DiffArgs, globals: GlobalArgs) -> Result<DiffSettings> {
        let DiffArgs { input, images, release } = args;
        Ok(DiffSettings {
            globals,
            input: InputSettings::resolve(input)?,
            images: ImageSettings::resolve(images, true)?,
            release: release.resolve()?,
        })
    }
}

/// Runs `diff`.
///
/// # Errors
/// Whatever stops it; an ordinary failure ends with 2, because 1 says that there are differences.
pub fn run(settings: DiffSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    compare(&settings, world, ui).map_err(|mut error| {
        if error.exit == Exit::Failure {
            error.exit = Exit::Usage;
        }
        error
    })
}

fn compare(settings: &DiffSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let namespace = settings.globals.namespace(world)?;
    let mut objects: Vec<SourceObject> = Inputs::load(settings.input.clone(), &namespace, ui)?
        .objects
        .into_iter()
        .filter(SourceObject::is_model_deployment)
        .collect();
    if objects.is_empty() {
        return Err(Error::new(Exit::Inconclusive, "the input holds no ModelDeployment"));
    }
    let text = block_on(async {
        for object in &mut objects {
            images::choose_default(object, &settings.images, settings.release, ui);
        }
        images::pin_all(&mut objects, &settings.images, world, ui).await?;
        let cluster = super::connection::connect(&settings.globals, world).await?;
        let configs = cluster.list(&INFERENCE_PROVIDER_CONFIG, None, None).await?.items;
        let rules = Rules::with(settings.release, configs);
        let mut text = String::new();
        for object in &objects {
            text.push_str(&difference(&cluster, &rules, object, ui).await?);
        }
        Ok(text)
    })?;
    ui.data(&text)?;
    Ok(if text.is_empty() { Exit::Success } else { Exit::Failure })
}

/// The difference of one ModelDeployment and of its children.
async fn difference(cluster: &Cluster, rules: &Rules, object: &SourceObject, ui: &mut Ui) -> Result<String> {
    let namespace = Some(object.namespace());
    let live = cluster.get(&MODEL_DEPLOYMENT, namespace, object.name()).await?;
    let verdict = rules.judge(object, live.as_ref());
    if verdict.refused() {
        verdict.print_denial(object, ui);
        return Err(Error::verdict(format!("ModelDeployment {} would be refused", object.name())));
    }
    verdict.print_advice(object, ui);
    let options = ApplyOptions { dry_run: true, force: true };
    let answer = cluster.apply(&MODEL_DEPLOYMENT, namespace, object.name(), &object.value, options).await?;
    let mut text = unified(live.as_ref(), Some(&answer.object));
    if let Some(stages) = stages(rules, &verdict, &answer.object, ui) {
        // The name under which the shims apply (airunway-providers.md section 1).
        let manager = format!("{}-provider", stages.provider);
        for child in &stages.outcome.children {
            text.push_str(&child_difference(cluster, child, namespace, &manager).await?);
        }
    }
    Ok(text)
}

/// What the selected provider would create from the object as the server would store it.
fn stages(rules: &Rules, verdict: &Verdict, stored: &Value, ui: &mut Ui) -> Option<Stages> {
    let selection = verdict.selection.as_ref()?;
    match provider::stages(stored, selection, rules.release, &ImageInput::NotAsked) {
        Ok(stages) => Some(stages),
        Err(error) => {
            ui.warning(&format!("the children are not compared: {error}"));
            None
        }
    }
}

async fn child_difference(
    cluster: &Cluster,
    child: &Value,
    namespace: Option<&str>,
    manager: &str,
) -> Result<String> {
    let text = |pointer: &str| child.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let resource = match (text("/apiVersion"), text("/kind")) {
        ("apps/v1", "Deployment") => DEPLOYMENT,
        ("v1", "Service") => SERVICE,
        (version, kind) => match custom(version, kind) {
            Some(resource) => resource,
            None => return Ok(String::new()),
        },
    };
    let live = match cluster.get(&resource, namespace, text("/metadata/name")).await {
        // The operator behind the provider is not installed, so there is nothing yet.
        Err(ClusterError::UnknownResource { .. }) => None,
        answer => answer?,
    };
    // What the shim leaves to the server or to others stays.
    let after = match &live {
        Some(live) => server_side_apply::preview(live, child, manager, Lists::Workload),
        None => child.clone(),
    };
    Ok(unified(live.as_ref(), Some(&after)))
}

/// The kinds that operators behind the providers define (airunway-providers.md section 7).
fn custom(version: &str, kind: &str) -> Option<Resource> {
    let known = [
        Resource {
            group: "nvidia.com",
            version: "v1alpha1",
            plural: "dynamographdeployments",
            kind: "DynamoGraphDeployment",
            namespaced: true,
        },
        Resource {
            group: "kaito.sh",
            version: "v1beta1",
            plural: "workspaces",
            kind: "Workspace",
            namespaced: true,
        },
        Resource {
            group: "ray.io",
            version: "v1",
            plural: "rayservices",
            kind: "RayService",
            namespaced: true,
        },
    ];
    known.into_iter().find(|resource| resource.kind == kind && resource.api_version() == version)
}

/// A unified difference of two objects as YAML; empty when there is none.
fn unified(before: Option<&Value>, after: Option<&Value>) -> String {
    let shown =
        |object: Option<&Value>| object.map(|object| yaml::to_yaml(&cleaned(object))).unwrap_or_default();
    let (old, new) = (shown(before), shown(after));
    let name = before.or(after).map(super::output::qualified_name).unwrap_or_default();
    let (live, merged) = (format!("live/{name}"), format!("merged/{name}"));
    difference::difference(Side { name: &live, text: &old }, Side { name: &merged, text: &new })
}
