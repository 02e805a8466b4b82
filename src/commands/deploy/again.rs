//! The command that repeats a deploy: what was typed, with the name, the namespace and the image's digest that it came to,
//! and without secrets.

use super::args::{ApplySettings, DryRun};
use crate::commands::planned::{Plan, Planned};
use crate::core::kubernetes::json::text_at;
use crate::core::plan::redact;
use crate::core::text::{plain, shell_word};
use crate::ui::Ui;

/// Flags whose value is `NAME=VALUE`, where VALUE may be a secret.
const PAIRS: [&str; 6] = ["--env", "--arg", "--label", "--annotation", "--pod-annotation", "--override"];
/// Flags whose value is a secret.
const SECRETS: [&str; 1] = ["--token"];
/// Switches that belong to one run.
const ONCE: [&str; 5] = ["--recreate", "--yes", "-y", "--explain", "--provenance"];

/// Says the command, last of all.
pub(super) fn say(plan: &Plan, settings: &ApplySettings, ui: &mut Ui) {
    if settings.dry_run != DryRun::None {
        return;
    }
    let Some(Again { command, left_out }) = Again::of(&settings.globals.typed, facts(plan)) else { return };
    if !left_out.is_empty() {
        ui.status(&format!("left out of the next line, because it looks secret: {}", left_out.join(", ")));
    }
    ui.status(&format!("again: {command}"));
}

/// What a command line left open, by the flag that says it.
#[derive(Debug, Default, Clone, PartialEq)]
struct Facts {
    name: Option<String>,
    namespace: Option<String>,
    image: Option<String>,
}

/// What can be said of one object; several take no flags.
fn facts(plan: &Plan) -> Facts {
    let [Planned { object, .. }] = plan.objects.as_slice() else { return Facts::default() };
    let images = object.kind().map_or(&[][..], |kind| kind.images());
    let image = images.iter().map(|field| text_at(&object.value, field)).find(|image| !image.is_empty());
    // The file says its own.
    let name = object.source.is_empty().then(|| object.name().to_owned());
    let image = image.filter(|image| plan.pins.contains_key(*image)).map(str::to_owned);
    Facts { name, namespace: Some(object.namespace().to_owned()), image }
}

/// A command line to be typed again.
#[derive(Debug, PartialEq)]
struct Again {
    command: String,
    /// Flags that were left out, without their values.
    left_out: Vec<String>,
}

impl Again {
    /// `None` where it cannot be written in one line.
    fn of(typed: &[String], facts: Facts) -> Option<Again> {
        if typed.is_empty() || typed.iter().any(|word| plain(word) != word.as_str()) {
            return None;
        }
        let end = typed.iter().position(|word| word == "--").unwrap_or(typed.len());
        let (flags, engine) = typed.split_at_checked(end)?;
        let (mut words, mut left_out) = (Vec::new(), Vec::new());
        own_flags(flags, facts.image.is_some(), &mut words, &mut left_out);
        let has = |words: &[String], long: &str, short: &str| {
            words.iter().any(|word| {
                word == long
                    || word.starts_with(&format!("{long}="))
                    || (!short.is_empty() && word.starts_with(short) && !word.starts_with("--"))
            })
        };
        for (value, long, short) in [
            (&facts.name, "--name", ""),
            (&facts.namespace, "--namespace", "-n"),
            (&facts.image, "--image", ""),
        ] {
            if let Some(value) = value.as_ref().filter(|_| !has(&words, long, short)) {
                words.extend([if short.is_empty() { long } else { short }.to_owned(), value.clone()]);
            }
        }
        engine_words(engine, &mut words, &mut left_out);
        let words: Vec<_> = words.iter().map(|word| shell_word(word)).collect();
        Some(Again { command: format!("kubectl airunway {}", words.join(" ")), left_out })
    }
}

/// Whether a word begins a flag.
fn split(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
        _ => (word, None),
    }
}

