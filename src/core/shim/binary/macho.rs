//! Mach-O (`mach-o/loader.h` and `mach-o/nlist.h` of Apple's headers).

use super::fields::Layout;
use super::headers::{Headers, with_headers};
use super::symbols::{Entries, SymbolTable};
use super::{Image, Section, Segment};
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::{Format, Malformed};
use object::read::macho as read;
use object::read::macho::{FatArch, MachHeader, MachOFatFile, Segment as _};
use object::{Endianness, macho};

const COMMANDS: &str = "Mach-O load commands";

/// Reads the headers; `Mach` is that of the file's width.
pub(super) fn open<Mach, B>(file: Headers<'_, B>) -> Result<Image, Malformed>
where
    Mach: MachHeader<Endian = Endianness>,
    B: Bytes,
{
    let header = file.part("Mach-O header", Mach::parse(file, 0))?;
    let order = file.part("Mach-O header", header.endian())?;
    let mut image = Image {
        format: Format::MachO,
        arch: arch(header.cputype(order)),
        layout: Layout { order, wide: header.is_type_64() },
        sections: Vec::new(),
        segments: Vec::new(),
        symbols: None,
        relocations: Vec::new(),
    };
    let mut commands = file.part(COMMANDS, header.load_commands(order, file, 0))?;
    while let Some(command) = file.part(COMMANDS, commands.next())? {
        if let Some((segment, sections)) = file.part(COMMANDS, Mach::Segment::from_command(command))? {
            let sections = file.part(COMMANDS, segment.sections(order, sections))?;
            image.segments.extend(loaded(segment, order));
            image.sections.extend(sections.iter().map(|each| section(each, order)));
        } else if let Some(table) = file.part(COMMANDS, command.symtab())? {
            let count = table.nsyms.get(order);
            image.symbols = (count > 0).then(|| SymbolTable {
                entries: Entries::MachO,
                offset: table.symoff.get(order).into(),
                count: count.into(),
                strings_offset: table.stroff.get(order).into(),
                strings_size: table.strsize.get(order).into(),
            });
        }
    }
    Ok(image)
}

/// `__PAGEZERO` maps nothing, and debugging information is not loaded.
fn loaded(raw: &impl read::Segment<Endian = Endianness>, order: Endianness) -> Option<Segment> {
    let protection = raw.initprot(order);
    let memory_size = raw.vmsize(order).into();
    let (offset, file_size) = raw.file_range(order);
    (memory_size > 0 && protection.0 != 0).then(|| Segment {
        address: raw.vmaddr(order).into(),
        offset,
        file_size,
        memory_size,
        writable: protection.contains(macho::VM_PROT_WRITE),
    })
}

fn section(raw: &impl read::Section<Endian = Endianness>, order: Endianness) -> Section {
    Section {
        name: String::from_utf8_lossy(raw.name()).into_owned(),
        address: raw.addr(order).into(),
        offset: raw.offset(order).into(),
        size: raw.file_size(order).unwrap_or_default(),
    }
}

/// Where the parts of a universal binary are: offset and length.
pub(in crate::core::shim) fn parts(bytes: &impl Bytes, wide: bool) -> Result<Vec<(u64, u64)>, Malformed> {
    with_headers(bytes, |file| match wide {
        true => listed::<macho::FatArch64>(file),
        false => listed::<macho::FatArch32>(file),
    })
}

fn listed<Fat: FatArch>(file: Headers<'_, impl Bytes>) -> Result<Vec<(u64, u64)>, Malformed> {
    let file = file.part("universal binary", MachOFatFile::<Fat>::parse(file))?;
    Ok(file.arches().iter().map(FatArch::file_range).collect())
}

/// Processor in Go's words.
fn arch(processor: macho::CpuType) -> String {
    let name = match processor {
        macho::CPU_TYPE_X86 => "386",
        macho::CPU_TYPE_X86_64 => "amd64",
        macho::CPU_TYPE_ARM => "arm",
        macho::CPU_TYPE_ARM64 => "arm64",
        _ => return format!("processor {processor:#x}"),
    };
    name.to_owned()
}
