//! What the objects of the input replace (`--old`): manifests as they lie in git, or objects out of a cluster.

use super::load::read_files;
use super::object::{Namespace, SourceObject, settle_namespace};
use crate::core::kubernetes::json::text_at;
use crate::core::verdict::{Change, Rules};
use crate::error::{Error, Result};
use crate::io::files;
use serde_json::Value;
use std::path::Path;

/// The stored objects that may be replaced.
#[derive(Debug)]
pub struct Before(Vec<SourceObject>);

impl Before {
    /// Reads a file or directory. A manifest goes the way into the cluster that the new one goes: namespace, schema and
    /// webhook defaults. What a cluster has stored already is taken as it is.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds no object; a namespace that contradicts the object's own.
    pub fn read(path: &Path, namespace: &Namespace, rules: &Rules) -> Result<Before> {
        files::refuse_urls(&[path.to_owned()], "--old", "check -f NEW")?;
        let mut objects = read_files(&[path.to_owned()], false)?;
        for object in &mut objects {
            let was_stored = object.cleaned.iter().any(|path| path == "metadata.uid");
            if object.is_placed() {
                settle_namespace(object, namespace)?;
            }
            if was_stored || object.value.get("status").is_some() {
                continue;
            }
            if let Some(stored) = rules.review(&object.subject(), Change::Create).review.stored {
                object.value = stored;
            }
        }
        if objects.is_empty() {
            return Err(Error::failure(format!("{} holds no object", path.display())));
        }
        Ok(Before(objects))
    }

    /// What an object replaces: the one of its name, or the only one there is.
    pub fn of(&self, object: &SourceObject) -> Option<&Value> {
        if let [only] = self.0.as_slice() {
            return Some(&only.value);
        }
        let identity = |value: &Value| {
            ["/kind", "/metadata/namespace", "/metadata/name"]
                .map(|pointer| text_at(value, pointer).to_owned())
        };
        let wanted = identity(&object.value);
        self.0.iter().map(|before| &before.value).find(|before| identity(before) == wanted)
    }
}
