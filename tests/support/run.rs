//! What a run of the program has left, as one text: stdout, stderr and exit code, so that one snapshot holds all of it.

use std::fmt;

/// What a run has left.
#[derive(Debug, Clone)]
pub struct Run {
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// The same with every `from` in it shown as `to`, for what varies between runs.
    pub fn replace(mut self, from: &str, to: &str) -> Run {
        self.stdout = self.stdout.replace(from, to);
        self.stderr = self.stderr.replace(from, to);
        self
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.stdout)?;
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            writeln!(formatter, "[no line break]")?;
        }
        if !self.stderr.is_empty() {
            write!(formatter, "--- stderr ---\n{}", self.stderr)?;
        }
        match self.code {
            Some(code) => write!(formatter, "[exit {code}]"),
            None => write!(formatter, "[ended by a signal]"),
        }
    }
}
