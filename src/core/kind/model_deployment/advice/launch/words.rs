//! Words that the engine cannot read.

use super::super::{Found, Situation, rule, view};
use super::Line;
use crate::core::image::ImageRef;
use crate::core::kind::model_deployment::launch::Fault;

pub(super) fn check(situation: &Situation<'_>, line: &Line, found: &mut Found) {
    let takes_old_values = is_before_switches(situation);
    for (position, fault) in &line.reading.faults {
        let Some(path) = line.path(*position) else { continue };
        let text = line.server.words.get(*position).map_or("", |word| &word.text);
        if is_reserved(line, text) || line.server.is_joined && text.contains(char::is_whitespace) {
            continue; // Of which other rules speak.
        }
        match fault {
            Fault::SwitchWithValue(switch, value) => {
                if !takes_old_values || !is_once_valued(line, switch) {
                    switch_with_value(line, (switch, value), &path, found);
                }
            }
            Fault::NoValue(argument) => {
                let message = format!("{argument} needs a value; the engine refuses to start without one");
                found.add(&rule::LAUNCH_VALUE_MISSING, path, message);
            }
            Fault::DashedValue(argument, value) => dashed(argument, value, &path, found),
            Fault::SecondDashes => {
                let message = "the engine reads nothing behind -- as an argument, and refuses to start";
                found.add_with_hint(&rule::LAUNCH_WORD_STRAY, &path, message, "remove --");
            }
            Fault::Stray(word) => stray(line, word, &path, found),
            Fault::Several(word) => {
                let message = format!("{} reaches the engine as one argument", shown(word));
                found.add(&rule::LAUNCH_WORD_SEVERAL, path, message);
            }
            Fault::Misspelt(written, meant) => {
                let message = format!("the engine does not know {}", shown(written));
                found.add_with_hint(
                    &rule::LAUNCH_ARGUMENT_MISSPELT,
                    &path,
                    message,
                    format!("write {meant}"),
                );
            }
        }
    }
}

/// At most 60 characters of a word.
fn shown(word: &str) -> String {
    const SHOWN: usize = 60;
    let mut text: String = word.chars().take(SHOWN).collect();
    if word.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    format!("{text:?}")
}

/// Whether the shim's own rules speak of the argument.
fn is_reserved(line: &Line, word: &str) -> bool {
    let name = word.trim_start_matches('-').split(['=', ' ']).next().unwrap_or_default();
    let name = name.to_ascii_lowercase().replace('_', "-");
    let known = line.grammar.find(&name).map_or(name.as_str(), |known| known.name);
    word.starts_with('-') && line.server.reserved.contains(&known)
}

fn is_once_valued(line: &Line, written: &str) -> bool {
    let name = line.grammar.folded(written.trim_start_matches('-'));
    line.grammar.find(&name).is_some_and(|known| line.grammar.once_valued.contains(&known.name))
}

/// Whether the image's tag says a release of vLLM before 0.9, whose switches partly took values.
fn is_before_switches(situation: &Situation<'_>) -> bool {
    const FIRST: u32 = 9;
    let Some((image, _)) = view::image(situation.stored) else { return false };
    let Ok(reference) = image.parse::<ImageRef>() else { return false };
    let tag = reference.tag().unwrap_or_default();
    let mut parts = tag.strip_prefix('v').unwrap_or(tag).split(['.', '-']);
    parts.next() == Some("0")
        && parts.next().and_then(|minor| minor.parse::<u32>().ok()).is_some_and(|minor| minor < FIRST)
}

fn switch_with_value(line: &Line, (switch, value): (&str, &str), path: &str, found: &mut Found) {
    let message = format!("{switch} takes no value; the engine refuses to start with {}", shown(value));
    let name = switch.trim_start_matches('-');
    let hint = match value.to_ascii_lowercase().as_str() {
        "false" | "no" | "off" | "0" if line.grammar.has_opposites => {
            let opposite = match name.strip_prefix("no-") {
                Some(positive) => positive.to_owned(),
                None => format!("no-{name}"),
            };
            format!("to switch it off, write {opposite} without a value{}", in_args(path))
        }
        "false" | "no" | "off" | "0" => "remove it to leave it off".to_owned(),
        _ => format!("write {name} without a value{}", in_args(path)),
    };
    found.add_with_hint(&rule::LAUNCH_SWITCH_VALUE, path, message, hint);
}

/// How a map says that there is no value.
fn in_args(path: &str) -> &'static str {
    if path.starts_with("spec.engine.args") { ": \"\"" } else { "" }
}

fn dashed(argument: &str, value: &str, path: &str, found: &mut Found) {
    let message = format!("the engine takes {} for an argument, and {argument} has no value", shown(value));
    let hint = format!("write {argument}={value} as one entry of spec.engine.extraArgs");
    found.add_with_hint(&rule::LAUNCH_VALUE_DASH, path, message, hint);
}

/// Programs with which a pasted command begins.
const PROGRAMS: [&str; 11] =
    ["bash", "docker", "env", "exec", "nohup", "podman", "python", "python3", "sglang", "sh", "sudo"];

fn stray(line: &Line, word: &str, path: &str, found: &mut Found) {
    let message = format!("{} belongs to no argument; the engine refuses to start", shown(word));
    let name = word.rsplit('/').next().unwrap_or(word);
    let engine = crate::core::kind::model_deployment::object::engine::VLLM;
    let is_variable = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    });
    let hint = if word.trim() == "\\" {
        "remove it; no shell joins lines here".to_owned()
    } else if PROGRAMS.contains(&name) || name == engine {
        "keep only the arguments behind the model id; the provider adds the command and the model".to_owned()
    } else if is_variable {
        "set it in spec.env".to_owned()
    } else if line.grammar.exactly(&line.grammar.folded(word)).is_some() {
        format!("write --{word}")
    } else {
        "remove it, or put it behind the argument whose value it is".to_owned()
    };
    found.add_with_hint(&rule::LAUNCH_WORD_STRAY, path, message, hint);
}
