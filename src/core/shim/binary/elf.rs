//! ELF (System V ABI, "Object Files" and "Program Loading").

use super::fields::{Fields, Layout};
use super::relocations::Relocations;
use super::symbols::{Entries, SymbolTable};
use super::{Image, Section, Segment, table};
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::{Format, Malformed};

/// Length of the longer header, that of 64-bit files.
const HEADER_LENGTH: usize = 64;
/// Length of the shorter header.
const SHORT_HEADER_LENGTH: usize = 52;
/// Longest table of section names, in bytes.
const NAMES_LIMIT: u64 = 1 << 20;
const SECTION_SYMTAB: u32 = 2;
const SECTION_RELA: u32 = 4;
const SECTION_NOBITS: u32 = 8;
const SEGMENT_LOAD: u32 = 1;
const FLAG_WRITE: u32 = 2;
/// Flag of a section that is loaded.
const SECTION_ALLOCATED: u64 = 2;

/// The fields of the file header that matter.
struct Header {
    machine: u16,
    segments: (u64, u64, u64),
    sections: (u64, u64, u64),
    names: u64,
}

/// A section with what only ELF knows of it.
struct Raw {
    name: usize,
    kind: u32,
    flags: u64,
    link: u32,
    entry: u64,
    section: Section,
}

pub(super) fn open(bytes: &impl Bytes) -> Result<Image, Malformed> {
    let part = "ELF header";
    let length =
        usize::try_from(bytes.len()).unwrap_or(HEADER_LENGTH).clamp(SHORT_HEADER_LENGTH, HEADER_LENGTH);
    let head = bytes.read_at(0, length).map_err(|error| Malformed::reading(part, error))?;
    let layout = match head.get(4..6) {
        Some([class @ (1 | 2), order @ (1 | 2)]) => Layout { little: *order == 1, wide: *class == 2 },
        _ => return Err(Malformed::broken(part, "its class or byte order is none that exists")),
    };
    let header = header(&head, layout).ok_or_else(|| Malformed::broken(part, "it ends too early"))?;
    let raw = sections(bytes, layout, &header)?;
    let segments = segments(bytes, layout, &header)?;
    let symbols =
        raw.iter().find(|raw| raw.kind == SECTION_SYMTAB).map(|symtab| symbols(&raw, symtab, layout));
    let relocations = raw
        .iter()
        .filter(|raw| raw.kind == SECTION_RELA && raw.flags & SECTION_ALLOCATED != 0)
        .map(|raw| Relocations { offset: raw.section.offset, size: raw.section.size })
        .collect();
    Ok(Image {
        format: Format::Elf,
        arch: arch(header.machine, layout),
        layout,
        sections: raw.into_iter().map(|raw| raw.section).collect(),
        segments,
        symbols: symbols.transpose()?,
        relocations,
    })
}

fn header(head: &[u8], layout: Layout) -> Option<Header> {
    let mut fields = Fields::new(head, layout);
    fields.take(16)?;
    let _kind = fields.u16()?;
    let machine = fields.u16()?;
    let _version = fields.u32()?;
    let _entry = fields.word()?;
    let segments_offset = fields.word()?;
    let sections_offset = fields.word()?;
    let _flags = fields.u32()?;
    let _length = fields.u16()?;
    let segment_entry = fields.u16()?;
    let segment_count = fields.u16()?;
    let section_entry = fields.u16()?;
    let section_count = fields.u16()?;
    let names = fields.u16()?;
    Some(Header {
        machine,
        segments: (segments_offset, segment_count.into(), segment_entry.into()),
        sections: (sections_offset, section_count.into(), section_entry.into()),
        names: names.into(),
    })
}

fn segments(bytes: &impl Bytes, layout: Layout, header: &Header) -> Result<Vec<Segment>, Malformed> {
    let part = "ELF program headers";
    let (offset, count, entry) = header.segments;
    let expected = if layout.wide { 56 } else { 32 };
    if count > 0 && entry != expected {
        return Err(Malformed::broken(part, format!("entries of {entry} bytes, not {expected}")));
    }
    let table = table(bytes, part, offset, count, entry)?;
    let mut segments = Vec::new();
    for chunk in table.chunks_exact(if layout.wide { 56 } else { 32 }) {
        let segment = segment(chunk, layout).ok_or_else(|| Malformed::broken(part, "an entry is cut off"))?;
        segments.extend(segment);
    }
    Ok(segments)
}

