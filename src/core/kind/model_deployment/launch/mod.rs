//! The command line that an engine is started with, read as the engine reads it.
//!
//! A shim puts arguments of its own and those of the object in one line ([`Server`]); the engine's grammar ([`Grammar`])
//! says which of its words are arguments, which are their values, and which are neither ([`Reading`]). The rules of
//! `advice` ask the reading and never look at words themselves.

mod grammar;
mod read;
mod sglang;
mod trtllm;
mod values;
mod vllm;

pub use grammar::{Grammar, Json, Sizes, Takes};
pub use read::{Argument, Fault, Reading, is_number};
pub use values::{Misfit, is_quoted, misfit};

use super::object::{ModelDeployment, engine};
use crate::core::kubernetes::finding::field_path;

/// One word of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word, as the engine gets it.
    pub text: String,
    /// Who put it there.
    pub place: Place,
}

/// Where a word of a command line comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// From the shim.
    Shim,
    /// From the entry of `spec.engine.args` with this key: the key or its value.
    Args(String),
    /// From `spec.engine.extraArgs`.
    ExtraArgs(usize),
}

impl Place {
    /// The field of the object, if the word is the object's.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        match self {
            Place::Shim => None,
            Place::Args(key) => Some(field_path("spec.engine.args", key)),
            Place::ExtraArgs(index) => Some(format!("spec.engine.extraArgs[{index}]")),
        }
    }
}

/// Words of the shim.
pub fn from_shim(tokens: impl IntoIterator<Item = String>) -> Vec<Word> {
    tokens.into_iter().map(|text| Word { text, place: Place::Shim }).collect()
}

/// The words of `spec.engine.args`, in the order in which the shims write them; an empty value is no word.
pub fn from_args(deployment: &ModelDeployment, passes: impl Fn(&str) -> bool) -> Vec<Word> {
    let mut words = Vec::new();
    for (key, value) in deployment.engine_args().iter().filter(|(key, _)| passes(key)) {
        let place = Place::Args(key.clone());
        words.push(Word { text: format!("--{key}"), place: place.clone() });
        if !value.is_empty() {
            words.push(Word { text: value.clone(), place });
        }
    }
    words
}

/// The words of `spec.engine.extraArgs`.
pub fn from_extra_args(deployment: &ModelDeployment) -> Vec<Word> {
    let tokens = deployment.extra_args().iter().enumerate();
    tokens.map(|(index, text)| Word { text: text.clone(), place: Place::ExtraArgs(index) }).collect()
}

/// One kind of pod in which a shim starts the engine with the object's arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// GPUs of one pod.
    pub gpus: i64,
    /// The field that says so.
    pub gpus_at: &'static str,
    /// The command line.
    pub words: Vec<Word>,
    /// Whether the shim sets the tensor size to the number of GPUs unless the object says otherwise.
    pub fills_tensor: bool,
    /// Whether the shim leaves out an argument of its own when the object has it in the shim's spelling.
    pub yields: bool,
    /// Arguments of which other rules speak, because the shim refuses or overlooks them.
    pub reserved: &'static [&'static str],
    /// How the engine is reached.
    pub door: Door,
    /// Whether the line reaches the engine as one text, with blanks between the words.
    pub is_joined: bool,
}

impl Server {
    /// A server of one container with a list of arguments, reached by HTTP on the port of its Service.
    #[must_use]
    pub fn new(gpus: i32, gpus_at: &'static str, words: Vec<Word>) -> Server {
        Server {
            gpus: gpus.into(),
            gpus_at,
            words,
            fills_tensor: false,
            yields: false,
            reserved: &[],
            door: Door::Unknown,
            is_joined: false,
        }
    }
}

/// How the engine of a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Probes ask its own port by plain HTTP, and a Service leads there.
    Probed,
    /// A Service leads to its port 8000; nothing probes it.
    Service,
    /// By ways of which the engine's arguments are no part.
    Unknown,
}

/// The grammar of an engine's command line, where it is known.
#[must_use]
pub fn grammar(name: &str) -> Option<&'static Grammar> {
    match name {
        engine::VLLM => Some(&vllm::GRAMMAR),
        engine::SGLANG => Some(&sglang::GRAMMAR),
        engine::TRTLLM => Some(&trtllm::GRAMMAR),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
