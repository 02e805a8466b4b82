//! Parsed flags.

use super::args::E2eArgs;
use super::select::Choice;
use crate::commands::globals::GlobalArgs;
use crate::core::kubernetes::names::{label_errors, label_value_errors};
use crate::core::shim::ShimTag;
use crate::error::{Error, Result};
use crate::io::files;
use crate::report::plan::{Format, json};
use std::path::{Path, PathBuf};

/// Where the objects of a run live unless `--namespace` says otherwise, as in the plan.
const NAMESPACE: &str = "vllm-test";

/// Parsed flags of `e2e`.
#[derive(Debug)]
pub struct E2eSettings {
    pub globals: GlobalArgs,
    /// Namespace of the test objects.
    pub namespace: String,
    pub task: Task,
    /// How the list or the report is written to stdout.
    pub format: Format,
}

/// What is to be done.
#[derive(Debug)]
pub enum Task {
    /// The checks are listed.
    List(Choice),
    /// A check is printed as a script.
    Script(String),
    /// What this run has left is removed.
    Cleanup(String),
    /// Checks are run.
    Run(Box<RunSettings>),
}

/// How checks are run.
#[derive(Debug)]
pub struct RunSettings {
    pub choice: Choice,
    pub behavior: Behavior,
    pub versions: Versions,
    pub backend: BackendChoice,
    /// Files for reports.
    pub reports: Vec<(Format, PathBuf)>,
    /// Directory for evidence.
    pub bundle: Option<PathBuf>,
    pub yes: bool,
}

/// What a run does apart from its checks.
#[derive(Debug, Clone, Default)]
pub struct Behavior {
    pub jobs: usize,
    pub fail_fast: bool,
    pub keep: bool,
}

/// What shims have to be.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// The tag that must be reported.
    pub tag: Option<ShimTag>,
    /// Whether local builds are accepted.
    pub allow_dev: bool,
    /// Built shims: provider and file.
    pub binaries: Vec<(String, PathBuf)>,
}

/// The recipe backend of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendChoice {
    None,
    /// One that runs already.
    At(String),
    /// One that is started.
    Start {
        command: String,
        directory: Option<PathBuf>,
    },
}

impl E2eSettings {
    /// # Errors
    /// A usage error, or a report of an earlier run that cannot be read.
    pub fn resolve(args: E2eArgs, globals: GlobalArgs) -> Result<E2eSettings> {
        let E2eArgs {
            checks,
            skip,
            list,
            emit_script,
            disruptive,
            rerun_failed,
            expect,
            allow_dev,
            backend,
            backend_command,
            backend_dir,
            shim_binary,
            jobs,
            fail_fast,
            keep,
            yes,
            cleanup,
            report,
            bundle,
            output,
        } = args;
        let namespace = namespace(globals.namespace.as_deref())?;
        let format = output.as_deref().map_or(Ok(Format::Human), format_of)?;
        let skip = skip.iter().map(|text| reason_of(text)).collect();
        let mut choice = Choice { words: checks, skip, disruptive };
        let task = match (list, cleanup) {
            _ if emit_script.is_some() => Task::Script(emit_script.unwrap_or_default()),
            (true, _) => Task::List(choice),
            (false, Some(run)) => Task::Cleanup(run_id(run)?),
            (false, None) => {
                if let Some(path) = rerun_failed {
                    choice.words = failed(&path)?;
                }
                Task::Run(Box::new(RunSettings {
                    choice,
                    behavior: Behavior { jobs: jobs.into(), fail_fast, keep },
                    versions: Versions {
                        tag: tag(expect)?,
                        allow_dev,
                        binaries: shim_binary.iter().map(|text| binary(text)).collect::<Result<_>>()?,
                    },
                    backend: match (backend, backend_command) {
                        (Some(url), _) => BackendChoice::At(url),
                        (None, Some(command)) => BackendChoice::Start { command, directory: backend_dir },
                        (None, None) => BackendChoice::None,
                    },
                    reports: report.iter().map(|text| file_of(text)).collect::<Result<_>>()?,
                    bundle,
                    yes,
                }))
            }
        };
        Ok(E2eSettings { globals, namespace, task, format })
    }
}

fn namespace(flag: Option<&str>) -> Result<String> {
    let name = flag.unwrap_or(NAMESPACE);
    match label_errors(name).into_iter().next() {
        Some(why) => Err(Error::usage(format!("{name:?} is not a namespace: {why}"))),
        None => Ok(name.to_owned()),
    }
}

fn run_id(run: String) -> Result<String> {
    // An empty value of a label would mean every object that has it empty.
    if run.is_empty() || !label_value_errors(&run).is_empty() {
        let error = Error::usage(format!("{run:?} is not the id of a run"));
        return Err(error.hint("a run says its id when it begins, for example e2e-1129-153012-k3f"));
    }
    Ok(run)
}

fn reason_of(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((id, reason)) => (id.to_owned(), Some(reason.to_owned()).filter(|reason| !reason.is_empty())),
        None => (text.to_owned(), None),
    }
}

fn tag(expect: Option<String>) -> Result<Option<ShimTag>> {
    let tag = expect.map(|text| text.parse::<ShimTag>()).transpose();
    tag.map_err(|error| Error::usage(format!("invalid value for --expect: {error}")))
}

fn binary(text: &str) -> Result<(String, PathBuf)> {
    match text.split_once('=') {
        Some((provider, file)) if !provider.is_empty() && !file.is_empty() => {
            Ok((provider.to_owned(), PathBuf::from(file)))
        }
        _ => Err(Error::usage(format!("invalid value for --shim-binary: {text:?} is not PROVIDER=FILE"))),
    }
}

fn format_of(name: &str) -> Result<Format> {
    Ok(match name {
        "json" => Format::Json,
        "junit" => Format::Junit,
        "tap" => Format::Tap,
        "markdown" => Format::Markdown,
        "html" => Format::Html,
        _ => {
            let error = Error::usage(format!("there is no report format {name:?}"));
            return Err(error.hint("junit, json, tap, markdown or html"));
        }
    })
}

fn file_of(text: &str) -> Result<(Format, PathBuf)> {
    match text.split_once('=') {
        Some((format, file)) if !file.is_empty() => Ok((format_of(format)?, PathBuf::from(file))),
        _ => Err(Error::usage(format!("invalid value for --report: {text:?} is not FORMAT=FILE"))
            .hint("for example --report junit=e2e.xml")),
    }
}

/// The ids that a report says to run again.
fn failed(path: &Path) -> Result<Vec<String>> {
    let bytes = files::read(&files::Source::File(path.to_owned()))?;
    let ids = json::failed_ids(&bytes)
        .map_err(|error| error.hint("write one with --report json=FILE, or with -o json"))?;
    if ids.is_empty() {
        let error = format!("nothing failed or was inconclusive in {}", path.display());
        return Err(Error::new(crate::exit::Exit::Inconclusive, error));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests;
