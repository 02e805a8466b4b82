//! The door: parse, dispatch, print errors in one place, pick the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with its arguments, the program name first.
pub fn main(_arguments: Vec<OsString>) -> ExitCode {
    ExitCode::from(2)
}
