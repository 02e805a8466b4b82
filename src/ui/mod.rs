//! Presentation of the program talking: data to stdout, talk to stderr, colour and progress only on a terminal.

mod progress;
mod prompt;
mod style;

pub use progress::Progress;
pub use style::ColorChoice;

use crate::core::kubernetes::finding::{Finding, Severity};
use crate::error::{Error, Result};
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use style::{Role, paint};

/// The terminal, or what stands in for it.
pub struct Ui {
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    color: bool,
    interactive: bool,
    live: bool,
    quiet: bool,
}

/// Something to say on stderr, kept until its turn comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// [`Ui::status`].
    Status(String),
    /// [`Ui::warning`].
    Warning(String),
    /// [`Ui::finding`]: its place and itself.
    Finding(String, Finding),
}

impl Ui {
    /// The process's own streams; `variable` answers for the environment.
    ///
    /// `NO_COLOR` and `CI` are honoured here so that no verb has to.
    pub fn of_process<'a>(
        variable: impl Fn(&str) -> Option<&'a OsStr>,
        color: ColorChoice,
        quiet: bool,
    ) -> Ui {
        let stderr_terminal = io::stderr().is_terminal();
        let ci = variable("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = variable("TERM").is_some_and(|value| value == "dumb");
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => stderr_terminal && !no_color && !dumb,
        };
        Ui {
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            color,
            interactive: stderr_terminal && io::stdin().is_terminal() && !ci,
            live: stderr_terminal && !ci && !dumb && !quiet,
            quiet,
        }
    }

    /// A `Ui` that writes to the given sinks, without colour, progress or prompts.
    pub fn to_writers(stdout: Box<dyn Write>, stderr: Box<dyn Write>) -> Ui {
        Ui { stdout, stderr, color: false, interactive: false, live: false, quiet: false }
    }

    /// Whether a question may be asked: stdin and stderr are terminals and `CI` is not set.
    pub fn interactive(&self) -> bool {
        self.interactive
    }

    /// Writes data to stdout.
    ///
    /// # Errors
    /// When stdout cannot be written; a reader that went away (`| head`) ends the program quietly and well.
    pub fn data(&mut self, text: &str) -> Result<()> {
        self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()).map_err(stdout_error)
    }

    /// Writes data to stdout through `write`, for output that is too large to build as one text.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn data_with(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        write(&mut *self.stdout).and_then(|()| self.stdout.flush()).map_err(stdout_error)
    }

    /// Says one line on stderr, unless `--quiet`.
    pub fn status(&mut self, line: &str) {
        if !self.quiet {
            self.talk(line);
        }
    }

    /// `warning: ...` on stderr.
    pub fn warning(&mut self, line: &str) {
        let text = format!("{} {line}", paint(self.color, Role::Warning, "warning:"));
        self.talk(&text);
    }

    /// A warning that the server sent, in kubectl's form.
    pub fn server_warning(&mut self, line: &str) {
        let text = format!("{} {line}", paint(self.color, Role::Warning, "Warning:"));
        self.talk(&text);
    }

    /// `hint: ...` on stderr, unless `--quiet`.
    pub fn hint(&mut self, line: &str) {
        if !self.quiet {
            let text = format!("{} {line}", paint(self.color, Role::Hint, "hint:"));
            self.talk(&text);
        }
    }

    /// Says what was kept.
    pub fn say(&mut self, note: &Note) {
        match note {
            Note::Status(line) => self.status(line),
            Note::Warning(line) => self.warning(line),
            Note::Finding(place, finding) => self.finding(place, finding),
        }
    }

    /// One finding on stderr: its place, its text, and the way out below it.
    pub fn finding(&mut self, place: &str, finding: &Finding) {
        let (role, word) = match finding.severity {
            Severity::Error => (Role::Error, "error:"),
            Severity::Warning => (Role::Warning, "warning:"),
            Severity::Hint => (Role::Hint, "hint:"),
        };
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        let text = format!("{} {place}{} [{}]", paint(self.color, role, word), finding.text(), finding.rule);
        self.talk(&text);
        if let Some(hint) = &finding.hint {
            let text = format!("  {} {hint}", paint(self.color, Role::Hint, "hint:"));
            self.talk(&text);
        }
    }

    /// Prints an error as the house writes it. Called by the door only.
    pub fn error(&mut self, error: &Error) {
        if error.message.is_empty() {
            return;
        }
        let mut text = format!("{} {}", paint(self.color, Role::Error, "error:"), error.message);
        for cause in &error.causes {
            text.push_str(&format!("\n  caused by: {}", cause.replace('\n', "\n    ")));
        }
        if !error.hints.is_empty() {
            text.push('\n');
        }
        for hint in &error.hints {
            text.push_str(&format!("\n{} {hint}", paint(self.color, Role::Hint, "hint:")));
        }
        self.talk(&text);
    }

    /// Asks a yes-or-no question; `None` when no question may be asked.
    ///
    /// # Errors
    /// When the terminal cannot be read, or the user interrupts.
    pub fn confirm(&mut self, question: &str) -> Result<Option<bool>> {
        if !self.interactive {
            return Ok(None);
        }
        prompt::confirm(question).map(Some)
    }

    /// Asks which of some lines is meant; `None` when the user turned away, or no question may be asked.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn select(&mut self, question: &str, lines: &[String]) -> Result<Option<usize>> {
        if !self.interactive {
            return Ok(None);
        }
        let lines: Vec<String> = lines.iter().map(|line| printable(line)).collect();
        prompt::select(question, &lines)
    }

    /// Live progress: a line that is redrawn on a terminal, a line for each change elsewhere.
    pub fn progress(&self) -> Progress {
        Progress::new(self.live, self.quiet)
    }

    fn talk(&mut self, text: &str) {
        // Nothing sensible is left to do when stderr is gone.
        let _ = writeln!(self.stderr, "{}", printable(text));
        let _ = self.stderr.flush();
    }
}

/// Text from a server or a file may hold control characters; a terminal must not obey them.
fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\t' | '\u{1b}' => character,
            other if other.is_control() => '\u{fffd}',
            other => other,
        })
        .collect()
}

fn stdout_error(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Error::new(crate::exit::Exit::Success, "");
    }
    Error::failure("cannot write to stdout").caused_by(error.to_string())
}

/// A line of the log (`-v`) on stderr, from places that hold no [`Ui`], such as a callback of the cluster client.
pub fn log(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}
