//! What the test programs, the playground and the benches share: runs of the binary, and servers that stand in for
//! registries and the recipe site. What needs a cluster is in `cluster`, for those that have one.

#![allow(unreachable_pub, reason = "programs of several kinds include it")]

pub mod canned;
pub mod recipe_data;
pub mod recipe_site;
pub mod registry;
mod run;
mod sandbox;
#[cfg(unix)]
pub mod terminal;

pub use run::Run;
pub use sandbox::Sandbox;

use std::path::{Path, PathBuf};

/// Where cargo puts `kubectl-airunway` beside the running test or example.
pub fn program() -> PathBuf {
    let running = std::env::current_exe().unwrap_or_default();
    running
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new(""))
        .join(format!("kubectl-airunway{}", std::env::consts::EXE_SUFFIX))
}
