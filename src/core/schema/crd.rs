//! A CustomResourceDefinition: which kind, and the schema of one version.

use super::structural::{Schema, SchemaError};
use crate::core::kubernetes::json::{list_at, text_at};
use serde_json::Value;

/// One version of a CustomResourceDefinition.
#[derive(Debug, Clone, Default)]
pub struct Crd {
    /// API group.
    pub group: String,
    /// Version, the newest served one unless another was asked for.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Plural name, as in URLs.
    pub plural: String,
    /// Whether objects live in namespaces.
    pub is_namespaced: bool,
    /// Whether status is a subresource of its own.
    pub has_status: bool,
    /// The schema.
    pub schema: Schema,
}

impl Crd {
    /// Reads a definition (`apiextensions.k8s.io/v1`); without a `version` the storage version is taken.
    ///
    /// # Errors
    /// [`SchemaError`] when the version is missing, has no schema, or a malformed one.
    pub fn compile(definition: &Value, version: Option<&str>) -> Result<Crd, SchemaError> {
        let spec = definition.get("spec").unwrap_or(&Value::Null);
        let versions = list_at(spec, "/versions");
        let is_wanted = |each: &&Value| match version {
            Some(version) => each.get("name").and_then(Value::as_str) == Some(version),
            None => each.get("storage") == Some(&Value::Bool(true)),
        };
        let missing = || SchemaError::Version(version.unwrap_or("marked as storage").to_owned());
        let found = versions.iter().find(is_wanted).ok_or_else(missing)?;
        let schema = found.pointer("/schema/openAPIV3Schema").ok_or_else(missing)?;
        let text = |value: &Value, pointer: &str| text_at(value, pointer).to_owned();
        Ok(Crd {
            group: text(spec, "/group"),
            version: text(found, "/name"),
            kind: text(spec, "/names/kind"),
            plural: text(spec, "/names/plural"),
            is_namespaced: text(spec, "/scope") != "Cluster",
            has_status: found.pointer("/subresources/status").is_some(),
            schema: Schema::compile(schema)?,
        })
    }

    /// Group and version as in `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}
