//! What the linker really wrote into a string variable.
//!
//! A build record tells what was asked for. The linker (`addstrdata` of `cmd/link`, Go 1.26) silently leaves out a `-X`
//! for a name that is not a variable of the program; for one that is, it makes a text `<name>.str` that ends in a zero
//! byte, and lets the variable point to it. Both traces can be read without running anything.

use super::binary::{At, Image, Symbol, WINDOW};
use super::bytes::Bytes;
use super::inspect::Malformed;
use super::settings::XSetting;

/// Longest string that is read out of a variable, in bytes; a tag has at most 128, an image reference about 400.
const STRING_LIMIT: u64 = 4096;
/// Most bytes of data that are searched for variables.
const DATA_LIMIT: u64 = 256 << 20;
/// Most words that may look like the variable that is searched for.
const CANDIDATE_LIMIT: usize = 1 << 20;

/// One string variable: what it holds in the binary, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Variable with its package path.
    pub symbol: String,
    /// The string that is really in the binary; `None` where it was not found.
    pub value: Option<String>,
    /// How it was found, or why not.
    pub how: Found,
    /// The program sets the variable again when it starts, so that the string in the binary is not what it uses;
    /// `None` where that cannot be told.
    pub set_at_start: Option<bool>,
    /// The package uses the variable when the program starts, as it does to put the reported text together; `None`
    /// where that cannot be told.
    pub used_at_start: Option<bool>,
}

/// A variable and where it was found, which may be several places in a binary without a symbol table.
pub(super) struct Located {
    pub(super) effect: Effect,
    pub(super) places: Vec<u64>,
}

/// How the string of a variable was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The symbol table names the variable, and its string was read.
    SymbolTable,
    /// No symbol table; a string variable in the data section points to a text that only the linker writes like that.
    DataReachable,
    /// It was not found.
    NotFound(Missing),
}

/// Why no string was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There is a symbol table, and it has no such variable: renamed, a constant, or never used.
    #[error("the binary has no such variable: it was renamed, is a constant, or is unused")]
    NoVariable,
    /// There is such a symbol, and it is not the size of a string.
    #[error("the symbol with this name is not a string")]
    NotString,
    /// The variable has no value before the program runs.
    #[error("the program sets the variable when it starts, so the linker cannot")]
    RunTime,
    /// No symbol table, and no string variable points to the value: the flag had no effect.
    #[error("no variable of the binary points to this value")]
    NotWritten,
    /// No symbol table, and several things could have put the value there.
    #[error("without a symbol table nothing shows which variable the value belongs to")]
    Ambiguous,
    /// No symbol table, and no value to look for.
    #[error("there is neither a symbol table nor a recorded value to look for")]
    NothingToLookFor,
    /// The data could not be followed.
    #[error("{0}")]
    Unreadable(String),
}

impl Missing {
    /// Whether this proves that a linker flag for the variable did nothing.
    pub const fn proves_no_effect(&self) -> bool {
        matches!(self, Missing::NoVariable | Missing::NotString | Missing::NotWritten)
    }
}

/// Reads the variables of a binary that has a symbol table.
///
/// # Errors
/// The symbol table or the data lie outside of the file.
pub(super) fn by_symbols(
    bytes: &impl Bytes,
    image: &Image,
    names: &[String],
) -> Result<Vec<Located>, Malformed> {
    // A package path is written with some characters of its last element escaped; both forms are looked up.
    let escaped: Vec<String> = names.iter().map(|name| escaped(name)).collect();
    let both: Vec<String> = names.iter().chain(&escaped).cloned().collect();
    let found = image.symbols(bytes, &both)?;
    let (plain, escaped) = found.split_at(names.len());
    let mut effects = Vec::new();
    for ((name, plain), escaped) in names.iter().zip(plain).zip(escaped) {
        let symbol = plain.or(*escaped);
        let read = match symbol {
            None => Err(Missing::NoVariable),
            Some(symbol) => variable(bytes, image, symbol)?,
        };
        let (value, how) = match read {
            Ok(value) => (Some(value), Found::SymbolTable),
            Err(missing) => (None, Found::NotFound(missing)),
        };
        let effect = Effect { symbol: name.clone(), value, how, set_at_start: None, used_at_start: None };
        effects.push(Located { effect, places: symbol.map(|symbol| symbol.address).into_iter().collect() });
    }
    Ok(effects)
}

