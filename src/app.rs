//! The door: parse, dispatch, print errors in one place, pick the exit code.

use crate::commands::{self, Command, completion, globals::GlobalArgs};
use crate::core::text::plain;
use crate::exit::Exit;
use crate::io::World;
use crate::ui::{self, ColorChoice, Ui};
use clap::{CommandFactory, FromArgMatches, Parser};
use std::borrow::Cow;
use std::ffi::OsString;
use std::process::ExitCode;

/// Command line for AI Runway: deploy models, check and pin manifests, verify what runs
#[derive(Debug, Parser)]
#[command(name = "kubectl-airunway", version, propagate_version = false)]
#[command(after_help = AFTER_HELP, max_term_width = 120, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  kubectl airunway deploy Qwen/Qwen3-0.6B --provider vllm
  kubectl airunway apply-recipe Qwen/Qwen3-32B --hardware h200
  kubectl airunway render Qwen/Qwen3-0.6B --provider vllm --stage all
  kubectl airunway deploy -f model.yaml --dry-run=server

Exit codes: 0 done, 1 request failed, 2 usage error, 3 the verdict is no, 4 inconclusive, 124 timed out, 130 interrupted";

/// Runs the program with its arguments, the program name first.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    ui::catch_panics();
    let world = World::of_process(arguments.first());
    if completion::answers_kubectl(&world) {
        let mut ui = terminal(&world, ColorChoice::Never, true);
        ui.only_prints(true);
        return completion::answer_kubectl(command_tree(), &arguments, &world, &mut ui).into();
    }
    if completion::answers_shell(&world, &arguments) {
        return completion::answer_shell(command_tree, arguments, &world).into();
    }
    run(arguments, &world).into()
}

/// The whole command tree, named as the user calls it.
fn command_tree() -> clap::Command {
    Cli::command().bin_name("kubectl airunway")
}

/// The terminal of this process.
fn terminal(world: &World, color: ColorChoice, quiet: bool) -> Ui {
    Ui::of_process(|name| world.environment.get(name), color, quiet)
}

fn run(arguments: Vec<OsString>, world: &World) -> Exit {
    let called_as_plugin =
        world.program.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("kubectl-"));
    // Made again for a message only: a copy would cost every start.
    let tree = || {
        let tree = if called_as_plugin { command_tree() } else { Cli::command() };
        if commands::help::is_asked(&arguments) { commands::help::completed(tree) } else { tree }
    };
    let mut cli = match parse(tree(), &arguments) {
        Ok(cli) => cli,
        // A message names words of the command line, which may hold breaks of lines; what it says of cleaned words is clean.
        Err(error) => {
            let cleaned: Vec<OsString> = arguments.iter().map(cleaned).collect();
            let of_cleaned = (cleaned != arguments).then(|| parse(tree(), &cleaned).err()).flatten();
            return usage(&of_cleaned.unwrap_or(error), &cleaned, tree(), world);
        }
    };
    let mut ui = terminal(world, cli.globals.color, cli.globals.quiet);
    cli.globals.log = Some(ui.log());
    let typed: Option<Vec<String>> =
        arguments.iter().skip(1).map(|word| word.to_str().map(str::to_owned)).collect();
    cli.globals.typed = typed.unwrap_or_default();
    #[cfg(debug_assertions)]
    bug_on_demand(world, &ui);
    ui.only_prints(commands::only_prints(&cli.command));
    match commands::run(cli.command, cli.globals, world, &mut ui) {
        Ok(exit) => exit,
        Err(error) => {
            ui.error(&error);
            error.exit
        }
    }
}

/// A bug where a test wants one; no release holds this.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "it is what this is for")]
fn bug_on_demand(world: &World, ui: &Ui) {
    let Some(place) = world.environment.get("AIRUNWAY_TEST_PANIC") else { return };
    let mut progress = ui.progress();
    progress.set("at work");
    let panic_of =
        |name: &'static str| std::thread::spawn(move || panic!("a bug in {name}\n::error::\u{1b}[2J"));
    let workers = match place.to_str() {
        Some("worker") => vec![panic_of("a worker")],
        Some("workers") => ["one", "another", "a third"].map(panic_of).into(),
        _ => panic!("a bug in the main thread"),
    };
    // None of them comes back.
    workers.into_iter().for_each(|worker| drop(worker.join()));
    loop {
        std::thread::park();
    }
}

fn parse(tree: clap::Command, arguments: &[OsString]) -> Result<Cli, clap::Error> {
    tree.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches))
}

fn cleaned(word: &OsString) -> OsString {
    match plain(&word.to_string_lossy()) {
        Cow::Borrowed(_) => word.clone(),
        Cow::Owned(cleaned) => cleaned.into(),
    }
}

/// Help and version go to stdout and are a success; everything else is a wrong command line.
fn usage(error: &clap::Error, arguments: &[OsString], mut tree: clap::Command, world: &World) -> Exit {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match error.print() {
            Ok(()) => Exit::Success,
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::ReaderGone,
            Err(_) => Exit::Failure,
        },
        // The bare program, as kubectl, helm and cargo answer it.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if arguments.len() < 2 => {
            let help = error.render().to_string();
            let mut ui = terminal(world, ColorChoice::Auto, false);
            ui.only_prints(true);
            ui.data(&help).map_or_else(|error| error.exit, |()| Exit::Success)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Exit::Usage
        }
        _ => {
            // The flags of every verb are known to the verbs once the tree is built.
            tree.build();
            let mut ui = terminal(world, ColorChoice::Auto, false);
            ui.error(&commands::usage::error(error, arguments, &tree));
            Exit::Usage
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }
}
