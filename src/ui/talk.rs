//! The stream for messages: stderr, or a sink in its place, shared by [`super::Ui`], its progress and its log.

use crate::core::text::line;
use indicatif::ProgressBar;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A stream for cleaned lines; every message passes through here.
#[derive(Clone)]
pub(super) struct Talk {
    sink: Arc<Mutex<Box<dyn Write + Send>>>,
    /// The line that is redrawn at the moment; others are written above it.
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Talk {
    pub(super) fn to(sink: Box<dyn Write + Send>) -> Talk {
        Talk { sink: Arc::new(Mutex::new(sink)), bar: Arc::default() }
    }

    pub(super) fn stderr() -> Talk {
        Talk::to(Box::new(io::stderr()))
    }

    /// Writes lines, the end of the last one aside.
    pub(super) fn write(&self, cleaned: &str) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match bar {
            Some(bar) => bar.suspend(|| self.write_now(cleaned)),
            None => self.write_now(cleaned),
        }
    }

    fn write_now(&self, cleaned: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing sensible is left to do when stderr is gone.
        let _ = writeln!(sink, "{cleaned}");
        let _ = sink.flush();
    }

    /// Names the line that is redrawn, or that there is none.
    pub(super) fn set_bar(&self, bar: Option<ProgressBar>) {
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = bar;
    }
}

/// The columns of the terminal that messages go to.
pub(super) fn columns() -> Option<u16> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0)
}

/// The log (`-v`), for places that hold no [`super::Ui`], such as a callback of the cluster client.
#[derive(Clone)]
pub struct Log(pub(super) Talk);

impl Log {
    /// Adds a line.
    pub fn line(&self, text: &str) {
        self.0.write(&line(text));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Log")
    }
}
