//! A second name for the program, beside it: how kubectl finds its completer.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::world::World;

/// What an installation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installed {
    /// The name is new.
    New(PathBuf),
    /// The name led to this program before.
    Already(PathBuf),
    /// The name belongs to a file of someone else, which stays.
    Foreign(PathBuf),
}

/// Gives the running program a second name in the directory where its caller found it.
///
/// With krew that is a link, and the program itself is elsewhere.
///
/// # Errors
/// When the directory cannot be written.
pub fn beside(world: &World, name: &str) -> io::Result<Installed> {
    let program = std::env::current_exe()?;
    let found = started_as(world).unwrap_or_else(|| program.clone());
    let target = found.with_file_name(name);
    if target.exists() || target.is_symlink() {
        let same = fs::canonicalize(&target).ok() == fs::canonicalize(&program).ok();
        return Ok(if same { Installed::Already(target) } else { Installed::Foreign(target) });
    }
    link(&found, &target)?;
    Ok(Installed::New(target))
}

/// The path by which this program was started, links not followed: as typed, else the first of that name in `PATH`.
fn started_as(world: &World) -> Option<PathBuf> {
    let typed = &world.program;
    if typed.as_os_str().is_empty() {
        return None;
    }
    if typed.parent().is_some_and(|directory| !directory.as_os_str().is_empty()) {
        return std::path::absolute(typed).ok().filter(|path| path.is_file());
    }
    let path = world.environment.get("PATH")?;
    std::env::split_paths(path).map(|directory| directory.join(typed)).find(|path| path.is_file())
}

#[cfg(unix)]
fn link(program: &Path, target: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, target)
}

#[cfg(not(unix))]
fn link(program: &Path, target: &Path) -> io::Result<()> {
    fs::copy(program, target.with_extension("exe")).map(|_| ())
}
