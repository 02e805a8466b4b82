//! Progress of something that takes a while.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::time::Duration;

/// How often the line is redrawn on a terminal.
const REDRAW: Duration = Duration::from_millis(120);

/// One line of progress: redrawn in place on a terminal, one line for each change elsewhere (a log keeps the story).
pub struct Progress {
    bar: ProgressBar,
    live: bool,
    quiet: bool,
    last: String,
}

impl Progress {
    pub(super) fn new(live: bool, quiet: bool) -> Progress {
        let bar = if live { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if live {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(REDRAW);
        }
        Progress { bar, live, quiet, last: String::new() }
    }

    /// Shows what is going on now; saying the same again shows nothing.
    pub fn set(&mut self, message: &str) {
        if message == self.last || self.quiet {
            return;
        }
        message.clone_into(&mut self.last);
        if self.live {
            self.bar.set_message(message.to_owned());
        } else {
            let _ = writeln!(std::io::stderr(), "{message}");
        }
    }

    /// Takes the line away.
    pub fn finish(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
