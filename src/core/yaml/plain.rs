//! The plain part of YAML that programs and most people write, read a line at a time: block maps and lists of scalars
//! on one line, without anchors, tags, comments behind values or text of several lines.
//!
//! It feeds the same builder as the full parser and stops at the first line it is not sure about; the document is then
//! read by the full parser from its beginning. So it can only be faster, never different: `tests.rs` holds the two
//! against each other.

use std::ops::Range;

use granit_parser::ScalarStyle;
use serde_json::Map;

use super::build::{Builder, Content};

/// Longest key that is read here, in bytes; the full parser knows the limits of longer ones.
const MAX_KEY: usize = 256;

/// A line that the full parser has to judge.
struct Unsure;

type Sure = Result<(), Unsure>;

/// A map or list whose entries begin at a column.
#[derive(Clone, Copy)]
struct Block {
    column: usize,
    is_list: bool,
}

/// One line of content.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// Bytes of the document before the content.
    offset: usize,
    column: usize,
    text: &'a str,
}

/// Reads a document into the builder; false when the full parser has to read it with a new one.
pub(super) fn read(text: &str, builder: &mut Builder<'_>) -> bool {
    let mut reader = Reader { builder, base: 0, open: Vec::new(), awaits_value: false };
    reader.base = reader.builder.base();
    reader.document(text).is_ok()
}

struct Reader<'a, 'b> {
    builder: &'a mut Builder<'b>,
    base: usize,
    open: Vec<Block>,
    /// Whether the last line was a key alone.
    awaits_value: bool,
}

impl Reader<'_, '_> {
    fn document(&mut self, text: &str) -> Sure {
        let mut offset = 0;
        for (index, raw) in text.split_inclusive('\n').enumerate() {
            let line = raw.strip_suffix('\n').unwrap_or(raw);
            let content = line.trim_start_matches(' ');
            let column = line.len() - content.len();
            let is_marker = index == 0 && line == "---";
            if !(is_marker || content.is_empty() || content.starts_with('#') && is_printable(content)) {
                self.line(Line { offset: offset + column, column, text: content })?;
            }
            offset += raw.len();
        }
        if self.open.is_empty() || self.awaits_value {
            return Err(Unsure);
        }
        self.close_deeper(None, offset)
    }

    fn line(&mut self, line: Line<'_>) -> Sure {
        if line.column == 0 && (line.text.starts_with("---") || line.text.starts_with("...")) {
            return Err(Unsure);
        }
        let is_item = line.text.starts_with("- ");
        if self.awaits_value || self.open.is_empty() {
            self.open_block(line, is_item)?;
        } else {
            self.close_deeper(Some((line.column, is_item)), line.offset)?;
        }
        match self.open.last() {
            Some(top) if top.column == line.column && top.is_list == is_item => {}
            _ => return Err(Unsure),
        }
        if is_item { self.item(line) } else { self.member(line) }
    }

    /// Opens the map or list that a line begins, as the value of the key before it or as the document.
    fn open_block(&mut self, line: Line<'_>, is_item: bool) -> Sure {
        let is_root = self.open.is_empty();
        let parent = self.open.last().map_or(0, |parent| parent.column);
        // A list may stand as far left as the key it belongs to; there the full parser counts it from its first entry on.
        let is_flush = !is_root && line.column == parent;
        if is_root && line.column != 0 || line.column < parent || is_flush && !is_item {
            return Err(Unsure);
        }
        self.awaits_value = false;
        let start = if is_flush { line.offset + spaces_after_dash(line.text) } else { line.offset };
        self.push(line.column, is_item, start)
    }

    fn push(&mut self, column: usize, is_list: bool, start: usize) -> Sure {
        let content =
            if is_list { Content::List(Vec::new()) } else { Content::Map { members: Map::new(), key: None } };
        self.open.push(Block { column, is_list });
        self.builder.open(content, 0, self.place(start..start)).map_err(drop_error)
    }

    /// Closes what ends before a line, or everything at the end of the document.
    fn close_deeper(&mut self, line: Option<(usize, bool)>, offset: usize) -> Sure {
        while let Some(top) = self.open.last() {
            let ends = line.is_none_or(|(column, is_item)| {
                top.column > column || top.column == column && top.is_list && !is_item
            });
            if !ends {
                break;
            }
            self.open.pop();
            self.builder.close(self.base + offset).map_err(drop_error)?;
        }
        Ok(())
    }

