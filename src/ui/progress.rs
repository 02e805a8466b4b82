//! Progress of something that takes a while.

use super::bug;
use super::talk::{self, Talk};
use crate::core::text::{line, plain};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How often the line is redrawn on a terminal.
const REDRAW: Duration = Duration::from_millis(120);

/// Columns of a terminal that does not say them.
const WIDTH: u16 = 80;
/// What stands before a row, as wide as what is before the first.
const INDENT: &str = "       ";

/// One line of progress: redrawn in place on a terminal, one line for each change elsewhere (a log keeps the story).
pub struct Progress {
    talk: Talk,
    bar: Option<ProgressBar>,
    quiet: bool,
    last: String,
}

impl Progress {
    /// `live`: stderr is a terminal, and messages go there.
    pub(super) fn new(talk: Talk, live: bool, quiet: bool) -> Progress {
        let bar = live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(REDRAW);
            bug::drawing(true);
            bar
        });
        talk.set_bar(bar.clone());
        Progress { talk, bar, quiet, last: String::new() }
    }

    /// Shows what is going on now; the same message again shows nothing.
    pub fn set(&mut self, message: &str) {
        if message == self.last || self.quiet {
            return;
        }
        message.clone_into(&mut self.last);
        match &self.bar {
            Some(bar) => bar.set_message(plain(message).into_owned()),
            None => self.talk.write(&line(message)),
        }
    }

    /// Shows a table of what is going on: all rows on a terminal, elsewhere the one that has `changed`.
    pub fn rows(&mut self, rows: &[String], changed: usize) {
        let Some(bar) = self.bar.as_ref().filter(|_| rows.len() > 1) else {
            return self.set(rows.get(changed).map_or("", String::as_str));
        };
        if self.quiet {
            return;
        }
        // Each row is a line of its own, so none may be longer than a line.
        let width = talk::columns().unwrap_or(WIDTH);
        let room = usize::from(width).saturating_sub(INDENT.len() + 1);
        let shown = rows.iter().filter(|row| !row.is_empty());
        let shown: Vec<String> = shown.map(|row| line(row).chars().take(room).collect()).collect();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(shown.join(&format!("\n{INDENT}")));
    }

    /// Takes the line away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            self.talk.set_bar(None);
            bar.finish_and_clear();
            bug::drawing(false);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
