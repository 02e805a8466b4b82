//! Go's build record: which version of Go, which modules, which settings.
//!
//! Source: the packages `debug/buildinfo` and `runtime/debug` of Go 1.26. Since Go 1.18 the record holds its two texts
//! itself; before that it held pointers to two string variables.

use super::binary::{Fields, Image, Layout, scan};
use super::bytes::Bytes;
use super::inspect::{Malformed, Module};
use super::quoting::{split_quoted, unquote};
use object::Endianness;

/// How a record begins.
const MAGIC: &[u8; 14] = b"\xff Go buildinf:";
/// Length of the header; texts that stand in the record follow it.
const HEADER_LENGTH: usize = 32;
/// Records begin at a multiple of this address.
const ALIGNMENT: usize = 16;
/// Flag of a record that holds its texts itself.
const FLAG_INLINE: u8 = 2;
/// Flag of a record whose pointers have the highest byte first.
const FLAG_BIG_ENDIAN: u8 = 1;
/// Longest version of Go, in bytes.
const VERSION_LIMIT: u64 = 1024;
/// Longest text of modules and settings, in bytes; a program with a thousand modules has a hundred thousand.
const TEXT_LIMIT: u64 = 4 << 20;
/// Most bytes that are searched where no section is named after the record.
const SEARCH_LIMIT: u64 = 64 << 20;
/// Length of the marker before and after the text of modules.
const MARKER_LENGTH: usize = 16;
/// Most modules that a record may name.
const MODULE_LIMIT: usize = 65_536;

/// What the record says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BuildInfo {
    pub(super) go_version: String,
    pub(super) path: Option<String>,
    pub(super) main: Option<Module>,
    pub(super) deps: Vec<Module>,
    pub(super) settings: Vec<(String, String)>,
}

const PART: &str = "Go build record";

fn broken(what: impl Into<String>) -> Malformed {
    Malformed::broken(PART, what)
}

/// Finds and reads the record of an executable.
///
/// # Errors
/// There is none, or its lengths and texts are wrong.
pub(super) fn read(bytes: &impl Bytes, image: &Image) -> Result<BuildInfo, Malformed> {
    let offset = find(bytes, image)?.ok_or(Malformed::NoRecord(image.format))?;
    let head = bytes.read_at(offset, HEADER_LENGTH).map_err(|error| Malformed::reading(PART, error))?;
    let (pointer_size, flags) = match head.get(MAGIC.len()..HEADER_LENGTH) {
        Some([size, flags, ..]) => (*size, *flags),
        _ => return Err(broken("it ends too early")),
    };
    let (version, text) = if flags & FLAG_INLINE != 0 {
        let start = offset.saturating_add(HEADER_LENGTH as u64);
        let (version, next) = inline(bytes, start, VERSION_LIMIT)?;
        let (text, _) = inline(bytes, next, TEXT_LIMIT)?;
        (version, text)
    } else {
        let wide = match pointer_size {
            8 => true,
            4 => false,
            other => return Err(broken(format!("pointers of {other} bytes"))),
        };
        let order = if flags & FLAG_BIG_ENDIAN == 0 { Endianness::Little } else { Endianness::Big };
        let layout = Layout { order, wide };
        let pointers = head.get(ALIGNMENT..).unwrap_or_default();
        let mut fields = Fields::new(pointers, layout);
        let version = fields.word().ok_or_else(|| broken("it ends too early"))?;
        let text = fields.word().ok_or_else(|| broken("it ends too early"))?;
        (
            pointed(bytes, image, layout, version, VERSION_LIMIT)?,
            pointed(bytes, image, layout, text, TEXT_LIMIT)?,
        )
    };
    let version = String::from_utf8(version).map_err(|_| broken("the version of Go is not a string"))?;
    let mut info = match unframed(&text) {
        Some(text) => {
            let text = std::str::from_utf8(text).map_err(|_| broken("the modules are not a string"))?;
            parse(text)?
        }
        None => BuildInfo::default(),
    };
    // A record without a version is one that the linker did not fill.
    if version.is_empty() {
        return Err(Malformed::NoRecord(image.format));
    }
    info.go_version = version;
    Ok(info)
}

