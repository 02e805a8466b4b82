//! The recipe site as the verbs use it: from flags to a library, and its words as the user reads them.

use std::path::PathBuf;
use std::time::Duration;

use crate::commands::globals::GlobalArgs;
use crate::core::kubernetes::duration;
use crate::core::recipe::site::{OFFICIAL_SITE, Site};
use crate::core::recipe::{ModelId, Reason, Refusal};
use crate::error::{Error, Result};
use crate::io::World;
use crate::io::http::ProxyChoice;
use crate::io::recipes::{Library, Limits, Place, RecipeError, RecipeErrorKind, SourceOptions};
use crate::ui::Ui;

/// The environment variable behind `--recipes-url`.
pub const BASE_VARIABLE: &str = "VLLM_RECIPES_BASE_URL";
/// How much longer than one request all tries for a file may take together.
const TRIES: u32 = 3;

/// Where recipes come from.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Recipes")]
pub struct RecipeSourceArgs {
    /// Base URL of the recipe site, https; default: https://recipes.vllm.ai
    #[arg(long, value_name = "URL", env = BASE_VARIABLE, hide_env_values = true)]
    pub recipes_url: Option<String>,

    /// Local copy of the site (directory), or one recipe's JSON file; no network
    #[arg(long, value_name = "FILE|DIR", value_hint = clap::ValueHint::AnyPath)]
    pub recipes: Option<PathBuf>,

    /// Use cached recipes only
    #[arg(long)]
    pub offline: bool,
}

/// Prepares the library that the flags name.
///
/// # Errors
/// A base that is not an https URL, or a copy that cannot be read.
pub fn open(args: &RecipeSourceArgs, globals: &GlobalArgs, world: &World) -> Result<Library> {
    let RecipeSourceArgs { recipes_url, recipes, offline } = args;
    let base = recipes_url.as_deref().map(str::trim).filter(|base| !base.is_empty());
    let site = Site::parse(base.unwrap_or(OFFICIAL_SITE))
        .map_err(|error| RecipeError::from(RecipeErrorKind::Site(error)))?;
    let place = match (recipes, offline) {
        (Some(path), _) => Place::Copy(path.clone()),
        (None, true) => Place::Offline,
        (None, false) => Place::Online,
    };
    Library::open(SourceOptions {
        site,
        place,
        cache: world.recipe_cache(),
        limits: limits(globals)?,
        proxies: ProxyChoice::default(),
    })
}

/// Prints the notes on what was read, as warnings.
pub fn say_notes(library: &Library, ui: &mut Ui) {
    for note in library.take_notes() {
        ui.warning(&note);
    }
}

fn limits(globals: &GlobalArgs) -> Result<Limits> {
    let given = globals.request_timeout.as_deref().map(duration::parse).transpose();
    let given: Option<Duration> =
        given.map_err(|error| Error::usage(format!("invalid value for --request-timeout: {error}")))?;
    Ok(match given.filter(|limit| !limit.is_zero()) {
        Some(request) => Limits { request, total: request.saturating_mul(TRIES), ..Limits::default() },
        // A recipe site is never waited for without limit.
        None => Limits::default(),
    })
}

/// A refusal as the user reads it: a wrong value is a usage error, a recipe that cannot be deployed a verdict of no.
pub fn refused(refusal: &Refusal) -> Error {
    let message = format!("{} [{}]", refusal.message, refusal.reason.id());
    let error = match refusal.reason {
        Reason::MissingDocument | Reason::Malformed | Reason::Mismatch => Error::failure(message),
        reason if reason.is_about_the_request() => Error::usage(message),
        _ => Error::verdict(message),
    };
    refusal.hint.iter().fold(error, |error, hint| error.hint(hint.clone()))
}

/// Parses a model id before any request to a site.
///
/// # Errors
/// A usage error that says what is wrong with it.
pub fn model_id(text: &str) -> Result<ModelId> {
    ModelId::parse(text).map_err(|error| {
        Error::usage(error.to_string()).hint("a model id has two parts, for example Qwen/Qwen3-32B")
    })
}
