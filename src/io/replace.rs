//! Writing a file so that a reader sees the old content or the new, never half of it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Replaces a file's content. Its permissions stay; a symbolic link stays a link, and its target is written.
///
/// # Errors
/// When the directory cannot be written; the old file is then untouched.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: io::Error| {
        Error::failure(format!("cannot write {}", path.display())).caused_by(error.kind().to_string())
    };
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = temporary_name(&target);
    let result = write_and_rename(&temporary, &target, bytes);
    if result.is_err() {
        // What cannot be removed was never there, or is not ours.
        let _ = fs::remove_file(&temporary);
    }
    result.map_err(failed)
}

fn write_and_rename(temporary: &Path, target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(temporary)?;
    file.write_all(bytes)?;
    if let Ok(metadata) = fs::metadata(target) {
        file.set_permissions(metadata.permissions())?;
    }
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, target)
}

/// A name in the same directory, so that the rename stays on one file system.
fn temporary_name(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.yaml");
        fs::write(&path, "old").expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt as _, symlink};
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
            let link = folder.path().join("link.yaml");
            symlink(&path, &link).expect("a link");
            write(&link, b"new").expect("written");
            assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
            assert_eq!(fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 2);
        }
        write(&path, b"new").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("read"), "new");
        let error = write(&folder.path().join("missing/a.yaml"), b"x").expect_err("no folder");
        assert!(error.message.starts_with("cannot write "), "{error:?}");
    }
}
