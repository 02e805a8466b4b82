//! Mach-O (`mach-o/loader.h` and `mach-o/nlist.h` of Apple's headers).

use super::fields::{Fields, Layout, padded_name};
use super::symbols::{Entries, SymbolTable};
use super::{Image, SECTION_LIMIT, Section, Segment};
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::{Format, Malformed};

/// Longest list of load commands, in bytes; a Go binary has a few thousand.
const COMMANDS_LIMIT: u32 = 1 << 20;
const COMMAND_SEGMENT: u32 = 0x1;
const COMMAND_SYMTAB: u32 = 0x2;
const COMMAND_SEGMENT_64: u32 = 0x19;
const PROTECTION_WRITE: u32 = 2;
/// Kinds of sections that have no bytes in the file: zero fill, large zero fill, thread-local zero fill.
const ZERO_FILL: [u32; 3] = [0x1, 0xc, 0x12];

pub(super) fn open(bytes: &impl Bytes) -> Result<Image, Malformed> {
    let part = "Mach-O header";
    let head = bytes.read_at(0, 32).map_err(|error| Malformed::reading(part, error))?;
    let layout = match head.get(..4) {
        Some([0xcf, 0xfa, 0xed, 0xfe]) => Layout { little: true, wide: true },
        Some([0xce, 0xfa, 0xed, 0xfe]) => Layout { little: true, wide: false },
        Some([0xfe, 0xed, 0xfa, 0xcf]) => Layout { little: false, wide: true },
        _ => Layout { little: false, wide: false },
    };
    let cut_off = || Malformed::broken(part, "it ends too early");
    let mut fields = Fields::new(&head, layout);
    let _magic = fields.u32().ok_or_else(cut_off)?;
    let processor = fields.u32().ok_or_else(cut_off)?;
    let _subtype = fields.u32().ok_or_else(cut_off)?;
    let _kind = fields.u32().ok_or_else(cut_off)?;
    let count = fields.u32().ok_or_else(cut_off)?;
    let length = fields.u32().ok_or_else(cut_off)?;
    if length > COMMANDS_LIMIT {
        return Err(Malformed::broken(
            "Mach-O load commands",
            format!("{length} bytes, more than any binary has"),
        ));
    }
    let start = if layout.wide { 32 } else { 28 };
    let commands = bytes
        .read_at(start, usize::try_from(length).unwrap_or_default())
        .map_err(|error| Malformed::reading("Mach-O load commands", error))?;
    let mut image = Image {
        format: Format::MachO,
        arch: arch(processor),
        layout,
        sections: Vec::new(),
        segments: Vec::new(),
        symbols: None,
        relocations: Vec::new(),
    };
    read_commands(&commands, count, &mut image)?;
    Ok(image)
}

fn read_commands(mut commands: &[u8], count: u32, image: &mut Image) -> Result<(), Malformed> {
    let broken = |what: &str| Malformed::broken("Mach-O load commands", what);
    for _ in 0..count {
        let mut fields = Fields::new(commands, image.layout);
        let kind = fields.u32().ok_or_else(|| broken("they end too early"))?;
        let length = fields.u32().ok_or_else(|| broken("they end too early"))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < 8 {
            return Err(broken("one is shorter than its header"));
        }
        let (command, rest) =
            commands.split_at_checked(length).ok_or_else(|| broken("one is longer than all of them"))?;
        let body = command.get(8..).unwrap_or_default();
        match kind {
            COMMAND_SEGMENT | COMMAND_SEGMENT_64 => {
                segment(body, kind == COMMAND_SEGMENT_64, image)
                    .ok_or_else(|| broken("a segment is cut off"))?;
            }
            COMMAND_SYMTAB => {
                let table =
                    symbols(body, image.layout).ok_or_else(|| broken("the symbol table is cut off"))?;
                image.symbols = (table.count > 0).then_some(table);
            }
            _ => {}
        }
        if image.sections.len() as u64 > SECTION_LIMIT {
            return Err(broken("more sections than any binary has"));
        }
        commands = rest;
    }
    Ok(())
}

fn segment(body: &[u8], wide: bool, image: &mut Image) -> Option<()> {
    let layout = Layout { wide, ..image.layout };
    let mut fields = Fields::new(body, layout);
    let _name = fields.take(16)?;
    let address = fields.word()?;
    let memory_size = fields.word()?;
    let offset = fields.word()?;
    let file_size = fields.word()?;
    let _most = fields.u32()?;
    let protection = fields.u32()?;
    let count = fields.u32()?;
    let _flags = fields.u32()?;
    // `__PAGEZERO` maps nothing, and debugging information is not loaded.
    if memory_size > 0 && protection != 0 {
        let writable = protection & PROTECTION_WRITE != 0;
        image.segments.push(Segment { address, offset, file_size, memory_size, writable });
    }
    for _ in 0..count {
        let name = padded_name(fields.take(16)?);
        let _segment = fields.take(16)?;
        let address = fields.word()?;
        let size = fields.word()?;
        let offset = fields.u32()?.into();
        let _alignment = fields.u32()?;
        let _relocations = fields.take(8)?;
        let flags = fields.u32()?;
        fields.take(if wide { 12 } else { 8 })?;
        let size = if ZERO_FILL.contains(&(flags & 0xff)) { 0 } else { size };
        image.sections.push(Section { name, address, offset, size });
    }
    Some(())
}

fn symbols(body: &[u8], layout: Layout) -> Option<SymbolTable> {
    let mut fields = Fields::new(body, layout);
    Some(SymbolTable {
        entries: Entries::MachO,
        offset: fields.u32()?.into(),
        count: fields.u32()?.into(),
        strings_offset: fields.u32()?.into(),
        strings_size: fields.u32()?.into(),
    })
}

/// Processor in Go's words (`cputype`, `mach/machine.h`).
pub(in crate::core::shim) fn arch(processor: u32) -> String {
    let name = match processor {
        7 => "386",
        0x0100_0007 => "amd64",
        12 => "arm",
        0x0100_000c => "arm64",
        _ => return format!("processor {processor:#x}"),
    };
    name.to_owned()
}
