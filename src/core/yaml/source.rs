//! The text that was parsed: encodings, lines, and errors that show their place.

use super::parse::is_json;
use std::fmt;

/// Longest part of a source line that a snippet shows, in characters.
const SNIPPET_WIDTH: usize = 100;

/// A place in a file, both counted from 1; columns count characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Text that cannot be read as YAML or JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// The line with a marker under the place, two lines without a final line break; empty when there is nothing to show.
    pub snippet: String,
}

/// A text with a table of its lines.
#[derive(Debug)]
pub(super) struct Source {
    text: String,
    line_starts: Vec<u32>,
}

impl Source {
    /// Decodes bytes: UTF-8, or UTF-16 with a byte order mark. Control characters that YAML forbids are refused.
    pub(super) fn decode(bytes: &[u8]) -> Result<Source, SyntaxError> {
        check_size(bytes.len())?;
        Source::decode_owned(bytes.to_vec())
    }

    /// The same without a copy.
    pub(super) fn decode_owned(bytes: Vec<u8>) -> Result<Source, SyntaxError> {
        check_size(bytes.len())?;
        let text = match bytes.as_slice() {
            [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest.to_vec())?,
            [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes)?,
            [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes)?,
            _ => decode_utf8(bytes)?,
        };
        let source = Source::new(text);
        if source.text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            return Ok(source);
        }
        // JSON has none below the blank either, and all others; kubectl reads as JSON what begins as it does.
        let of_json = |character: char| is_json(&source.text) && character >= '\u{7f}';
        source.without_controls(of_json)?;
        Ok(source)
    }

    /// Refuses control characters that YAML forbids, but for those that `may_stand`.
    pub(super) fn without_controls(&self, may_stand: impl Fn(char) -> bool) -> Result<(), SyntaxError> {
        let mut forbidden = self.text.char_indices().filter(|(_, character)| is_forbidden(*character));
        match forbidden.find(|(_, character)| !may_stand(*character)) {
            None => Ok(()),
            Some((offset, character)) => Err(self.error(
                offset,
                format!("control character U+{:04X} is not allowed in YAML", u32::from(character)),
            )),
        }
    }

    fn new(text: String) -> Source {
        let mut line_starts = vec![0];
        let bytes = text.as_bytes();
        for (offset, byte) in bytes.iter().enumerate() {
            let lone_return = *byte == b'\r' && bytes.get(offset + 1) != Some(&b'\n');
            if *byte == b'\n' || lone_return {
                // Inputs are bounded by MAX_BYTES, far below u32::MAX.
                line_starts.push(u32::try_from(offset + 1).unwrap_or(u32::MAX));
            }
        }
        Source { text, line_starts }
    }

    /// The text, without a byte order mark.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start as usize <= offset).max(1);
        let start = self.line_starts.get(line - 1).map_or(0, |start| *start as usize);
        let column = self.text.get(start..offset.min(self.text.len())).map_or(0, |text| text.chars().count());
        Position { line, column: column + 1 }
    }

    /// Byte offset of the start of a line counted from 1.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line.saturating_sub(1)).map_or(self.text.len(), |start| *start as usize)
    }

    /// An error at a byte offset, with its snippet.
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> SyntaxError {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let place = self.position(offset);
        SyntaxError {
            line: place.line,
            column: place.column,
            message: message.into(),
            snippet: self.snippet(place),
        }
    }

    fn snippet(&self, place: Position) -> String {
        let start = self.line_start(place.line);
        let line = self.text.get(start..).unwrap_or("").split(['\n', '\r']).next().unwrap_or("");
        let skip = place.column.saturating_sub(SNIPPET_WIDTH * 3 / 4);
        let shown: String = line
            .chars()
            .skip(skip)
            .take(SNIPPET_WIDTH)
            .map(|c| if c == '\t' || c.is_control() { ' ' } else { c })
            .collect();
        let (shown, indent) = (shown.trim_end(), place.column.saturating_sub(skip + 1));
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        format!("{number} | {shown}\n{margin} | {}^", " ".repeat(indent))
    }
}

/// Characters outside the printable set of YAML 1.1 section 5.1, which Go's reader refuses too.
fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

fn check_size(size: usize) -> Result<(), SyntaxError> {
    if size <= super::MAX_BYTES {
        return Ok(());
    }
    Err(SyntaxError {
        line: 1,
        column: 1,
        message: format!("the input has {size} bytes, more than the {} that are read", super::MAX_BYTES),
        snippet: String::new(),
    })
}

fn decode_utf8(bytes: Vec<u8>) -> Result<String, SyntaxError> {
    String::from_utf8(bytes).map_err(|error| {
        let (place, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let readable = Source::new(String::from_utf8_lossy(bytes).into_owned());
        let byte = bytes.get(place).copied().unwrap_or_default();
        readable.error(place, format!("byte 0x{byte:02x} is not valid UTF-8, is this a text file?"))
    })
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, SyntaxError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let decoded: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match decoded {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => {
            let readable = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
            let readable: String = readable.map_while(Result::ok).collect();
            let end = readable.len();
            Err(Source::new(readable).error(end, "the text is not valid UTF-16"))
        }
    }
}
