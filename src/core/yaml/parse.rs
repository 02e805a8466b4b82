//! Files of documents.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::build::{Built, build};
use super::json;
use super::marks::{Mark, Marks};
use super::path::Segment;
use super::source::{Position, Source, SyntaxError};
use super::strict;
use super::{MAX_DEPTH, MAX_DOCUMENTS};

/// Input from which documents are read on several threads, in bytes; below it starting a thread costs more than it saves.
pub(super) const PARALLEL_FROM: usize = 64 << 10;
/// Threads that read one large input.
pub(super) const PARALLEL_THREADS: usize = 4;

/// One document of a file: its value, and where each member of it stands.
#[derive(Debug, Clone)]
pub struct Document {
    /// The value; members in the order of the text.
    pub value: Value,
    /// Number in the file, from 1; empty documents and those of comments alone are not counted.
    pub number: usize,
    source: Arc<Source>,
    marks: Arc<Marks>,
    start: usize,
}

/// A key that its map holds already. kubectl lets the last one win without a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// Field path of the key, for example `spec.image`.
    pub path: String,
    /// Where the repetition stands.
    pub position: Position,
}

impl Document {
    pub(super) fn new(part: Part, number: usize, source: &Arc<Source>) -> Document {
        let Part { value, marks, start } = part;
        Document { value, number, source: Arc::clone(source), marks: Arc::new(marks), start }
    }

    /// Where the document begins.
    pub fn start(&self) -> Position {
        self.source.position(self.start)
    }

    /// Where the field at a path stands, as the API server writes paths: `spec.env[0].name`, `metadata.labels[a.b/c]`.
    ///
    /// A field that is not in the text (because it is missing, or came through an alias) is placed at the nearest member
    /// around it, at worst the beginning of the document.
    pub fn position(&self, path: &str) -> Position {
        let offset = self.marks.nearest(path).filter(|_| !path.is_empty()).map_or(self.start, Mark::start);
        self.source.position(offset)
    }

    /// Place of the member at a path of steps, when it is in the text itself.
    pub fn locate(&self, path: &[Segment<'_>]) -> Option<&Mark> {
        self.marks.locate(path)
    }

    /// The text of the whole file, as UTF-8 without a byte order mark; the offsets of a [`Mark`] count in it.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// Keys that are written twice in their map, in the order of the text, at most [`MAX_DUPLICATES`](super::MAX_DUPLICATES).
    pub fn duplicate_keys(&self) -> Vec<DuplicateKey> {
        let place = |(path, mark): (String, Mark)| DuplicateKey {
            path,
            position: self.source.position(mark.start()),
        };
        self.marks.duplicates().into_iter().map(place).collect()
    }
}

/// Reads every document of a file: YAML, JSON, or JSON objects one after the other (`.jsonl`).
///
/// Empty documents and those that hold `null` alone are left out.
///
/// # Errors
/// The first place that cannot be read, or a limit of [`crate::core::yaml`] that is passed.
pub fn parse(text: &[u8]) -> Result<Vec<Document>, SyntaxError> {
    parse_source(Arc::new(Source::decode(text)?))
}

/// What can be read of a file that cannot be read whole.
#[derive(Debug, Default)]
pub struct Salvaged {
    /// Its documents, those that can be read.
    pub documents: Vec<Document>,
    /// The others by their numbers; at most [`MAX_FLAWS`].
    pub flaws: Vec<(usize, SyntaxError)>,
}

/// Most documents of one file of which it is told that they cannot be read.
pub const MAX_FLAWS: usize = 100;

/// Reads a text of which is known that some document cannot be read. After the first flaw of JSON nothing more is read:
/// there is no place to begin again at.
pub(super) fn salvage(source: &Arc<Source>) -> Salvaged {
    let mut salvaged = Salvaged::default();
    if is_json(source.text()) {
        let Err(error) = parse_source(Arc::clone(source)) else { return salvaged };
        let (parts, _) = json::read_until_flaw(source);
        let document = |(index, part)| Document::new(part, index + 1, source);
        salvaged.documents = parts.into_iter().enumerate().map(document).collect();
        salvaged.flaws.push((salvaged.documents.len() + 1, error));
        return salvaged;
    }
    let mut number = 0;
    for range in Splitter::new(source.text()).take(MAX_DOCUMENTS) {
        match parse_range(source, range) {
            Ok(None) => continue,
            Ok(Some(part)) => {
                number += 1;
                salvaged.documents.push(Document::new(part, number, source));
            }
            Err(error) => {
                number += 1;
                if salvaged.flaws.len() < MAX_FLAWS {
                    salvaged.flaws.push((number, error));
                }
            }
        }
    }
    salvaged
}

/// The same for a decoded text.
pub(super) fn parse_source(source: Arc<Source>) -> Result<Vec<Document>, SyntaxError> {
    let parts = if is_json(source.text()) {
        // kubectl as well tries JSON first. What is not JSON may still be YAML in flow style.
        match json::parse(&source) {
            Ok(parts) => parts,
            Err(error) => {
                let inside = source.text().trim_start().get(1..).unwrap_or_default();
                // A comment, or a comma behind the last value, makes YAML of what was meant as JSON; kubectl refuses it.
                if looks_like_json(behind_comments(inside)) && !looks_like_json(inside)
                    || error.message.starts_with("trailing comma")
                {
                    return Err(error);
                }
                let read = source.without_controls(|_| false).and_then(|()| parse_yaml(&source));
                read.map_err(|yaml| if looks_like_json(inside) { error } else { yaml })?
            }
        }
    } else {
        parse_yaml(&source)?
    };
    Ok(parts.into_iter().enumerate().map(|(index, part)| Document::new(part, index + 1, &source)).collect())
}

/// Whether a text begins as JSON does.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// A document without its file.
pub(super) struct Part {
    pub(super) value: Value,
    pub(super) marks: Marks,
    pub(super) start: usize,
}

/// What follows the comments of a text, those of YAML and of programming languages.
fn behind_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if !text.starts_with(['#', '/']) {
            return text;
        }
        text = text.split_once('\n').map_or("", |(_, rest)| rest);
    }
}

