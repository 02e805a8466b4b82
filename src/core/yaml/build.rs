//! From the parser's events to a value with its marks. No recursion: depth costs heap, and is bounded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::marks::{Mark, Marks, Name, ScalarForm};
use super::merge::{WANT_MAP, is_merge_tag, key_of_value, merge};
use super::plain;
use super::scalar::{Scalar, resolve_plain, resolve_tagged};
use super::source::{Source, SyntaxError};
use super::{MAX_ALIAS_VOLUME, MAX_DEPTH, MAX_NODES, NODE_COST};

/// The namespace of YAML's own tags.
pub(super) const YAML_TAGS: &str = "tag:yaml.org,2002:";
/// Longest key before its colon, in characters: YAML's own 1,024, which JSON-like text written by programs exceeds.
const MAX_KEY_LENGTH: usize = 64 << 10;

/// One value with its place in the text.
pub(super) struct Built {
    pub(super) value: Value,
    pub(super) marks: Marks,
    /// Byte offset of the first value.
    pub(super) start: usize,
}

/// Reads the one document in `range` of the source; none when it is empty or `null`.
pub(super) fn build(source: &Source, range: Range<usize>) -> Result<Option<Built>, SyntaxError> {
    let text = source.text().get(range.clone()).unwrap_or_default();
    let mut builder = Builder::new(source, range.clone());
    if plain::read(text, &mut builder) { Ok(builder.finish()) } else { build_fully(source, range) }
}

/// The same with the full parser alone.
pub(super) fn build_fully(source: &Source, range: Range<usize>) -> Result<Option<Built>, SyntaxError> {
    let text = source.text().get(range.clone()).unwrap_or_default();
    let mut options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        simple_key_max_lookahead: MAX_KEY_LENGTH,
    };
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::new(source, range);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| builder.scan_error(&error))?;
        builder.event(event, &span)?;
    }
    Ok(builder.finish())
}

/// A finished value and what copying it would cost.
#[derive(Clone)]
struct Node {
    value: Value,
    /// Levels of lists and maps, 0 for a scalar.
    height: usize,
    /// Bytes of text plus [`NODE_COST`] for each value.
    volume: usize,
}

impl Node {
    fn scalar(value: Value) -> Node {
        let text = if let Value::String(text) = &value { text.len() } else { 0 };
        Node { value, height: 0, volume: NODE_COST + text }
    }
}

/// A list or map that is not finished.
struct Frame {
    content: Content,
    mark: usize,
    anchor: usize,
    height: usize,
    volume: usize,
}

pub(super) enum Content {
    List(Vec<Value>),
    Map { members: Map<String, Value>, key: Option<Key> },
}

/// A key whose value comes next.
pub(super) enum Key {
    Member {
        name: String,
        place: Range<usize>,
    },
    /// `<<`: the members of the value become members of this map.
    Merge {
        place: Range<usize>,
    },
}

