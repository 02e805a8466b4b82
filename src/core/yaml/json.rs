//! JSON documents: `serde_json` reads the values, a scan of the same text finds the places.

use std::ops::Range;

use serde_json::{Deserializer, Value};

use super::marks::{Mark, Marks, Name, ScalarForm};
use super::parse::{PARALLEL_FROM, PARALLEL_THREADS, Part, check_count, too_deep};
use super::scalar::Scalar;
use super::source::{Source, SyntaxError};
use super::{MAX_DEPTH, MAX_NODES};

/// Between two values of a file of JSON lines, and nowhere inside a value: there a comma or a bracket would stand, and a text
/// holds no raw line break.
const BOUNDARY: &str = "}\n{";

/// Reads the values of a text, those of a long one on several threads.
pub(super) fn parse(source: &Source) -> Result<Vec<Part>, SyntaxError> {
    let whole = 0..source.text().len();
    let ranges = split(source.text());
    if ranges.len() < 2 {
        return parse_range(source, whole);
    }
    let results: Vec<_> = std::thread::scope(|scope| {
        let spawn = |range: Range<usize>| scope.spawn(move || parse_range(source, range));
        let threads: Vec<_> = ranges.into_iter().map(spawn).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut parts = Vec::new();
    for result in results {
        match result {
            Ok(Ok(read)) => parts.extend(read),
            // Read from its beginning, the text tells the right place.
            _ => return parse_range(source, whole),
        }
    }
    check_count(source, parts.len(), parts.last().map_or(0, |part| part.start))?;
    Ok(parts)
}

/// Pieces of about the same size that begin and end between values.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    if text.len() < PARALLEL_FROM {
        return ranges;
    }
    let mut start = 0;
    for piece in 1..PARALLEL_THREADS {
        let wanted = (text.len() / PARALLEL_THREADS * piece).max(start);
        let Some(end) = boundary(text, wanted) else { break };
        ranges.push(start..end);
        start = end;
    }
    ranges.push(start..text.len());
    ranges
}

/// Where the next value begins behind a place.
pub(super) fn boundary(text: &str, from: usize) -> Option<usize> {
    // Bytes, because the place may lie inside a character.
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let found = rest.windows(BOUNDARY.len()).position(|window| window == BOUNDARY.as_bytes());
    found.map(|at| from + at + BOUNDARY.len() - 1)
}

/// How many boundaries a text holds.
pub(super) fn boundaries(text: &str) -> usize {
    text.matches(BOUNDARY).count()
}

/// The values before the first one that cannot be read, and what is wrong with that.
pub(super) fn read_until_flaw(source: &Source) -> (Vec<Part>, Option<SyntaxError>) {
    let mut parts = Vec::new();
    let flaw = read_range(source, 0..source.text().len(), &mut parts).err();
    (parts, flaw)
}

/// Reads the values of a piece one after the other. Places of syntax errors are right for a piece that begins the text.
pub(super) fn parse_range(source: &Source, range: Range<usize>) -> Result<Vec<Part>, SyntaxError> {
    let mut parts = Vec::new();
    read_range(source, range, &mut parts)?;
    Ok(parts)
}

fn read_range(source: &Source, range: Range<usize>, parts: &mut Vec<Part>) -> Result<(), SyntaxError> {
    let text = source.text();
    let piece = text.get(range.clone()).unwrap_or_default();
    let mut stream = Deserializer::from_str(piece).into_iter::<Value>();
    let mut end = range.start;
    while let Some(value) = stream.next() {
        let start = end + leading_space(text, end);
        let mut value = value.map_err(|error| syntax_error(source, &error))?;
        end = range.start + stream.byte_offset();
        let marks =
            Scanner { source, offset: start, marks: Marks::default(), stack: Vec::new() }.scan(end)?;
        settle_numbers(&mut value);
        if !value.is_null() {
            parts.push(Part { value, marks, start });
        }
        check_count(source, parts.len(), start)?;
    }
    Ok(())
}

