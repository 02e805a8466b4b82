//! Executables: where their sections are, what stands at an address, and which symbols they name.
//!
//! Only headers and tables are read, piece by piece; every number in them is checked against the file before it is
//! used. `object` knows the formats; limits, the search for names and what Go leaves out are ours.

mod elf;
mod fields;
mod headers;
mod macho;
mod part;
mod pe;
mod relocations;
mod symbols;

pub(super) use fields::{Fields, Layout};
pub(super) use macho::parts;
pub(super) use part::Part;
pub(super) use symbols::Symbol;

use super::bytes::{Bytes, READ_LIMIT, ReadError};
use super::inspect::{Format, Malformed};
use headers::with_headers;
use object::Endianness;
use object::elf::{FileHeader32, FileHeader64};
use object::macho::{MachHeader32, MachHeader64};
use relocations::Relocations;
use symbols::SymbolTable;

/// Bytes that are read at a time where a large range is searched: 256 KiB.
pub(super) const WINDOW: usize = 256 << 10;

/// A named range of a file.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// Name, for example `.go.buildinfo`.
    pub(super) name: String,
    /// Address when it is loaded.
    pub(super) address: u64,
    /// First byte in the file.
    pub(super) offset: u64,
    /// Bytes in the file, 0 for one that is only made when the program is loaded.
    pub(super) size: u64,
}

/// A range of a file that is loaded.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Address of its first byte.
    pub(super) address: u64,
    /// First byte in the file.
    pub(super) offset: u64,
    /// Bytes in the file.
    pub(super) file_size: u64,
    /// Bytes in memory; those behind the bytes of the file are zero.
    pub(super) memory_size: u64,
    /// The program may write there.
    pub(super) writable: bool,
}

/// What stands at an address.
pub(super) enum At {
    /// Bytes of the file, from this offset.
    File(u64),
    /// Zeroes that the program may change.
    Zero,
    /// Nothing.
    Nowhere,
}

/// An executable with its headers read.
#[derive(Debug)]
pub(super) struct Image {
    /// Container format.
    pub(super) format: Format,
    /// Processor in Go's words.
    pub(super) arch: String,
    /// How its numbers are written.
    pub(super) layout: Layout,
    /// Sections with a name; a file need not have any.
    pub(super) sections: Vec<Section>,
    /// What is loaded.
    pub(super) segments: Vec<Segment>,
    symbols: Option<SymbolTable>,
    relocations: Vec<Relocations>,
}

impl Image {
    /// Reads the headers.
    ///
    /// # Errors
    /// Another kind of file, or headers that contradict the file.
    pub(super) fn open(bytes: &impl Bytes) -> Result<Image, Malformed> {
        let magic = bytes.read_at(0, 5).map_err(|_| Malformed::NotExecutable)?;
        with_headers(bytes, |file| match magic.as_ref() {
            [0x7f, b'E', b'L', b'F', 1] => elf::open::<FileHeader32<Endianness>, _>(file),
            [0x7f, b'E', b'L', b'F', _] => elf::open::<FileHeader64<Endianness>, _>(file),
            [0xfe, 0xed, 0xfa, 0xce, _] | [0xce, 0xfa, 0xed, 0xfe, _] => {
                macho::open::<MachHeader32<Endianness>, _>(file)
            }
            [0xfe, 0xed, 0xfa, 0xcf, _] | [0xcf, 0xfa, 0xed, 0xfe, _] => {
                macho::open::<MachHeader64<Endianness>, _>(file)
            }
            [b'M', b'Z', ..] => pe::open(file),
            _ => Err(Malformed::NotExecutable),
        })
    }

    /// Whether there is a symbol table.
    pub(super) fn has_symbols(&self) -> bool {
        self.symbols.is_some()
    }