/// Makes values of events, those of the full parser and those of the plain reader.
pub(super) struct Builder<'a> {
    source: &'a Source,
    base: usize,
    end: usize,
    stack: Vec<Frame>,
    marks: Marks,
    anchors: HashMap<usize, Node>,
    copied: usize,
    root: Option<Value>,
    start: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Source, range: Range<usize>) -> Builder<'a> {
        Builder {
            source,
            base: range.start,
            end: range.end,
            stack: Vec::new(),
            marks: Marks::default(),
            anchors: HashMap::new(),
            copied: 0,
            root: None,
            start: range.start,
        }
    }

    /// Byte offset at which the document begins.
    pub(super) fn base(&self) -> usize {
        self.base
    }

    pub(super) fn finish(self) -> Option<Built> {
        let Builder { root, marks, start, .. } = self;
        root.filter(|root| !root.is_null()).map(|value| Built { value, marks, start })
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), SyntaxError> {
        let place = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), place)
            }
            Event::SequenceStart(_, anchor, _) => self.open(Content::List(Vec::new()), anchor, place),
            Event::MappingStart(_, anchor, _) => {
                self.open(Content::Map { members: Map::new(), key: None }, anchor, place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place.end),
            Event::Alias(anchor) => self.alias(anchor, place),
            _ => Ok(()),
        }
    }

    fn place(&self, span: &Span) -> Range<usize> {
        let local = span.byte_range().unwrap_or_default();
        self.base + local.start..self.base + local.end
    }

    pub(super) fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: Range<usize>,
    ) -> Result<(), SyntaxError> {
        let own_tag = tag.map(|tag| tag.suffix_in_namespace(YAML_TAGS));
        let plain = style == ScalarStyle::Plain;
        let resolved = match &own_tag {
            None if plain => Ok(resolve_plain(text)),
            Some(Some(name)) => resolve_tagged(name, text),
            None | Some(None) => Ok(Scalar::Text),
        };
        let resolved = resolved.map_err(|message| self.source.error(place.start, message))?;
        let text = match own_tag {
            Some(Some(name)) if name == "binary" => self.decode_binary(text, place.start)?,
            _ => Cow::Borrowed(text),
        };
        if self.expects_key() {
            let merge = text == "<<" && if tag.is_none() { plain } else { is_merge_tag(tag) };
            if anchor != 0 {
                self.remember(anchor, &Node::scalar(Value::from(text.as_ref())), place.start)?;
            }
            let key = if merge {
                Key::Merge { place }
            } else {
                let name =
                    resolved.into_key(&text).map_err(|message| self.source.error(place.start, message))?;
                Key::Member { name, place }
            };
            self.set_key(key);
            return Ok(());
        }
        let value = resolved.into_value(&text).map_err(|message| self.source.error(place.start, message))?;
        let form = match style {
            ScalarStyle::Plain => ScalarForm::Plain,
            ScalarStyle::SingleQuoted => ScalarForm::SingleQuoted,
            ScalarStyle::DoubleQuoted => ScalarForm::DoubleQuoted,
            ScalarStyle::Literal | ScalarStyle::Folded => ScalarForm::Block,
        };
        self.mark(place.clone(), form)?;
        let node = Node::scalar(value);
        if anchor != 0 {
            self.remember(anchor, &node, place.start)?;
        }
        self.add(node, place.start)
    }

    fn decode_binary(&self, text: &str, offset: usize) -> Result<Cow<'static, str>, SyntaxError> {
        let compact: String = text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(compact)
            .map_err(|_| self.source.error(offset, "the value tagged !!binary is not valid base64"))?;
        Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(super) fn open(
        &mut self,
        content: Content,
        anchor: usize,
        place: Range<usize>,
    ) -> Result<(), SyntaxError> {
        if self.expects_key() {
            return Err(self.source.error(place.start, "a list or a map cannot be a map key"));
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(self.too_deep(place.start));
        }
        let mark = self.mark(place, ScalarForm::Collection)?;
        self.stack.push(Frame { content, mark, anchor, height: 1, volume: NODE_COST });
        Ok(())
    }

    pub(super) fn close(&mut self, end: usize) -> Result<(), SyntaxError> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        self.marks.close(frame.mark, end);
        let value = match frame.content {
            Content::List(items) => Value::Array(items),
            Content::Map { members, .. } => Value::Object(members),
        };
        let node = Node { value, height: frame.height, volume: frame.volume };
        if frame.anchor != 0 {
            self.remember(frame.anchor, &node, end)?;
        }
        self.add(node, end)
    }

    fn alias(&mut self, anchor: usize, place: Range<usize>) -> Result<(), SyntaxError> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(self.source.error(place.start, "the anchored value contains itself"));
        };
        self.count_copy(node.volume, place.start)?;
        if self.expects_key() {
            let name =
                key_of_value(&node.value).map_err(|message| self.source.error(place.start, message))?;
            self.set_key(Key::Member { name, place });
            return Ok(());
        }
        if self.stack.len() + node.height > MAX_DEPTH {
            return Err(self.too_deep(place.start));
        }
        let merging = matches!(
            self.stack.last(),
            Some(Frame { content: Content::Map { key: Some(Key::Merge { .. }), .. }, .. })
        );
        if merging && !node.value.is_object() {
            return Err(self.source.error(place.start, WANT_MAP));
        }
        let offset = place.start;
        self.mark(place, ScalarForm::Alias)?;
        self.add(node, offset)
    }

    /// Keeps the value of an anchor for the aliases to come.
    fn remember(&mut self, anchor: usize, node: &Node, offset: usize) -> Result<(), SyntaxError> {
        self.count_copy(node.volume, offset)?;
        self.anchors.insert(anchor, node.clone());
        Ok(())
    }

    fn count_copy(&mut self, volume: usize, offset: usize) -> Result<(), SyntaxError> {
        self.copied = self.copied.saturating_add(volume);
        if self.copied > MAX_ALIAS_VOLUME {
            return Err(self.source.error(
                offset,
                format!("anchors and aliases copy more than {} MiB of values", MAX_ALIAS_VOLUME >> 20),
            ));
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Frame { content: Content::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(new);
        }
    }

    fn mark(&mut self, value: Range<usize>, form: ScalarForm) -> Result<usize, SyntaxError> {
        if self.marks.len() >= MAX_NODES {
            return Err(self
                .source
                .error(value.start, format!("the document has more than {MAX_NODES} values")));
        }
        let (name, key) = match self.stack.last().map(|frame| &frame.content) {
            None => {
                self.start = value.start;
                (Name::Root, None)
            }
            Some(Content::List(items)) => (Name::Index(items.len()), None),
            Some(Content::Map { key: Some(Key::Member { name, place }), .. }) => {
                (Name::Key(name.as_str().into()), Some(place.clone()))
            }
            // A merge is not a member: no path leads to it, and two of them are not a repeated key.
            Some(Content::Map { key: Some(Key::Merge { place }), .. }) => (Name::Root, Some(place.clone())),
            Some(Content::Map { key: None, .. }) => (Name::Root, None),
        };
        Ok(self.marks.open(name, Mark { key, value, form }))
    }

    /// Hands a finished value to the list or map around it.
    fn add(&mut self, node: Node, offset: usize) -> Result<(), SyntaxError> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node.value);
            return Ok(());
        };
        frame.height = frame.height.max(node.height + 1);
        frame.volume = frame.volume.saturating_add(node.volume);
        match &mut frame.content {
            Content::List(items) => items.push(node.value),
            Content::Map { members, key } => match key.take() {
                Some(Key::Member { name, .. }) => {
                    frame.volume = frame.volume.saturating_add(name.len());
                    members.insert(name, node.value);
                }
                Some(Key::Merge { .. }) => {
                    merge(members, node.value).map_err(|message| self.source.error(offset, message))?;
                }
                None => {}
            },
        }
        Ok(())
    }

    fn too_deep(&self, offset: usize) -> SyntaxError {
        self.source.error(offset, format!("lists and maps are nested more than {MAX_DEPTH} levels deep"))
    }

    fn scan_error(&self, error: &granit_parser::ScanError) -> SyntaxError {
        let offset = self.base + error.marker().byte_offset().unwrap_or_default();
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.too_deep(offset);
        }
        let ahead = self.source.text().get(offset..self.end).unwrap_or_default();
        if ahead.trim().is_empty() {
            // The text ended too early: point behind its last word instead of at an empty line.
            let read = self.source.text().get(self.base..offset).unwrap_or_default();
            let message = match error.kind() {
                ErrorKind::InvalidQuotedScalarIndent | ErrorKind::UnclosedQuotedScalar => {
                    "a quote is not closed".to_owned()
                }
                _ => error.info(),
            };
            return self.source.error(self.base + read.trim_end().len(), message);
        }
        let line_start = self.source.line_start(self.source.position(offset).line);
        let indent = self.source.text().get(line_start..).unwrap_or_default();
        let indent =
            indent.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).position(|byte| byte == b'\t');
        match indent {
            Some(tab) => self.source.error(line_start + tab, "a tab cannot indent YAML, use spaces"),
            None => self.source.error(offset, error.info()),
        }
    }
}
