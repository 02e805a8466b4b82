//! Glue: one file or directory per verb, each with its arguments, its settings, and a `run` that reads as a story.
//!
//! Every `resolve` takes its arguments apart by name, without `..`, so that a new flag cannot be forgotten; its errors are usage
//! errors that name the flag.

pub mod apply_recipe;
pub mod authored;
pub mod check;
pub mod completion;
pub mod connection;
pub mod deploy;
pub mod diff;
pub mod e2e;
pub mod globals;
pub mod help;
pub mod images;
pub mod inputs;
pub mod output;
pub mod parallel;
pub mod pin;
pub mod planned;
pub mod recipe;
pub mod render;
mod second;
mod signals;
pub mod usage;
pub mod verdict;
pub mod verify_version;
pub mod version;

use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::ui::Ui;
use globals::GlobalArgs;

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Deploy a model and wait for its endpoint
    Deploy(Box<deploy::DeployArgs>),
    /// Deploy a model by its official vLLM recipe
    ApplyRecipe(Box<apply_recipe::ApplyRecipeArgs>),
    /// List, show and compare the official vLLM recipes
    Recipe(recipe::RecipeArgs),
    /// Print the object to apply, or what the cluster would make of it
    Render(Box<render::RenderArgs>),
    /// Check manifests the way the API server and AI Runway's webhook do
    Check(Box<check::CheckArgs>),
    /// Show what a deploy would change in the cluster
    Diff(Box<diff::DiffArgs>),
    /// Pin images to digests: print, write into manifests, lock, verify
    Pin(Box<pin::PinArgs>),
    /// Verify that shims run what they report: in the cluster, an image or a binary
    VerifyVersion(Box<verify_version::VerifyVersionArgs>),
    /// Run the test plan against a cluster
    E2e(Box<e2e::E2eArgs>),
    /// Print or install shell completion
    Completion(completion::CompletionArgs),
    /// Print the versions of this program, its AI Runway rules and the cluster's shims
    Version(version::VersionArgs),
}

/// Whether what a verb prints is all that it is for: its exit code says no more than that it was printed.
pub fn only_prints(command: &Command) -> bool {
    match command {
        Command::Render(_) | Command::Completion(_) | Command::Version(_) => true,
        Command::Recipe(args) => recipe::only_prints(args),
        Command::Deploy(_)
        | Command::ApplyRecipe(_)
        | Command::Check(_)
        | Command::Diff(_)
        | Command::Pin(_)
        | Command::VerifyVersion(_)
        | Command::E2e(_) => false,
    }
}

/// Runs one verb.
///
/// # Errors
/// What the verb could not do; the door prints it.
pub fn run(command: Command, globals: GlobalArgs, world: &World, ui: &mut Ui) -> Result<Exit> {
    match command {
        Command::Deploy(args) => deploy::run(deploy::DeploySettings::resolve(*args, globals)?, world, ui),
        Command::ApplyRecipe(args) => {
            apply_recipe::run(apply_recipe::ApplyRecipeSettings::resolve(*args, globals)?, world, ui)
        }
        Command::Recipe(args) => recipe::run(args, globals, world, ui),
        Command::Render(args) => render::run(render::RenderSettings::resolve(*args, globals)?, world, ui),
        Command::Check(args) => check::run(check::CheckSettings::resolve(*args, globals)?, world, ui),
        Command::Diff(args) => diff::run(diff::DiffSettings::resolve(*args, globals)?, world, ui),
        Command::Pin(args) => pin::run(pin::PinSettings::resolve(*args, globals)?, world, ui),
        Command::VerifyVersion(args) => {
            verify_version::run(verify_version::VerifyVersionSettings::resolve(*args, globals)?, world, ui)
        }
        Command::E2e(args) => e2e::run(e2e::E2eSettings::resolve(*args, globals)?, world, ui),
        Command::Completion(args) => completion::run(args, world, ui),
        Command::Version(args) => version::run(args, globals, world, ui),
    }
}

#[cfg(test)]
mod tests;
