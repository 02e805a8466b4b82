//! What can be read from a binary without running it.

use super::binary::{Image, Part, parts};
use super::build_info;
use super::bytes::{Bytes, Metered, ReadError};
use super::effect::{self, Effect, Located, Missing};
use super::known::{Component, PROVIDER_VERSION, SHIM_VERSION, component_of};
use super::settings::{XSetting, x_settings};
use super::start_code::at_start;
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
    /// Version, `(devel)` for one that was built from a directory.
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

/// Most variables that are looked up in one binary.
const EFFECT_LIMIT: usize = 64;
/// A variable that the linker writes into every Go program; a symbol table without it names no variables.
const WITNESS: &str = "runtime.buildVersion";
/// Most parts of a universal binary.
const PARTS_LIMIT: u32 = 64;

/// Reads the build record of a Go binary and looks up what its linker flags did.
///
/// # Errors
/// The file is not an executable, has no Go build record, or contradicts itself; nothing in it is trusted, and no input
/// makes this panic or hold more than a few MiB.
pub fn inspect(bytes: &impl Bytes) -> Result<BinaryReport, Malformed> {
    let bytes = &Metered::new(bytes);
    let magic = bytes.read_at(0, 8).map_err(|error| match error {
        ReadError::Failed(words) => Malformed::Unreadable(words),
        _ => Malformed::NotExecutable,
    })?;
    match magic.as_ref() {
        [0xca, 0xfe, 0xba, kind @ (0xbe | 0xbf), count @ ..] => universal(bytes, *kind == 0xbf, count),
        _ => single(bytes),
    }
}

/// A universal binary: the first part that Go built.
fn universal(bytes: &impl Bytes, wide: bool, count: &[u8]) -> Result<BinaryReport, Malformed> {
    let count = count.first_chunk().map_or(0, |count| u32::from_be_bytes(*count));
    // A Java class begins with the same bytes, and its version is larger than any number of parts.
    if count > PARTS_LIMIT || (wide && count == 0) {
        return Err(Malformed::NotExecutable);
    }
    let mut without = None;
    for (offset, length) in parts(bytes, wide)? {
        let inner = Part::new(bytes, offset, length)
            .ok_or_else(|| Malformed::broken("universal binary", "an entry lies outside of the file"))?;
        match single(&inner) {
            Ok(report) => return Ok(BinaryReport { format: Format::FatMachO, ..report }),
            Err(error @ Malformed::NoRecord(_)) => without = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(without.unwrap_or(Malformed::NoRecord(Format::FatMachO)))
}

fn single(bytes: &impl Bytes) -> Result<BinaryReport, Malformed> {
    let image = Image::open(bytes)?;
    let info = build_info::read(bytes, &image)?;
    let setting =
        |key: &str| info.settings.iter().find(|(each, _)| each == key).map(|(_, value)| value.as_str());
    let ldflags =
        match setting("-ldflags") {
            Some(flags) => Some(x_settings(flags).ok_or_else(|| {
                Malformed::broken("Go build record", "Go would not accept its linker flags")
            })?),
            None => None,
        };
    let trimpath = setting("-trimpath") == Some("true");
    let component = component_of(info.main.as_ref(), &info.deps);
    let names = names(ldflags.as_deref().unwrap_or_default(), component);
    let mut stripped = true;
    let mut located = Vec::new();
    if image.has_symbols() {
        (located, stripped) = by_symbols(bytes, &image, &names)?;
    }
    if stripped {
        located = by_data(bytes, &image, ldflags.as_deref().unwrap_or_default(), &info.go_version, &names)?;
    }
    if let Some(component) = component {
        look_at_start(bytes, &image, component, &mut located);
    }
    Ok(BinaryReport {
        format: image.format,
        arch: image.arch,
        stripped,
        go_version: info.go_version,
        path: info.path,
        main: info.main,
        deps: info.deps,
        settings: info.settings,
        ldflags,
        trimpath,
        effects: located.into_iter().map(|located| located.effect).collect(),
    })
}

/// The variables of a shim first, then the others that linker flags set.
fn names(ldflags: &[XSetting], component: Option<Component<'_>>) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(component) = component {
        if component.provider.is_some() {
            names.push(component.symbol(SHIM_VERSION));
            names.push(component.symbol(PROVIDER_VERSION));
        }
        names.extend(component.pinned().map(|pinned| component.symbol(pinned.variable)));
    }
    for setting in ldflags {
        if !names.contains(&setting.symbol) {
            names.push(setting.symbol.clone());
        }
    }
    names.truncate(EFFECT_LIMIT);
    names
}

/// The variables by the symbol table, and whether that table lacks the program's own variables.
fn by_symbols(
    bytes: &impl Bytes,
    image: &Image,
    names: &[String],
) -> Result<(Vec<Located>, bool), Malformed> {
    let with_witness: Vec<String> = names.iter().cloned().chain([WITNESS.to_owned()]).collect();
    let mut located = effect::by_symbols(bytes, image, &with_witness)?;
    let witness = located.pop();
    Ok((located, witness.is_none_or(|witness| witness.effect.value.is_none())))
}

fn by_data(
    bytes: &impl Bytes,
    image: &Image,
    ldflags: &[XSetting],
    go_version: &str,
    names: &[String],
) -> Result<Vec<Located>, Malformed> {
    let mut written = effect::by_data(bytes, image, ldflags, go_version, names)?;
    let of_name = |name: &String| match written.iter().position(|located| located.effect.symbol == *name) {
        Some(index) => written.swap_remove(index),
        None => effect::not_found(name, Missing::NothingToLookFor),
    };
    Ok(names.iter().map(of_name).collect())
}

/// Notes which variables of the component's own package are set and used when the program starts.
fn look_at_start(bytes: &impl Bytes, image: &Image, component: Component<'_>, located: &mut [Located]) {
    let word = image.layout.word();
    let own = |located: &&mut Located| {
        let package = located.effect.symbol.rsplit_once('.').map(|(package, _)| package);
        package == Some(component.module) && !located.places.is_empty()
    };
    let mut own: Vec<&mut Located> = located.iter_mut().filter(own).collect();
    if own.is_empty() {
        return;
    }
    let Some(accesses) = at_start(bytes, image, component.module) else { return };
    for located in &mut own {
        located.effect.set_at_start = Some(located.places.iter().any(|place| accesses.sets(*place, word)));
        located.effect.used_at_start = Some(located.places.iter().any(|place| accesses.uses(*place, word)));
    }
}
