//! The object as a shim leaves it: stage `settled`.
//!
//! Before anything else a shim adds its finalizer and writes the whole object back. Its Go types drop members that are
//! zero, false or empty, and the defaults of the schema return in their place: an explicit `enablePrefixCaching: false`
//! comes back as `true`, `scaling.replicas: 0` as 1. The shim then renders what it reads back.

use serde_json::{Map, Value};

use crate::core::admission::rewrite_spec;
use crate::core::release::Release;
use crate::core::schema::default;

use super::contract::Provider;

/// The stored object after the shim of its provider has written it back. What is not an object comes back as it is.
#[must_use]
pub fn settle(stored: &Value, provider: &dyn Provider, release: &Release) -> Value {
    let mut settled = stored.clone();
    let Some(members) = settled.as_object_mut() else { return settled };
    add_finalizer(members, provider.finalizer());
    if let Some(spec) = members.get_mut("spec") {
        rewrite_spec(spec);
    }
    default::fill(&mut settled, &release.model_deployment().schema);
    settled
}

fn add_finalizer(object: &mut Map<String, Value>, finalizer: String) {
    let metadata = object.entry("metadata").or_insert(Value::Null);
    let Some(metadata) = as_object(metadata) else { return };
    let finalizers = metadata.entry("finalizers").or_insert(Value::Null);
    if finalizers.is_null() {
        *finalizers = Value::Array(Vec::new());
    }
    if let Value::Array(finalizers) = finalizers
        && !finalizers.iter().any(|present| present.as_str() == Some(finalizer.as_str()))
    {
        finalizers.push(finalizer.into());
    }
}

fn as_object(value: &mut Value) -> Option<&mut Map<String, Value>> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}
