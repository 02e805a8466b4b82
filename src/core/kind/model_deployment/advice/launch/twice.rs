//! One argument twice: the engine takes the last, and the others have no effect.

use super::super::{Found, Situation, rule, view};
use super::Line;
use crate::core::kind::model_deployment::launch::Argument;
use serde_json::Value;

/// Fields that shims write as arguments. Prefix caching is not among them: an object out of a cluster has the default.
const FIELDS: [(&str, &[&str]); 5] = [
    ("context-length", &["spec", "engine", "contextLength"]),
    ("enforce-eager", &["spec", "engine", "enforceEager"]),
    ("max-model-len", &["spec", "engine", "contextLength"]),
    ("served-model-name", &["spec", "model", "servedName"]),
    ("trust-remote-code", &["spec", "engine", "trustRemoteCode"]),
];

pub(super) fn check(situation: &Situation<'_>, line: &Line, found: &mut Found) {
    let arguments = &line.reading.arguments;
    for (position, argument) in arguments.iter().enumerate() {
        let Some(path) = line.path(argument.at).filter(|_| argument.is_known) else { continue };
        if line.server.reserved.contains(&argument.name.as_str()) {
            continue; // Of which the shim's rules speak.
        }
        let later = arguments.iter().skip(position + 1).find(|later| repeats(line, argument, later));
        let earlier = arguments.iter().take(position);
        if let Some(later) = later.filter(|later| !says_the_same(argument, later)) {
            let by = line.path(later.at).unwrap_or_else(|| "the provider".to_owned());
            let message =
                format!("it has no effect: {by} sets {} again, and the engine takes the last", shown(later));
            found.add(&rule::LAUNCH_ARGUMENT_TWICE, path, message);
        } else if let Some(message) = against_field(situation, argument) {
            found.add(&rule::LAUNCH_ARGUMENT_TWICE, path, message);
        } else if line.server.yields
            && let Some(own) = earlier.rev().find(|earlier| repeats(line, earlier, argument))
            && line.path(own.at).is_none()
            && !says_the_same(own, argument)
            && argument.is_opposite == own.is_opposite
        {
            let message =
                format!("{} is generated as well, and the engine gets both and takes the last", shown(own));
            let hint = format!("write {}", own.name);
            found.add_with_hint(&rule::LAUNCH_FLAG_ALIAS, &path, message, hint);
        }
    }
}

fn repeats(line: &Line, one: &Argument, other: &Argument) -> bool {
    one.name == other.name
        && one.is_known
        && other.is_known
        && !line.grammar.adding_up.contains(&one.name.as_str())
        && !one.name.ends_with('+')
}

fn says_the_same(one: &Argument, other: &Argument) -> bool {
    one.is_opposite == other.is_opposite && one.values == other.values
}

fn shown(argument: &Argument) -> String {
    let no = if argument.is_opposite { "no-" } else { "" };
    format!("--{no}{}", argument.name)
}

/// A field that the author set to something else. What defaults put there is not the author's.
fn against_field(situation: &Situation<'_>, argument: &Argument) -> Option<String> {
    let (_, field) = FIELDS.iter().find(|(name, _)| *name == argument.name)?;
    let said = view::at(situation.authored, field)?;
    let differs = match said {
        Value::Bool(on) => *on && argument.is_opposite,
        Value::Number(number) => argument.value().is_some_and(|value| value.trim() != number.to_string()),
        Value::String(text) if !text.is_empty() => !argument.values.contains(text),
        _ => false,
    };
    let field = field.join(".");
    differs.then(|| format!("{field} says otherwise; the argument wins"))
}
