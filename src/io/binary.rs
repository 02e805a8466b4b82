//! A binary on disk, read where it is needed and never whole.

use crate::core::shim::{Bytes, ReadError, check_range};
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::Path;

/// An open file as [`Bytes`].
///
/// The file is not mapped, since mapping needs unsafe code and a file that shrinks would end the program.
#[derive(Debug)]
pub struct BinaryFile {
    file: File,
    length: u64,
}

impl BinaryFile {
    /// Opens a regular file.
    ///
    /// # Errors
    /// The file cannot be opened, or is a directory, a pipe or a device.
    pub fn open(path: &Path) -> io::Result<BinaryFile> {
        // Asked before it is opened, since opening a pipe waits for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        BinaryFile::from_file(File::open(path)?)
    }

    /// An open file, for example a temporary one.
    ///
    /// # Errors
    /// Its length cannot be told.
    pub fn from_file(file: File) -> io::Result<BinaryFile> {
        let length = file.metadata()?.len();
        Ok(BinaryFile { file, length })
    }
}

impl Bytes for BinaryFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, length: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        check_range(offset, length, self.length)?;
        let mut bytes = vec![0; length];
        read_exact_at(&self.file, &mut bytes, offset)
            .map_err(|error| ReadError::Failed(error.to_string()))?;
        Ok(Cow::Owned(bytes))
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.seek_read(rest, offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_is_read_where_it_is_asked_for_and_never_behind_its_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let binary = BinaryFile::from_file(file).unwrap();
        assert_eq!(binary.len(), 10);
        assert_eq!(binary.read_at(3, 4).unwrap().as_ref(), b"3456");
        assert_eq!(binary.read_at(10, 0).unwrap().as_ref(), b"");
        for (offset, length) in [(8, 3), (11, 0), (u64::MAX, 1), (0, usize::MAX)] {
            assert!(binary.read_at(offset, length).is_err(), "{length} at {offset}");
        }
    }

    #[test]
    fn a_folder_is_no_binary() {
        let folder = tempfile::tempdir().unwrap();
        assert!(BinaryFile::open(folder.path()).is_err());
        assert!(BinaryFile::open(&folder.path().join("nothing")).is_err());
    }
}