/// The string of a variable.
fn variable(bytes: &impl Bytes, image: &Image, symbol: Symbol) -> Result<Result<String, Missing>, Malformed> {
    let word = image.layout.word();
    let header = 2 * word as u64;
    // A program with the address sanitizer has more bytes behind a variable.
    if symbol.size.is_some_and(|size| size < header) {
        return Ok(Err(Missing::NotString));
    }
    match image.at(symbol.address, header) {
        At::File(_) => {}
        At::Zero => return Ok(Err(Missing::RunTime)),
        At::Nowhere => return Ok(Err(unreadable("its symbol points outside of the program"))),
    }
    let address = symbol.address.wrapping_add(word as u64);
    let length = image.read(bytes, address, word)?.and_then(|bytes| image.layout.read_word(&bytes));
    let length = length.unwrap_or_default();
    if length > STRING_LIMIT {
        return Ok(Err(unreadable(&format!("it claims a string of {length} bytes"))));
    }
    if length == 0 {
        return Ok(Ok(String::new()));
    }
    let Some(pointer) = image.pointer(bytes, symbol.address)? else {
        return Ok(Err(unreadable("its symbol points outside of the program")));
    };
    let text = image.read(bytes, pointer, usize::try_from(length).unwrap_or_default())?;
    Ok(match text.map(String::from_utf8) {
        Some(Ok(text)) => Ok(text),
        Some(Err(_)) => Err(unreadable("its string is not text")),
        None => Err(unreadable("its string lies outside of the program")),
    })
}

fn unreadable(what: &str) -> Missing {
    Missing::Unreadable(what.to_owned())
}

/// A name with its package path as `cmd/internal/objabi.PathToPrefix` writes it: dots of the last element, and
/// characters that are not printable, as `%` and two digits.
fn escaped(name: &str) -> String {
    let Some((package, variable)) = name.rsplit_once('.') else { return name.to_owned() };
    let last = package.rfind('/').map_or(0, |slash| slash + 1);
    let mut text = String::with_capacity(name.len() + 8);
    for (index, byte) in package.bytes().enumerate() {
        let plain = byte > b' ' && byte < 0x7f && byte != b'%' && byte != b'"';
        if plain && (byte != b'.' || index < last) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text.push('.');
    text.push_str(variable);
    text
}

/// Looks in a binary without a symbol table for what the linker writes for each setting that counts and is named.
///
/// # Errors
/// The data lie outside of the file.
pub(super) fn by_data(
    bytes: &impl Bytes,
    image: &Image,
    settings: &[XSetting],
    go_version: &str,
    names: &[String],
) -> Result<Vec<Located>, Malformed> {
    let all_counted: Vec<&XSetting> = settings.iter().filter(|setting| !setting.overridden).collect();
    let counted: Vec<&XSetting> =
        all_counted.iter().copied().filter(|setting| names.contains(&setting.symbol)).collect();
    let mut values: Vec<&str> = counted.iter().map(|setting| setting.value.as_str()).collect();
    // The linker writes the version of Go in the same way, so that it is found wherever this search works at all.
    values.push(go_version);
    values.sort_unstable();
    values.dedup();
    values.retain(|value| !value.is_empty() && value.len() as u64 <= STRING_LIMIT);
    let of_value = |value: &str| values.iter().position(|each| *each == value);
    let all = |missing: &Missing| {
        let located = |setting: &&XSetting| not_found(&setting.symbol, missing.clone());
        Ok(counted.iter().map(located).collect())
    };
    let found = match variables(bytes, image, &values)? {
        Ok(found) => found,
        Err(missing) => return all(&missing),
    };
    let places = |index: Option<usize>| index.and_then(|index| found.get(index)).map(Vec::as_slice);
    if places(of_value(go_version)).is_none_or(<[u64]>::is_empty) {
        return all(&unreadable(
            "its variables cannot be followed: the binary is packed, or relocated in an unknown way",
        ));
    }
    let located = |setting: &&XSetting| {
        let Some(places) = places(of_value(&setting.value)) else {
            return not_found(&setting.symbol, Missing::NothingToLookFor);
        };
        let wanted = all_counted.iter().filter(|other| other.value == setting.value).count();
        if places.is_empty() {
            not_found(&setting.symbol, Missing::NotWritten)
        } else if places.len() < wanted {
            // Fewer variables than settings of the same value: which of them did nothing is not written anywhere.
            not_found(&setting.symbol, Missing::Ambiguous)
        } else {
            let mut located = not_found(&setting.symbol, Missing::Ambiguous);
            located.effect.value = Some(setting.value.clone());
            located.effect.how = Found::DataReachable;
            located.places = places.to_vec();
            located
        }
    };
    Ok(counted.iter().map(located).collect())
}

/// A variable that was not found.
pub(super) fn not_found(symbol: &str, missing: Missing) -> Located {
    let how = Found::NotFound(missing);
    let effect =
        Effect { symbol: symbol.to_owned(), value: None, how, set_at_start: None, used_at_start: None };
    Located { effect, places: Vec::new() }
}

/// Addresses of the string variables that point to each value, followed by a zero byte.
fn variables(
    bytes: &impl Bytes,
    image: &Image,
    values: &[&str],
) -> Result<Result<Vec<Vec<u64>>, Missing>, Malformed> {
    let mut found = vec![Vec::new(); values.len()];
    let mut lengths = vec![false; usize::try_from(STRING_LIMIT).unwrap_or_default() + 1];
    for value in values {
        if let Some(wanted) = lengths.get_mut(value.len()) {
            *wanted = true;
        }
    }
    let mut search =
        Search { lengths, bytes, image, values, found: &mut found, candidates: 0, unresolved: Vec::new() };
    let mut searched = 0u64;
    for segment in image.segments.iter().filter(|segment| segment.writable) {
        searched = searched.saturating_add(segment.file_size);
        if searched > DATA_LIMIT {
            return Ok(Err(unreadable("its data are too large to be searched")));
        }
        if !search.segment(segment.address, segment.offset, segment.file_size)? {
            return Ok(Err(unreadable("too many of its words look like the variable")));
        }
    }
    search.relocated()?;
    Ok(Ok(found))
}

/// A search for string variables.
struct Search<'a, B> {
    /// Which lengths the values have, by length.
    lengths: Vec<bool>,
    bytes: &'a B,
    image: &'a Image,
    values: &'a [&'a str],
    found: &'a mut [Vec<u64>],
    candidates: usize,
    /// Addresses of variables of the right length whose pointer is only written when the program is loaded.
    unresolved: Vec<(u64, u64)>,
}

