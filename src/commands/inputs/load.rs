//! From settings to objects: files are read, flags are written over them, names and namespaces are settled.

use super::model::guard;
use super::object::{Flaw, Namespace, SourceObject, settle_namespace};
use super::settings::InputSettings;
use super::twins::Seen;
use crate::core::kind;
use crate::core::kind::model_deployment::author::{self, Members};
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::names;
use crate::core::verdict::{self, DOCUMENT_WITHOUT_KIND, FILE_SYNTAX, FILE_UNREADABLE, KIND_UNKNOWN};
use crate::core::yaml::{Document, SyntaxError};
use crate::error::{Error, Result};
use crate::io::files::{self, Unreadable};
use crate::ui::Ui;
use serde_json::Value;
use std::sync::Arc;

/// The objects of one command line, in input order.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Every object that was read, those of other kinds included.
    pub objects: Vec<SourceObject>,
}

impl Inputs {
    /// Reads files, writes flags over them, or builds the one object that flags describe.
    ///
    /// What was chosen for the user is said on `ui`.
    ///
    /// # Errors
    /// Unreadable files, flags that would change several objects, a namespace that contradicts the object's own.
    pub fn load(settings: InputSettings, namespace: &Namespace, ui: &mut Ui) -> Result<Inputs> {
        let InputSettings { files, recursive, members, verb } = settings;
        members.model.iter().try_for_each(|model| guard(model, verb))?;
        if files.is_empty() && members.model.is_none() {
            return Err(Error::usage("no model and no file given")
                .hint("give a model id such as Qwen/Qwen3-0.6B, or a manifest with -f FILE"));
        }
        let mut objects = if files.is_empty() {
            vec![from_flags(members, ui)?]
        } else {
            let mut objects = read_files(&files, recursive)?;
            write_flags(&members, &mut objects)?;
            objects
        };
        for object in objects.iter_mut().filter(|object| object.is_placed()) {
            settle_namespace(object, namespace)?;
        }
        Seen::default().mark(&mut objects);
        Ok(Inputs { objects })
    }
}

fn from_flags(mut members: Members, ui: &mut Ui) -> Result<SourceObject> {
    let model = members.model.take().unwrap_or_default();
    let name = match members.name.take() {
        Some(name) => name,
        None => {
            let name = names::object_name_from_model(&model).unwrap_or_default();
            if name.is_empty() {
                return Err(Error::usage(format!("cannot derive an object name from model id {model:?}"))
                    .hint("set one with --name NAME"));
            }
            ui.status(&format!("name: {name} (from the model id)"));
            name
        }
    };
    if let Some((engine, why)) = author::choose_engine(&members, members.provider.as_deref()) {
        ui.status(&format!("engine: {engine} ({why})"));
        members.engine = Some(engine);
    }
    let mut value = author::new_object(&name, Some(&model));
    members.apply(&mut value).map_err(Error::usage)?;
    Ok(SourceObject::new("", 1, value, None))
}

pub(super) fn read_files(paths: &[std::path::PathBuf], recursive: bool) -> Result<Vec<SourceObject>> {
    let mut objects = Vec::new();
    for source in files::expand(paths, recursive)? {
        let label = source.label();
        for document in files::read_whole(&source)? {
            push_document(&label, document, &mut objects);
        }
    }
    match objects.iter().find_map(SourceObject::flaw_error) {
        Some(error) => Err(error),
        None if objects.is_empty() => Err(nothing_found()),
        None => Ok(objects),
    }
}

/// The error for an input without an object.
pub(super) fn nothing_found() -> Error {
    Error::failure("no object in the input")
        .hint("a manifest has apiVersion and kind, for example airunway.ai/v1alpha1 and ModelDeployment")
}

