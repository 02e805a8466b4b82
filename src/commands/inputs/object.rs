//! One object of the input, and where it came from.

use crate::core::kind::model_deployment::author;
use crate::core::kind::{self, Kind};
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json::text_at;
use crate::core::verdict::{FILE_UNREADABLE, Subject};
use crate::core::yaml::Document;
use crate::error::{Error, Result};
use crate::exit::Exit;
use serde_json::Value;
use std::sync::Arc;

/// The namespace of the request.
#[derive(Debug, Clone)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Whether it was given as a flag, so that an object may not say otherwise.
    pub enforced: bool,
}

/// One object and where it came from.
#[derive(Debug, Clone)]
pub struct SourceObject {
    /// File name, `stdin`, or empty for flags alone.
    pub source: String,
    /// Number of the document in its file, from 1.
    pub document: usize,
    /// The object as it will be applied.
    pub value: Value,
    /// The document it was read from, for places of findings; `None` for flags alone and for items of a `List`.
    pub origin: Option<Arc<Document>>,
    /// Where in the input the same object was seen before.
    pub twin: Option<String>,
    /// Field paths of what was taken out because only a server writes it.
    pub cleaned: Vec<String>,
    /// Why it cannot be judged at all.
    pub flaw: Option<Box<Flaw>>,
}

/// Why something that was given cannot be judged.
#[derive(Debug, Clone)]
pub struct Flaw {
    /// What is wrong.
    pub finding: Finding,
    /// Line and column, from 1.
    pub place: Option<(usize, usize)>,
    /// The text around the place.
    pub excerpt: Vec<String>,
}

impl SourceObject {
    /// An object of a document; `origin` when it is the whole of it.
    pub(super) fn new(
        source: &str,
        document: usize,
        value: Value,
        origin: Option<Arc<Document>>,
    ) -> SourceObject {
        let source = source.to_owned();
        SourceObject { source, document, value, origin, twin: None, cleaned: Vec::new(), flaw: None }
    }

    /// Something that was given and cannot be judged.
    pub(super) fn flawed(source: &str, document: usize, flaw: Flaw) -> SourceObject {
        let object = SourceObject::new(source, document, Value::Null, None);
        SourceObject { flaw: Some(Box::new(flaw)), ..object }
    }

    /// The error about its flaw, for a verb that does nothing when something is flawed.
    pub fn flaw_error(&self) -> Option<Error> {
        let Flaw { finding, excerpt, .. } = self.flaw.as_deref()?;
        let place = self.place(&finding.path);
        let exit = if finding.rule == FILE_UNREADABLE.id { Exit::Failure } else { Exit::VerdictNo };
        let error = Error::new(exit, format!("{place}: {}", finding.message)).excerpt(excerpt.clone());
        Some(match &finding.hint {
            Some(hint) => error.hint(hint.clone()),
            None => error,
        })
    }

    /// An object that was made by this program, in the namespace of the request.
    ///
    /// # Errors
    /// A namespace that contradicts the object's own.
    pub fn from_value(value: Value, namespace: &Namespace) -> Result<SourceObject> {
        let mut object = SourceObject::new("", 1, value, None);
        settle_namespace(&mut object, namespace)?;
        Ok(object)
    }

    /// `metadata.name`, or an empty string.
    pub fn name(&self) -> &str {
        text_at(&self.value, "/metadata/name")
    }

    /// `metadata.namespace`, or an empty string.
    pub fn namespace(&self) -> &str {
        text_at(&self.value, "/metadata/namespace")
    }

    /// `kind`, or an empty string.
    pub fn kind_name(&self) -> &str {
        text_at(&self.value, "/kind")
    }

    /// Its kind, where that is followed.
    pub fn kind(&self) -> Option<&'static dyn Kind> {
        kind::of(&self.value)
    }

    /// Whether it is of a kind.
    pub fn is_of(&self, kind: &dyn Kind) -> bool {
        self.kind().is_some_and(|own| own.resource() == kind.resource())
    }

    /// Whether it is followed and lives in a namespace.
    pub fn is_placed(&self) -> bool {
        self.kind().is_some_and(|kind| kind.resource().namespaced)
    }

    /// A finding about it, with a hint that names flags where nothing else describes the object.
    pub fn in_its_words(&self, finding: Finding) -> Finding {
        match (&finding.hint, self.kind()) {
            (Some(hint), Some(kind)) if self.source.is_empty() => {
                let hint = Some(kind.hint_in_flags(&finding.path, hint));
                Finding { hint, ..finding }
            }
            _ => finding,
        }
    }

    /// Whether flags can write into it: the kind that they author.
    pub fn takes_flags(&self) -> bool {
        author::is_model_deployment(&self.value)
    }

    /// The object as it is judged.
    pub fn subject(&self) -> Subject<'_> {
        let twice = self.origin.iter().flat_map(|document| document.duplicate_keys());
        Subject {
            object: &self.value,
            namespace: self.namespace(),
            twice: twice.map(|duplicate| duplicate.path).collect(),
            twin: self.twin.as_deref(),
            cleaned: &self.cleaned,
        }
    }

    /// Line and column of a field, from 1, where the object was read from a document of its own.
    pub fn position(&self, path: &str) -> Option<(usize, usize)> {
        if let Some(place) = self.flaw.as_ref().and_then(|flaw| flaw.place) {
            return Some(place);
        }
        let position = self.origin.as_ref()?.position(path);
        Some((position.line, position.column))
    }

    /// `file:line:column` of a field where that is known, else the file, else nothing.
    pub fn place(&self, path: &str) -> String {
        match self.position(path) {
            Some((line, column)) => format!("{}:{line}:{column}", self.source),
            None => self.source.clone(),
        }
    }
}

/// Writes the namespace of the request into an object that names none.
pub(super) fn settle_namespace(object: &mut SourceObject, namespace: &Namespace) -> Result<()> {
    let own = object.namespace().to_owned();
    if own.is_empty() {
        if let Some(Value::Object(metadata)) = object.value.get_mut("metadata") {
            // Behind the name, where people look for it.
            let at = metadata.keys().position(|key| key == "name").map_or(0, |position| position + 1);
            metadata.shift_insert(at, "namespace".to_owned(), namespace.name.as_str().into());
        }
        return Ok(());
    }
    if namespace.enforced && own != namespace.name {
        return Err(Error::usage(format!(
            "{} is in namespace {own:?}, but --namespace is {:?}",
            object.name(),
            namespace.name
        ))
        .hint(format!("use -n {own}, or change the namespace in the manifest")));
    }
    Ok(())
}
