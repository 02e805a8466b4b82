//! The lock file of a working directory.

use crate::core::image::{LOCK_FILE, Lock};
use crate::error::{Error, Result};
use crate::io::files::{self, Source};
use std::path::{Path, PathBuf};

/// A lock file that has been read.
#[derive(Debug, Clone)]
pub struct LockFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// What it holds.
    pub lock: Lock,
}

impl LockFile {
    /// Reads the file at `path`; without one `airunway.lock` of the working directory. `None` when there is no file.
    ///
    /// # Errors
    /// A file that cannot be read or is not a lock file.
    pub fn find(path: Option<&Path>) -> Result<Option<LockFile>> {
        let path = path.unwrap_or(Path::new(LOCK_FILE));
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&Source::File(path.to_owned()))?;
        let lock = Lock::parse(&bytes).map_err(|error| {
            Error::failure(format!("{}: {error}", path.display())).hint(format!(
                "remove the file and write it again with `kubectl airunway pin --lock {} IMAGE`",
                path.display()
            ))
        })?;
        Ok(Some(LockFile { path: path.to_owned(), bytes, lock }))
    }

    /// As [`LockFile::find`]; a file that was named has to be there.
    ///
    /// # Errors
    /// As [`LockFile::find`], and a file that is named and absent.
    pub fn for_reading(path: Option<&Path>) -> Result<Option<LockFile>> {
        let found = LockFile::find(path)?;
        match (path, found) {
            (Some(path), None) => Err(absent(path)),
            (_, found) => Ok(found),
        }
    }
}

/// The error for a lock file that is not there.
pub fn absent(path: &Path) -> Error {
    Error::failure(format!("lock file {} does not exist", path.display()))
        .hint(format!("create it with `kubectl airunway pin --lock {} IMAGE`", path.display()))
}
