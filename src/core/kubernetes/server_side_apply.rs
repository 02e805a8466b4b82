//! What server-side apply will make of a live object, before it is sent.
//!
//! The API server merges member by member, and takes away what the same manager applied before and no longer says, unless another
//! manager holds it too (Kubernetes documentation, "Server-Side Apply": field management). This is a preview for the verdict and
//! for differences; the server's own merge is what counts.

use crate::core::kubernetes::json::list_at;
use crate::core::schema::Schema;
use serde_json::{Map, Value};

/// Which lists merge entry by entry (`x-kubernetes-list-type: map`); all others are replaced whole.
#[derive(Debug, Clone, Copy)]
pub enum Lists<'a> {
    /// Those that the schema of a custom resource says.
    Schema(&'a Schema),
    /// Those of a Deployment and a Service as the shims make them.
    Workload,
}

/// Keyed lists of built-in kinds: path and the field that tells entries apart.
const WORKLOAD_LISTS: &[(&str, &str)] = &[
    ("metadata.ownerReferences", "uid"),
    ("spec.ports", "port"),
    ("spec.template.spec.containers", "name"),
    ("spec.template.spec.containers[].env", "name"),
    ("spec.template.spec.containers[].ports", "containerPort"),
    ("spec.template.spec.containers[].volumeMounts", "mountPath"),
    ("spec.template.spec.initContainers", "name"),
    ("spec.template.spec.volumes", "name"),
];

/// Deeper than any object that the parsers let in.
const MAX_DEPTH: usize = 128;

/// The object that the server would hold after `applied` was applied by `manager`; `status` and server-set metadata stay as they are.
pub fn preview(live: &Value, applied: &Value, manager: &str, lists: Lists<'_>) -> Value {
    let mut result = live.clone();
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for entry in list_at(live, "/metadata/managedFields") {
        let is = |key: &str, value: &str| entry.get(key).and_then(Value::as_str) == Some(value);
        let Some(fields) = entry.get("fieldsV1") else { continue };
        if is("manager", manager) && is("operation", "Apply") {
            own.push(fields)
        } else {
            others.push(fields)
        }
    }
    for fields in own {
        take_away(&mut result, Some(applied), fields, &others, 0);
    }
    let place = match lists {
        Lists::Schema(schema) => Place::Schema(Some(schema)),
        Lists::Workload => Place::Path(String::new()),
    };
    merge(&mut result, applied, &place, 0);
    result
}

/// Removes the members that `fields` names and `applied` no longer holds.
fn take_away(result: &mut Value, applied: Option<&Value>, fields: &Value, others: &[&Value], depth: usize) {
    let Some(fields) = fields.as_object().filter(|_| depth < MAX_DEPTH) else { return };
    for (key, below) in fields {
        let others_below: Vec<&Value> = others.iter().filter_map(|other| other.get(key)).collect();
        if let Some(name) = key.strip_prefix("f:") {
            let still_applied = applied.and_then(|applied| applied.get(name));
            let Some(map) = result.as_object_mut() else { continue };
            let Some(member) = map.get_mut(name) else { continue };
            take_away(member, still_applied, below, &others_below, depth + 1);
            let emptied =
                member.as_object().is_none_or(Map::is_empty) || member.as_array().is_some_and(Vec::is_empty);
            if still_applied.is_none() && others_below.is_empty() && (emptied || is_leaf(below)) {
                map.shift_remove(name);
            }
        } else if let Some(identity) =
            key.strip_prefix("k:").and_then(|text| serde_json::from_str::<Value>(text).ok())
        {
            let holds = |list: Option<&Value>| {
                list.and_then(Value::as_array)
                    .is_some_and(|list| list.iter().any(|entry| matches(entry, &identity)))
            };
            if let Some(list) = result.as_array_mut()
                && !holds(applied)
                && others_below.is_empty()
            {
                list.retain(|entry| !matches(entry, &identity));
            }
        }
    }
}

fn is_leaf(fields: &Value) -> bool {
    fields.as_object().is_none_or(Map::is_empty)
}

fn matches(entry: &Value, identity: &Value) -> bool {
    identity
        .as_object()
        .is_some_and(|identity| identity.iter().all(|(key, value)| entry.get(key) == Some(value)))
}

/// Where in the object a merge is, as far as that tells keyed lists from others.
enum Place<'a> {
    Schema(Option<&'a Schema>),
    Path(String),
}

