//! Pointers that an ELF file leaves to be written when it is loaded (position-independent programs).

use super::WINDOW;
use super::fields::{Fields, Layout};
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::Malformed;
use std::collections::HashMap;

/// Largest relocation table that is read, in bytes; that of a 75 MB program has ten million.
const TABLE_LIMIT: u64 = 256 << 20;

/// A table of relocations with addends.
#[derive(Debug, Clone)]
pub(super) struct Relocations {
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// The addends for these addresses, `None` for an address without one.
///
/// Only relative relocations come with an addend that is an address of the same file, and Go needs no others for its
/// strings; an entry for a symbol is not told apart, since its addend then leads to no string.
pub(super) fn addends(
    tables: &[Relocations],
    bytes: &impl Bytes,
    layout: Layout,
    addresses: &[u64],
) -> Result<Vec<Option<u64>>, Malformed> {
    let part = "ELF relocations";
    let mut found: Vec<Option<u64>> = vec![None; addresses.len()];
    let mut wanted: HashMap<u64, usize> = HashMap::new();
    for (index, address) in addresses.iter().enumerate() {
        wanted.insert(*address, index);
    }
    if wanted.is_empty() {
        return Ok(found);
    }
    let entry = 3 * layout.word();
    let step = WINDOW / entry * entry;
    for table in tables {
        if table.size > TABLE_LIMIT {
            return Err(Malformed::broken(part, format!("{} bytes, more than any binary has", table.size)));
        }
        let mut done = 0;
        while done < table.size {
            let length = usize::try_from(table.size - done).unwrap_or(step).min(step);
            let offset = table.offset.saturating_add(done);
            let chunk = bytes.read_at(offset, length).map_err(|error| Malformed::reading(part, error))?;
            for each in chunk.chunks_exact(entry) {
                let mut fields = Fields::new(each, layout);
                let (Some(place), Some(_), Some(addend)) = (fields.word(), fields.word(), fields.word())
                else {
                    continue;
                };
                if let Some(found) = wanted.get(&place).and_then(|index| found.get_mut(*index)) {
                    *found = Some(addend);
                }
            }
            done += length as u64;
        }
    }
    Ok(found)
}
