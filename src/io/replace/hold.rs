//! A file that is read, changed and written while no other run of this program does the same.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::target::{self, Target};
use super::{Refusal, has, store};
use crate::error::{Error, Result};

/// How long another program may keep the directory locked.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is asked again.
const PAUSE: Duration = Duration::from_millis(10);

/// A regular file, or the name for one, that is held against other runs of this program until this value is dropped.
///
/// The lock is on its directory: the file itself is another one after each write, and a second file that only says that it is
/// locked would be left behind. Where directories cannot be locked (some network file systems, Windows), a change by
/// somebody else is still noticed before the write.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    _lock: Option<File>,
}

impl Held {
    /// Waits for other runs, 30 s at most.
    ///
    /// # Errors
    /// A device, a pipe or a directory, which have no content to change; a lock that somebody else keeps.
    pub fn new(path: &Path) -> Result<Held> {
        Held::within(path, PATIENCE)
    }

    pub(super) fn within(path: &Path, patience: Duration) -> Result<Held> {
        let target = regular(path).map_err(|refusal| refusal.error(path))?;
        let directory = target::directory(&target).to_owned();
        match locked(&directory, patience) {
            Ok(lock) => Ok(Held { path: path.to_owned(), _lock: lock }),
            Err(TimedOut) => Err(Error::failure(format!("cannot write {}", path.display()))
                .caused_by(format!(
                    "another program has kept the directory {} locked for {} s",
                    directory.display(),
                    patience.as_secs()
                ))
                .hint("run the same command again when no other kubectl airunway writes there")),
        }
    }

    /// Gives the file new content if it still has what was read, or is still not there where `was` is none. A file that has
    /// the new content already is left as it is.
    ///
    /// # Errors
    /// A file that changed, and what [`super::write`] refuses; what is there is then untouched.
    pub fn change(&self, was: Option<&[u8]>, bytes: &[u8]) -> Result<()> {
        let put = || match target::find(&self.path)? {
            Target::File(target, None) => {
                if was.is_some() {
                    return Err(Refusal::Changed);
                }
                store(&target, None, bytes, absent)
            }
            Target::File(target, Some(_)) if has(&target, bytes)? => Ok(()),
            Target::File(target, metadata) => match was {
                Some(was) => store(&target, metadata.as_ref(), bytes, |target| has(target, was)),
                None => Err(Refusal::Changed),
            },
            Target::Stream(_) => Err(Refusal::Changed),
        };
        put().map_err(|refusal| refusal.error(&self.path))
    }
}

fn absent(target: &Path) -> io::Result<bool> {
    match target.symlink_metadata() {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Where a path leads, if that is a regular file or nothing yet.
pub(super) fn regular(path: &Path) -> std::result::Result<PathBuf, Refusal> {
    match target::find(path)? {
        Target::File(target, _) => Ok(target),
        Target::Stream(stream) => Err(Refusal::Unfit(format!("it is {stream}, not a regular file"))),
    }
}

/// Somebody else kept the lock.
struct TimedOut;

/// The lock on a directory; none where it cannot be locked.
fn locked(directory: &Path, patience: Duration) -> std::result::Result<Option<File>, TimedOut> {
    let Ok(opened) = File::open(directory) else { return Ok(None) };
    let mut waited = Duration::ZERO;
    loop {
        match opened.try_lock() {
            Ok(()) => return Ok(Some(opened)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if waited >= patience => return Err(TimedOut),
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
        }
    }
}
