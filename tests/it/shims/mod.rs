//! Reading shims' binaries: programs of our own, built with Go in every way that injection goes right or wrong.

mod hostile;
mod injection;
pub(crate) mod programs;
