//! Values that the engine cannot read, or does not get as they are.

use super::super::{Found, rule};
use super::Line;
use crate::core::kind::model_deployment::launch::{Argument, Misfit, Takes, is_quoted, misfit};
use serde_json::Value;

/// Arguments whose value is free text.
const FREE: [&str; 1] = ["chat-template"];
/// Lists whose members hold no blanks.
const LISTS: [&str; 3] = ["cuda-graph-sizes", "cudagraph-capture-sizes", "lora-modules"];
/// Shares of the memory of a GPU.
const SHARES: [&str; 3] = ["free-gpu-memory-fraction", "gpu-memory-utilization", "mem-fraction-static"];

pub(super) fn check(line: &Line, found: &mut Found) {
    if line.server.is_joined {
        check_joined(line, found);
    }
    for (argument, _) in line.own().filter(|(argument, _)| !FREE.contains(&argument.name.as_str())) {
        for (index, value) in argument.values.iter().enumerate() {
            let Some(path) = line.value_path(argument, index) else { continue };
            if !(line.server.is_joined && does_not_survive(value)) {
                check_value(line, argument, value, &path, found);
            }
        }
    }
}

fn check_value(line: &Line, argument: &Argument, value: &str, path: &str, found: &mut Found) {
    let written = &argument.written;
    if is_quoted(value) {
        let message = format!("the quotes are part of the value of {written}; no shell removes them");
        found.add(&rule::LAUNCH_VALUE_QUOTED, path, message);
    } else if is_shell_variable(value) {
        let message = format!("{written} gets {value:?} as it is; no shell fills it in");
        let name = value.trim_start_matches('$').trim_matches(['{', '}']);
        let hint = format!("write $({name}), which Kubernetes fills in from the pod's variables");
        found.add_with_hint(&rule::LAUNCH_SHELL_VARIABLE, path, message, hint);
    } else if LISTS.contains(&argument.name.as_str())
        && value.trim().contains(char::is_whitespace)
        && serde_json::from_str::<Value>(value).is_err()
    {
        let message = format!("{value:?} reaches the engine as one value of {written}");
        found.add(&rule::LAUNCH_WORD_SEVERAL, path, message);
    } else if let Some(misfit) = misfit_of(argument, value) {
        let (rule, wanted) = match misfit {
            Misfit::Whole => (&rule::LAUNCH_VALUE_INVALID, "a whole number"),
            Misfit::Number => (&rule::LAUNCH_VALUE_INVALID, "a number"),
            Misfit::Json => (&rule::LAUNCH_VALUE_JSON, "JSON, which this is not"),
            Misfit::Object => (&rule::LAUNCH_VALUE_JSON, "a JSON object"),
        };
        found.add(rule, path, format!("{written} needs {wanted}; the engine refuses to start"));
    } else if let Some(wanted) = out_of_range(line, argument, value) {
        found.add(&rule::LAUNCH_VALUE_INVALID, path, format!("{written} needs {wanted}"));
    }
}

fn misfit_of(argument: &Argument, value: &str) -> Option<Misfit> {
    const OBJECTS: [&str; 3] = ["-config", "-kwargs", "-overrides"];
    let text = value.trim();
    let is_object = OBJECTS.iter().any(|ending| argument.name.ends_with(ending))
        && text.starts_with('{')
        && text.ends_with('}');
    match argument.takes {
        Takes::Unknown if is_object => {
            misfit(Takes::Json(crate::core::kind::model_deployment::launch::Json::Object), value)
        }
        takes => misfit(takes, value),
    }
}

fn out_of_range(line: &Line, argument: &Argument, value: &str) -> Option<&'static str> {
    let sizes = &line.grammar.sizes;
    let name = argument.name.as_str();
    let is_size = [sizes.tensor, sizes.data, sizes.nodes].contains(&name)
        || sizes.factors.iter().chain(sizes.parts).any(|(size, _)| *size == name);
    if is_size && value.trim().parse::<i64>().is_ok_and(|size| size < 1) {
        return Some("at least 1");
    }
    let is_share = SHARES.contains(&name);
    let is_outside = |share: f64| share <= 0.0 || share > 1.0;
    (is_share && value.trim().parse::<f64>().is_ok_and(is_outside)).then_some("a number above 0 and up to 1")
}

/// `$NAME` or `${NAME}` and nothing else.
fn is_shell_variable(value: &str) -> bool {
    let Some(name) = value.strip_prefix('$') else { return false };
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a text is lost or changed when it goes through one text with blanks between the words.
fn does_not_survive(text: &str) -> bool {
    text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'))
}

fn check_joined(line: &Line, found: &mut Found) {
    for word in line.server.words.iter().filter(|word| does_not_survive(&word.text)) {
        if let Some(path) = word.place.path() {
            let message = "the provider puts all arguments into one variable with blanks between them; \
                           a value with blanks or quotes does not arrive as it is";
            found.add(&rule::LAUNCH_VALUE_SPLIT, path, message);
        }
    }
}