    fn item(&mut self, line: Line<'_>) -> Sure {
        let skip = spaces_after_dash(line.text);
        let rest = line.text.get(skip..).unwrap_or_default();
        let inner = Line { offset: line.offset + skip, column: line.column + skip, text: rest };
        if key_length(rest).is_none() {
            return self.scalar(inner);
        }
        self.push(inner.column, false, inner.offset)?;
        self.member(inner)
    }

    fn member(&mut self, line: Line<'_>) -> Sure {
        let length = key_length(line.text).ok_or(Unsure)?;
        let (key, rest) = line.text.split_at(length);
        let place = self.place(line.offset..line.offset + length);
        self.builder.scalar(key, ScalarStyle::Plain, 0, None, place).map_err(drop_error)?;
        let value = rest.get(1..).unwrap_or_default().trim_start_matches(' ');
        if value.is_empty() {
            // Blanks behind the colon are the full parser's.
            self.awaits_value = rest.len() == 1;
            return if self.awaits_value { Ok(()) } else { Err(Unsure) };
        }
        let skip = line.text.len() - value.len();
        self.scalar(Line { offset: line.offset + skip, column: line.column + skip, text: value })
    }

    fn scalar(&mut self, line: Line<'_>) -> Sure {
        let place = self.place(line.offset..line.offset + line.text.len());
        let content = match line.text {
            "[]" => Content::List(Vec::new()),
            "{}" => Content::Map { members: Map::new(), key: None },
            text => {
                let (inner, style) = scalar_of(text).ok_or(Unsure)?;
                return self.builder.scalar(inner, style, 0, None, place).map_err(drop_error);
            }
        };
        let end = place.end;
        self.builder.open(content, 0, place).map_err(drop_error)?;
        self.builder.close(end).map_err(drop_error)
    }

    fn place(&self, local: Range<usize>) -> Range<usize> {
        self.base + local.start..self.base + local.end
    }
}

/// The full parser will find the same error, with its place.
fn drop_error<E>(_: E) -> Unsure {
    Unsure
}

/// Bytes from a dash to what follows it.
fn spaces_after_dash(text: &str) -> usize {
    let rest = text.get(1..).unwrap_or_default();
    text.len() - rest.trim_start_matches(' ').len()
}

/// Length of the key that a line begins with, when a colon and a space or the end of the line follow.
fn key_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    let length = bytes.iter().take_while(|byte| is_inner(byte)).count();
    let begins = match bytes {
        [b'-', second, ..] => second.is_ascii_alphanumeric(),
        [first, ..] => first.is_ascii_alphanumeric() || matches!(first, b'_' | b'/'),
        [] => false,
    };
    let is_key = begins
        && length <= MAX_KEY
        && bytes.get(length) == Some(&b':')
        && matches!(bytes.get(length + 1), None | Some(b' '));
    is_key.then_some(length)
}

/// Text and style of a scalar that ends with its line.
fn scalar_of(text: &str) -> Option<(&str, ScalarStyle)> {
    if !is_printable(text) {
        return None;
    }
    let bytes = text.as_bytes();
    match *bytes.first()? {
        b'"' => {
            let inner = text.get(1..)?.strip_suffix('"')?;
            (!inner.contains(['"', '\\'])).then_some((inner, ScalarStyle::DoubleQuoted))
        }
        b'\'' => {
            let inner = text.get(1..)?.strip_suffix('\'')?;
            (!inner.contains('\'')).then_some((inner, ScalarStyle::SingleQuoted))
        }
        first => {
            let begins = first.is_ascii_alphanumeric()
                || matches!(first, b'_' | b'/' | b'.' | b'+' | b'~' | b'$' | b'(' | b'<')
                || first == b'-' && bytes.get(1).is_some_and(|next| *next != b' ');
            let mut pairs = bytes.iter().zip(bytes.iter().skip(1));
            let ends_early = pairs.any(|pair| matches!(pair, (b':', b' ') | (b' ', b'#')));
            let ends_well = !matches!(bytes.last(), Some(b' ' | b':'));
            (begins && !ends_early && ends_well).then_some((text, ScalarStyle::Plain))
        }
    }
}

/// Whether a text is ASCII without control characters.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
