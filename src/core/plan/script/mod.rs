//! A check as a POSIX shell script of plain kubectl commands, for someone who wants to see or repeat it without this program.
//!
//! It says the same verdict where kubectl can look: what is kept under a name becomes shell variables, read when the check would
//! keep it; a wait is a loop with a deadline. What kubectl cannot look at (a shim's build record, the recipe origin) it names,
//! and does not pass.

mod act;
mod shell;

use super::check::{Check, Names};
use super::claim::Claim;
use super::outcome::Verdict;
use super::step::{Key, Object, Ruling, Settled, Step};
use crate::core::text::plain;
use shell::{Look, command, condition, quote};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Functions with a blank line between them; the last ones are tests, of which a script has those that it calls.
const HELPERS: &str = include_str!("helpers.sh");

/// Where something that was kept can be looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// One object, or none: the arguments of `kubectl get`.
    Object(String),
    /// A list: the same.
    List(String),
    /// The API server's time.
    Time,
    /// What came of a request: a refusal is in a variable, the object at these arguments.
    Answer(String),
    /// An answer over HTTP: variables with its status and its body.
    Http,
    /// Not with kubectl.
    Nowhere,
}

/// The script.
pub fn script(check: &Check, names: &Names) -> String {
    let steps = (check.script)(names);
    let mut script = Script::default();
    for (place, step) in steps.iter().enumerate() {
        script.step(&steps, place, step, names);
    }
    let mut text = String::new();
    text.push_str("#!/bin/sh\n");
    comment(&mut text, &format!("{}: {}", check.id, check.title));
    comment(&mut text, "What kubectl airunway e2e does for this check, as plain kubectl commands.");
    if !check.needs.is_empty() {
        comment(&mut text, &format!("It needs {}.", check.needs.join(", ")));
    }
    text.push_str(
        "# shellcheck disable=SC2034,SC2329 # the trap calls them, and some are for other checks\n",
    );
    text.push_str("set -eu\n");
    text.push_str(&format!("check={}\n", quote(check.id)));
    text.push_str(&helpers(&script.body));
    text.push_str("\ncleanup() {\n");
    for (mark, command) in script.always.iter().rev().chain(script.deletions.iter().rev()) {
        text.push_str(&format!("  [ \"$reached\" -lt {mark} ] || {command}\n"));
    }
    text.push_str("  :\n}\n");
    text.push_str(&script.body);
    text.push_str("\nfinish\n");
    text
}

/// The functions that a script calls.
fn helpers(body: &str) -> String {
    let needed = |block: &&str| {
        let name = block.lines().find_map(|line| line.split_once("() {")).map(|(name, _)| name);
        // What is called whatever happens stands in the first blocks.
        let always = ["end", "finish", "at_exit"];
        name.is_none_or(|name| {
            always.contains(&name) || body.contains(&format!("{name} ")) || body.contains(&format!("{name})"))
        })
    };
    HELPERS.split("\n\n").filter(needed).collect::<Vec<_>>().join("\n\n")
}

/// The script on its way.
#[derive(Default)]
struct Script {
    body: String,
    /// From which mark on what is done in the end, the last first.
    always: Vec<(usize, String)>,
    /// After that: the deletions, the newest object first.
    deletions: Vec<(usize, String)>,
    /// Where what is kept can be looked at.
    sources: BTreeMap<Key, Source>,
    /// What is looked at under each name; the place in the list is part of the variable.
    looks: Vec<(Key, Look)>,
    marks: usize,
    namespace_made: bool,
}

impl Script {
    fn line(&mut self, text: &str) {
        self.body.push_str(text);
        self.body.push('\n');
    }

    fn step(&mut self, steps: &[Step], place: usize, step: &Step, names: &Names) {
        self.line("");
        for words in step.words() {
            comment(&mut self.body, &words);
        }
        match step {
            Step::Do { act, keep, expected } => {
                let source = self.act(act, expected, names);
                self.sources.insert(keep, source);
                let looks = uses(steps, place, keep);
                self.capture(keep, &looks, "");
            }
            Step::Until { watch, claims, within, unless, late } => {
                self.until(steps, place, watch, (claims, unless), (within.as_secs(), *late));
            }
            Step::Expect(claims) => self.expect(claims),
            Step::Absent { objects, settled } => self.absent(objects, settled),
            Step::Judge(rulings) => self.judge(rulings),
            Step::Pause(time) => self.line(&format!("sleep {}", time.as_secs())),
            Step::Always(act) => {
                let mark = self.mark("");
                match act::undo(act) {
                    Some(command) => self.always.push((mark, command)),
                    None => self.by_hand(&act.to_string()),
                }
            }
            Step::Label(label) => self.line(&format!("echo {}", quote(label))),
        }
    }

