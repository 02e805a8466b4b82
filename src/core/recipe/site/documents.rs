//! The documents of a recipe site that have been fetched.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// A reference on the recipe site as the index or a recipe writes it, for example `/Qwen/Qwen3-0.6B.json`.
///
/// Its text comes from outside and is not checked here: whoever fetches must hold it against origin and base path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitePath(String);

impl SitePath {
    /// From the text of a reference.
    #[must_use]
    pub fn new(reference: impl Into<String>) -> Self {
        Self(reference.into())
    }

    /// The index of all models.
    #[must_use]
    pub fn index() -> Self {
        Self::new("/models.json")
    }

    /// The controlled vocabulary.
    #[must_use]
    pub fn taxonomy() -> Self {
        Self::new("/taxonomy.json")
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SitePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What is known of one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found<'a> {
    /// It was not asked for yet.
    Unknown,
    /// The site has no such document.
    Missing,
    /// The document, which can be shared.
    Document(&'a Arc<Value>),
}

/// The documents fetched so far, by path. Copies share the documents.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    known: HashMap<SitePath, Option<Arc<Value>>>,
}

impl Documents {
    /// No documents.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a document.
    pub fn insert(&mut self, path: SitePath, document: impl Into<Arc<Value>>) {
        self.known.insert(path, Some(document.into()));
    }

    /// Notes that the site has no such document. For the index ([`SitePath::index`]) and the taxonomy this also stands
    /// for "cannot be read": resolution then goes on without it as far as it can.
    pub fn insert_missing(&mut self, path: SitePath) {
        self.known.insert(path, None);
    }

    /// What is known of a path.
    #[must_use]
    pub fn get(&self, path: &SitePath) -> Found<'_> {
        match self.known.get(path) {
            None => Found::Unknown,
            Some(None) => Found::Missing,
            Some(Some(document)) => Found::Document(document),
        }
    }
}