impl<'a> Place<'a> {
    fn member(&self, name: &str) -> Place<'a> {
        match self {
            Place::Schema(schema) => Place::Schema(schema.and_then(|schema| schema.member(name))),
            Place::Path(path) if path.is_empty() => Place::Path(name.to_owned()),
            Place::Path(path) => Place::Path(format!("{path}.{name}")),
        }
    }

    fn entry(&self) -> Place<'a> {
        match self {
            Place::Schema(schema) => Place::Schema(schema.and_then(Schema::items)),
            Place::Path(path) => Place::Path(format!("{path}[]")),
        }
    }

    /// The fields that tell the entries of the list here apart; none when it is not keyed.
    fn keys(&self) -> Vec<&'a str> {
        match self {
            Place::Schema(schema) => schema.map(|schema| schema.map_keys().collect()).unwrap_or_default(),
            Place::Path(path) => {
                WORKLOAD_LISTS.iter().filter(|(list, _)| list == path).map(|(_, key)| *key).collect()
            }
        }
    }
}

fn merge(into: &mut Value, from: &Value, place: &Place<'_>, depth: usize) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) if depth < MAX_DEPTH => {
            for (key, value) in from {
                match into.get_mut(key) {
                    Some(member) => merge(member, value, &place.member(key), depth + 1),
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(from)) => match place.keys().as_slice() {
            [] => into.clone_from(from),
            keys => merge_keyed(into, from, keys, &place.entry(), depth),
        },
        (into, from) => into.clone_from(from),
    }
}

fn merge_keyed(into: &mut Vec<Value>, from: &[Value], keys: &[&str], place: &Place<'_>, depth: usize) {
    for entry in from {
        let is_it = |known: &&mut Value| keys.iter().all(|key| known.get(*key) == entry.get(*key));
        let has_key = keys.iter().any(|key| entry.get(*key).is_some());
        match into.iter_mut().find(is_it).filter(|_| has_key) {
            Some(known) => merge(known, entry, place, depth + 1),
            None => into.push(entry.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::model_deployment::release::Release;
    use serde_json::json;

    fn lists() -> Lists<'static> {
        Lists::Schema(&Release::newest().model_deployment().schema)
    }

    fn live() -> Value {
        json!({
            "metadata": {"name": "q", "resourceVersion": "7", "managedFields": [
                {"manager": "kubectl-airunway", "operation": "Apply", "fieldsV1": {"f:spec": {
                    "f:model": {"f:id": {}, "f:storage": {"f:volumes": {"k:{\"name\":\"cache\"}": {".": {}, "f:name": {}, "f:size": {}}}}},
                    "f:resources": {"f:gpu": {"f:count": {}}},
                    "f:env": {}}}},
                {"manager": "scaler", "operation": "Update", "fieldsV1": {"f:spec": {"f:resources": {"f:gpu": {"f:count": {}}}}}}]},
            "spec": {"model": {"id": "org/m", "source": "huggingface", "storage": {"volumes": [{"name": "cache", "size": "1Gi", "purpose": "custom"}]}},
                     "resources": {"gpu": {"count": 2}}, "env": [{"name": "A"}], "scaling": {"replicas": 1}}
        })
    }

    #[test]
    fn members_of_others_and_of_the_server_stay() {
        let after =
            preview(&live(), &json!({"spec": {"model": {"id": "org/n"}}}), "kubectl-airunway", lists());
        assert_eq!(after["spec"]["model"]["id"], "org/n");
        assert_eq!(after["spec"]["model"]["source"], "huggingface");
        assert_eq!(after["spec"]["scaling"], json!({"replicas": 1}));
        assert_eq!(after["spec"]["resources"]["gpu"]["count"], 2, "the scaler holds it too");
        assert_eq!(after["metadata"]["resourceVersion"], "7");
    }

    #[test]
    fn what_is_no_longer_said_goes() {
        let after =
            preview(&live(), &json!({"spec": {"model": {"id": "org/m"}}}), "kubectl-airunway", lists());
        assert_eq!(after["spec"].get("env"), None);
        assert_eq!(after["spec"]["model"].get("storage"), None);
        let other = preview(&live(), &json!({"spec": {"model": {"id": "org/m"}}}), "someone-else", lists());
        assert_eq!(other["spec"]["env"], json!([{"name": "A"}]));
    }

    #[test]
    fn keyed_lists_merge_and_others_are_replaced() {
        let applied = json!({"spec": {"model": {"storage": {"volumes": [{"name": "cache", "size": "2Gi"}, {"name": "extra"}]}}, "env": [{"name": "B"}]}});
        let after = preview(&live(), &applied, "kubectl-airunway", lists());
        assert_eq!(
            after["spec"]["model"]["storage"]["volumes"],
            json!([{"name": "cache", "size": "2Gi", "purpose": "custom"}, {"name": "extra"}])
        );
        assert_eq!(after["spec"]["env"], json!([{"name": "B"}]));
    }
}