impl<B: Bytes> Search<'_, B> {
    /// Searches one segment; `false` when the limit of candidates is reached.
    fn segment(&mut self, address: u64, offset: u64, size: u64) -> Result<bool, Malformed> {
        let word = self.image.layout.word();
        let aligned = address.next_multiple_of(word as u64);
        let mut done = aligned - address;
        while done.saturating_add(2 * word as u64) <= size {
            let length = usize::try_from(size - done).unwrap_or(WINDOW).min(WINDOW);
            let at = offset.saturating_add(done);
            let window =
                self.bytes.read_at(at, length).map_err(|error| Malformed::reading("data segment", error))?;
            let words = window.chunks_exact(word).zip(window.chunks_exact(word).skip(1));
            for (index, (pointer, length)) in words.enumerate() {
                let Some(length) = self.image.layout.read_word(length) else { continue };
                let known = usize::try_from(length).ok().and_then(|length| self.lengths.get(length));
                if known != Some(&true) {
                    continue;
                }
                let Some(pointer) = self.image.layout.read_word(pointer) else { continue };
                let place = address.wrapping_add(done).wrapping_add((index * word) as u64);
                if !self.candidate(place, pointer, length)? {
                    return Ok(false);
                }
            }
            // The last word of a window may be the pointer of a variable whose length is in the next one.
            done += (length / word - 1).max(1) as u64 * word as u64;
        }
        Ok(true)
    }

    fn candidate(&mut self, place: u64, pointer: u64, length: u64) -> Result<bool, Malformed> {
        if pointer == 0 && !self.image.has_relocations() {
            return Ok(true);
        }
        self.candidates += 1;
        if self.candidates > CANDIDATE_LIMIT {
            return Ok(false);
        }
        if pointer == 0 {
            self.unresolved.push((place, length));
        } else {
            self.compare(place, pointer, length)?;
        }
        Ok(true)
    }

    /// Keeps the place of a variable if its pointer leads to a value.
    fn compare(&mut self, place: u64, pointer: u64, length: u64) -> Result<(), Malformed> {
        // One byte more, for the zero byte that the linker writes and a compiler does not.
        let length = usize::try_from(length).unwrap_or_default() + 1;
        let Some(text) = self.image.read(self.bytes, pointer, length)? else { return Ok(()) };
        let Some((0, text)) = text.split_last() else { return Ok(()) };
        if let Some(index) = self.values.iter().position(|value| value.as_bytes() == text)
            && let Some(found) = self.found.get_mut(index)
        {
            found.push(place);
        }
        Ok(())
    }

    fn relocated(&mut self) -> Result<(), Malformed> {
        let unresolved = std::mem::take(&mut self.unresolved);
        let places: Vec<u64> = unresolved.iter().map(|(place, _)| *place).collect();
        let pointers = self.image.relocated(self.bytes, &places)?;
        for ((place, length), pointer) in unresolved.into_iter().zip(pointers) {
            if let Some(pointer) = pointer {
                self.compare(place, pointer, length)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn package_paths_are_escaped_as_go_escapes_them() {
        assert_eq!(escaped("github.com/a/b.c"), "github.com/a/b.c");
        assert_eq!(escaped("gopkg.in/yaml.v3.x"), "gopkg.in/yaml%2ev3.x");
        assert_eq!(escaped("a/b%c.d"), "a/b%25c.d");
        assert_eq!(escaped("nothing"), "nothing");
    }
}
