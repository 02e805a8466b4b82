//! From settings to objects: files are read, flags are written over them, names and namespaces are settled.

use super::object::{Namespace, SourceObject, settle_namespace};
use super::settings::InputSettings;
use super::twins::Seen;
use crate::core::kind::model_deployment::author::{self, Members};
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::names;
use crate::core::yaml::Document;
use crate::error::{Error, Result};
use crate::io::files;
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
        let InputSettings { files, recursive, members } = settings;
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
    Ok(SourceObject { source: String::new(), document: 1, value, origin: None, twin: None })
}

fn read_files(paths: &[std::path::PathBuf], recursive: bool) -> Result<Vec<SourceObject>> {
    let mut objects = Vec::new();
    for source in files::expand(paths, recursive)? {
        let label = source.label();
        for document in files::read_whole(&source)? {
            push_document(&label, document, &mut objects)?;
        }
    }
    if objects.is_empty() {
        return Err(nothing_found());
    }
    Ok(objects)
}

/// The error for an input without an object.
pub(super) fn nothing_found() -> Error {
    Error::failure("no object in the input")
        .hint("a manifest has apiVersion and kind, for example airunway.ai/v1alpha1 and ModelDeployment")
}

/// Adds the objects of one document, those of a `List` one by one.
pub(super) fn push_document(
    label: &str,
    mut document: Document,
    objects: &mut Vec<SourceObject>,
) -> Result<()> {
    if document.value.is_null() {
        return Ok(());
    }
    let number = document.number;
    let kind = text_at(&document.value, "/kind").to_owned();
    if kind.ends_with("List") && document.value.get("items").is_some_and(Value::is_array) {
        if let Some(Value::Array(items)) = document.value.get_mut("items").map(Value::take) {
            objects.extend(items.into_iter().map(|value| SourceObject {
                source: label.to_owned(),
                document: number,
                value,
                origin: None,
                twin: None,
            }));
        }
        return Ok(());
    }
    if kind.is_empty() || document.value.get("apiVersion").and_then(Value::as_str).is_none() {
        let missing = if kind.is_empty() { "kind" } else { "apiVersion" };
        return Err(Error::verdict(format!("{label}: document {number} has no {missing}")).hint(
            "a manifest has apiVersion and kind, for example airunway.ai/v1alpha1 and ModelDeployment",
        ));
    }
    let value = document.value.take();
    objects.push(SourceObject {
        source: label.to_owned(),
        document: number,
        value,
        origin: Some(Arc::new(document)),
        twin: None,
    });
    Ok(())
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
