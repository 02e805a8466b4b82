//! Presentation: data to stdout, messages to stderr, color and progress only on a terminal.
//!
//! Messages are cleaned here (`core::text`) before it is painted, so that no verb has to think of it.

mod bug;
mod progress;
mod prompt;
mod reader;
mod style;
mod talk;

pub use bug::catch_panics;
pub use progress::Progress;
pub use style::ColorChoice;
pub use talk::Log;

use crate::core::kubernetes::finding::{Finding, Severity};
use crate::core::text::{block, line, plain};
use crate::error::{Error, Result};
use crate::exit::Exit;
use reader::Stdout;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use style::{Role, paint};
use talk::Talk;

/// What stands before the further lines of a text that has several.
const GUTTER: &str = "  | ";
/// Columns where nothing says how many there are.
const WIDTH: usize = 120;
/// No table fits less.
const LEAST_WIDTH: usize = 40;

/// The terminal, or what stands in for it.
pub struct Ui {
    stdout: Stdout,
    talk: Talk,
    color: bool,
    interactive: bool,
    live: bool,
    quiet: bool,
    width: usize,
}

/// A message for stderr, kept until its turn comes.
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
    /// `NO_COLOR` and `CI` are honored here so that no verb has to.
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
        bug::paints(color);
        Ui {
            stdout: Stdout::new(Box::new(io::BufWriter::new(io::stdout()))),
            talk: Talk::stderr(),
            color,
            interactive: stderr_terminal && io::stdin().is_terminal() && !ci,
            live: stderr_terminal && !ci && !dumb && !quiet,
            quiet,
            width: width(variable("COLUMNS")),
        }
    }

    /// A `Ui` that writes to the given sinks, without color, progress or prompts.
    #[cfg(test)]
    pub fn to_writers(stdout: Box<dyn Write>, stderr: Box<dyn Write + Send>) -> Ui {
        Ui {
            stdout: Stdout::new(stdout),
            talk: Talk::to(stderr),
            color: false,
            interactive: false,
            live: false,
            quiet: false,
            width: WIDTH,
        }
    }

    /// Columns that a table for people may take: those of the terminal that stdout is, or `COLUMNS`; 120 without either.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether a question may be asked: stdin and stderr are terminals and `CI` is not set.
    pub fn interactive(&self) -> bool {
        self.interactive
    }

    /// Says whether all that is done is printing. Such a verb ends with its reader, as kubectl does; any other keeps its verdict.
    pub fn only_prints(&mut self, only_prints: bool) {
        self.stdout.set_only_prints(only_prints);
    }

    /// Writes data to stdout: a document, or what `report` has written. A line for people is [`Ui::line`].
    ///
    /// # Errors
    /// When stdout cannot be written. That its reader went away (`| head`) is an error for a verb that only prints, which then
    /// ends quietly with [`Exit::ReaderGone`].
    pub fn data(&mut self, text: &str) -> Result<()> {
        self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()).map_err(stdout_error)
    }

    /// Writes one line to stdout.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn line(&mut self, text: &str) -> Result<()> {
        self.data(&format!("{}\n", line(text)))
    }

    /// Writes data to stdout through `write`, for output that is too large to build as one text.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn data_with(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        write(&mut self.stdout).and_then(|()| self.stdout.flush()).map_err(stdout_error)
    }

    /// Prints one line on stderr, unless `--quiet`.
    pub fn status(&mut self, text: &str) {
        if !self.quiet {
            self.talk.write(&line(text));
        }
    }

    /// Writes lines to stderr that the runner of a CI job is to obey: whoever writes them escapes by the runner's rules.
    pub fn commands(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let mut bytes = Vec::new();
        // A vector takes whatever it is given.
        let _ = write(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        text.lines().for_each(|line| self.talk.write(&plain(line)));
    }

    /// `warning: ...` on stderr.
    pub fn warning(&mut self, text: &str) {
        self.say_as(Role::Warning, "warning:", text);
    }

    /// A warning that the server sent, in kubectl's form.
    pub fn server_warning(&mut self, text: &str) {
        self.say_as(Role::Warning, "Warning:", text);
    }

    /// `hint: ...` on stderr, unless `--quiet`.
    pub fn hint(&mut self, text: &str) {
        if !self.quiet {
            self.say_as(Role::Hint, "hint:", text);
        }
    }

    fn say_as(&self, role: Role, word: &str, text: &str) {
        self.talk.write(&format!("{} {}", paint(self.color, role, word), plain(text)));
    }

    /// Prints a note.
    pub fn say(&mut self, note: &Note) {
        match note {
            Note::Status(line) => self.status(line),
            Note::Warning(line) => self.warning(line),
            Note::Finding(place, finding) => self.finding(place, finding),
        }
    }

    /// One finding on stderr: its place, its text, and its hint below it.
    pub fn finding(&mut self, place: &str, finding: &Finding) {
        let (role, word) = match finding.severity {
            Severity::Error => (Role::Error, "error:"),
            Severity::Warning => (Role::Warning, "warning:"),
            Severity::Hint => (Role::Hint, "hint:"),
        };
        let place = if place.is_empty() { String::new() } else { format!("{}: ", plain(place)) };
        let message = block(&format!("{} [{}]", finding.text(), finding.rule), GUTTER);
        self.talk.write(&format!("{} {place}{message}", paint(self.color, role, word)));
        if let Some(hint) = &finding.hint {
            self.talk.write(&format!("  {} {}", paint(self.color, Role::Hint, "hint:"), plain(hint)));
        }
    }

    /// Prints an error as the house writes it. Called by the door only.
    pub fn error(&mut self, error: &Error) {
        if error.message.is_empty() {
            return;
        }
        let mut text =
            format!("{} {}", paint(self.color, Role::Error, "error:"), block(&error.message, GUTTER));
        for excerpt in &error.excerpt {
            text.push_str(&format!("\n{}", line(excerpt)));
        }
        for cause in &error.causes {
            text.push_str(&format!("\n  caused by: {}", block(cause, GUTTER)));
        }
        let report = (error.exit == Exit::Bug).then(bug::hint);
        let mut hints = error.hints.iter().chain(&report).peekable();
        if hints.peek().is_some() {
            text.push('\n');
        }
        for hint in hints {
            text.push_str(&format!("\n{} {}", paint(self.color, Role::Hint, "hint:"), plain(hint)));
        }
        self.talk.write(&text);
    }

    /// Asks a yes-or-no question; `None` when no question may be asked.
    ///
    /// # Errors
    /// When the terminal cannot be read, or the user interrupts.
    pub fn confirm(&mut self, question: &str) -> Result<Option<bool>> {
        if !self.interactive {
            return Ok(None);
        }
        prompt::confirm(&plain(question)).map(Some)
    }

    /// Asks which of some lines is meant; `None` when the user chose none, or no question may be asked.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn select(&mut self, question: &str, lines: &[String]) -> Result<Option<usize>> {
        if !self.interactive {
            return Ok(None);
        }
        let lines: Vec<String> = lines.iter().map(|line| plain(line).into_owned()).collect();
        prompt::select(&plain(question), &lines)
    }

    /// Live progress: a line that is redrawn on a terminal, a line for each change elsewhere.
    pub fn progress(&self) -> Progress {
        Progress::new(self.talk.clone(), self.live, self.quiet)
    }

    /// The log (`-v`), for places that hold no `Ui`.
    pub fn log(&self) -> Log {
        Log(self.talk.clone())
    }
}

/// The columns of stdout.
fn width(variable: Option<&OsStr>) -> usize {
    let said = variable.and_then(OsStr::to_str).and_then(|text| text.parse::<usize>().ok());
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(terminal).map_or(WIDTH, |width| width.max(LEAST_WIDTH))
}

fn stdout_error(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Error::new(Exit::ReaderGone, "");
    }
    Error::failure("cannot write to stdout").caused_by(error.to_string())
}

#[cfg(test)]
mod tests;
