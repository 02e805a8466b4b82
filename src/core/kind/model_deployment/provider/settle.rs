//! The object as a shim leaves it: stage `settled`.
//!
//! Before anything else a shim adds its finalizer and writes the whole object back. Its Go types drop members that are
//! zero, false or empty, and the defaults of the schema return in their place: an explicit `enablePrefixCaching: false`
//! comes back as `true`, `scaling.replicas: 0` as 1. The shim then renders what it reads back.

use serde_json::{Map, Value};

use crate::core::kind::model_deployment::release::Release;
use crate::core::kind::model_deployment::webhook::rewrite_spec;
use crate::core::schema::default;

use super::contract::Provider;

/// The stored object after the shim of its provider has written it back. What is not an object comes back as it is.
#[must_use]
pub fn settle(stored: &Value, provider: &dyn Provider, release: &Release) -> Value {
    let mut settled = stored.clone();
    let Some(members) = settled.as_object_mut() else { return settled };
    add_finalizer(members, provider.facts().finalizer());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::model_deployment::provider::provider;
    use serde_json::json;

    fn settled(stored: &Value) -> Value {
        settle(stored, provider("vllm").expect("known"), Release::newest())
    }

    #[test]
    fn zeros_come_back_as_defaults_unless_a_pointer_keeps_them() {
        let stored = json!({"metadata": {"name": "q", "finalizers": ["a/b"]}, "spec": {
            "model": {"id": "m", "source": "huggingface", "servedName": "", "storage": {"volumes": []}},
            "engine": {"enablePrefixCaching": false, "contextLength": 0, "args": {}, "extraArgs": []},
            "scaling": {"replicas": 0, "prefill": {"replicas": 0}}, "serving": {"mode": ""},
            "gateway": {"enabled": false, "modelName": ""}, "secrets": {"huggingFaceToken": ""},
            "provider": {"overrides": {"spec": {"paused": false, "x": null}}}, "ofANewerRelease": 0,
        }});
        let once = settled(&stored);
        let spec = json!({
            "model": {"id": "m", "source": "huggingface", "storage": {}},
            "engine": {"contextLength": 0, "enablePrefixCaching": true, "enforceEager": false, "trustRemoteCode": false},
            "scaling": {"prefill": {"replicas": 1}, "replicas": 1}, "serving": {"mode": "aggregated"},
            "gateway": {"enabled": false}, "secrets": {},
            "provider": {"overrides": {"spec": {"paused": false, "x": null}}}, "ofANewerRelease": 0,
        });
        assert_eq!(once["spec"], spec);
        assert_eq!(once["metadata"]["finalizers"], json!(["a/b", "airunway.ai/vllm-provider"]));
        assert_eq!(settled(&once), once);
    }

    #[test]
    fn what_is_no_object_stays_as_it_is() {
        for odd in [json!(null), json!([1]), json!("x")] {
            assert_eq!(settled(&odd), odd);
        }
        let odd = json!({"metadata": [], "spec": 5});
        assert_eq!(settled(&odd), odd);
    }
}
