//! Symbol tables, searched in two passes that hold neither the names nor the symbols.

use super::WINDOW;
use super::fields::Layout;
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::Malformed;
use object::pod::{self, Pod};
use object::read::elf::Sym;
use object::read::macho::Nlist;
use object::{Endianness, LittleEndian as LE, elf, macho, pe};
use std::collections::HashMap;

/// Most symbols that are looked through; a 75 MB program has a hundred thousand.
const SYMBOL_LIMIT: u64 = 16 << 20;
/// Most bytes of names that are looked through.
const NAMES_LIMIT: u64 = 256 << 20;
/// Most places where a wanted name is found; a name that stands more often is not a name.
const PLACES_LIMIT: usize = 4096;

/// Where the symbols and their names are.
#[derive(Debug, Clone)]
pub(super) struct SymbolTable {
    pub(super) entries: Entries,
    pub(super) offset: u64,
    pub(super) count: u64,
    pub(super) strings_offset: u64,
    pub(super) strings_size: u64,
}

/// How one symbol is written.
#[derive(Debug, Clone)]
pub(super) enum Entries {
    /// `Elf32_Sym` and `Elf64_Sym`.
    Elf,
    /// `nlist` and `nlist_64`.
    MachO,
    /// COFF, whose values count from the start of a section.
    Coff {
        /// Addresses of the sections.
        bases: Vec<u64>,
    },
}

/// A symbol that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core::shim) struct Symbol {
    /// Its address.
    pub(in crate::core::shim) address: u64,
    /// Its size in bytes, where the format records one.
    pub(in crate::core::shim) size: Option<u64>,
}

/// One entry of a table.
struct Entry {
    /// Offset of the name; for COFF `None` where the name stands in the entry.
    name: Option<u64>,
    short_name: [u8; 8],
    symbol: Option<Symbol>,
    /// Entries that belong to this one and follow it.
    skip: u64,
}

impl SymbolTable {
    /// Looks up names.
    pub(super) fn find(
        &self,
        bytes: &impl Bytes,
        layout: Layout,
        names: &[String],
    ) -> Result<Vec<Option<Symbol>>, Malformed> {
        let part = "symbol table";
        if self.count > SYMBOL_LIMIT {
            return Err(Malformed::broken(part, format!("{} symbols, more than any binary has", self.count)));
        }
        let places = self.places(bytes, names)?;
        let mut found: Vec<Option<Symbol>> = vec![None; names.len()];
        let length = self.entries.length(layout.wide);
        let step = WINDOW / length * length;
        let size = self.count * length as u64;
        let (mut done, mut skip) = (0, 0);
        while done < size {
            let chunk_length = usize::try_from(size - done).unwrap_or(step).min(step);
            let offset = self.offset.saturating_add(done);
            let chunk =
                bytes.read_at(offset, chunk_length).map_err(|error| Malformed::reading(part, error))?;
            for each in chunk.chunks_exact(length) {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let Some(entry) = self.entries.read(each, layout) else { continue };
                skip = entry.skip;
                let index = match entry.name {
                    Some(name) => places.get(&name).copied(),
                    None => short(&entry.short_name, names),
                };
                if let Some(slot) = index.and_then(|index| found.get_mut(index))
                    && slot.is_none()
                {
                    *slot = entry.symbol;
                }
            }
            done += chunk_length as u64;
        }
        Ok(found)
    }

