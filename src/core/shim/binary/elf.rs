//! ELF (System V ABI, "Object Files" and "Program Loading").

use super::fields::Layout;
use super::headers::Headers;
use super::relocations::Relocations;
use super::symbols::{Entries, SymbolTable};
use super::{Image, Section, Segment};
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::{Format, Malformed};
use object::read::StringTable;
use object::read::elf::{FileHeader, ProgramHeader as _, SectionHeader};
use object::{Endianness, elf};

/// Reads the headers; `Elf` is that of the file's class.
pub(super) fn open<Elf, B>(file: Headers<'_, B>) -> Result<Image, Malformed>
where
    Elf: FileHeader<Endian = Endianness>,
    B: Bytes,
{
    let header = file.part("ELF header", Elf::parse(file))?;
    let order = file.part("ELF header", header.endian())?;
    let layout = Layout { order, wide: header.is_type_64() };
    let sections = file.part("ELF section table", header.section_headers(order, file))?;
    let names = names(file, header, order, sections)?;
    let segments = file.part("ELF program headers", header.program_headers(order, file))?;
    let symtab = sections.iter().find(|section| section.sh_type(order) == elf::SHT_SYMTAB);
    let is_loaded_rela = |section: &&Elf::SectionHeader| {
        section.sh_type(order) == elf::SHT_RELA && section.sh_flags(order).contains(elf::SHF_ALLOC)
    };
    Ok(Image {
        format: Format::Elf,
        arch: arch(header.e_machine(order), layout),
        layout,
        sections: sections.iter().map(|each| section(each, order, &names)).collect(),
        segments: segments
            .iter()
            .filter(|each| each.p_type(order) == elf::PT_LOAD)
            .map(|each| Segment {
                address: each.p_vaddr(order).into(),
                offset: each.p_offset(order).into(),
                file_size: each.p_filesz(order).into(),
                memory_size: each.p_memsz(order).into(),
                writable: each.p_flags(order).contains(elf::PF_W),
            })
            .collect(),
        symbols: symtab.map(|symtab| symbols::<Elf>(sections, symtab, order)).transpose()?,
        relocations: sections
            .iter()
            .filter(is_loaded_rela)
            .map(|each| Relocations {
                offset: each.sh_offset(order).into(),
                size: each.sh_size(order).into(),
            })
            .collect(),
    })
}

/// The names of the sections, read as one table.
fn names<'s, Elf, B>(
    file: Headers<'s, B>,
    header: &Elf,
    order: Endianness,
    sections: &[Elf::SectionHeader],
) -> Result<StringTable<'s>, Malformed>
where
    Elf: FileHeader<Endian = Endianness>,
    B: Bytes,
{
    let part = "ELF section names";
    if sections.is_empty() || header.e_shstrndx(order) == elf::SHN_UNDEF {
        return Ok(StringTable::default());
    }
    let index = file.part(part, header.section_strings_index(order, file))?.0;
    let Some(table) = sections.get(index) else {
        return Err(Malformed::broken(part, format!("they are in section {index}, which does not exist")));
    };
    let names = file.part(part, table.data(order, file))?;
    Ok(StringTable::new(names, 0, names.len() as u64))
}

fn section(raw: &impl SectionHeader<Endian = Endianness>, order: Endianness, names: &StringTable) -> Section {
    let name = raw.name(order, *names).unwrap_or_default();
    let (offset, size) = raw.file_range(order).unwrap_or_default();
    Section {
        name: String::from_utf8_lossy(name).into_owned(),
        address: raw.sh_addr(order).into(),
        offset,
        size,
    }
}

fn symbols<Elf: FileHeader<Endian = Endianness>>(
    sections: &[Elf::SectionHeader],
    symtab: &Elf::SectionHeader,
    order: Endianness,
) -> Result<SymbolTable, Malformed> {
    let part = "ELF symbol table";
    let (entry, expected): (u64, _) = (symtab.sh_entsize(order).into(), size_of::<Elf::Sym>() as u64);
    if entry != expected {
        return Err(Malformed::broken(part, format!("entries of {entry} bytes, not {expected}")));
    }
    let strings = sections.get(symtab.link(order).0);
    let strings = strings.ok_or_else(|| Malformed::broken(part, "no section holds its names"))?;
    Ok(SymbolTable {
        entries: Entries::Elf,
        offset: symtab.sh_offset(order).into(),
        count: symtab.sh_size(order).into() / expected,
        strings_offset: strings.sh_offset(order).into(),
        strings_size: strings.sh_size(order).into(),
    })
}

/// Processor in Go's words.
fn arch(machine: elf::Machine, layout: Layout) -> String {
    let name = match (machine, layout.order, layout.wide) {
        (elf::EM_386, ..) => "386",
        (elf::EM_X86_64, ..) => "amd64",
        (elf::EM_ARM, ..) => "arm",
        (elf::EM_AARCH64, ..) => "arm64",
        (elf::EM_S390, ..) => "s390x",
        (elf::EM_PPC64, Endianness::Little, _) => "ppc64le",
        (elf::EM_PPC64, Endianness::Big, _) => "ppc64",
        (elf::EM_RISCV, _, true) => "riscv64",
        (elf::EM_LOONGARCH, _, true) => "loong64",
        (elf::EM_MIPS, Endianness::Little, true) => "mips64le",
        (elf::EM_MIPS, Endianness::Big, true) => "mips64",
        (elf::EM_MIPS, Endianness::Little, false) => "mipsle",
        (elf::EM_MIPS, Endianness::Big, false) => "mips",
        _ => return format!("machine {machine}"),
    };
    name.to_owned()
}
