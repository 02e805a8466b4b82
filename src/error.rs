//! The one error type that reaches the door: a message, its causes, hints, and the exit code. It knows no floor of the
//! house; each turns its own errors into this one.

use crate::exit::Exit;

/// An error for the user: what failed, why, and the way out.
///
/// Printed in one place only, as `error: <message>`, its excerpt, `  caused by: <cause>` lines, a blank line, `hint: <hint>` lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Lowercase fragment without a full stop. Further lines, as a server may write them, are shown behind a gutter.
    pub message: String,
    /// Lines of ours below the message, laid out already: the place in a file, the flags that are missing.
    pub excerpt: Vec<String>,
    /// Causes, outermost first; each a fragment that does not repeat the one above.
    pub causes: Vec<String>,
    /// The exact flag or command to try, one a line.
    pub hints: Vec<String>,
    /// How the program ends.
    pub exit: Exit,
}

impl Error {
    /// An error that ends the program with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Error {
        Error { message: message.into(), excerpt: Vec::new(), causes: Vec::new(), hints: Vec::new(), exit }
    }

    /// A request that failed: cluster, registry, network, file.
    pub fn failure(message: impl Into<String>) -> Error {
        Error::new(Exit::Failure, message)
    }

    /// A wrong command line.
    pub fn usage(message: impl Into<String>) -> Error {
        Error::new(Exit::Usage, message)
    }

    /// A verdict that is no.
    pub fn verdict(message: impl Into<String>) -> Error {
        Error::new(Exit::VerdictNo, message)
    }

    /// A bug in the program: something that cannot be.
    pub fn bug(message: impl Into<String>) -> Error {
        Error::new(Exit::Bug, message)
    }

    /// Puts lines below the message.
    #[must_use]
    pub fn excerpt(mut self, lines: impl IntoIterator<Item = String>) -> Error {
        self.excerpt.extend(lines);
        self
    }

    /// Adds a cause below the ones already there.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<String>) -> Error {
        self.causes.push(cause.into());
        self
    }

    /// Adds a hint unless the same one is already there.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }
}

/// What the glue returns.
pub type Result<T> = std::result::Result<T, Error>;
