//! PE and COFF (Microsoft's "PE Format").

use super::fields::Layout;
use super::headers::Headers;
use super::symbols::{Entries, SymbolTable};
use super::{Image, Section, Segment};
use crate::core::shim::bytes::Bytes;
use crate::core::shim::inspect::{Format, Malformed};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _, optional_header_magic};
use object::{Endianness, LittleEndian as LE, ReadRef as _, U32, pe};

const HEADER: &str = "PE header";

/// Reads the headers.
pub(super) fn open(file: Headers<'_, impl Bytes>) -> Result<Image, Malformed> {
    let dos = file.part(HEADER, pe::ImageDosHeader::parse(file))?;
    let offset = dos.nt_headers_offset().into();
    let signature = file.read_at::<U32<LE>>(offset).map_err(|()| "it ends too early");
    if file.part(HEADER, signature)?.get(LE) != pe::IMAGE_NT_SIGNATURE {
        return Err(Malformed::NotExecutable);
    }
    match file.part(HEADER, optional_header_magic(file))? {
        pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC => open_as::<pe::ImageNtHeaders32, _>(file, offset),
        pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC => open_as::<pe::ImageNtHeaders64, _>(file, offset),
        _ => Err(Malformed::broken(HEADER, "its optional header is of an unknown kind")),
    }
}

fn open_as<Pe: ImageNtHeaders, B: Bytes>(file: Headers<'_, B>, mut offset: u64) -> Result<Image, Malformed> {
    let (header, _) = file.part(HEADER, Pe::parse(file, &mut offset))?;
    let raw = file.part("PE section table", header.sections(file, offset))?;
    let base = header.optional_header().image_base();
    let (mut sections, mut segments) = (Vec::new(), Vec::new());
    for each in raw.iter() {
        let (section, segment) = section(each, base)
            .ok_or_else(|| Malformed::broken("PE section table", "an address overflows"))?;
        sections.push(section);
        segments.push(segment);
    }
    let bases = sections.iter().map(|section| section.address).collect();
    let coff = header.file_header();
    Ok(Image {
        format: Format::Pe,
        arch: arch(coff.machine.get(LE)),
        layout: Layout { order: Endianness::Little, wide: header.is_type_64() },
        sections,
        segments,
        symbols: symbols(file, coff, bases)?,
        relocations: Vec::new(),
    })
}

fn section(raw: &pe::ImageSectionHeader, base: u64) -> Option<(Section, Segment)> {
    let memory_size = u64::from(raw.virtual_size.get(LE));
    let address = base.checked_add(raw.virtual_address.get(LE).into())?;
    let raw_size = u64::from(raw.size_of_raw_data.get(LE));
    let offset = raw.pointer_to_raw_data.get(LE).into();
    // The raw data is padded to the alignment of the file.
    let size = if memory_size == 0 { raw_size } else { raw_size.min(memory_size) };
    let writable = raw.characteristics.get(LE).contains(pe::IMAGE_SCN_MEM_WRITE);
    let name = String::from_utf8_lossy(raw.raw_name()).into_owned();
    Some((
        Section { name, address, offset, size },
        Segment { address, offset, file_size: size, memory_size: memory_size.max(size), writable },
    ))
}

fn symbols<B: Bytes>(
    file: Headers<'_, B>,
    header: &pe::ImageFileHeader,
    bases: Vec<u64>,
) -> Result<Option<SymbolTable>, Malformed> {
    let offset = u64::from(header.pointer_to_symbol_table.get(LE));
    let count = u64::from(header.number_of_symbols.get(LE));
    if offset == 0 || count == 0 {
        return Ok(None);
    }
    // The names follow the symbols and begin with their own length.
    let strings_offset = offset + count * pe::IMAGE_SIZEOF_SYMBOL as u64;
    let length = file.read_at::<U32<LE>>(strings_offset).map_err(|()| "its names are cut off");
    let length = file.part("COFF symbol table", length)?;
    let strings_size = length.get(LE).into();
    Ok(Some(SymbolTable { entries: Entries::Coff { bases }, offset, count, strings_offset, strings_size }))
}

/// Processor in Go's words.
fn arch(machine: pe::Machine) -> String {
    let name = match machine {
        pe::IMAGE_FILE_MACHINE_I386 => "386",
        pe::IMAGE_FILE_MACHINE_AMD64 => "amd64",
        pe::IMAGE_FILE_MACHINE_ARMNT => "arm",
        pe::IMAGE_FILE_MACHINE_ARM64 => "arm64",
        _ => return format!("machine {machine:#x}"),
    };
    name.to_owned()
}
