//! `recipe`: what the recipe site has, and how what was deployed from it differs from it today.

pub mod complete;
pub mod details;
mod diff;
pub mod library;
mod list;
mod show;

use super::globals::GlobalArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway recipe list qwen3
  kubectl airunway recipe show Qwen/Qwen3-32B --hardware h200
  kubectl airunway recipe diff qwen3-32b")]
pub struct RecipeArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the models that have a recipe
    List(list::ListArgs),
    /// Show a model's recipe: hardware, variants, strategies, features
    Show(show::ShowArgs),
    /// Compare a deployed model with today's recipe
    Diff(diff::DiffArgs),
}

/// `-o` of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// JSON, `cli.airunway.ai/v1`
    Json,
}

/// Whether what is printed is all that it is for; `diff` has a verdict.
pub fn only_prints(args: &RecipeArgs) -> bool {
    matches!(args.verb, Verb::List(_) | Verb::Show(_))
}

/// Runs `recipe`.
///
/// # Errors
/// A recipe or cluster that cannot be read.
pub fn run(args: RecipeArgs, globals: GlobalArgs, world: &World, ui: &mut Ui) -> Result<Exit> {
    match args.verb {
        Verb::List(args) => list::run(args, &globals, world, ui),
        Verb::Show(args) => show::run(args, &globals, world, ui),
        Verb::Diff(args) => diff::run(args, &globals, world, ui),
    }
}
