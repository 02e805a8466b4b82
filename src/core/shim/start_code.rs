//! What a package does with its variables when the program starts.
//!
//! A variable that is set at start does not keep what the linker wrote into it, and nothing but the code says so. Go
//! keeps a table of all functions even in a binary without symbols; the initializer of one package is found there and
//! its accesses to fixed addresses are read. Sources: `runtime/symtab.go` (`pcHeader`, `_func`, `moduledata`) of Go 1.18
//! to 1.26, Intel's and Arm's instruction encodings.

use super::binary::{Fields, Image, Layout, WINDOW, scan};
use super::bytes::Bytes;
use super::machine_code::{Accesses, accesses};

/// Beginnings of the table: Go 1.18 and 1.19, Go 1.20 and later.
const MAGICS: [u32; 2] = [0xffff_fff0, 0xffff_fff1];
/// Most functions of a program; one of 75 MB has a hundred thousand.
const FUNCTION_LIMIT: u64 = 4 << 20;
/// Longest table of names, in bytes.
const NAMES_LIMIT: u64 = 512 << 20;
/// Longest code of one initializer, in bytes.
const CODE_LIMIT: u64 = 1 << 20;
/// Most initializers of one package.
const INITIALISER_LIMIT: usize = 64;
/// Most bytes of one segment that are searched for the table or for what points to it.
const SEARCH_LIMIT: u64 = 256 << 20;
/// The table begins at a multiple of this offset.
const ALIGNMENT: usize = 8;
/// Most places in one segment that may look like the table.
const CANDIDATE_LIMIT: usize = 16;
/// Where `moduledata` has the address of the code, in words.
const TEXT_WORD: usize = 22;

/// Where the table of functions is.
struct Table {
    offset: u64,
    layout: Layout,
    functions: u64,
    text: u64,
    /// Offset of the names and of what follows them, from the start of the table.
    names: (u64, u64),
    /// Offset of the list of functions.
    list: u64,
}

/// The accesses of a package's initializers to fixed addresses; `None` where they cannot be told.
pub(super) fn at_start(bytes: &impl Bytes, image: &Image, package: &str) -> Option<Accesses> {
    let table = table(bytes, image)?;
    let names = table.initializers(bytes, package)?;
    let mut all = Accesses::default();
    if names.is_empty() {
        return Some(all);
    }
    for (address, length) in table.code(bytes, &names)? {
        let code = image.read(bytes, address, usize::try_from(length).ok()?).ok()??;
        all.add(accesses(&image.arch, address, &code)?);
    }
    Some(all)
}

/// The table: in its section, by its symbol, or wherever its beginning stands and the program points to it.
fn table(bytes: &impl Bytes, image: &Image) -> Option<Table> {
    if let Some(section) = image.section(&[".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"]) {
        return table_at(bytes, image, section.offset, section.address);
    }
    let symbols = image.symbols(bytes, &["runtime.pclntab".to_owned()]).ok()?;
    if let Some(symbol) = symbols.first().copied().flatten() {
        return table_at(bytes, image, image.offset(symbol.address)?, symbol.address);
    }
    let word = image.layout.word();
    let begins = |bytes: &[u8]| {
        let mut fields = Fields::new(bytes, image.layout);
        fields.u32().is_some_and(|magic| MAGICS.contains(&magic))
            && bytes.get(7).copied() == u8::try_from(word).ok()
    };
    for segment in image.segments.iter().filter(|segment| !segment.writable) {
        let mut from = 0;
        for _ in 0..CANDIDATE_LIMIT {
            let (start, size) = (segment.offset.checked_add(from)?, segment.file_size.saturating_sub(from));
            let Some(offset) = scan(bytes, start, size.min(SEARCH_LIMIT), ALIGNMENT, begins).ok()? else {
                break;
            };
            let inside = offset - segment.offset;
            if let Some(table) = table_at(bytes, image, offset, segment.address.checked_add(inside)?) {
                return Some(table);
            }
            from = inside + ALIGNMENT as u64;
        }
    }
    None
}

fn table_at(bytes: &impl Bytes, image: &Image, offset: u64, address: u64) -> Option<Table> {
    let layout = image.layout;
    let word = layout.word();
    let head = bytes.read_at(offset, 8 + 8 * word).ok()?;
    let mut fields = Fields::new(&head, layout);
    if !MAGICS.contains(&fields.u32()?) {
        return None;
    }
    fields.take(3)?;
    if usize::from(fields.u8()?) != word {
        return None;
    }
    let functions = fields.word()?;
    let _files = fields.word()?;
    let text = fields.word()?;
    let names = fields.word()?;
    let units = fields.word()?;
    let _files = fields.word()?;
    let _positions = fields.word()?;
    let list = fields.word()?;
    let text = if text == 0 { text_address(bytes, image, address)? } else { text };
    let is_sound = functions <= FUNCTION_LIMIT && names <= units && units - names <= NAMES_LIMIT;
    is_sound.then_some(Table { offset, layout, functions, text, names: (names, units), list })
}

