//! Exit codes, the same for every verb.

use std::process::ExitCode;

/// How the program ends. A verb returns one; only the door turns it into a process exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or the verdict is yes.
    Success,
    /// The request failed: cluster, registry, network, file.
    Failure,
    /// The command line was wrong.
    Usage,
    /// The verdict is no: invalid manifest, version mismatch, a check failed, drift.
    VerdictNo,
    /// Nothing was selected, or the verdict could not be reached.
    Inconclusive,
    /// A bug in the program.
    Bug,
    /// A wait ran out of time.
    TimedOut,
    /// Interrupted by the user.
    Interrupted,
    /// Whoever read what a verb prints went away first: 141, as a shell shows that SIGPIPE ended kubectl.
    ReaderGone,
    /// `diff` found differences: 1, as `kubectl diff` and `diff` itself end.
    Differs,
    /// `diff` failed for an ordinary reason: 2, because there 1 says that something differs.
    Trouble,
}

impl Exit {
    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::VerdictNo => 3,
            Exit::Inconclusive => 4,
            Exit::Bug => 70,
            Exit::TimedOut => 124,
            Exit::Interrupted => 130,
            Exit::ReaderGone => 141,
            Exit::Differs => 1,
            Exit::Trouble => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
