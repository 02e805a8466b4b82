//! Stdout, whose reader may go away: `check -f models/ | head -1`.

use std::io::{self, Write};

/// Stdout, or what stands in for it.
///
/// A reader that went away has seen enough, and what a verb finds out does not depend on it: the rest is thrown away and the
/// verb goes on to its verdict. A verb that does nothing but print has nothing to go on for, and its writes fail.
pub(super) struct Stdout {
    sink: Box<dyn Write>,
    only_prints: bool,
    gone: bool,
}

impl Stdout {
    pub(super) fn new(sink: Box<dyn Write>) -> Stdout {
        Stdout { sink, only_prints: false, gone: false }
    }

    /// Says whether printing is all that is done.
    pub(super) fn set_only_prints(&mut self, only_prints: bool) {
        self.only_prints = only_prints;
    }

    /// What came of a write, or `enough` where there is no reader any more.
    fn passed<T>(&mut self, result: io::Result<T>, enough: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && !self.only_prints => {
                self.gone = true;
                Ok(enough)
            }
            other => other,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        let result = self.sink.write(bytes);
        self.passed(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let result = self.sink.flush();
        self.passed(result, ())
    }
}