    /// Offsets in the table of names where a wanted name begins.
    ///
    /// Linkers share the ends of names and macOS puts an underscore before each, so that a name is looked for before
    /// every zero byte and not only at the start of a string.
    fn places(&self, bytes: &impl Bytes, names: &[String]) -> Result<HashMap<u64, usize>, Malformed> {
        let part = "symbol names";
        if self.strings_size > NAMES_LIMIT {
            return Err(Malformed::broken(
                part,
                format!("{} bytes, more than any binary has", self.strings_size),
            ));
        }
        let longest = names.iter().map(String::len).max().unwrap_or_default() + 1;
        let mut places = HashMap::new();
        let (mut done, mut kept): (u64, Vec<u8>) = (0, Vec::new());
        while done < self.strings_size {
            let length = usize::try_from(self.strings_size - done).unwrap_or(WINDOW).min(WINDOW);
            let offset = self.strings_offset.saturating_add(done);
            let read = bytes.read_at(offset, length).map_err(|error| Malformed::reading(part, error))?;
            let before = kept.len();
            kept.extend_from_slice(&read);
            for end in before..kept.len() {
                if kept.get(end) != Some(&0) {
                    continue;
                }
                // An empty name ends nothing.
                let head = kept.get(..end).unwrap_or_default();
                if head.last() == Some(&0) {
                    continue;
                }
                for (index, name) in names.iter().enumerate() {
                    if !head.ends_with(name.as_bytes()) {
                        continue;
                    }
                    let start = end - name.len();
                    let place = (done + start as u64).wrapping_sub(before as u64);
                    places.insert(place, index);
                    if start > 0 && head.get(start - 1) == Some(&b'_') {
                        places.insert(place.wrapping_sub(1), index);
                    }
                }
                if places.len() > PLACES_LIMIT {
                    return Err(Malformed::broken(part, "one name appears in it thousands of times"));
                }
            }
            done += length as u64;
            let keep = kept.len().saturating_sub(longest);
            kept.drain(..keep);
        }
        Ok(places)
    }
}

/// A name of up to eight bytes that stands in a COFF entry.
fn short(bytes: &[u8; 8], names: &[String]) -> Option<usize> {
    let name = bytes.split(|byte| *byte == 0).next()?;
    names.iter().position(|wanted| wanted.as_bytes() == name)
}

impl Entries {
    const fn length(&self, wide: bool) -> usize {
        match (self, wide) {
            (Entries::Elf, true) => size_of::<elf::Sym64<Endianness>>(),
            (Entries::Elf, false) => size_of::<elf::Sym32<Endianness>>(),
            (Entries::MachO, true) => size_of::<macho::Nlist64<Endianness>>(),
            (Entries::MachO, false) => size_of::<macho::Nlist32<Endianness>>(),
            (Entries::Coff { .. }, _) => pe::IMAGE_SIZEOF_SYMBOL,
        }
    }

    fn read(&self, entry: &[u8], layout: Layout) -> Option<Entry> {
        let order = layout.order;
        Some(match (self, layout.wide) {
            (Entries::Elf, true) => elf(raw::<elf::Sym64<Endianness>>(entry)?, order),
            (Entries::Elf, false) => elf(raw::<elf::Sym32<Endianness>>(entry)?, order),
            (Entries::MachO, true) => macho(raw::<macho::Nlist64<Endianness>>(entry)?, order),
            (Entries::MachO, false) => macho(raw::<macho::Nlist32<Endianness>>(entry)?, order),
            (Entries::Coff { bases }, _) => coff(raw(entry)?, bases),
        })
    }
}

fn raw<T: Pod>(entry: &[u8]) -> Option<&T> {
    pod::from_bytes(entry).ok().map(|(entry, _)| entry)
}

fn elf<T: Sym<Endian = Endianness>>(entry: &T, order: Endianness) -> Entry {
    // A symbol of no section is one that another file has.
    let is_own = entry.st_shndx(order) != elf::SHN_UNDEF;
    let (address, size) = (entry.st_value(order).into(), Some(entry.st_size(order).into()));
    let name = Some(entry.st_name(order).into());
    Entry { name, short_name: [0; 8], symbol: is_own.then_some(Symbol { address, size }), skip: 0 }
}

fn macho<T: Nlist<Endian = Endianness>>(entry: &T, order: Endianness) -> Entry {
    // Entries for debuggers and symbols of other files are none of ours.
    let symbol = Symbol { address: entry.n_value(order).into(), size: None };
    let name = Some(entry.n_strx(order).into());
    Entry { name, short_name: [0; 8], symbol: entry.is_definition().then_some(symbol), skip: 0 }
}

fn coff(entry: &pe::ImageSymbol, bases: &[u64]) -> Entry {
    let section = usize::from(entry.section_number.get(LE));
    let base = section.checked_sub(1).and_then(|index| bases.get(index));
    let address = |base: &u64| base.wrapping_add(entry.value.get(LE).into());
    let long = match entry.name {
        [0, 0, 0, 0, offset @ ..] => Some(u32::from_le_bytes(offset).into()),
        _ => None,
    };
    Entry {
        name: long,
        short_name: entry.name,
        symbol: base.map(|base| Symbol { address: address(base), size: None }),
        skip: entry.number_of_aux_symbols.into(),
    }
}
