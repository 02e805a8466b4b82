//! What a path to be written leads to.

use std::fmt;
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Refusal;

/// Links that are followed at most, as Linux does.
const MAX_LINKS: usize = 40;
/// Where a process sees its descriptors as links; what they lead to is an open file, whatever its name is.
const DESCRIPTORS: [&str; 4] = ["/proc", "/dev/fd", "/dev/stdout", "/dev/stderr"];

/// What a path leads to.
pub(super) enum Target {
    /// A regular file, or no file yet; links followed.
    File(PathBuf, Option<Metadata>),
    /// Something to write into.
    Stream(Stream),
}

/// A device, a pipe, or a descriptor of this process.
pub(super) struct Stream {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Descriptor,
    #[cfg(unix)]
    Device,
    #[cfg(unix)]
    Pipe,
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.kind {
            Kind::Descriptor => "a descriptor of the process",
            #[cfg(unix)]
            Kind::Device => "a device",
            #[cfg(unix)]
            Kind::Pipe => "a pipe",
        })
    }
}

/// Follows a path to what it leads to.
///
/// # Errors
/// A path that cannot be followed, a directory, a socket or a disk.
pub(super) fn find(path: &Path) -> Result<Target, Refusal> {
    let mut place = path.to_owned();
    for _ in 0..MAX_LINKS {
        if DESCRIPTORS.iter().any(|folder| place.starts_with(folder)) {
            return Ok(Target::Stream(Stream { path: place, kind: Kind::Descriptor }));
        }
        let metadata = match fs::symlink_metadata(&place) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Target::File(place, None)),
            Err(error) => return Err(error.into()),
        };
        let kind = metadata.file_type();
        if kind.is_file() {
            return Ok(Target::File(place, Some(metadata)));
        }
        if !kind.is_symlink() {
            return of_kind(place, kind);
        }
        let next = fs::read_link(&place)?;
        place = directory(&place).join(next);
    }
    Err(Refusal::Unfit(format!("it leads through more than {MAX_LINKS} links")))
}

fn of_kind(path: PathBuf, kind: FileType) -> Result<Target, Refusal> {
    if kind.is_dir() {
        return Err(Refusal::Unfit("it is a directory".to_owned()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_char_device() {
            return Ok(Target::Stream(Stream { path, kind: Kind::Device }));
        }
        if kind.is_fifo() {
            return Ok(Target::Stream(Stream { path, kind: Kind::Pipe }));
        }
    }
    Err(Refusal::Unfit(format!("{} is neither a file nor a pipe nor a terminal", path.display())))
}

/// The directory in which a path is.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

impl Stream {
    /// Writes into it.
    ///
    /// # Errors
    /// When it takes nothing, as a pipe that nobody reads.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Refusal> {
        // Behind what is there, where a descriptor is a file's.
        let mut options = File::options();
        options.append(true);
        let mut file = self.open(&mut options)?;
        file.write_all(bytes)?;
        Ok(())
    }

    #[cfg(unix)]
    fn open(&self, options: &mut fs::OpenOptions) -> Result<File, Refusal> {
        use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
        use std::os::unix::fs::OpenOptionsExt as _;
        if self.kind != Kind::Pipe {
            return Ok(options.open(&self.path)?);
        }
        // To open a pipe waits for its reader, who may never come.
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let file = options.custom_flags(flags).open(&self.path).map_err(|error| {
            match error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) {
                true => Refusal::Unfit("it is a pipe that nobody reads".to_owned()),
                false => Refusal::Io(error),
            }
        })?;
        let open = fcntl_getfl(&file).map_err(io::Error::from)?;
        fcntl_setfl(&file, open - OFlags::NONBLOCK).map_err(io::Error::from)?;
        Ok(file)
    }

    #[cfg(not(unix))]
    fn open(&self, options: &mut fs::OpenOptions) -> Result<File, Refusal> {
        Ok(options.open(&self.path)?)
    }
}

/// The mode with which a temporary file begins: the target's, so that nobody reads what the target does not show; for a new
/// file what the process gives any.
#[cfg(unix)]
pub(super) fn first_mode(metadata: Option<&Metadata>) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.map_or(0o666, |metadata| metadata.permissions().mode() & 0o777);
    // A file that its owner may not write is still written once.
    fs::Permissions::from_mode(mode | 0o200)
}

/// Gives a temporary file the owner, where this process may, and the permissions of the target.
#[cfg(unix)]
pub(super) fn adopt(file: &File, target: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (target.uid(), target.gid()) {
        // A user may not give a file away; the directory is theirs, and so is the new file.
        let _ = fchown(file, Some(target.uid()), Some(target.gid()));
    }
    file.set_permissions(target.permissions())
}

/// Gives a temporary file the permissions of the target.
#[cfg(not(unix))]
pub(super) fn adopt(file: &File, target: &Metadata) -> io::Result<()> {
    file.set_permissions(target.permissions())
}
