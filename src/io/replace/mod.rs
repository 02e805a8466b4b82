//! The one way in which files are written: a reader sees the old content or the new, never half of it, and nobody's change
//! is lost.
//!
//! The new content goes into a temporary file of the same directory, with a name that nobody can guess and the target's mode
//! from the first byte on; it is flushed and then renamed. Links are followed to what they name. Devices, pipes and the
//! descriptors of a process (`/dev/stdout`) are written into where that makes sense, and never replaced.

mod hold;
mod target;

pub use hold::Held;

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::error::{Error, Result};
use target::Target;

/// Ends of the names of temporary files, so that what a killed run has left is known for what it is.
const PREFIX: &str = ".airunway-";
const SUFFIX: &str = ".new";

/// Why a file is not written.
enum Refusal {
    /// The operating system refused.
    Io(io::Error),
    /// It is not what was read.
    Changed,
    /// It is no place for this; a fragment that says why.
    Unfit(String),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Io(error)
    }
}

impl Refusal {
    fn error(self, path: &Path) -> Error {
        let error = Error::failure(format!("cannot write {}", path.display()));
        match self {
            Refusal::Io(cause) => error.caused_by(cause.kind().to_string()),
            Refusal::Changed => error
                .caused_by("it was changed after it was read; it is left as it is")
                .hint("run the same command again: it begins with the file as it is now"),
            Refusal::Unfit(why) => error.caused_by(why),
        }
    }
}

/// Gives a file new content, whatever it has. Permissions stay; a link stays a link, and what it names is written. A device,
/// a pipe or a descriptor is written into.
///
/// # Errors
/// When the directory cannot be written, or the path is a directory, a socket, or a pipe that nobody reads; what is there is
/// then untouched.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let put = || match target::find(path)? {
        Target::File(target, metadata) => store(&target, metadata.as_ref(), bytes, |_| Ok(true)),
        Target::Stream(stream) => stream.write(bytes),
    };
    put().map_err(|refusal: Refusal| refusal.error(path))
}

/// Whether a file still has the content that was read.
///
/// # Errors
/// A file that changed or cannot be read, as [`Held::change`] refuses it.
pub fn is_as_read(path: &Path, was: &[u8]) -> Result<()> {
    let look = || match has(&hold::regular(path)?, was)? {
        true => Ok(()),
        false => Err(Refusal::Changed),
    };
    look().map_err(|refusal: Refusal| refusal.error(path))
}

/// Whether a file has this content, of which no more is read than it takes.
fn has(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    if !std::fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    let mut now = Vec::new();
    File::open(path)?.take(bytes.len() as u64 + 1).read_to_end(&mut now)?;
    Ok(now == bytes)
}

/// Writes a temporary file beside the target and puts it in its place, if `may` says so at the last moment.
fn store(
    target: &Path,
    metadata: Option<&Metadata>,
    bytes: &[u8],
    may: impl FnOnce(&Path) -> io::Result<bool>,
) -> std::result::Result<(), Refusal> {
    let directory = target::directory(target);
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(target::first_mode(metadata));
    // The library's error names a file that nobody has heard of.
    let mut temporary = builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))?;
    temporary.as_file_mut().write_all(bytes)?;
    if let Some(metadata) = metadata {
        target::adopt(temporary.as_file(), metadata)?;
    }
    temporary.as_file().sync_all()?;
    if !may(target)? {
        return Err(Refusal::Changed);
    }
    temporary.persist(target).map_err(|error| error.error)?;
    // That the name outlives a crash of the machine; not every file system can do it.
    #[cfg(unix)]
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