    /// Looks up symbols by their names; one that is not there is `None`.
    ///
    /// # Errors
    /// A symbol table that lies outside of the file.
    pub(super) fn symbols(
        &self,
        bytes: &impl Bytes,
        names: &[String],
    ) -> Result<Vec<Option<Symbol>>, Malformed> {
        match &self.symbols {
            Some(table) if !names.is_empty() => table.find(bytes, self.layout, names),
            _ => Ok(vec![None; names.len()]),
        }
    }

    /// The first section of one of these names that has bytes in the file.
    pub(super) fn section(&self, names: &[&str]) -> Option<&Section> {
        self.sections.iter().find(|section| section.size > 0 && names.contains(&section.name.as_str()))
    }

    /// What stands at an address, for `length` bytes.
    pub(super) fn at(&self, address: u64, length: u64) -> At {
        for segment in &self.segments {
            let Some(inside) = address.checked_sub(segment.address) else { continue };
            let Some(last) = inside.checked_add(length) else { continue };
            if last <= segment.file_size {
                return segment.offset.checked_add(inside).map_or(At::Nowhere, At::File);
            }
            if inside >= segment.file_size && last <= segment.memory_size {
                return At::Zero;
            }
        }
        At::Nowhere
    }

    /// Offset in the file of what stands at an address.
    pub(super) fn offset(&self, address: u64) -> Option<u64> {
        match self.at(address, 1) {
            At::File(offset) => Some(offset),
            At::Zero | At::Nowhere => None,
        }
    }

    /// The bytes at an address, `None` where the file has none.
    ///
    /// # Errors
    /// The file cannot be read there.
    pub(super) fn read(
        &self,
        bytes: &impl Bytes,
        address: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, Malformed> {
        if length > READ_LIMIT {
            return Ok(None);
        }
        match self.at(address, length as u64) {
            At::File(offset) => {
                let read = bytes.read_at(offset, length);
                Ok(Some(read.map_err(|error| Malformed::reading("segment", error))?.into_owned()))
            }
            At::Zero | At::Nowhere => Ok(None),
        }
    }

    /// The pointer at an address, relocated if the file says so; `None` where the file has none.
    ///
    /// # Errors
    /// A relocation table that lies outside of the file.
    pub(super) fn pointer(&self, bytes: &impl Bytes, address: u64) -> Result<Option<u64>, Malformed> {
        let Some(word) = self.read(bytes, address, self.layout.word())? else { return Ok(None) };
        match self.layout.read_word(&word) {
            Some(0) => Ok(relocations::addends(&self.relocations, bytes, self.layout, &[address])?
                .first()
                .copied()
                .flatten()
                .or(Some(0))),
            other => Ok(other),
        }
    }

    /// The pointers that a relocation writes to these addresses, which hold zero in the file.
    ///
    /// # Errors
    /// A relocation table that lies outside of the file.
    pub(super) fn relocated(
        &self,
        bytes: &impl Bytes,
        addresses: &[u64],
    ) -> Result<Vec<Option<u64>>, Malformed> {
        relocations::addends(&self.relocations, bytes, self.layout, addresses)
    }

    /// Whether zero words of the file may become pointers when it is loaded.
    pub(super) fn has_relocations(&self) -> bool {
        !self.relocations.is_empty()
    }
}

/// Offset of the first multiple of `alignment` in a range where a test of the next `alignment` bytes holds.
///
/// # Errors
/// The range does not lie within the file.
pub(super) fn scan(
    bytes: &impl Bytes,
    start: u64,
    size: u64,
    alignment: usize,
    test: impl Fn(&[u8]) -> bool,
) -> Result<Option<u64>, ReadError> {
    let mut done = 0;
    while done < size {
        let length = usize::try_from(size - done).unwrap_or(WINDOW).min(WINDOW);
        let offset = start.saturating_add(done);
        let window = bytes.read_at(offset, length)?;
        // The window is a multiple of the alignment, so that no piece lies across two windows.
        if let Some(index) = window.chunks_exact(alignment).position(&test) {
            return Ok(Some(offset + (index * alignment) as u64));
        }
        done += length as u64;
    }
    Ok(None)
}
