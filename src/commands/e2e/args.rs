//! The flags of `e2e`.

use super::select;
use crate::commands::completion;
use std::path::PathBuf;

/// Heading of the flags that choose checks.
const CHOICE: &str = "Checks";
/// Heading of the flags about what a run does and leaves.
const RUN: &str = "Run";
/// Heading of the flags about its results.
const RESULTS: &str = "Results";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # The whole plan, in the namespace vllm-test
  kubectl airunway e2e

  # Some checks and sections; what there is
  kubectl airunway e2e 1 5b X
  kubectl airunway e2e --list

  # In continuous integration: reports, evidence of failures, no questions
  kubectl airunway e2e --yes --report junit=e2e.xml --report html=e2e.html --bundle evidence

  # What failed the last time; what a run has left
  kubectl airunway e2e --rerun-failed e2e.json
  kubectl airunway e2e --cleanup e2e-1129-153012-k3f

Exit codes: 0 nothing failed, 3 a check failed, 4 inconclusive, 130 interrupted

Namespace: vllm-test, unless -n names another")]
pub struct E2eArgs {
    /// Checks to run, by id or section: 1a, 5, X, G7; default: all
    #[arg(value_name = "CHECK", add = completion::checks())]
    pub checks: Vec<String>,

    /// Check to leave out, with a reason for the report; repeatable
    #[arg(long, value_name = "CHECK[=REASON]", help_heading = CHOICE, add = completion::checks())]
    pub skip: Vec<String>,

    /// List the checks with what they do and need, and end
    #[arg(long, help_heading = CHOICE, conflicts_with_all = ["cleanup", "rerun_failed"])]
    pub list: bool,

    /// Print a check as a shell script of plain kubectl commands, and end
    #[arg(long, value_name = "CHECK", help_heading = CHOICE, add = completion::checks(), conflicts_with_all = ["checks", "list", "cleanup", "rerun_failed"])]
    pub emit_script: Option<String>,

    /// Also run the checks that disturb other users of the cluster: they restart the shim, or block its registry
    #[arg(long, help_heading = CHOICE)]
    pub disruptive: bool,

    /// Run what failed or was inconclusive in a JSON report of an earlier run
    #[arg(long, value_name = "REPORT", help_heading = CHOICE, value_hint = clap::ValueHint::FilePath, conflicts_with = "checks")]
    pub rerun_failed: Option<PathBuf>,

    /// Version tag that the shims must report, for example v0.8.0
    #[arg(long, value_name = "TAG", help_heading = CHOICE)]
    pub expect: Option<String>,

    /// Accept shims that were built locally, which report dev
    #[arg(long, help_heading = CHOICE)]
    pub allow_dev: bool,

    /// Recipe backend to check
    #[arg(long, value_name = "URL", help_heading = CHOICE, conflicts_with = "backend_command")]
    pub backend: Option<String>,

    /// Command that starts a recipe backend for the run, for example 'bun run src/index.ts'
    #[arg(long, value_name = "COMMAND", help_heading = CHOICE)]
    pub backend_command: Option<String>,

    /// Directory in which that command runs
    #[arg(long, value_name = "DIR", help_heading = CHOICE, value_hint = clap::ValueHint::DirPath, requires = "backend_command")]
    pub backend_dir: Option<PathBuf>,

    /// Built shim whose versions to check; repeatable
    #[arg(long, value_name = "PROVIDER=FILE", help_heading = CHOICE)]
    pub shim_binary: Vec<String>,

    /// How many checks run at the same time
    #[arg(long, value_name = "N", help_heading = RUN, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,

    /// Start nothing more after the first failure
    #[arg(long, help_heading = RUN)]
    pub fail_fast: bool,

    /// Leave the objects of the run in the cluster
    #[arg(long, help_heading = RUN)]
    pub keep: bool,

    /// Do not ask before a run in a cluster that looks like production
    #[arg(short, long, help_heading = RUN)]
    pub yes: bool,

    /// Remove what an earlier run has left, and end
    #[arg(long, value_name = "RUN", help_heading = RUN, conflicts_with_all = ["checks", "rerun_failed"])]
    pub cleanup: Option<String>,

    /// File to write a report to, FORMAT is junit, json, tap, markdown or html; repeatable
    #[arg(long, value_name = "FORMAT=FILE", help_heading = RESULTS)]
    pub report: Vec<String>,

    /// Directory for the evidence of what failed: objects, events, logs, what was done
    #[arg(long, value_name = "DIR", help_heading = RESULTS, value_hint = clap::ValueHint::DirPath)]
    pub bundle: Option<PathBuf>,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", help_heading = RESULTS, value_parser = ["json", "junit", "tap", "markdown"])]
    pub output: Option<String>,
}

/// What can be named on the command line: ids, sections and labels, for completion.
pub fn names() -> Vec<String> {
    select::names()
}