/// Where the code begins, which newer tables leave out: what points to the table also has that address.
fn text_address(bytes: &impl Bytes, image: &Image, table: u64) -> Option<u64> {
    let word = image.layout.word();
    let text = |module: u64| image.pointer(bytes, module.checked_add((TEXT_WORD * word) as u64)?).ok()?;
    if let Some(section) = image.section(&[".go.module", "__go_module"])
        && image.pointer(bytes, section.address).ok()? == Some(table)
    {
        return text(section.address);
    }
    let points = |bytes: &[u8]| image.layout.read_word(bytes) == Some(table);
    for segment in image.segments.iter().filter(|segment| segment.writable) {
        let found = scan(bytes, segment.offset, segment.file_size.min(SEARCH_LIMIT), word, points).ok()?;
        if let Some(offset) = found {
            return text(segment.address.checked_add(offset - segment.offset)?);
        }
    }
    None
}

impl Table {
    /// Offsets in the names where the name of an initializer of the package begins.
    fn initializers(&self, bytes: &impl Bytes, package: &str) -> Option<Vec<u64>> {
        let wanted = format!("{package}.init");
        let longest = wanted.len() + 8;
        let (first, last) = self.names;
        let size = last - first;
        let start = self.offset.checked_add(first)?;
        let mut found = Vec::new();
        let mut done = 0;
        while done < size {
            let length = usize::try_from(size - done).unwrap_or(WINDOW).min(WINDOW);
            let window = bytes.read_at(start.checked_add(done)?, length).ok()?;
            let mut at = 0;
            // What begins near the end of the window is seen again in the next one.
            let last = done + length as u64 == size;
            let limit = if last { length } else { length.saturating_sub(longest) };
            while at < limit {
                let rest = window.get(at..)?;
                let end = rest.iter().position(|byte| *byte == 0);
                let name = rest.get(..end.unwrap_or(rest.len()))?;
                if end.is_some() && is_initializer(name, wanted.as_bytes()) {
                    found.push(done + at as u64);
                }
                match end {
                    Some(end) => at += end + 1,
                    // A name that does not end in this window is longer than any that is wanted.
                    None => break,
                }
            }
            if found.len() > INITIALISER_LIMIT {
                return None;
            }
            // A name that fills the window is none of ours; the next window begins behind it.
            let step = if last || at == 0 { length } else { at.min(length) };
            done += step as u64;
        }
        Some(found)
    }

    /// Address and length of the functions with these names.
    fn code(&self, bytes: &impl Bytes, names: &[u64]) -> Option<Vec<(u64, u64)>> {
        let list = self.offset.checked_add(self.list)?;
        let mut functions = Window::new(bytes);
        let mut entries = Window::new(bytes);
        let mut found = Vec::new();
        for index in 0..self.functions {
            // Pairs of the code's and the description's offset; one more entry ends the list.
            let pair = entries.read(list.checked_add(index * 8)?, 12)?;
            let mut fields = Fields::new(pair, self.layout);
            let (begin, description, end) = (fields.u32()?, fields.u32()?, fields.u32()?);
            let name = functions.read(list.checked_add(u64::from(description) + 4)?, 4)?;
            let name = u64::from(Fields::new(name, self.layout).u32()?);
            if names.contains(&name) {
                let length = u64::from(end.checked_sub(begin)?);
                if length > CODE_LIMIT || found.len() >= INITIALISER_LIMIT {
                    return None;
                }
                found.push((self.text.checked_add(begin.into())?, length));
            }
        }
        Some(found)
    }
}

/// `<package>.init` of the variables, `<package>.init.<number>` of the functions named `init`.
fn is_initializer(name: &[u8], wanted: &[u8]) -> bool {
    match name.strip_prefix(wanted) {
        Some([]) => true,
        Some([b'.', number @ ..]) => {
            !number.is_empty() && number.len() <= 6 && number.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// A view that moves forward over the bytes.
struct Window<'a, B> {
    bytes: &'a B,
    start: u64,
    held: Vec<u8>,
    reads: u64,
}

impl<'a, B: Bytes> Window<'a, B> {
    fn new(bytes: &'a B) -> Window<'a, B> {
        Window { bytes, start: 0, held: Vec::new(), reads: 0 }
    }

    /// Some bytes; `None` behind the end, or when the table jumps about so that each read would cost a whole window.
    fn read(&mut self, offset: u64, length: usize) -> Option<&[u8]> {
        let inside = offset.checked_sub(self.start).and_then(|inside| usize::try_from(inside).ok());
        let held = inside.and_then(|inside| Some((inside, self.held.get(inside..)?.get(..length)?.len())));
        let inside = match held {
            Some((inside, _)) => inside,
            None => {
                self.reads += 1;
                if self.reads > 64 + 4 * (self.bytes.len() / WINDOW as u64) {
                    return None;
                }
                let left = usize::try_from(self.bytes.len().checked_sub(offset)?).unwrap_or(WINDOW);
                self.held = self.bytes.read_at(offset, left.min(WINDOW).max(length)).ok()?.into_owned();
                self.start = offset;
                0
            }
        };
        self.held.get(inside..)?.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::is_initializer;

    #[test]
    fn initializers_of_the_package_and_no_other_function_are_meant() {
        let wanted = b"a/b.init";
        for name in ["a/b.init", "a/b.init.0", "a/b.init.12"] {
            assert!(is_initializer(name.as_bytes(), wanted), "{name}");
        }
        for name in ["a/b.inits", "a/b.init.", "a/b.init.func1", "a/b.init.0.func1", "xa/b.init", "a/b.ini"] {
            assert!(!is_initializer(name.as_bytes(), wanted), "{name}");
        }
    }
}
