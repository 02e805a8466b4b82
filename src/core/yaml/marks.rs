//! Where every member of a document stands: a flat table in the order of the text.

use std::collections::HashSet;
use std::ops::Range;

use super::MAX_DUPLICATES;
use super::path::{Segment, push_segment, strip_index, strip_key};

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarForm {
    /// Without quotes.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// A block after `|` or `>`.
    Block,
    /// `*name`, a copy of an anchored value.
    Alias,
    /// A list or a map.
    Collection,
}

/// One value of a document and its place in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The member's name, absent for the root and for list items.
    pub key: Option<Range<usize>>,
    /// The value; for a scalar exactly its text, quotes included.
    pub value: Range<usize>,
    /// How the value was written.
    pub form: ScalarForm,
}

impl Mark {
    /// Whether it is a list or a map.
    pub(super) fn is_collection(&self) -> bool {
        self.form == ScalarForm::Collection
    }

    /// Where a reader would look: the name if there is one, else the value.
    pub fn start(&self) -> usize {
        self.key.as_ref().map_or(self.value.start, |key| key.start)
    }
}

/// What a value is called by its parent.
#[derive(Debug)]
pub(super) enum Name {
    Root,
    Index(usize),
    Key(Box<str>),
}

#[derive(Debug)]
struct Entry {
    name: Name,
    mark: Mark,
    /// Index of the first entry that is not inside this one.
    next: usize,
}

/// All marks of one document; the children of an entry follow it.
#[derive(Debug, Default)]
pub(super) struct Marks {
    entries: Vec<Entry>,
}

impl Marks {
    /// Adds a value without children; [`Marks::close`] extends it over those added since.
    pub(super) fn open(&mut self, name: Name, mark: Mark) -> usize {
        let index = self.entries.len();
        self.entries.push(Entry { name, mark, next: index + 1 });
        index
    }

    /// Ends the list or map that was opened at `index`.
    pub(super) fn close(&mut self, index: usize, end: usize) {
        let next = self.entries.len();
        if let Some(entry) = self.entries.get_mut(index) {
            entry.next = next;
            entry.mark.value.end = end;
        }
    }

    /// Every mark, in the order of the text.
    pub(super) fn all(&self) -> impl Iterator<Item = &Mark> {
        self.entries.iter().map(|entry| &entry.mark)
    }

    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn children(&self, parent: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let end = self.entries.get(parent).map_or(0, |entry| entry.next);
        let mut index = parent + 1;
        std::iter::from_fn(move || {
            let entry = self.entries.get(index).filter(|_| index < end)?;
            let found = (index, entry);
            index = entry.next;
            Some(found)
        })
    }

    /// The mark at a path of steps. Of a repeated key the last one, whose value counts.
    pub(super) fn locate(&self, path: &[Segment<'_>]) -> Option<&Mark> {
        let mut index = 0;
        for segment in path {
            let matching = self.children(index).filter(|(_, entry)| match (&entry.name, segment) {
                (Name::Key(name), Segment::Key(key)) => name.as_ref() == *key,
                (Name::Index(at), Segment::Index(wanted)) => at == wanted,
                _ => false,
            });
            index = matching.last()?.0;
        }
        self.entries.get(index).map(|entry| &entry.mark)
    }

    /// The mark that goes furthest along a path text; the root's when not even the first step is there.
    pub(super) fn nearest(&self, path: &str) -> Option<&Mark> {
        let (index, _) = self.follow(0, path);
        self.entries.get(index).map(|entry| &entry.mark)
    }

    /// The deepest entry below `parent` that `path` leads to, and what is left of the path there.
    ///
    /// Names may hold dots, so every child whose name the text can begin with is tried. Recursion is bounded by the depth of the document.
    fn follow<'a>(&self, parent: usize, path: &'a str) -> (usize, &'a str) {
        let mut best = (parent, path);
        if path.is_empty() {
            return best;
        }
        for (index, entry) in self.children(parent) {
            let rest = match &entry.name {
                Name::Key(name) => strip_key(path, name),
                Name::Index(at) => strip_index(path).filter(|(wanted, _)| wanted == at).map(|(_, rest)| rest),
                Name::Root => None,
            };
            if let Some(rest) = rest {
                let found = self.follow(index, rest);
                if found.1.len() <= best.1.len() {
                    best = found;
                }
            }
        }
        best
    }

    /// Path and mark of keys that their map holds already, in the order of the text, at most [`MAX_DUPLICATES`].
    pub(super) fn duplicates(&self) -> Vec<(String, Mark)> {
        let mut found = Vec::new();
        for parent in 0..self.entries.len() {
            let mut seen: HashSet<&str> = HashSet::new();
            for (index, entry) in self.children(parent) {
                if let Name::Key(name) = &entry.name
                    && !seen.insert(name)
                {
                    found.push(index);
                }
            }
        }
        found.sort_unstable();
        // The path of each costs a walk, so a file made of nothing else must not buy one for every line.
        found.truncate(MAX_DUPLICATES);
        let named = |index: &usize| Some((self.path_of(*index), self.entries.get(*index)?.mark.clone()));
        found.iter().filter_map(named).collect()
    }

    fn path_of(&self, index: usize) -> String {
        let mut path = String::new();
        let mut at = 0;
        while at != index {
            let Some((child, entry)) = self.children(at).find(|(_, entry)| index < entry.next) else { break };
            match &entry.name {
                Name::Root => {}
                Name::Index(item) => push_segment(&mut path, Segment::Index(*item)),
                Name::Key(name) => push_segment(&mut path, Segment::Key(name)),
            }
            at = child;
        }
        path
    }
}
