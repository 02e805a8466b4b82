//! `e2e`: the test plan of AI Runway, run against a cluster.
//!
//! A run looks before it touches anything, then makes its namespace and takes the lease of it; from there on every way out
//! removes what it has made, or names it.

mod args;
mod driver;
mod enter;
mod guard;
mod info;
mod keeper;
mod leave;
mod live;
mod report;
mod rights;
mod runner;
mod schedule;
mod select;
mod settings;
mod stop;
mod story;
mod transcript;
mod voice;

pub use args::{E2eArgs, names};
pub use settings::E2eSettings;

use super::connection::connect;
use super::signals::Signals;
use crate::core::plan::{self, Names};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::report::plan::{Format, list};
use crate::ui::{Log, Ui};
use select::{Choice, any_names, select};
use settings::Task;
use std::cell::RefCell;
use stop::{Halt, Stop};

/// Runs `e2e`.
///
/// # Errors
/// Whatever stops it before the checks begin; a check that fails is a result.
pub fn run(settings: E2eSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let E2eSettings { globals, namespace, task, format } = settings;
    match task {
        Task::List(choice) => list_checks(&choice, format, ui),
        Task::Script(word) => {
            let run = report::run_id(world.clock.now());
            ui.data(&script(&word, Names { run, namespace, ..any_names() })?)?;
            Ok(Exit::Success)
        }
        Task::Cleanup(run) => block_on(async {
            let cluster = connect(&globals, world).await?;
            leave::clean_up(&cluster, &namespace, &run, ui).await
        }),
        Task::Run(settings) => {
            let (stop, traces) = (Stop::new(), Traces::default());
            let log = ui.log();
            let story = story::Story {
                globals: &globals,
                namespace: &namespace,
                settings: &settings,
                format,
                world,
                stop: &stop,
                traces: &traces,
            };
            block_on(async {
                tokio::select! {
                    exit = story.tell(ui) => exit,
                    error = interruptions(&stop, &traces, &log) => Err(error),
                }
            })
        }
    }
}

/// A check as a script, in a namespace that is there.
fn script(word: &str, names: Names) -> Result<String> {
    let choice = Choice { words: vec![word.to_owned()], disruptive: true, ..Choice::default() };
    let chosen = select(&choice)?;
    let [one] = chosen.as_slice() else {
        let ids: Vec<&str> = chosen.iter().map(|chosen| chosen.check.id).collect();
        return Err(
            Error::usage(format!("{word} is several checks")).hint(format!("one of {}", ids.join(", ")))
        );
    };
    Ok(plan::script::script(one.check, &Names { owns_namespace: false, ..names }))
}

fn list_checks(choice: &Choice, format: Format, ui: &mut Ui) -> Result<Exit> {
    let checks: Vec<_> = select(choice)?.into_iter().map(|chosen| chosen.check).collect();
    let format = match format {
        Format::Human => list::ListFormat::Human,
        Format::Json => list::ListFormat::Json,
        _ => return Err(Error::usage("--list is a table, or JSON with -o json")),
    };
    ui.data_with(|writer| list::write(&checks, &any_names(), format, writer))?;
    Ok(Exit::Success)
}

/// Whether a run has put anything into a cluster, and how that is removed.
#[derive(Debug, Default)]
pub struct Traces(RefCell<Option<String>>);

impl Traces {
    /// From now on there may be something; the command that removes it.
    fn begin(&self, command: String) {
        *self.0.borrow_mut() = Some(command);
    }

    /// Nothing is left.
    fn end(&self) {
        *self.0.borrow_mut() = None;
    }

    fn command(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}

/// The first Ctrl-C ends the run in good order, the second at once.
async fn interruptions(stop: &Stop, traces: &Traces, log: &Log) -> Error {
    let mut signals = Signals::listen();
    signals.next().await;
    stop.halt(Halt::Interrupted);
    if traces.command().is_some() {
        log.line("interrupted: removing what the run has made; Ctrl-C again leaves it");
    }
    signals.next().await;
    match traces.command() {
        Some(command) => {
            Error::new(Exit::Interrupted, "interrupted; what the run has made may be left").hint(command)
        }
        None => interrupted_early(),
    }
}

fn interrupted_early() -> Error {
    Error::new(Exit::Interrupted, "interrupted; nothing was changed in the cluster")
}