/// Offset of the record in the file.
fn find(bytes: &impl Bytes, image: &Image) -> Result<Option<u64>, Malformed> {
    let search = |start, size: u64| {
        let begins = |bytes: &[u8]| bytes.starts_with(MAGIC);
        scan(bytes, start, size.min(SEARCH_LIMIT), ALIGNMENT, begins)
            .map_err(|error| Malformed::reading(PART, error))
    };
    if let Some(section) = image.section(&[".go.buildinfo", "__go_buildinfo"])
        && let Some(offset) = search(section.offset, section.size)?
    {
        return Ok(Some(offset));
    }
    for segment in image.segments.iter().filter(|segment| segment.writable) {
        if let Some(offset) = search(segment.offset, segment.file_size)? {
            return Ok(Some(offset));
        }
    }
    Ok(None)
}

/// A text that stands in the record behind its length, and where the next one begins.
fn inline(bytes: &impl Bytes, offset: u64, limit: u64) -> Result<(Vec<u8>, u64), Malformed> {
    let left = bytes.len().saturating_sub(offset);
    let most = usize::try_from(left).unwrap_or(usize::MAX).min(10);
    let head = bytes.read_at(offset, most).map_err(|error| Malformed::reading(PART, error))?;
    let (length, used) = varint(&head).ok_or_else(|| broken("a length has no end"))?;
    if length > limit {
        return Err(broken(format!("a string of {length} bytes, more than any binary has")));
    }
    let start = offset.saturating_add(used as u64);
    let length = usize::try_from(length).unwrap_or_default();
    let text = bytes.read_at(start, length).map_err(|error| Malformed::reading(PART, error))?.into_owned();
    Ok((text, start.saturating_add(length as u64)))
}

/// A number in groups of seven bits, the lowest first, and how many bytes it has.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number: u64 = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f);
        let shift = u32::try_from(index).ok()? * 7;
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    None
}

/// A text by the address of a string variable; an address of zero is an empty text.
fn pointed(
    bytes: &impl Bytes,
    image: &Image,
    layout: Layout,
    address: u64,
    limit: u64,
) -> Result<Vec<u8>, Malformed> {
    if address == 0 {
        return Ok(Vec::new());
    }
    let outside = || broken(format!("it points to {address:#x}, which is not in the file"));
    let word = layout.word();
    let header = image.read(bytes, address, 2 * word)?.ok_or_else(outside)?;
    let mut fields = Fields::new(&header, layout);
    let text = fields.word().ok_or_else(outside)?;
    let length = fields.word().ok_or_else(outside)?;
    if length > limit {
        return Err(broken(format!("a string of {length} bytes, more than any binary has")));
    }
    let text = if text == 0 { image.pointer(bytes, address)?.unwrap_or_default() } else { text };
    if length == 0 {
        return Ok(Vec::new());
    }
    image.read(bytes, text, usize::try_from(length).unwrap_or_default())?.ok_or_else(outside)
}

/// The text between its markers; `None` for a program that was built without modules.
fn unframed(text: &[u8]) -> Option<&[u8]> {
    let end = text.len().checked_sub(MARKER_LENGTH)?;
    let inner = text.get(MARKER_LENGTH..end)?;
    inner.ends_with(b"\n").then_some(inner)
}

