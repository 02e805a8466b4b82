//! The part of Kubernetes' object metadata that rules and rendering read, and status conditions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::read::{list, optional_i64, optional_strings, or_default};

/// `metadata` of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct ObjectMeta {
    /// Name of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Prefix from which the API server makes a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_name: Option<String>,
    /// Namespace, absent on cluster-scoped objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Unique id the API server gave the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Counter of changes to the specification.
    #[serde(deserialize_with = "optional_i64", skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// Labels.
    #[serde(deserialize_with = "optional_strings", skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations.
    #[serde(deserialize_with = "optional_strings", skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Finalizers; one per shim that looks after the object.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
    /// Owners, the controller among them.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub owner_references: Vec<OwnerReference>,
    /// When deletion was asked for, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl ObjectMeta {
    /// The value of an annotation, if the object carries it.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }
}

/// One owner of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct OwnerReference {
    /// API group and version of the owner.
    #[serde(deserialize_with = "or_default")]
    pub api_version: String,
    /// Kind of the owner.
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    /// Name of the owner.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Unique id of the owner.
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
    /// Whether the owner is the managing controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// Whether deletion of the owner waits for this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One status condition, `airunway-api.md` section 2.4.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct Condition {
    /// Type, unique within the list, for example `ResourceCreated`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    /// One word, for example `TransformFailed`.
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    /// A sentence for people.
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    /// Generation of the object the condition speaks of.
    #[serde(deserialize_with = "optional_i64", skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When `status` last changed, RFC 3339; absent in predictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Condition {
    /// A condition without times, as a prediction has it.
    pub fn new(
        kind: impl Into<String>,
        status: impl Into<String>,
        reason: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind: kind.into(),
            status: status.into(),
            reason: reason.into(),
            message: message.into(),
            ..Self::default()
        }
    }
}
