//! What the engine is started with, judged as the engine reads it.

mod door;
pub(super) mod gpus;
mod twice;
mod values;
mod words;

#[cfg(test)]
mod tests;

use super::{Found, Situation, rule, view};
use crate::core::kind::model_deployment::launch::{Argument, Grammar, Reading, Server, grammar};
use crate::core::kind::model_deployment::object::ModelDeployment;
use serde_json::Value;

/// One command line of the object.
pub(super) struct Line {
    pub(super) server: Server,
    pub(super) grammar: &'static Grammar,
    pub(super) reading: Reading,
}

impl Line {
    /// The field that a word is from, if it is the object's.
    fn path(&self, position: usize) -> Option<String> {
        self.server.words.get(position)?.place.path()
    }

    /// The arguments that are the object's, with their fields.
    pub(super) fn own(&self) -> impl Iterator<Item = (&Argument, String)> {
        self.reading.arguments.iter().filter_map(|argument| Some((argument, self.path(argument.at)?)))
    }

    /// The field of an argument's value.
    pub(super) fn value_path(&self, argument: &Argument, index: usize) -> Option<String> {
        let word = &self.server.words.get(argument.at)?.text;
        let is_apart = *word == argument.written;
        self.path(if is_apart { argument.at + 1 + index } else { argument.at })
    }
}

/// The command lines that the shim makes of the object. An override that puts other containers in their place leaves none.
pub(super) fn lines(situation: &Situation<'_>) -> Vec<Line> {
    let containers = "/spec/provider/overrides/spec/template/spec/containers";
    let (Some(shim), Some(grammar)) = (situation.shim(), grammar(situation.engine_name())) else {
        return Vec::new();
    };
    if situation.is_used("provider.overrides") && situation.stored.pointer(containers).is_some() {
        return Vec::new();
    }
    let mut object = situation.stored.clone();
    if let Some(Value::Object(engine)) = object.pointer_mut("/spec/engine") {
        engine.insert("type".to_owned(), situation.engine_name().into());
    } else if let Some(Value::Object(spec)) = object.pointer_mut("/spec") {
        spec.insert("engine".to_owned(), serde_json::json!({"type": situation.engine_name()}));
    }
    let Ok(deployment) = serde_json::from_value::<ModelDeployment>(object) else { return Vec::new() };
    let line = |server: Server| Line { reading: Reading::of(grammar, &server.words), server, grammar };
    shim.servers(&deployment).into_iter().map(line).collect()
}

pub(super) fn check(situation: &Situation<'_>, lines: &[Line], found: &mut Found) {
    let length = view::at(situation.stored, &["spec", "engine", "contextLength"]).and_then(Value::as_i64);
    if length.is_some_and(|length| length < 1) {
        let message = "the engine needs a context of at least one token";
        found.add(&rule::CONTEXT_LENGTH_NOT_POSITIVE, "spec.engine.contextLength", message);
    }
    if let Some(shim) = situation.shim() {
        shim.advise_arguments(situation.stored, found);
    }
    // Prefill and decode get the same arguments of the object; only GPUs differ.
    if let Some(line) = lines.first() {
        words::check(situation, line, found);
        values::check(line, found);
        twice::check(situation, line, found);
        door::check(line, found);
    }
    for line in lines {
        gpus::check(line, found);
    }
}