    /// A place in the script, so that the cleanup knows how far it came.
    fn mark(&mut self, indent: &str) -> usize {
        self.marks += 1;
        let mark = self.marks;
        self.line(&format!("{indent}reached={mark}"));
        mark
    }

    fn by_hand(&mut self, words: &str) {
        self.line(&format!("manual {}", quote(&plain(words))));
    }

    fn source(&self, key: Key) -> &Source {
        self.sources.get(key).unwrap_or(&Source::Nowhere)
    }

    /// The variable for what is looked at under a name.
    fn variable(&mut self, key: Key, look: &Look) -> String {
        let known = self.looks.iter().position(|(known, other)| *known == key && other == look);
        let number = known.unwrap_or_else(|| {
            self.looks.push((key, look.clone()));
            self.looks.len() - 1
        });
        let key: String =
            key.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        format!("v{number}_{key}")
    }

    /// Puts what is looked at into variables.
    fn capture(&mut self, key: Key, looks: &[Look], indent: &str) {
        for look in looks {
            let variable = self.variable(key, look);
            let source = self.source(key).clone();
            if let Some(command) = command(&source, look) {
                self.line(&format!("{indent}{variable}={command}"));
            }
        }
    }

    /// Claims as a condition of the shell; `None` when one of them cannot be looked at.
    fn all(&mut self, claims: &[Claim]) -> Option<String> {
        let conditions: Option<Vec<String>> = claims.iter().map(|claim| self.one(claim)).collect();
        let conditions = conditions?;
        Some(if conditions.is_empty() { "true".to_owned() } else { conditions.join(" && ") })
    }

    fn one(&mut self, claim: &Claim) -> Option<String> {
        let looks = shell::looks(claim);
        let mut variables = Vec::new();
        for (key, look) in &looks {
            let source = self.source(key).clone();
            command(&source, look)?;
            variables.push(format!("\"${}\"", self.variable(key, look)));
        }
        condition(claim, &variables)
    }

    fn until(
        &mut self,
        steps: &[Step],
        place: usize,
        watch: &[(Key, Object)],
        (claims, unless): (&[Claim], &[Ruling]),
        (within, late): (u64, Verdict),
    ) {
        for (key, object) in watch {
            self.sources.insert(key, Source::Object(shell::arguments(object)));
        }
        let judged: Vec<&Claim> =
            claims.iter().chain(unless.iter().flat_map(|ruling| &ruling.claims)).collect();
        let Some(holds) = self.all(claims) else {
            return self.by_hand(&steps.get(place).map(Step::words).unwrap_or_default().join("; "));
        };
        self.line(&format!("deadline=$(($(date +%s) + {within}))"));
        self.line("while :; do");
        let mut within_loop: BTreeMap<Key, Vec<Look>> = BTreeMap::new();
        for (key, look) in judged.iter().flat_map(|claim| shell::looks(claim)) {
            let looks = within_loop.entry(key).or_default();
            if watch.iter().any(|(watched, _)| *watched == key) && !looks.contains(&look) {
                looks.push(look);
            }
        }
        for (key, looks) in &within_loop {
            self.capture(key, looks, "  ");
        }
        self.line(&format!("  if {holds}; then break; fi"));
        for ruling in unless {
            if let Some(condition) = self.all(&ruling.claims) {
                let end = format!("end {} {}", ruling.verdict.word(), quote(ruling.text));
                self.line(&format!("  if {condition}; then {end}; fi"));
            }
        }
        let words = claims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let reason = quote(&plain(&format!("not within {within} s: {words}")));
        self.line(&format!("  [ \"$(date +%s)\" -lt \"$deadline\" ] || end {} {reason}", late.word()));
        self.line("  sleep 1");
        self.line("done");
        for (key, _) in watch {
            let looked = within_loop.get(key).cloned().unwrap_or_default();
            let looks: Vec<Look> =
                uses(steps, place, key).into_iter().filter(|look| !looked.contains(look)).collect();
            self.capture(key, &looks, "");
        }
    }

