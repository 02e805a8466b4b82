//! The core/v1 types a ModelDeployment embeds: environment variables and tolerations.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::core::kubernetes::read::{optional_i64, or_default};

/// An environment variable of core/v1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct EnvVar {
    /// Name, required.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Literal value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Source of the value, one of core/v1's selectors, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<Map<String, Value>>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl EnvVar {
    /// The value when it is not empty: Go leaves the empty string out.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.value.as_deref().filter(|value| !value.is_empty())
    }

    /// The `secretKeyRef` of the source, if it has one.
    #[must_use]
    pub fn secret_key(&self) -> Option<KeySelector> {
        let selector = self.value_from.as_ref()?.get("secretKeyRef")?;
        KeySelector::deserialize(selector).ok()
    }
}

/// A key of a Secret or ConfigMap.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct KeySelector {
    /// Name of the Secret or ConfigMap.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Key within it.
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    /// Whether the object or its key may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// A toleration of core/v1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct Toleration {
    /// Taint key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `Exists`, `Equal` and what newer servers add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Taint value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Taint effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// How long a `NoExecute` taint is tolerated, in seconds.
    #[serde(deserialize_with = "optional_i64", skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A JSON value that is a whole number or a string, such as a quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// A whole number.
    Int(i64),
    /// A string.
    String(String),
}

impl std::fmt::Display for IntOrString {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(number) => number.fmt(formatter),
            Self::String(text) => text.fmt(formatter),
        }
    }
}
