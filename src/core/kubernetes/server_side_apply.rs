//! What server-side apply will make of a live object, before it is sent.
//!
//! The API server merges member by member, and takes away what the same manager applied before and no longer says, unless another
//! manager holds it too (Kubernetes documentation, "Server-Side Apply": field management). This is a preview for the verdict and
//! for differences; the server's own merge is what counts.

use serde_json::{Map, Value};

/// Lists whose entries are told apart by a member (`x-kubernetes-list-type: map`), by path; all others are replaced whole.
pub type KeyedLists = &'static [(&'static str, &'static str)];

/// Those of a ModelDeployment.
pub const MODEL_DEPLOYMENT_LISTS: KeyedLists = &[("spec.model.storage.volumes", "name")];

/// Those of a Deployment and a Service as the shims make them.
pub const WORKLOAD_LISTS: KeyedLists = &[
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
pub fn preview(live: &Value, applied: &Value, manager: &str, lists: KeyedLists) -> Value {
    let mut result = live.clone();
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for entry in live.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten() {
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
    Merge { lists }.merge(&mut result, applied, "", 0);
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

struct Merge {
    lists: KeyedLists,
}

impl Merge {
    fn merge(&self, into: &mut Value, from: &Value, path: &str, depth: usize) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) if depth < MAX_DEPTH => {
                for (key, value) in from {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    match into.get_mut(key) {
                        Some(member) => self.merge(member, value, &path, depth + 1),
                        None => {
                            into.insert(key.clone(), value.clone());
                        }
                    }
                }
            }
            (Value::Array(into), Value::Array(from)) => {
                match self.lists.iter().find(|(list, _)| *list == path) {
                    Some((_, key)) => self.merge_keyed(into, from, key, path, depth),
                    None => into.clone_from(from),
                }
            }
            (into, from) => into.clone_from(from),
        }
    }

    fn merge_keyed(&self, into: &mut Vec<Value>, from: &[Value], key: &str, path: &str, depth: usize) {
        for entry in from {
            match into.iter_mut().find(|known| known.get(key).is_some() && known.get(key) == entry.get(key)) {
                Some(known) => self.merge(known, entry, &format!("{path}[]"), depth + 1),
                None => into.push(entry.clone()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        let after = preview(
            &live(),
            &json!({"spec": {"model": {"id": "org/n"}}}),
            "kubectl-airunway",
            MODEL_DEPLOYMENT_LISTS,
        );
        assert_eq!(after["spec"]["model"]["id"], "org/n");
        assert_eq!(after["spec"]["model"]["source"], "huggingface");
        assert_eq!(after["spec"]["scaling"], json!({"replicas": 1}));
        assert_eq!(after["spec"]["resources"]["gpu"]["count"], 2, "the scaler holds it too");
        assert_eq!(after["metadata"]["resourceVersion"], "7");
    }

    #[test]
    fn what_is_no_longer_said_goes() {
        let after = preview(
            &live(),
            &json!({"spec": {"model": {"id": "org/m"}}}),
            "kubectl-airunway",
            MODEL_DEPLOYMENT_LISTS,
        );
        assert_eq!(after["spec"].get("env"), None);
        assert_eq!(after["spec"]["model"].get("storage"), None);
        let other = preview(
            &live(),
            &json!({"spec": {"model": {"id": "org/m"}}}),
            "someone-else",
            MODEL_DEPLOYMENT_LISTS,
        );
        assert_eq!(other["spec"]["env"], json!([{"name": "A"}]));
    }

    #[test]
    fn keyed_lists_merge_and_others_are_replaced() {
        let applied = json!({"spec": {"model": {"storage": {"volumes": [{"name": "cache", "size": "2Gi"}, {"name": "extra"}]}}, "env": [{"name": "B"}]}});
        let after = preview(&live(), &applied, "kubectl-airunway", MODEL_DEPLOYMENT_LISTS);
        assert_eq!(
            after["spec"]["model"]["storage"]["volumes"],
            json!([{"name": "cache", "size": "2Gi", "purpose": "custom"}, {"name": "extra"}])
        );
        assert_eq!(after["spec"]["env"], json!([{"name": "B"}]));
    }
}
