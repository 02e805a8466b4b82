//! A wrong command line: clap's message in the house's form, and a way out that is right. clap proposes whatever looks alike;
//! a word that belongs to the engine, to another verb or to kubectl gets the place where it belongs, or nothing.

use crate::core::nearest::nearest;
use crate::error::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// Verbs that hand words after `--` to the engine.
const WITH_ENGINE_ARGUMENTS: [&str; 5] = ["deploy", "apply-recipe", "render", "check", "diff"];

/// Flags of engines and of other programs that have a flag of ours, whatever they look like. Longest prefixes first.
const KNOWN: [(&str, &str); 14] = [
    ("--hf-token", "--hf-token-secret NAME names a Secret with the token"),
    ("--tensor-parallel-size", "--gpus N sets it"),
    ("--model", "the model is the first argument"),
    ("--served-model-name", "--served-name NAME sets it"),
    ("--max-model-length", "--context-length N sets it"),
    ("--no-enable-prefix-caching", "--no-prefix-caching does it"),
    ("--port", "the port of the endpoint is the provider's; the Service has it"),
    ("--host", "the address of the endpoint is the provider's; the Service has it"),
    ("--force", "deploy has --force-conflicts, and --recreate for what cannot be changed"),
    ("--all-namespaces", "this verb works in one namespace; choose it with -n"),
    ("--list-rules", "check --explain RULE explains a rule; completion lists them"),
    ("--selector", "this verb takes names and files"),
    ("--kustomize", "kubectl kustomize DIR | kubectl airunway check -f -"),
    ("--follow", "kubectl logs -f deployment/NAME follows the log"),
];

/// Verbs of kubectl and others that people try.
const OTHER_VERBS: [(&str, &str); 8] = [
    ("get", "kubectl get modeldeployments"),
    ("describe", "kubectl describe modeldeployment NAME"),
    ("apply", "kubectl airunway deploy -f FILE"),
    ("create", "kubectl airunway deploy MODEL"),
    ("run", "kubectl airunway deploy MODEL"),
    ("serve", "kubectl airunway deploy MODEL"),
    ("install", "kubectl airunway deploy MODEL"),
    ("validate", "kubectl airunway check -f FILE"),
];

/// How many letters may be missing at the end of a flag that was meant.
const BEGUN: usize = 2;

/// Flags whose value stands behind `=` only, because it may be left out.
const VALUE_BEHIND_EQUALS: [&str; 4] = ["--dry-run", "--wait", "--gateway", "--preflight"];

/// The error about a command line; `arguments` are its words, `tree` the verbs and flags.
pub fn error(error: &clap::Error, arguments: &[OsString], tree: &clap::Command) -> Error {
    let (message, tips) = message(error);
    let mut lines = message.into_iter();
    let usage = Error::usage(lines.next().unwrap_or_default()).excerpt(lines);
    let words = Words::of(arguments, tree);
    let own = match error.kind() {
        ErrorKind::UnknownArgument => {
            context(error, ContextKind::InvalidArg).map(|word| words.instead_of(&word))
        }
        ErrorKind::InvalidSubcommand => {
            context(error, ContextKind::InvalidSubcommand).map(|word| words.verb_like(&word))
        }
        ErrorKind::NoEquals => context(error, ContextKind::InvalidArg)
            .and_then(|flag| words.joined(&flag))
            .map(|hint| vec![hint]),
        _ => None,
    };
    // What is known better than by likeness replaces what clap proposes.
    let hints = own.unwrap_or(tips);
    hints.into_iter().fold(usage, Error::hint).hint("run with --help for flags and examples")
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// clap's message without its tips and its usage, and the tips.
fn message(error: &clap::Error) -> (Vec<String>, Vec<String>) {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (mut message, mut tips, mut in_message) = (Vec::new(), Vec::new(), true);
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(tip) = trimmed.strip_prefix("tip: ") {
            tips.push(tip.to_owned());
            in_message = false;
        } else if trimmed.starts_with("Usage:") || trimmed.starts_with("For more information") {
            in_message = false;
        } else if in_message && !trimmed.is_empty() {
            message.push(line.trim_end().to_owned());
        }
    }
    (message, tips)
}

/// The words that were typed, and the verb among them.
struct Words<'a> {
    words: Vec<String>,
    verb: Option<&'a clap::Command>,
    tree: &'a clap::Command,
}

