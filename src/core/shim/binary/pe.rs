//! PE and COFF (Microsoft's "PE Format").

use super::fields::{Fields, Layout, padded_name};
use super::symbols::{Entries, SymbolTable};
use super::{Image, Section, Segment, table};
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::{Format, Malformed};

/// Where the MS-DOS header says where the PE header is.
const POINTER_AT: u64 = 0x3c;
const SECTION_LENGTH: u64 = 40;
const SYMBOL_LENGTH: u64 = 18;
/// Longest optional header, in bytes; that of a 64-bit program has 240.
const OPTIONAL_LIMIT: u16 = 1024;
const MAGIC_32: u16 = 0x10b;
const MAGIC_64: u16 = 0x20b;
const SECTION_WRITE: u32 = 0x8000_0000;

/// The COFF header.
struct Header {
    machine: u16,
    sections: u16,
    symbols_offset: u32,
    symbols: u32,
    optional: u16,
}

pub(super) fn open(bytes: &impl Bytes) -> Result<Image, Malformed> {
    let part = "PE header";
    let layout = Layout { little: true, wide: true };
    let reading = |error| Malformed::reading(part, error);
    let cut_off = || Malformed::broken(part, "it ends too early");
    let pointer = bytes.read_at(POINTER_AT, 4).map_err(reading)?;
    let start = u64::from(Fields::new(&pointer, layout).u32().ok_or_else(cut_off)?);
    let head = bytes.read_at(start, 24).map_err(reading)?;
    if !head.starts_with(b"PE\0\0") {
        return Err(Malformed::NotExecutable);
    }
    let header = header(&head, layout).ok_or_else(cut_off)?;
    if header.optional > OPTIONAL_LIMIT {
        return Err(Malformed::broken(part, format!("an optional header of {} bytes", header.optional)));
    }
    let optional = bytes.read_at(start + 24, header.optional.into()).map_err(reading)?;
    let (wide, base) = image_base(&optional, layout)
        .ok_or_else(|| Malformed::broken(part, "its optional header is of no known kind"))?;
    let sections_at = start + 24 + u64::from(header.optional);
    let table = table(bytes, "PE section table", sections_at, header.sections.into(), SECTION_LENGTH)?;
    let mut image = Image {
        format: Format::Pe,
        arch: arch(header.machine),
        layout: Layout { little: true, wide },
        sections: Vec::new(),
        segments: Vec::new(),
        symbols: None,
        relocations: Vec::new(),
    };
    let mut bases = Vec::new();
    for chunk in table.chunks_exact(40) {
        let (section, segment) = section(chunk, layout, base)
            .ok_or_else(|| Malformed::broken("PE section table", "it is cut off"))?;
        bases.push(section.address);
        image.sections.push(section);
        image.segments.push(segment);
    }
    image.symbols = symbols(bytes, &header, bases)?;
    Ok(image)
}

fn header(head: &[u8], layout: Layout) -> Option<Header> {
    let mut fields = Fields::new(head, layout);
    fields.take(4)?;
    let machine = fields.u16()?;
    let sections = fields.u16()?;
    let _time = fields.u32()?;
    let symbols_offset = fields.u32()?;
    let symbols = fields.u32()?;
    let optional = fields.u16()?;
    Some(Header { machine, sections, symbols_offset, symbols, optional })
}

/// Whether addresses are wide, and where the program wants to be loaded.
fn image_base(optional: &[u8], layout: Layout) -> Option<(bool, u64)> {
    let mut fields = Fields::new(optional, layout);
    match fields.u16()? {
        MAGIC_32 => {
            fields.take(26)?;
            Some((false, fields.u32()?.into()))
        }
        MAGIC_64 => {
            fields.take(22)?;
            Some((true, fields.u64()?))
        }
        _ => None,
    }
}

fn section(chunk: &[u8], layout: Layout, base: u64) -> Option<(Section, Segment)> {
    let mut fields = Fields::new(chunk, layout);
    let name = padded_name(fields.take(8)?);
    let memory_size = u64::from(fields.u32()?);
    let address = base.checked_add(fields.u32()?.into())?;
    let raw_size = u64::from(fields.u32()?);
    let offset = u64::from(fields.u32()?);
    fields.take(12)?;
    let flags = fields.u32()?;
    // The raw data is padded to the alignment of the file.
    let size = if memory_size == 0 { raw_size } else { raw_size.min(memory_size) };
    let writable = flags & SECTION_WRITE != 0;
    let section = Section { name, address, offset, size };
    Some((
        section,
        Segment { address, offset, file_size: size, memory_size: memory_size.max(size), writable },
    ))
}

fn symbols(bytes: &impl Bytes, header: &Header, bases: Vec<u64>) -> Result<Option<SymbolTable>, Malformed> {
    let part = "COFF symbol table";
    if header.symbols == 0 || header.symbols_offset == 0 {
        return Ok(None);
    }
    // The names follow the symbols and begin with their own length.
    let strings_offset = u64::from(header.symbols_offset) + u64::from(header.symbols) * SYMBOL_LENGTH;
    let length = bytes.read_at(strings_offset, 4).map_err(|error| Malformed::reading(part, error))?;
    let length = Fields::new(&length, Layout { little: true, wide: false }).u32();
    Ok(Some(SymbolTable {
        entries: Entries::Coff { bases },
        offset: header.symbols_offset.into(),
        count: header.symbols.into(),
        strings_offset,
        strings_size: length.unwrap_or_default().into(),
    }))
}

/// Processor in Go's words ("Machine types").
fn arch(machine: u16) -> String {
    let name = match machine {
        0x14c => "386",
        0x8664 => "amd64",
        0x1c4 => "arm",
        0xaa64 => "arm64",
        _ => return format!("machine {machine:#x}"),
    };
    name.to_owned()
}
