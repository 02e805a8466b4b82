//! Shell completion: for `kubectl airunway <TAB>` and for the program called directly.
//!
//! kubectl runs `kubectl_complete-airunway` with the words typed so far and wants one candidate a line, then a directive.
//! The same binary answers when it is started under that name, or through the shim script with [`KUBECTL_VARIABLE`] set.

use super::recipe::complete::Typed;
use crate::core::kind::model_deployment::{INFERENCE_PROVIDER_CONFIG, MODEL_DEPLOYMENT};
use crate::core::kind::operator::operators;
use crate::core::kubernetes::resource::NAMESPACE;
use crate::core::recipe::ModelId;
use crate::core::text::plain;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::ConnectOptions;
use crate::io::cluster::complete::Asker;
use crate::io::install::{self, Installed};
use crate::ui::Ui;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

/// Name of the executable that kubectl looks for.
pub const KUBECTL_COMPLETER: &str = "kubectl_complete-airunway";
/// Set to `kubectl` by the shim script, so that no second executable is needed.
pub const KUBECTL_VARIABLE: &str = "AIRUNWAY_COMPLETE";
/// Set by the shell scripts that `completion` prints.
const SHELL_VARIABLE: &str = "COMPLETE";
/// kubectl's directive: do not complete file names.
const NO_FILES: &str = ":4";
/// kubectl's directive: complete file names as well.
const DEFAULT: &str = ":0";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(kubectl airunway completion bash)
  kubectl airunway completion install    # then kubectl airunway <TAB> completes")]
pub struct CompletionArgs {
    /// Shell to print the script for, or `install` for kubectl's completion
    #[arg(value_name = "SHELL", value_parser = ["bash", "elvish", "fish", "install", "powershell", "zsh"])]
    pub shell: String,
}

/// Prints a script, or puts the completer for kubectl beside the program.
///
/// # Errors
/// When the completer cannot be written.
pub fn run(args: CompletionArgs, world: &World, ui: &mut Ui) -> Result<Exit> {
    match args.shell.as_str() {
        "install" => install(world, ui)?,
        shell => ui.data(&script(shell)?)?,
    }
    Ok(Exit::Success)
}

/// The script that registers completion of `kubectl-airunway` in a shell.
///
/// # Errors
/// A shell that is not known.
pub fn script(shell: &str) -> Result<String> {
    let shells = Shells::builtins();
    let completer =
        shells.completer(shell).ok_or_else(|| Error::usage(format!("no completion for shell {shell}")))?;
    let mut text = Vec::new();
    completer
        .write_registration(
            SHELL_VARIABLE,
            "kubectl_airunway",
            "kubectl-airunway",
            "kubectl-airunway",
            &mut text,
        )
        .map_err(|error| Error::failure("cannot write the completion script").caused_by(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn install(world: &World, ui: &mut Ui) -> Result<()> {
    let installed = install::beside(world, KUBECTL_COMPLETER).map_err(|error| {
        Error::failure(format!("cannot install {KUBECTL_COMPLETER}")).caused_by(error.to_string())
    })?;
    match installed {
        Installed::Already(target) => ui.status(&format!("{} is already installed", target.display())),
        Installed::New(target) => {
            ui.status(&format!("installed {}", target.display()));
            ui.hint("kubectl 1.26 or newer completes `kubectl airunway` once kubectl's completion is loaded");
        }
        Installed::Foreign(target) => {
            return Err(Error::failure(format!(
                "{} already exists and is a different file",
                target.display()
            ))
            .hint(format!("remove it first: rm {}", target.display())));
        }
    }
    Ok(())
}

/// Whether this process was started to answer kubectl.
pub fn answers_kubectl(world: &World) -> bool {
    world.program.file_stem() == Some(OsStr::new(KUBECTL_COMPLETER))
        || world.environment.get(KUBECTL_VARIABLE).is_some_and(|value| value == "kubectl")
}

/// Whether this process was started by a shell's completion script, or to print one: the variable names a shell, and the
/// words come behind `--`, or there are none. Other programs use a variable of that name, too.
pub fn answers_shell(world: &World, arguments: &[OsString]) -> bool {
    let names_a_shell = world
        .environment
        .text(SHELL_VARIABLE)
        .is_some_and(|name| Shells::builtins().completer(name).is_some());
    names_a_shell && arguments.get(1).is_none_or(|word| word == "--")
}

/// Answers kubectl: a candidate a line, with its help behind a tab, and the directive last.
pub fn answer_kubectl(mut tree: clap::Command, arguments: &[OsString], world: &World, ui: &mut Ui) -> Exit {
    remember(arguments, world);
    let words: Vec<OsString> = arguments.to_vec();
    let index = words.len().saturating_sub(1);
    let path_before =
        index.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|word| takes_path(word));
    let candidates = if path_before {
        Vec::new()
    } else {
        clap_complete::engine::complete(&mut tree, words, index, None).unwrap_or_default()
    };
    let mut text = String::new();
    for candidate in candidates.iter().filter(|candidate| !candidate.is_hide_set()) {
        text.push_str(&candidate.get_value().to_string_lossy());
        if let Some(help) = candidate.get_help() {
            text.push('\t');
            text.push_str(help.to_string().lines().next().unwrap_or_default());
        }
        text.push('\n');
    }
    text.push_str(if path_before { DEFAULT } else { NO_FILES });
    text.push('\n');
    match ui.data(&text) {
        Ok(()) => Exit::Success,
        Err(error) => error.exit,
    }
}

/// kubectl's own file completion is better than a list of ours.
fn takes_path(word: &OsStr) -> bool {
    ["-f", "--filename", "--overrides", "--recipes", "--kubeconfig", "--certificate-authority"]
        .iter()
        .any(|flag| word == *flag)
}

/// Answers a shell's completion script.
pub fn answer_shell(tree: fn() -> clap::Command, arguments: Vec<OsString>, world: &World) -> Exit {
    remember(&arguments, world);
    let directory = world.directory.as_deref();
    match CompleteEnv::with_factory(tree).var(SHELL_VARIABLE).try_complete(arguments, directory) {
        Ok(true) => Exit::Success,
        Ok(false) | Err(_) => Exit::Usage,
    }
}

/// What completers may ask: they are called by clap, which hands them the word alone.
struct Asked {
    /// The cluster that the words on the command line name.
    cluster: Asker,
    /// What the words say about a recipe.
    recipe: Typed,
}

/// Set while a command line is completed, and never otherwise.
static ASKED: OnceLock<Asked> = OnceLock::new();

fn remember(words: &[OsString], world: &World) {
    let value = |names: &[&str]| {
        words.iter().enumerate().find_map(|(index, word)| {
            let word = word.to_str()?;
            if names.contains(&word) {
                return words.get(index + 1)?.to_str().map(str::to_owned);
            }
            names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
        })
    };
    let options = ConnectOptions {
        kubeconfig: value(&["--kubeconfig"]).map(Into::into),
        context: value(&["--context"]),
        cluster: value(&["--cluster"]),
        user: value(&["--user"]),
        namespace: value(&["-n", "--namespace"]),
        server: value(&["-s", "--server"]),
        token: value(&["--token"]).map(Into::into),
        certificate_authority: value(&["--certificate-authority"]).map(Into::into),
        insecure_skip_tls_verify: words.iter().any(|word| word == "--insecure-skip-tls-verify"),
        ..ConnectOptions::default()
    };
    let model =
        words.iter().skip(1).filter_map(|word| word.to_str()).find_map(|word| ModelId::parse(word).ok());
    let recipe = Typed {
        world: world.clone(),
        model,
        hardware: value(&["--hardware"]),
        recipes_url: value(&["--recipes-url"]),
        recipes: value(&["--recipes"]),
    };
    // The first call wins; there is one command line in a process.
    let _ = ASKED.set(Asked { cluster: Asker::new(options, world.surroundings()), recipe });
}

/// What a cluster or its kubeconfig answers.
fn of_cluster(ask: impl FnOnce(&Asker) -> Vec<String>) -> Vec<String> {
    ASKED.get().map(|asked| ask(&asked.cluster)).unwrap_or_default()
}

fn fixed(values: &'static [&'static str]) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        starting_with(current, values.iter().map(|value| (*value).to_owned()))
    })
}

