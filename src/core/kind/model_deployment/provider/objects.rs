//! Pieces that several shims put into the objects they create, in the form the API server stores.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::object::{
    API_VERSION, EnvVar, MODEL_DEPLOYMENT, ModelDeployment, Toleration,
};
use crate::core::kubernetes::quantity::Quantity;

/// A map of values that are moved in; `json!` would copy each one through its serializer.
macro_rules! members {
    ($($name:literal: $value:expr),+ $(,)?) => {{
        let mut members = serde_json::Map::new();
        $(members.insert(String::from($name), serde_json::Value::from($value));)+
        serde_json::Value::Object(members)
    }};
}
pub(super) use members;

/// Stands for the owner's uid while the object is not in a cluster.
pub const UNKNOWN_UID: &str = "UID";
/// Key of the token in the Secret that `spec.secrets.huggingFaceToken` names, and name of the variable it becomes.
pub(super) const HF_TOKEN: &str = "HF_TOKEN";
/// Marks what AI Runway made.
pub(super) const MANAGED_BY: &str = "airunway.ai/managed-by";
/// Value of [`MANAGED_BY`].
pub(super) const AIRUNWAY: &str = "airunway";
/// Names the ModelDeployment on children.
pub(super) const DEPLOYMENT: &str = "airunway.ai/deployment";
/// Names the ModelDeployment on pods and on children of the dynamo and kaito shims.
pub(super) const MODEL_DEPLOYMENT_LABEL: &str = "airunway.ai/model-deployment";

/// The reference every child carries to its ModelDeployment.
pub(super) fn owner_reference(deployment: &ModelDeployment) -> Value {
    members! {
        "apiVersion": API_VERSION,
        "kind": MODEL_DEPLOYMENT,
        "name": deployment.name(),
        "uid": deployment.metadata.uid.as_deref().unwrap_or(UNKNOWN_UID),
        "controller": true,
        "blockOwnerDeletion": true,
    }
}

/// Metadata of a child: name, namespace when there is one, labels, annotations when there are any, owner.
pub(super) fn metadata(
    deployment: &ModelDeployment,
    name: &str,
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".into(), name.into());
    if !deployment.namespace().is_empty() {
        metadata.insert("namespace".into(), deployment.namespace().into());
    }
    metadata.insert("labels".into(), strings(labels));
    if !annotations.is_empty() {
        metadata.insert("annotations".into(), strings(annotations));
    }
    metadata.insert("ownerReferences".into(), Value::Array(vec![owner_reference(deployment)]));
    Value::Object(metadata)
}

/// Labels that vllm, llmd, kuberay and kaito put on their children.
pub(super) fn child_labels(deployment: &ModelDeployment) -> BTreeMap<String, String> {
    BTreeMap::from([
        (MANAGED_BY.to_owned(), AIRUNWAY.to_owned()),
        (DEPLOYMENT.to_owned(), deployment.name().to_owned()),
        ("airunway.ai/model-source".to_owned(), deployment.model_source().to_owned()),
        ("airunway.ai/engine-type".to_owned(), deployment.engine().to_owned()),
    ])
}

/// The same with the labels of `spec.podTemplate` on top.
pub(super) fn labels_with_pod_template(deployment: &ModelDeployment) -> BTreeMap<String, String> {
    let mut labels = child_labels(deployment);
    labels.extend(deployment.pod_labels().iter().map(|(key, value)| (key.clone(), value.clone())));
    labels
}

/// A map of strings as JSON.
pub(super) fn strings(map: &BTreeMap<String, String>) -> Value {
    Value::Object(map.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect())
}

/// A quantity as the API server prints it; a text that is none stays as it is, for the API server to refuse.
pub(super) fn quantity(text: &str) -> String {
    Quantity::parse(text).map_or_else(|_| text.to_owned(), |quantity| quantity.to_string())
}

/// `{name, value}`, without an empty value: Go leaves it out.
pub(super) fn env_value(name: &str, value: &str) -> Value {
    if value.is_empty() {
        members! {"name": name}
    } else {
        members! {"name": name, "value": value}
    }
}

/// `{name, valueFrom: {secretKeyRef}}`.
pub(super) fn env_secret(name: &str, secret: &str, key: &str) -> Value {
    let reference = members! {"name": secret, "key": key};
    members! {"name": name, "valueFrom": members! {"secretKeyRef": reference}}
}

/// The token variable of `spec.secrets.huggingFaceToken`.
pub(super) fn env_token(secret: &str) -> Value {
    env_secret(HF_TOKEN, secret, HF_TOKEN)
}

/// An environment variable with its whole source, which goes before a literal value.
pub(super) fn env_entry(variable: &EnvVar) -> Value {
    match &variable.value_from {
        Some(source) => members! {"name": variable.name.as_str(), "valueFrom": env_source(source)},
        None => env_value(&variable.name, variable.literal().unwrap_or_default()),
    }
}

/// The user's variables as llmd, kuberay and kaito write them, then the token of the Secret: values and keys of Secrets
/// are kept, both if both are given, other sources are lost, nothing is deduplicated.
pub(super) fn env_of_secrets(deployment: &ModelDeployment) -> Vec<Value> {
    let entry = |variable: &EnvVar| {
        let mut entry = env_value(&variable.name, variable.literal().unwrap_or_default());
        if let (Some(secret), Value::Object(members)) = (variable.secret_key(), &mut entry) {
            let source = json!({"secretKeyRef": {"name": secret.name, "key": secret.key}});
            members.insert("valueFrom".into(), source);
        }
        entry
    };
    deployment.env().iter().map(entry).chain(deployment.token_secret().map(env_token)).collect()
}

/// JSON as Go's encoder writes maps: members in byte order, `<`, `>`, `&` and two line separators escaped.
pub(super) fn go_json(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let members: BTreeMap<_, _> = members.iter().collect();
                Value::Object(members.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            scalar => scalar.clone(),
        }
    }
    let mut text = String::new();
    for character in sorted(value).to_string().chars() {
        match character {
            // Outside strings JSON has none of these.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => text.push(other),
        }
    }
    text
}

/// A source with the defaults that the API server fills in: a source is one atomic value, so it belongs to the shim.
fn env_source(source: &Map<String, Value>) -> Value {
    let mut source = source.clone();
    if let Some(Value::Object(field)) = source.get_mut("fieldRef") {
        let version = field.entry("apiVersion").or_insert(Value::Null);
        if version.as_str().is_none_or(str::is_empty) {
            *version = "v1".into();
        }
    }
    if let Some(Value::Object(resource)) = source.get_mut("resourceFieldRef") {
        let divisor = resource.entry("divisor").or_insert_with(|| "0".into());
        if let Some(text) = divisor.as_str() {
            *divisor = quantity(text).into();
        }
    }
    Value::Object(source)
}

/// Tolerations without empty members.
pub(super) fn tolerations(tolerations: &[Toleration]) -> Vec<Value> {
    let entry = |toleration: &Toleration| {
        let mut entry = Map::new();
        let texts = [
            ("key", &toleration.key),
            ("operator", &toleration.operator),
            ("value", &toleration.value),
            ("effect", &toleration.effect),
        ];
        for (name, text) in texts {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                entry.insert(name.into(), text.into());
            }
        }
        if let Some(seconds) = toleration.toleration_seconds {
            entry.insert("tolerationSeconds".into(), seconds.into());
        }
        Value::Object(entry)
    };
    tolerations.iter().map(entry).collect()
}
