//! Field paths: as steps, and as the API server writes them.

use std::fmt::Write as _;

/// One step of a field path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// A member of a map, whatever characters its name holds.
    Key(&'a str),
    /// An item of a list, from 0.
    Index(usize),
}

/// Appends a step to a path text: `.name`, `[name]` for a name that holds a dot or a bracket, `[3]`.
pub(super) fn push_segment(path: &mut String, segment: Segment<'_>) {
    // Writing to a String cannot fail.
    let _ = match segment {
        Segment::Index(index) => write!(path, "[{index}]"),
        Segment::Key(name) if name.is_empty() || name.contains(['.', '[', ']']) => write!(path, "[{name}]"),
        Segment::Key(name) if path.is_empty() => write!(path, "{name}"),
        Segment::Key(name) => write!(path, ".{name}"),
    };
}

/// What is left of a path text after the member `name`, when the text can begin with it: `name`, `.name`, `[name]`, `["name"]`.
pub(super) fn strip_key<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let quoted =
            bracketed.strip_prefix('"').and_then(|rest| rest.strip_prefix(name)?.strip_prefix("\"]"));
        return quoted.or_else(|| bracketed.strip_prefix(name)?.strip_prefix(']'));
    }
    let rest = text.strip_prefix('.').unwrap_or(text).strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
}

/// What is left of a path text after the list index that it begins with.
pub(super) fn strip_index(text: &str) -> Option<(usize, &str)> {
    let (index, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, rest))
}
