//! One server on one node.

use crate::core::kind::model_deployment::object::engine;
use crate::core::recipe::choice::locate::{Located, malformed};
use crate::core::recipe::command::argv::{self, Argument, Place};
use crate::core::recipe::command::environment::placeholder;
use crate::core::recipe::command::gpus::Parallel;
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::{Refusal, Stop};
use crate::core::recipe::site::document::{Malformed, Role};

/// Flags with which servers on several nodes find each other.
const ACROSS_NODES: [&str; 9] = [
    "nnodes",
    "node-rank",
    "master-addr",
    "master-port",
    "headless",
    "data-parallel-address",
    "data-parallel-rpc-port",
    "data-parallel-start-rank",
    "data-parallel-rank",
];

/// A command: the model it serves, and its flags.
pub(in crate::core::recipe) struct Command {
    /// `argv[2]`.
    pub(in crate::core::recipe) model: String,
    /// Flags, each once.
    pub(in crate::core::recipe) arguments: Vec<Argument>,
}

/// Reads a command: `vllm serve MODEL` and flags.
///
/// # Errors
/// [`Reason::Malformed`] for anything else, [`Reason::Arguments`] for words that belong to no flag.
pub(in crate::core::recipe) fn read(
    located: &Located<'_>,
    tokens: Result<Option<Vec<&str>>, Malformed>,
) -> Result<Command, Stop> {
    let wrong = |text: &str| malformed(&located.path, &Malformed(text.to_owned()));
    let tokens = tokens.map_err(|error| malformed(&located.path, &error))?;
    let tokens = tokens.ok_or_else(|| wrong("argv is missing"))?;
    let [engine::VLLM, "serve", model, rest @ ..] = tokens.as_slice() else {
        return Err(wrong("argv does not begin with vllm serve and a model"));
    };
    if model.is_empty() || model.starts_with('-') || model.chars().any(char::is_whitespace) {
        return Err(wrong("argv names no model"));
    }
    let arguments = argv::parse(rest, |at| Place::Command(at + 3))?;
    Ok(Command { model: (*model).to_owned(), arguments: argv::last_wins(arguments) })
}

/// Reads the command of a role.
///
/// # Errors
/// As [`read`].
pub(in crate::core::recipe) fn read_role(located: &Located<'_>, role: Role<'_>) -> Result<Command, Stop> {
    read(located, role.argv())
}

impl Command {
    /// Refuses what has to be filled in by hand.
    pub(in crate::core::recipe) fn check_placeholders(&self) -> Result<(), Refusal> {
        let found = self.arguments.iter().find(|argument| argv::has_placeholder(&argument.shown()));
        match found {
            Some(argument) => Err(placeholder(&argument.shown())),
            None if argv::has_placeholder(&self.model) => Err(placeholder(&self.model)),
            None => Ok(()),
        }
    }

    /// Whether the command is a part of a server that spans nodes.
    pub(in crate::core::recipe) fn spans_nodes(&self) -> bool {
        self.arguments.iter().any(|argument| ACROSS_NODES.contains(&argument.key().as_str()))
    }

    /// Accelerators of the pod.
    ///
    /// # Errors
    /// [`Reason::Malformed`] for sizes that fit no number, [`Reason::NodeTooSmall`] when no node of the hardware has as
    /// many.
    pub(in crate::core::recipe) fn gpus(&self, located: &Located<'_>) -> Result<i64, Refusal> {
        let sizes = Parallel::of(&self.arguments)?;
        let gpus = sizes.gpus()?;
        let Some(on_node) = located.profile.gpu_count() else {
            let text =
                format!("the recipe site does not tell how many GPUs a node of {} has", located.hardware);
            return Err(Refusal::new(Reason::Malformed, text));
        };
        if gpus <= on_node {
            return Ok(gpus);
        }
        let text = format!(
            "strategy {} needs {gpus} GPUs in one pod ({}), but a node of {} has {on_node}",
            located.strategy,
            sizes.shown(),
            located.hardware
        );
        Err(Refusal::new(Reason::NodeTooSmall, text).instead("--strategy", single_node_strategies(located)))
    }
}

/// Strategies for one node that the recipe has on this hardware besides the rendering's own.
pub(in crate::core::recipe) fn single_node_strategies<'a>(located: &Located<'a>) -> Vec<&'a str> {
    located.alternatives.iter().copied().filter(|name| name.starts_with("single_node")).collect()
}