fn starting_with(current: &OsStr, values: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    // A name that would have to be escaped could be shown, and not be used.
    let usable = |value: &String| value.starts_with(&*current) && matches!(plain(value), Cow::Borrowed(_));
    values.into_iter().filter(usable).map(CompletionCandidate::new).collect()
}

pub fn engines() -> ArgValueCompleter {
    fixed(&crate::core::kind::model_deployment::object::engine::ALL)
}

pub fn modes() -> ArgValueCompleter {
    fixed(&["aggregated", "disaggregated"])
}

pub fn sources() -> ArgValueCompleter {
    fixed(&["huggingface", "custom"])
}

pub fn rules() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        starting_with(current, crate::core::kubernetes::rule::Rule::all().map(|rule| rule.id.to_owned()))
    })
}

/// Checks of the test plan, and their sections.
pub fn checks() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting_with(current, super::e2e::names()))
}

pub fn releases() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        starting_with(
            current,
            crate::core::kind::model_deployment::release::Release::all()
                .iter()
                .map(|release| release.name.to_owned()),
        )
    })
}

fn recipe_names(names: fn(&Typed) -> Vec<String>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        starting_with(current, ASKED.get().map(|asked| names(&asked.recipe)).unwrap_or_default())
    })
}

/// Models that have a recipe, as far as the cache knows.
pub fn recipe_models() -> ArgValueCompleter {
    recipe_names(Typed::models)
}

pub fn recipe_hardware() -> ArgValueCompleter {
    recipe_names(Typed::hardware)
}

pub fn recipe_strategies() -> ArgValueCompleter {
    recipe_names(Typed::strategies)
}

pub fn recipe_variants() -> ArgValueCompleter {
    recipe_names(Typed::variants)
}

pub fn recipe_precisions() -> ArgValueCompleter {
    recipe_names(Typed::precisions)
}

pub fn recipe_features() -> ArgValueCompleter {
    recipe_names(Typed::features)
}

pub fn recipe_tasks() -> ArgValueCompleter {
    fixed(&["text", "multimodal", "embedding", "omni"])
}

pub fn namespaces() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        starting_with(current, of_cluster(|asker| asker.names(&NAMESPACE)))
    })
}

pub fn contexts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting_with(current, of_cluster(Asker::contexts)))
}

pub fn clusters() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting_with(current, of_cluster(Asker::clusters)))
}

pub fn users() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting_with(current, of_cluster(Asker::users)))
}

/// Inputs of operators, with the prefix of each.
pub fn operator_inputs() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let keys = operators().flat_map(|operator| {
            operator.inputs.iter().map(|input| format!("{}:{}=", operator.prefix, input.key))
        });
        starting_with(current, keys.collect::<Vec<String>>())
    })
}

/// Providers of the cluster, else the embedded ones.
pub fn providers() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let mut names = of_cluster(|asker| asker.names(&INFERENCE_PROVIDER_CONFIG));
        if names.is_empty() {
            names = crate::core::kind::model_deployment::provider::names().map(str::to_owned).collect();
        }
        starting_with(current, names)
    })
}

pub fn deployments() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        starting_with(current, of_cluster(|asker| asker.names(&MODEL_DEPLOYMENT)))
    })
}