impl<'a> Words<'a> {
    fn of(arguments: &[OsString], tree: &'a clap::Command) -> Words<'a> {
        let words: Vec<String> =
            arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let verb = words.iter().find_map(|word| tree.find_subcommand(word));
        Words { words, verb, tree }
    }

    /// The word before the first one of this text.
    fn before(&self, word: &str) -> Option<&str> {
        let place = self.words.iter().position(|typed| typed == word)?;
        self.words.get(place.checked_sub(1)?).map(String::as_str)
    }

    /// What to write instead of a word that no flag and no argument takes.
    fn instead_of(&self, word: &str) -> Vec<String> {
        let flag = word.split('=').next().unwrap_or(word);
        if !word.starts_with('-') {
            return self.instead_of_value(word).into_iter().collect();
        }
        if word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            let own = self.flags();
            let flag = self.before(word).filter(|before| own.iter().any(|own| own == before));
            return flag.map(|flag| format!("{flag} takes no number below zero")).into_iter().collect();
        }
        let own = self.flags();
        if let Some((_, hint)) = KNOWN.iter().find(|(known, _)| *known == flag) {
            return vec![(*hint).to_owned()];
        }
        if !flag.starts_with("--") {
            return Vec::new();
        }
        if let Some(verb) = self.verb_with(flag) {
            return vec![format!("{flag} is a flag of {verb}")];
        }
        // Half a name is likelier than another one.
        let begun = own.iter().filter(|own| own.starts_with(flag) && own.len() <= flag.len() + BEGUN);
        let begun = begun.min_by_key(|own| own.len()).map(String::as_str);
        if let Some(near) = begun.or_else(|| nearest(flag, own.iter().map(String::as_str))) {
            return vec![format!("did you mean {near}?")];
        }
        let takes_engine_arguments =
            self.verb.is_some_and(|verb| WITH_ENGINE_ARGUMENTS.contains(&verb.get_name()));
        if !takes_engine_arguments {
            return Vec::new();
        }
        let value = self.value_of(word).map(|value| format!(" {value}")).unwrap_or_default();
        vec![format!("a flag of the engine goes behind --, at the end: -- {word}{value}")]
    }

    /// The first verb that has a flag which the one at hand has not.
    fn verb_with(&self, flag: &str) -> Option<&str> {
        let has = |verb: &&clap::Command| {
            verb.get_arguments().any(|argument| {
                !argument.is_hide_set()
                    && argument.get_long().is_some_and(|name| flag.strip_prefix("--") == Some(name))
            })
        };
        let verbs = self.tree.get_subcommands().filter(|verb| !verb.is_hide_set());
        self.verb.and_then(|_| verbs.into_iter().find(has)).map(clap::Command::get_name)
    }

    /// The word behind a flag, where it is its value.
    fn value_of(&self, flag: &str) -> Option<&str> {
        let place = self.words.iter().position(|typed| typed == flag)?;
        let is_value = |next: &&String| {
            let below_zero = next.parse::<f64>().is_ok();
            (below_zero || !next.starts_with('-')) && !flag.contains('=')
        };
        let next = self.words.get(place + 1).filter(is_value)?;
        shlex::try_quote(next).is_ok_and(|quoted| quoted == next.as_str()).then_some(next.as_str())
    }

    /// A flag with the word behind it, as one word; `flag` as clap shows it, with the name of its value.
    fn joined(&self, flag: &str) -> Option<String> {
        let name = flag.split(['=', '[', ' ']).next()?;
        self.value_of(name).map(|value| format!("write {name}={value}"))
    }

    fn instead_of_value(&self, word: &str) -> Option<String> {
        let before = self.before(word)?;
        if VALUE_BEHIND_EQUALS.contains(&before) {
            return Some(format!("write {before}={word}"));
        }
        let verb = self.verb?.get_name();
        WITH_ENGINE_ARGUMENTS
            .contains(&verb)
            .then(|| format!("{verb} takes one model; quote it if it holds blanks"))
    }

    /// The long flags of the verb and those of every verb.
    fn flags(&self) -> Vec<String> {
        let of = |command: &clap::Command| {
            command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
                .filter_map(|argument| argument.get_long().map(|name| format!("--{name}")))
                .collect::<Vec<_>>()
        };
        let mut flags = self.verb.map(of).unwrap_or_default();
        flags.extend(of(self.tree));
        flags
    }

    fn verb_like(&self, word: &str) -> Vec<String> {
        if let Some((_, meant)) = OTHER_VERBS.iter().find(|(other, _)| *other == word) {
            return vec![(*meant).to_owned()];
        }
        let verbs =
            self.tree.get_subcommands().filter(|verb| !verb.is_hide_set()).map(clap::Command::get_name);
        if let Some(near) = nearest(word, verbs) {
            return vec![format!("did you mean {near}?")];
        }
        if word.contains('/') || word.ends_with(".yaml") {
            let meant =
                if word.contains('/') { format!("deploy {word}") } else { format!("deploy -f {word}") };
            return vec![format!("kubectl airunway {meant}")];
        }
        Vec::new()
    }
}
