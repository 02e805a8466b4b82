//! Text from outside never reaches a terminal as it is, on any path. A new path is a row of one of the tables.
//!
//! Each row runs the program twice: once with a terminal for stdout and stderr, color and redrawing included, and once into
//! pipes, as a CI job does.

mod cluster;
mod manifests;
mod others;
mod recipes;

use std::process::Command;

use crate::support::Sandbox;
use crate::support::terminal::Terminal;
use serde_json::{Value, json};

/// Where the hostile text was shown, this is.
const MARK: &str = "evil";
/// What nothing may pass on: sequences of ESC and of C1, BEL, BS, breaks of lines of every kind, a command for a CI runner,
/// characters that turn the text around, DEL, a tab.
const HOSTILE: &str = "evil\u{1b}[2J\u{1b}]0;owned\u{7}\u{8}\r\n::error::x\n::error::y\r::error::z\u{9b}31m\u{85}\u{2028}::error::\u{202e}\u{2066}\u{7f}\t!";
/// The same for places that allow no line breaks, for example a header.
const HOSTILE_LINE: &str = "evil\u{9b}2J\u{202e}\u{2066}\u{85}::error::x";
/// What the program itself sends to a terminal: its colors, and how a line is redrawn.
const OWN: [&str; 13] = [
    "\u{1b}[1;31m",
    "\u{1b}[1;33m",
    "\u{1b}[1;36m",
    "\u{1b}[0m",
    "\r\u{1b}[2K",
    "\u{1b}[2K",
    "\u{1b}[1B",
    "\u{1b}[K",
    "\u{1b}[0K",
    "\u{1b}[J",
    "\u{1b}[0J",
    "\u{1b}[?25l",
    "\u{1b}[?25h",
];

/// How the program is run for one path.
struct Run {
    command: Command,
    /// A text to wait for on the terminal, and the keys to press then; without a terminal such a run makes no sense.
    keys: Vec<(&'static str, &'static str)>,
}

/// A path from outside to the terminal.
type Row = (&'static str, fn(&Sandbox) -> Run);

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    Run { command: sandbox.command(arguments), keys: Vec::new() }
}

/// A ModelDeployment that passes, for a row to spoil.
fn model(spoil: impl FnOnce(&mut Value)) -> String {
    let mut object = json!({
        "apiVersion": "airunway.ai/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": "m"},
        "spec": {
            "model": {"id": "org/m"},
            "engine": {"type": "vllm"},
            "provider": {"name": "vllm"},
            "resources": {"gpu": {"count": 1}},
        },
    });
    spoil(&mut object);
    ascii(&object)
}

/// JSON that any reader of YAML takes: beyond ASCII and DEL everything is escaped.
fn ascii(value: &Value) -> String {
    let escaped = |character: char| match character {
        ' '..='~' => character.to_string(),
        other => other.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    value.to_string().chars().map(escaped).collect()
}

/// Holds every row of a table.
fn hold(rows: &[Row]) {
    std::thread::scope(|scope| {
        for (name, start) in rows {
            scope.spawn(move || {
                on_a_terminal(name, *start);
                into_pipes(name, *start);
            });
        }
    });
}

fn on_a_terminal(name: &str, start: fn(&Sandbox) -> Run) {
    let sandbox = Sandbox::new();
    let Run { command, keys } = start(&sandbox);
    let mut terminal = Terminal::start_whole(command);
    for (text, keys) in keys {
        terminal.wait_for(text);
        terminal.press(keys);
    }
    let (code, _, screen) = terminal.finish();
    assert!(code.is_some(), "{name}: {screen:?}");
    harmless(name, &without_own(&screen));
}

/// What the screen has shown, without what the program itself and the terminal's driver add to it.
fn without_own(screen: &str) -> String {
    let mut shown = screen.replace("\r\n", "\n");
    for own in OWN {
        shown = shown.replace(own, "");
    }
    for lines in 1..=9 {
        shown = shown.replace(&format!("\u{1b}[{lines}A"), "");
    }
    // A line that is redrawn goes back to its beginning, where a wheel turns.
    let mut lines = String::new();
    let mut characters = shown.chars().peekable();
    while let Some(character) = characters.next() {
        let redraws = character == '\r' && matches!(characters.peek(), Some('\u{2800}'..='\u{28ff}' | ' '));
        lines.push(if redraws { '\n' } else { character });
    }
    lines
}

fn into_pipes(name: &str, start: fn(&Sandbox) -> Run) {
    let sandbox = Sandbox::new();
    let Run { mut command, keys } = start(&sandbox);
    if keys.is_empty() {
        command.env("CI", "true");
        let run = sandbox.finish(command, b"");
        harmless(name, &format!("{}{}", run.stdout, run.stderr));
    }
}

fn harmless(name: &str, shown: &str) {
    assert!(shown.contains(MARK), "{name}: the text is not shown, so this row proves nothing: {shown}");
    for line in shown.split('\n') {
        let obeyed = |character: char| {
            character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!line.contains(obeyed), "{name}: {line:?}");
        assert!(!line.trim_start().starts_with("::"), "{name}: {line:?}");
    }
}