/// The words before `--` without secrets and what belongs to one run; with `pinned` without the image that was typed.
fn own_flags(typed: &[String], pinned: bool, words: &mut Vec<String>, left_out: &mut Vec<String>) {
    let mut rest = typed.iter().peekable();
    while let Some(word) = rest.next() {
        let (flag, joined) = split(word);
        let takes_value =
            PAIRS.contains(&flag) || SECRETS.contains(&flag) || matches!(flag, "--image" | "--server" | "-s");
        let value = match joined {
            Some(value) => Some(value.to_owned()),
            None if takes_value => rest.next().cloned(),
            None => None,
        };
        let name = value.as_deref().map_or("", |value| value.split_once('=').map_or(value, |(name, _)| name));
        let is_secret = SECRETS.contains(&flag)
            || value.as_deref().is_some_and(|value| {
                let pair = PAIRS.contains(&flag);
                takes_value
                    && !(pair && is_reference(value))
                    && (redact::text(value) != value || pair && is_secret_pair(value))
            });
        if is_secret {
            left_out.push(if PAIRS.contains(&flag) { format!("{flag} {name}") } else { flag.to_owned() });
        } else if !(ONCE.contains(&flag) || pinned && flag == "--image") {
            words.push(word.clone());
            words.extend(value.filter(|_| joined.is_none()));
        }
    }
}

/// Whether `NAME=VALUE` says a secret by its name.
fn is_secret_pair(pair: &str) -> bool {
    pair.split_once('=').is_some_and(|(name, value)| redact::is_secret_name(name) && !value.is_empty())
}

/// Whether `NAME=VALUE` refers to the key of a Secret.
fn is_reference(pair: &str) -> bool {
    pair.split_once('=').is_some_and(|(_, value)| value.starts_with("secret:"))
}

/// The engine's arguments, `--` before them, without those that hold a secret.
fn engine_words(typed: &[String], words: &mut Vec<String>, left_out: &mut Vec<String>) {
    let mut rest = typed.iter().peekable();
    while let Some(word) = rest.next() {
        let (flag, joined) = split(word);
        let is_flag = flag.starts_with("--") && flag.len() > 2;
        if redact::text(word) != *word {
            left_out.push(if is_flag { flag.to_owned() } else { "an engine argument".to_owned() });
        } else if is_flag && redact::is_secret_name(flag) {
            if joined.is_none() && rest.peek().is_some_and(|next| !next.starts_with('-')) {
                rest.next();
            }
            left_out.push(flag.to_owned());
        } else {
            words.push(word.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(line: &str, facts: Facts) -> Again {
        let typed: Vec<String> = shlex::split(line).unwrap();
        Again::of(&typed, facts).unwrap()
    }

    fn of_flags() -> Facts {
        let text = |text: &str| Some(text.to_owned());
        Facts { name: text("q"), namespace: text("team-a"), image: text("a/b:c@sha256:1") }
    }

    #[test]
    fn what_was_left_open_is_said() {
        let line = again("deploy Qwen/Q --provider vllm", of_flags());
        assert_eq!(
            line.command,
            "kubectl airunway deploy Qwen/Q --provider vllm --name q -n team-a --image a/b:c@sha256:1"
        );
        assert_eq!(line.left_out, [""; 0]);
        let said =
            again("deploy Qwen/Q -n team-a --name=q --image a/b:c --yes -- --x '{\"a\": 1}'", of_flags());
        assert_eq!(
            said.command,
            "kubectl airunway deploy Qwen/Q -n team-a --name=q --image a/b:c@sha256:1 -- --x '{\"a\": 1}'"
        );
        let file = again("deploy -f a.yaml -f 'b c.yaml'", Facts::default());
        assert_eq!(file.command, "kubectl airunway deploy -f a.yaml -f 'b c.yaml'");
    }

    #[test]
    fn no_secret_is_in_it() {
        let typed = "deploy a/m --env HF_TOKEN=hf_abcdefghijkl --env=DB_PASSWORD=x --env A=secret:S/k --env B=1 \
                     --env C=hf_abcdefghijklmn --token abc --arg api-key=zzz --server https://u:p@host:6443 \
                     --hf-token-secret hf -- --api-key k1 --max-num-seqs 4 --hf-token=x --served sk-abcdefghijklmnop";
        let Again { command, left_out } = again(typed, Facts::default());
        assert_eq!(
            command,
            "kubectl airunway deploy a/m --env A=secret:S/k --env B=1 --hf-token-secret hf -- --max-num-seqs 4 --served"
        );
        assert_eq!(
            left_out,
            [
                "--env HF_TOKEN",
                "--env DB_PASSWORD",
                "--env C",
                "--token",
                "--arg api-key",
                "--server",
                "--api-key",
                "--hf-token",
                "an engine argument"
            ]
        );
    }

    #[test]
    fn a_line_that_a_terminal_would_obey_is_not_said() {
        assert_eq!(Again::of(&["deploy".to_owned(), "a\u{1b}[2J".to_owned()], Facts::default()), None);
        assert_eq!(Again::of(&[], Facts::default()), None);
    }
}