/// Adds the objects of one document, those of a `List` one by one.
pub(super) fn push_document(label: &str, mut document: Document, objects: &mut Vec<SourceObject>) {
    if document.value.is_null() {
        return;
    }
    let number = document.number;
    let kind = text_at(&document.value, "/kind").to_owned();
    if kind.ends_with("List") && document.value.get("items").is_some_and(Value::is_array) {
        let version = text_at(&document.value, "/apiVersion").to_owned();
        if let Some(Value::Array(items)) = document.value.get_mut("items").map(Value::take) {
            let item = |mut value| {
                take_type_from_list(&mut value, &kind, &version);
                checked(SourceObject::new(label, number, value, None))
            };
            objects.extend(items.into_iter().map(item));
        }
        return;
    }
    let value = document.value.take();
    objects.push(checked(SourceObject::new(label, number, value, Some(Arc::new(document)))));
}

/// The items of a list such as `ModelDeploymentList` take version and kind from it, as the API server writes them.
fn take_type_from_list(item: &mut Value, list: &str, version: &str) {
    let Some(kind) = list.strip_suffix("List").filter(|kind| !kind.is_empty()) else { return };
    let Some(members) = item.as_object_mut() else { return };
    for (index, (name, own)) in [("apiVersion", version), ("kind", kind)].into_iter().enumerate() {
        if members.get(name).is_none_or(Value::is_null) && !own.is_empty() {
            members.shift_insert(index.min(members.len()), name.to_owned(), own.into());
        }
    }
}

/// Marks an object that cannot be judged, and takes out of the others what only a server writes.
fn checked(mut object: SourceObject) -> SourceObject {
    let finding = match ["apiVersion", "kind"].into_iter().find(|name| text(&object.value, name).is_empty()) {
        Some(missing) => {
            let message = format!("document {} has no {missing}", object.document);
            Some(DOCUMENT_WITHOUT_KIND.finding("", message, None))
        }
        None => unknown_kind(&object.value),
    };
    if let Some(finding) = finding {
        let place = object.position(&finding.path);
        object.flaw = Some(Box::new(Flaw { finding, place, excerpt: Vec::new() }));
    } else if object.kind().is_some() {
        object.cleaned = verdict::clean(&mut object.value);
    }
    object
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn unknown_kind(object: &Value) -> Option<Finding> {
    let (meant, known) = kind::unknown_in_group(object)?;
    let (group, _) = text(object, "apiVersion").split_once('/')?;
    let message = format!("{group} has no kind {:?}", text(object, "kind"));
    let hint = match meant {
        Some(meant) => format!("write kind: {meant}"),
        None => format!("its kinds are {}", known.join(", ")),
    };
    Some(KIND_UNKNOWN.finding("kind", message, Some(hint)))
}

/// What a source that cannot be read leaves: one entry for each place.
pub(super) fn flawed(label: &str, unreadable: Unreadable) -> SourceObject {
    match unreadable {
        Unreadable::Access(reason) => {
            let finding = FILE_UNREADABLE.finding("", reason, None);
            SourceObject::flawed(label, 1, Flaw { finding, place: None, excerpt: Vec::new() })
        }
        Unreadable::Syntax(error) => not_read(label, 1, error),
    }
}

/// A document that cannot be read.
pub(super) fn not_read(label: &str, number: usize, error: SyntaxError) -> SourceObject {
    let SyntaxError { line, column, message, snippet } = error;
    let excerpt = snippet.lines().map(|line| format!("  {line}")).collect();
    let finding = FILE_SYNTAX.finding("", message, None);
    SourceObject::flawed(label, number, Flaw { finding, place: Some((line, column)), excerpt })
}

fn write_flags(members: &Members, objects: &mut [SourceObject]) -> Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    let mut targets = objects.iter_mut().filter(|object| object.takes_flags());
    let (Some(target), None) = (targets.next(), targets.next()) else {
        let count = objects.iter().filter(|object| object.takes_flags()).count();
        return Err(Error::usage(format!(
            "flags change one object, but the input has {count} ModelDeployments"
        ))
        .hint("set the fields in the file, or give a single ModelDeployment"));
    };
    members.apply(&mut target.value).map_err(|reason| Error::verdict(format!("{}: {reason}", target.source)))
}
