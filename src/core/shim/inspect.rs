//! What can be read from a binary without running it.

use super::bytes::{Bytes, ReadError};
use super::effect::Effect;
use super::settings::XSetting;
use std::fmt;

/// Everything that a binary says about how it was built, and what the linker really wrote into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryReport {
    /// Container format.
    pub format: Format,
    /// Processor in Go's words, for example `amd64`; the header's number where Go has no word.
    pub arch: String,
    /// Version of Go that built it, for example `go1.26.8`.
    pub go_version: String,
    /// Import path of the main package; `command-line-arguments` for a build of files.
    pub path: Option<String>,
    /// Module of the main package; upstream's shims have none because they are built from a file.
    pub main: Option<Module>,
    /// All other modules.
    pub deps: Vec<Module>,
    /// Settings of the build in the order of the record, for example `-ldflags`, `GOARCH`, `vcs.revision`.
    pub settings: Vec<(String, String)>,
    /// All `-X` of the linker flags in their order; `None` where the record has no linker flags.
    pub ldflags: Option<Vec<XSetting>>,
    /// Built with `-trimpath`, so that the record leaves the linker flags out.
    pub trimpath: bool,
    /// Without a symbol table.
    pub stripped: bool,
    /// What became of every string that a linker flag set or that a shim is known by.
    pub effects: Vec<Effect>,
}

/// A container format of executables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Linux and other Unix systems.
    Elf,
    /// macOS.
    MachO,
    /// macOS for several processors; the first part with a Go build record is read.
    FatMachO,
    /// Windows.
    Pe,
}

impl Format {
    /// The usual name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Elf => "ELF",
            Format::MachO => "Mach-O",
            Format::FatMachO => "universal Mach-O",
            Format::Pe => "PE",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A Go module in a build record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Module path.
    pub path: String,
    /// Version, `(devel)` for one that was built from a folder.
    pub version: String,
    /// Checksum as in `go.sum`, empty for a module without one.
    pub sum: String,
    /// What was built in its place.
    pub replace: Option<Box<Module>>,
}

/// Why a file cannot be inspected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not ELF, Mach-O or PE.
    #[error("not an executable: neither ELF, Mach-O nor PE")]
    NotExecutable,
    /// An executable that Go did not build, or whose record was removed.
    #[error("no Go build record in this {0} file")]
    NoRecord(Format),
    /// A header, table or record contradicts the file.
    #[error("malformed {part}: {what}")]
    Broken {
        /// Which part, for example `ELF section table`.
        part: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The file cannot be read.
    #[error("cannot read the binary: {0}")]
    Unreadable(String),
}

impl Malformed {
    /// A contradiction in some part of the file.
    pub fn broken(part: &'static str, what: impl Into<String>) -> Malformed {
        Malformed::Broken { part, what: what.into() }
    }

    /// A read of some part of the file that failed.
    pub fn reading(part: &'static str, error: ReadError) -> Malformed {
        match error {
            ReadError::Failed(words) => Malformed::Unreadable(words),
            other => Malformed::broken(part, other.to_string()),
        }
    }
}

/// Reads the build record of a Go binary and looks up what its linker flags did.
///
/// # Errors
/// The file is no executable, has no Go build record, or contradicts itself; nothing in it is trusted, and no input
/// makes this panic or hold more than a few MiB.
pub fn inspect(bytes: &impl Bytes) -> Result<BinaryReport, Malformed> {
    let _ = bytes;
    Err(Malformed::NotExecutable)
}