/// Reads the lines of a record; lines of a kind that is not known are skipped, as Go does.
fn parse(text: &str) -> Result<BuildInfo, Malformed> {
    let mut info = BuildInfo::default();
    // Where a replacement belongs: the main module or the last other one.
    let mut last_is_main = None;
    for line in text.lines() {
        let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
        match kind {
            "path" => info.path = Some(rest.to_owned()),
            "mod" => {
                info.main = Some(module(rest)?);
                last_is_main = Some(true);
            }
            "dep" => {
                if info.deps.len() >= MODULE_LIMIT {
                    return Err(broken("more modules than any binary has"));
                }
                info.deps.push(module(rest)?);
                last_is_main = Some(false);
            }
            "=>" => {
                let last = match last_is_main {
                    Some(true) => info.main.as_mut(),
                    Some(false) => info.deps.last_mut(),
                    None => None,
                };
                let last = last.ok_or_else(|| broken("a replacement before any module"))?;
                last.replace = Some(Box::new(module(rest)?));
            }
            "build" => info.settings.push(setting(rest)?),
            _ => {}
        }
    }
    Ok(info)
}

fn module(rest: &str) -> Result<Module, Malformed> {
    let mut columns = rest.split('\t');
    let path = columns.next().unwrap_or_default().to_owned();
    let version = columns.next().unwrap_or_default().to_owned();
    let sum = columns.next().unwrap_or_default().to_owned();
    if path.is_empty() || columns.next().is_some() {
        return Err(broken(format!(
            "a module line with other than path, version and checksum: {}",
            shown(rest)
        )));
    }
    Ok(Module { path, version, sum, replace: None })
}

fn setting(rest: &str) -> Result<(String, String), Malformed> {
    let wrong = || broken(format!("a setting that is not key=value: {}", shown(rest)));
    let (key, value) = match rest.chars().next() {
        Some('"' | '`') => {
            let (key, rest) = split_quoted(rest).ok_or_else(wrong)?;
            (unquote(key).ok_or_else(wrong)?, rest.strip_prefix('=').ok_or_else(wrong)?)
        }
        _ => {
            let (key, value) = rest.split_once('=').ok_or_else(wrong)?;
            (key.to_owned(), value)
        }
    };
    let value = match value.chars().next() {
        Some('"' | '`') => unquote(value).ok_or_else(wrong)?,
        _ => value.to_owned(),
    };
    Ok((key, value))
}

/// The start of a text for a message.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_replacements_and_settings_are_read() {
        let text = "path\tcommand-line-arguments\n\
                    mod\texample.com/a\t(devel)\t\n\
                    =>\t../a\t\t\n\
                    dep\texample.com/b\tv1.2.3\th1:x=\n\
                    =>\texample.com/c\tv2.0.0\th1:y=\n\
                    later\tunknown\n\
                    build\t-ldflags=\"-X a.b=c -X \\\"d.e=f g\\\"\"\n\
                    build\tGOARCH=amd64\n\
                    build\t\"odd key\"=`raw`\n";
        let info = parse(text).unwrap();
        assert_eq!(info.path.as_deref(), Some("command-line-arguments"));
        assert_eq!(info.main.unwrap().replace.unwrap().path, "../a");
        assert_eq!(info.deps[0].replace.as_ref().unwrap().version, "v2.0.0");
        let settings: Vec<(&str, &str)> =
            info.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let flags = "-X a.b=c -X \"d.e=f g\"";
        assert_eq!(settings, [("-ldflags", flags), ("GOARCH", "amd64"), ("odd key", "raw")]);
    }

    #[test]
    fn lines_that_contradict_their_kind_are_refused() {
        for text in
            ["dep\t\n", "mod\ta\tb\tc\td\n", "=>\ta\n", "build\tx\n", "build\tx=\"y\n", "build\t\"x=y\n"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_read_in_groups_of_seven_bits() {
        assert_eq!(varint(&[0]), Some((0, 1)));
        assert_eq!(varint(&[0xac, 0x02]), Some((300, 2)));
        assert_eq!(varint(&[0xff; 9]), None);
        assert_eq!(varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Some((u64::MAX, 10)));
        assert_eq!(varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None);
    }

    #[test]
    fn text_without_its_markers_is_none() {
        assert_eq!(unframed(b"short"), None);
        assert_eq!(unframed(&[b'x'; 40]), None);
        let framed = [&[1; 16][..], b"path\ta\n", &[2; 16]].concat();
        assert_eq!(unframed(&framed), Some(&b"path\ta\n"[..]));
    }
}