fn looks_like_json(inside: &str) -> bool {
    inside.trim_start().starts_with(['"', '{', '[', '}', ']'])
}

fn parse_yaml(source: &Source) -> Result<Vec<Part>, SyntaxError> {
    let ranges: Vec<_> = Splitter::new(source.text()).collect();
    check_count(source, ranges.len(), ranges.last().map_or(0, |range| range.start))?;
    if source.text().len() < PARALLEL_FROM || ranges.len() < PARALLEL_THREADS {
        return parse_ranges(source, &ranges);
    }
    // Documents are independent of each other (anchors end with their document), so each thread takes a run of them.
    let share = ranges.len().div_ceil(PARALLEL_THREADS);
    let results: Vec<_> = std::thread::scope(|scope| {
        let spawn = |ranges| scope.spawn(move || parse_ranges(source, ranges));
        let threads: Vec<_> = ranges.chunks(share).map(spawn).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut parts = Vec::new();
    for result in results {
        // A thread can only end without a result by a bug in the parser, which is one of this file too.
        parts.extend(result.unwrap_or_else(|_| Err(source.error(0, "the parser failed on this file")))?);
    }
    Ok(parts)
}

/// Reads documents one after the other.
pub(super) fn parse_ranges(source: &Source, ranges: &[Range<usize>]) -> Result<Vec<Part>, SyntaxError> {
    ranges.iter().filter_map(|range| parse_range(source, range.clone()).transpose()).collect()
}

/// Reads one document; none when it is empty.
fn parse_range(source: &Source, range: Range<usize>) -> Result<Option<Part>, SyntaxError> {
    strict::check_head(source, &range)?;
    let range = strict::without_mark(source, range);
    let Some(Built { value, marks, start }) = build(source, range.clone())? else { return Ok(None) };
    strict::check_tabs(source, &range, &marks)?;
    Ok(Some(Part { value, marks, start }))
}

/// Refuses a file with too many documents.
pub(super) fn check_count(source: &Source, count: usize, offset: usize) -> Result<(), SyntaxError> {
    if count > MAX_DOCUMENTS {
        return Err(source.error(offset, format!("the file has more than {MAX_DOCUMENTS} documents")));
    }
    Ok(())
}

/// The error for values nested deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(source: &Source, offset: usize) -> SyntaxError {
    source.error(offset, format!("lists and maps are nested more than {MAX_DEPTH} levels deep"))
}

/// Cuts a file at its document markers (YAML 1.2 section 9.1.2: `---` and `...` at the start of a line end any document).
///
/// Directives and comments before a `---` stay with the document that it begins.
pub(super) struct Splitter<'a> {
    text: &'a str,
    start: usize,
    offset: usize,
    has_content: bool,
}

impl<'a> Splitter<'a> {
    pub(super) fn new(text: &'a str) -> Splitter<'a> {
        Splitter { text, start: 0, offset: 0, has_content: false }
    }

    /// The range up to `end`; the next one begins there.
    fn cut(&mut self, end: usize) -> Range<usize> {
        let range = self.start..end;
        self.start = end;
        range
    }
}

impl Iterator for Splitter<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        for line in rest.split_inclusive('\n') {
            let begin = self.offset;
            self.offset += line.len();
            if is_marker(line, "---") {
                let ends_one = std::mem::replace(&mut self.has_content, true);
                if ends_one {
                    return Some(self.cut(begin));
                }
            } else if is_marker(line, "...") {
                self.has_content = false;
                return Some(self.cut(self.offset));
            } else if !self.has_content {
                self.has_content = is_content(line);
            }
        }
        (self.start < self.text.len()).then(|| self.cut(self.text.len()))
    }
}

/// Whether a line is more than space, a comment or a directive.
fn is_content(line: &str) -> bool {
    !line.trim_start().is_empty() && !line.starts_with(['%', '#'])
}

/// Whether a document, most probably, holds more than nothing.
pub(super) fn has_content(document: &str) -> bool {
    let is_value = |line: &str| {
        let line = line.trim();
        !(line.is_empty() || line.starts_with(['#', '%']) || matches!(line, "---" | "..." | "~" | "null"))
    };
    document.lines().any(is_value)
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}