/// One program header; the inner `None` is one that is not loaded.
fn segment(chunk: &[u8], layout: Layout) -> Option<Option<Segment>> {
    let mut fields = Fields::new(chunk, layout);
    let kind = fields.u32()?;
    let early_flags = if layout.wide { Some(fields.u32()?) } else { None };
    let offset = fields.word()?;
    let address = fields.word()?;
    let _physical = fields.word()?;
    let file_size = fields.word()?;
    let memory_size = fields.word()?;
    let flags = match early_flags {
        Some(flags) => flags,
        None => fields.u32()?,
    };
    let writable = flags & FLAG_WRITE != 0;
    Some((kind == SEGMENT_LOAD).then_some(Segment { address, offset, file_size, memory_size, writable }))
}

fn sections(bytes: &impl Bytes, layout: Layout, header: &Header) -> Result<Vec<Raw>, Malformed> {
    let part = "ELF section table";
    let (offset, mut count, entry) = header.sections;
    let expected = if layout.wide { 64 } else { 40 };
    if offset == 0 {
        return Ok(Vec::new());
    }
    if entry != expected {
        return Err(Malformed::broken(part, format!("entries of {entry} bytes, not {expected}")));
    }
    let mut names = header.names;
    if count == 0 || names == 0xffff {
        // More sections than 16 bits can count: the first entry, which is no section, says how many.
        let first = table(bytes, part, offset, 1, entry)?;
        let first =
            raw(&first, layout).ok_or_else(|| Malformed::broken(part, "its first entry is cut off"))?;
        count = if count == 0 { first.section.size } else { count };
        names = if names == 0xffff { first.link.into() } else { names };
    }
    let table = table(bytes, part, offset, count, entry)?;
    let mut sections = Vec::new();
    for chunk in table.chunks_exact(if layout.wide { 64 } else { 40 }) {
        sections.push(raw(chunk, layout).ok_or_else(|| Malformed::broken(part, "an entry is cut off"))?);
    }
    name_sections(bytes, &mut sections, names)?;
    Ok(sections)
}

fn raw(chunk: &[u8], layout: Layout) -> Option<Raw> {
    let mut fields = Fields::new(chunk, layout);
    let name = usize::try_from(fields.u32()?).ok()?;
    let kind = fields.u32()?;
    let flags = fields.word()?;
    let address = fields.word()?;
    let offset = fields.word()?;
    let size = fields.word()?;
    let link = fields.u32()?;
    let _info = fields.u32()?;
    let _alignment = fields.word()?;
    let entry = fields.word()?;
    Some(Raw {
        name,
        kind,
        flags,
        link,
        entry,
        section: Section { name: String::new(), address, offset, size },
    })
}

fn name_sections(bytes: &impl Bytes, sections: &mut [Raw], names: u64) -> Result<(), Malformed> {
    let part = "ELF section names";
    let Some(table) = usize::try_from(names).ok().and_then(|index| sections.get(index)) else {
        return Err(Malformed::broken(part, format!("they are in section {names}, which does not exist")));
    };
    if table.section.size > NAMES_LIMIT {
        return Err(Malformed::broken(
            part,
            format!("{} bytes, more than any binary has", table.section.size),
        ));
    }
    let length = usize::try_from(table.section.size).unwrap_or_default();
    let read =
        bytes.read_at(table.section.offset, length).map_err(|error| Malformed::reading(part, error))?;
    for raw in sections {
        let name = read.get(raw.name..).and_then(|rest| rest.split(|byte| *byte == 0).next());
        raw.section.name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        if raw.kind == SECTION_NOBITS {
            raw.section.size = 0;
        }
    }
    Ok(())
}

fn symbols(sections: &[Raw], symtab: &Raw, layout: Layout) -> Result<SymbolTable, Malformed> {
    let part = "ELF symbol table";
    let expected = if layout.wide { 24 } else { 16 };
    if symtab.entry != expected {
        return Err(Malformed::broken(part, format!("entries of {} bytes, not {expected}", symtab.entry)));
    }
    let strings = usize::try_from(symtab.link).ok().and_then(|index| sections.get(index));
    let strings = strings.ok_or_else(|| Malformed::broken(part, "its names are in no section"))?;
    Ok(SymbolTable {
        entries: Entries::Elf,
        offset: symtab.section.offset,
        count: symtab.section.size / expected,
        strings_offset: strings.section.offset,
        strings_size: strings.section.size,
    })
}

/// Processor in Go's words (`e_machine`, System V ABI).
fn arch(machine: u16, layout: Layout) -> String {
    let name = match (machine, layout.little, layout.wide) {
        (3, ..) => "386",
        (62, ..) => "amd64",
        (40, ..) => "arm",
        (183, ..) => "arm64",
        (22, ..) => "s390x",
        (21, true, _) => "ppc64le",
        (21, false, _) => "ppc64",
        (243, _, true) => "riscv64",
        (258, _, true) => "loong64",
        (8, true, true) => "mips64le",
        (8, false, true) => "mips64",
        (8, true, false) => "mipsle",
        (8, false, false) => "mips",
        _ => return format!("machine {machine}"),
    };
    name.to_owned()
}
