//! An update that writes some fields of the object that is there, and its labels: annotations and all other fields stay,
//! labels and parts of a field that others added go.

use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// What the API server fills in where a field is absent, by the name of the field: of workloads, Services and routes. It
/// does so again after an update that leaves the field out.
static FILLED_IN: LazyLock<Vec<(&'static str, Value)>> = LazyLock::new(|| {
    vec![
        ("progressDeadlineSeconds", json!(600)),
        ("revisionHistoryLimit", json!(10)),
        (
            "strategy",
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}),
        ),
        ("restartPolicy", json!("Always")),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("terminationMessagePath", json!("/dev/termination-log")),
        ("terminationMessagePolicy", json!("File")),
        ("imagePullPolicy", json!("IfNotPresent")),
        ("imagePullPolicy", json!("Always")),
        ("protocol", json!("TCP")),
        ("timeoutSeconds", json!(1)),
        ("periodSeconds", json!(10)),
        ("successThreshold", json!(1)),
        ("failureThreshold", json!(3)),
        ("apiVersion", json!("v1")),
        ("defaultMode", json!(420)),
        ("divisor", json!("0")),
        ("weight", json!(1)),
        ("group", json!("gateway.networking.k8s.io")),
        ("kind", json!("Gateway")),
    ]
});

/// The object that the cluster holds after the fields, by JSON pointer, and the labels of `sent` were written over `live`.
pub(super) fn fields(live: &Value, sent: &Value, pointers: &[&str]) -> Value {
    let mut result = live.clone();
    for pointer in pointers {
        let old = live.pointer(pointer);
        let mut new = sent.pointer(pointer).cloned();
        if let (Some(new), Some(old)) = (new.as_mut(), old) {
            fill(new, old);
        }
        set(&mut result, pointer, new);
    }
    set(&mut result, "/metadata/labels", sent.pointer("/metadata/labels").cloned());
    if let Some(own) = sent.pointer("/metadata/annotations").and_then(Value::as_object) {
        let kept = live.pointer("/metadata/annotations").and_then(Value::as_object).cloned();
        let mut annotations = kept.unwrap_or_default();
        annotations.extend(own.clone());
        set(&mut result, "/metadata/annotations", Some(Value::Object(annotations)));
    }
    result
}

/// Writes a member below maps, or takes it out.
fn set(object: &mut Value, pointer: &str, value: Option<Value>) {
    let path = pointer.trim_start_matches('/');
    let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut at = object;
    for parent in parents.split('/').filter(|parent| !parent.is_empty()) {
        let Some(members) = at.as_object_mut() else { return };
        at = members.entry(parent).or_insert_with(|| Value::Object(Map::new()));
    }
    let Some(members) = at.as_object_mut() else { return };
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.shift_remove(name)),
    }
}

/// Adds to `new` what stands in `old` and the API server fills in anyhow.
fn fill(new: &mut Value, old: &Value) {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            for (name, old) in old {
                match new.get_mut(name) {
                    Some(new) => fill(new, old),
                    None if is_filled_in(name, old) => drop(new.insert(name.clone(), old.clone())),
                    None => {}
                }
            }
        }
        (Value::Array(new), Value::Array(old)) => {
            new.iter_mut().zip(old).for_each(|(new, old)| fill(new, old));
        }
        _ => {}
    }
}

fn is_filled_in(name: &str, value: &Value) -> bool {
    let is_empty = value.as_object().is_some_and(Map::is_empty);
    // The old name of `serviceAccountName`, which the server keeps beside it.
    let is_twin = name == "serviceAccount";
    is_empty || is_twin || FILLED_IN.iter().any(|(known, default)| *known == name && default == value)
}

/// The labels, and the annotations of a pod template, that others put on `live` and that the update takes away, by path.
pub fn dropped(live: &Value, after: &Value) -> Vec<String> {
    let mut gone = Vec::new();
    for (pointer, path) in [
        ("/metadata/labels", "label"),
        ("/spec/template/metadata/labels", "pod label"),
        ("/spec/template/metadata/annotations", "pod annotation"),
    ] {
        let kept = after.pointer(pointer).and_then(Value::as_object);
        let there = live.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
        let lost = there.filter(|(name, _)| kept.is_none_or(|kept| !kept.contains_key(*name)));
        gone.extend(lost.map(|(name, _)| format!("{path} {name}")));
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_added_to_a_field_goes_and_the_rest_stays() {
        let live = json!({
            "metadata": {"labels": {"own": "1", "team": "a"}, "annotations": {"note": "x"}},
            "spec": {"replicas": 3, "minReadySeconds": 5, "progressDeadlineSeconds": 600,
                "template": {"metadata": {"annotations": {"restarted": "now"}}, "spec": {
                    "dnsPolicy": "ClusterFirst", "containers": [{"name": "a", "image": "b", "terminationMessagePath": "/dev/termination-log"}]}}},
            "status": {"replicas": 3},
        });
        let sent = json!({"metadata": {"labels": {"own": "1"}}, "spec": {"replicas": 1,
            "template": {"metadata": {}, "spec": {"containers": [{"name": "a", "image": "c"}]}}}});
        let after = fields(&live, &sent, &["/spec"]);
        assert_eq!(
            after,
            json!({
                "metadata": {"labels": {"own": "1"}, "annotations": {"note": "x"}},
                "spec": {"replicas": 1, "progressDeadlineSeconds": 600,
                    "template": {"metadata": {}, "spec": {
                        "dnsPolicy": "ClusterFirst", "containers": [{"name": "a", "image": "c", "terminationMessagePath": "/dev/termination-log"}]}}},
                "status": {"replicas": 3},
            })
        );
        assert_eq!(dropped(&live, &after), ["label team", "pod annotation restarted"]);
        let ports =
            fields(&json!({"spec": {"clusterIP": "1"}}), &json!({"spec": {"ports": []}}), &["/spec/ports"]);
        assert_eq!(ports, json!({"spec": {"clusterIP": "1", "ports": []}, "metadata": {}}));
    }
}
