//! `recipe diff`: a deployed model against today's recipe.

use super::library::{self, RecipeSourceArgs, refused, say_notes};
use crate::commands::completion;
use crate::commands::connection;
use crate::commands::globals::GlobalArgs;
use crate::commands::output::qualified_name;
use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::recipe::Resolution;
use crate::core::recipe::drift::{Drift, Provenance};
use crate::core::yaml;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::recipes::Library;
use crate::io::runtime::block_on;
use crate::report::difference::{Side, difference};
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway recipe diff qwen3-32b
  kubectl airunway recipe diff qwen3-32b -n team-a --recipes ./recipes

Exit codes: 0 no difference, 3 drift, 4 inconclusive: not deployed from a recipe")]
pub(super) struct DiffArgs {
    /// Name of the ModelDeployment
    #[arg(value_name = "NAME", add = completion::deployments())]
    name: String,

    #[command(flatten)]
    source: RecipeSourceArgs,
}

pub(super) fn run(args: DiffArgs, globals: &GlobalArgs, world: &World, ui: &mut Ui) -> Result<Exit> {
    let DiffArgs { name, source } = args;
    let namespace = globals.namespace(world)?.name;
    let library = library::open(&source, globals, world)?;
    let (deployed, provenance, resolution) = block_on(async {
        let cluster = connection::connect(globals, world).await?;
        let deployed = cluster.get(&MODEL_DEPLOYMENT, Some(&namespace), &name).await?;
        let deployed = deployed.ok_or_else(|| {
            Error::failure(format!("ModelDeployment {name:?} does not exist in namespace {namespace:?}"))
        })?;
        let provenance = Provenance::read(&deployed).map_err(|reason| {
            Error::new(Exit::Inconclusive, format!("{name} was not deployed from a recipe: {reason}"))
        })?;
        let outcome = library.resolve(&provenance.request(&deployed)).await;
        say_notes(&library, ui);
        let resolution = outcome?.map_err(|refusal| gone(&name, &refused(&refusal)))?;
        Ok((deployed, provenance, resolution))
    })?;
    say_revisions(&library, &provenance, &resolution, ui);
    let drift = Drift::between(&deployed, &resolution.object(&name, &library.base()));
    if !drift.given.is_empty() {
        ui.status(&format!("given when it was deployed, not compared: {}", drift.given.join(", ")));
    }
    if !drift.is_any() {
        ui.status(&format!("{name} matches today's recipe of {}", provenance.id));
        return Ok(Exit::Success);
    }
    ui.data(&unified(&drift, &qualified_name(&deployed)))?;
    Ok(Exit::VerdictNo)
}

/// A recipe that can no longer be followed has drifted, too.
fn gone(name: &str, why: &Error) -> Error {
    let error =
        Error { exit: drifted(why.exit), ..Error::verdict(format!("{name} differs from today's recipe")) };
    why.hints.iter().fold(error.caused_by(why.message.clone()), |error, hint| error.hint(hint.clone()))
}

fn drifted(exit: Exit) -> Exit {
    if exit == Exit::Failure { Exit::Failure } else { Exit::VerdictNo }
}

fn say_revisions(library: &Library, provenance: &Provenance, today: &Resolution, ui: &mut Ui) {
    if let (Some(then), Some(now)) = (&provenance.revision, &today.revision)
        && then != now
    {
        ui.status(&format!("the recipe of {} changed from {then} to {now}", provenance.id));
    }
    let base = library.base();
    if let Some(source) = &provenance.source
        && !source.starts_with(&base)
    {
        ui.warning(&format!("made from {source}, compared with {base}"));
    }
}

fn unified(drift: &Drift, name: &str) -> String {
    let (old, new) = (yaml::to_yaml(&drift.deployed), yaml::to_yaml(&drift.today));
    let (deployed, recipe) = (format!("deployed/{name}"), format!("recipe/{name}"));
    difference(Side { name: &deployed, text: &old }, Side { name: &recipe, text: &new })
}
