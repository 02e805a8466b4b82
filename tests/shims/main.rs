//! Reading shims' binaries: programs of our own, built with Go in every way that injection goes right or wrong.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs)]

mod hostile;
mod injection;
// The tests of the program use more of it.
#[allow(dead_code)]
mod programs;