fn leading_space(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.len() - rest.trim_start().len()
}

fn syntax_error(source: &Source, error: &serde_json::Error) -> SyntaxError {
    let line = source.line_start(error.line());
    // serde_json counts columns in bytes and from the last byte that it read.
    let offset = line + error.column().saturating_sub(1);
    let message = error.to_string();
    if message.starts_with("recursion limit exceeded") {
        return too_deep(source, offset);
    }
    let place = format!(" at line {} column {}", error.line(), error.column());
    source.error(offset, message.strip_suffix(place.as_str()).unwrap_or(&message).to_lowercase())
}

/// Makes whole floats integers, as the API server's decoder treats them. Recursion is bounded by serde_json's limit of 128.
fn settle_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(settled) = Scalar::settle_number(number) {
                *value = settled;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle_numbers),
        Value::Object(members) => members.values_mut().for_each(settle_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A list or map that the scan is inside of.
struct Open {
    mark: usize,
    /// Next index of a list; none for a map.
    index: Option<usize>,
    /// The name whose value comes next.
    key: Option<(Box<str>, Range<usize>)>,
}

/// Walks over text that serde_json has accepted, so it needs to know tokens, not grammar.
struct Scanner<'a> {
    source: &'a Source,
    offset: usize,
    marks: Marks,
    stack: Vec<Open>,
}

impl Scanner<'_> {
    fn scan(mut self, end: usize) -> Result<Marks, SyntaxError> {
        while self.offset < end {
            let Some(byte) = self.source.text().as_bytes().get(self.offset).copied() else { break };
            match byte {
                b'{' | b'[' => self.open(byte == b'[')?,
                b'}' | b']' => {
                    self.offset += 1;
                    if let Some(open) = self.stack.pop() {
                        self.marks.close(open.mark, self.offset);
                    }
                }
                b'"' => self.string()?,
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => self.offset += 1,
                _ => {
                    let range = self.take_while(|byte| {
                        !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n')
                    });
                    self.mark(range, ScalarForm::Plain)?;
                }
            }
        }
        Ok(self.marks)
    }

    fn open(&mut self, is_list: bool) -> Result<(), SyntaxError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(too_deep(self.source, self.offset));
        }
        let mark = self.mark(self.offset..self.offset + 1, ScalarForm::Collection)?;
        self.offset += 1;
        self.stack.push(Open { mark, index: is_list.then_some(0), key: None });
        Ok(())
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        let start = self.offset;
        let bytes = self.source.text().as_bytes();
        let mut end = start + 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.offset = end + 1;
        let range = start..self.offset;
        match self.stack.last_mut() {
            Some(open) if open.index.is_none() && open.key.is_none() => {
                let text = self.source.text().get(range.clone()).unwrap_or_default();
                let name: String = serde_json::from_str(text).unwrap_or_default();
                open.key = Some((name.into_boxed_str(), range));
                Ok(())
            }
            _ => self.mark(range, ScalarForm::DoubleQuoted).map(drop),
        }
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.offset;
        let rest = self.source.text().as_bytes().get(start..).unwrap_or_default();
        self.offset += rest.iter().take_while(|byte| belongs(**byte)).count().max(1);
        start..self.offset
    }

    fn mark(&mut self, value: Range<usize>, form: ScalarForm) -> Result<usize, SyntaxError> {
        if self.marks.len() >= MAX_NODES {
            return Err(self
                .source
                .error(value.start, format!("the document has more than {MAX_NODES} values")));
        }
        let (name, key) = match self.stack.last_mut() {
            None => (Name::Root, None),
            Some(Open { index: Some(index), .. }) => {
                *index += 1;
                (Name::Index(*index - 1), None)
            }
            Some(Open { key, .. }) => match key.take() {
                Some((name, place)) => (Name::Key(name), Some(place)),
                None => (Name::Root, None),
            },
        };
        Ok(self.marks.open(name, Mark { key, value, form }))
    }
}