    fn expect(&mut self, claims: &[Claim]) {
        for claim in claims {
            match self.one(claim) {
                Some(condition) => {
                    let reason = quote(&plain(&format!("expected: {claim}")));
                    let found = shell::looks(claim).first().map(|(key, look)| self.variable(key, look));
                    let found = found.map(|name| format!("\"; found: ${name}\"")).unwrap_or_default();
                    self.line(&format!("if ! {{ {condition}; }}; then end FAIL {reason}{found}; fi"));
                }
                None => self.by_hand(&claim.to_string()),
            }
        }
    }

    fn judge(&mut self, rulings: &[Ruling]) {
        let conditions: Option<Vec<String>> = rulings.iter().map(|ruling| self.all(&ruling.claims)).collect();
        let (Some(conditions), Some(first)) = (conditions, rulings.first()) else {
            return self.by_hand(&Step::Judge(rulings.to_vec()).words().join("; "));
        };
        for (place, (condition, ruling)) in conditions.iter().zip(rulings).enumerate() {
            let word = if place == 0 { "if" } else { "elif" };
            let (verdict, text) = (ruling.verdict.word(), quote(ruling.text));
            let then = match ruling.verdict {
                Verdict::Pass => ":".to_owned(),
                Verdict::Fixed | Verdict::KnownFinding => format!("stand {verdict} {text}"),
                Verdict::Fail | Verdict::Skip | Verdict::Inconclusive => format!("end {verdict} {text}"),
            };
            self.line(&format!("{word} {condition}; then {then}"));
        }
        let words = first.claims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.line(&format!("else end FAIL {}; fi", quote(&plain(&format!("expected: {words}")))));
    }

    fn absent(&mut self, objects: &[Object], settled: &Settled) {
        match settled {
            Settled::Denied(_) => {}
            Settled::Pass(key) => match self.source(key) {
                Source::Object(arguments) => {
                    let path = "{.status.phase} {.status.conditions[?(@.type==\"ImageResolved\")].type}";
                    let line = format!("pass=$(see {} {arguments})", quote(path));
                    self.line(&line);
                    let reason =
                        quote("absence says nothing yet: the shim has not finished a pass over the object");
                    self.line(&format!(
                        "contains \"$pass\" Failed || contains \"$pass\" ImageResolved || end INCONCLUSIVE {reason}"
                    ));
                }
                _ => self.by_hand(&format!("the shim has finished a pass over {key}")),
            },
        }
        for object in objects {
            let reason = quote(&plain(&format!("{object} exists")));
            let arguments = shell::arguments(object);
            self.line(&format!("name=$(see '{{.metadata.name}}' {arguments})"));
            self.line(&format!("[ -z \"$name\" ] || end FAIL {reason}"));
        }
    }
}

/// What later claims look at under a name, until something else is kept there.
fn uses(steps: &[Step], place: usize, key: Key) -> Vec<Look> {
    let mut uses = Vec::new();
    for (number, step) in steps.iter().enumerate().skip(place) {
        let keeps_anew = match step {
            Step::Do { keep, .. } => *keep == key,
            Step::Until { watch, .. } => watch.iter().any(|(watched, _)| *watched == key),
            _ => false,
        };
        if number > place && keeps_anew {
            break;
        }
        let looks = claims(step).into_iter().flat_map(shell::looks);
        for (_, look) in looks.filter(|(looked, _)| *looked == key) {
            if !uses.contains(&look) {
                uses.push(look);
            }
        }
    }
    uses
}

fn claims(step: &Step) -> Vec<&Claim> {
    match step {
        Step::Until { claims, unless, .. } => {
            claims.iter().chain(unless.iter().flat_map(|ruling| &ruling.claims)).collect()
        }
        Step::Expect(claims) => claims.iter().collect(),
        Step::Judge(rulings) => rulings.iter().flat_map(|ruling| &ruling.claims).collect(),
        Step::Do { .. } | Step::Absent { .. } | Step::Pause(_) | Step::Always(_) | Step::Label(_) => {
            Vec::new()
        }
    }
}

fn comment(text: &mut String, words: &str) {
    // A text takes whatever it is given.
    let _ = writeln!(text, "# {}", plain(words));
}

#[cfg(test)]
mod tests;
