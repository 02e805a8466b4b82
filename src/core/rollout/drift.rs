//! What others made of the fields that were applied.
//!
//! The generation of an object moves when anybody changes its spec, and a controller's own write-back is such a change. So it
//! is not the number that is believed but the fields: one that was applied and holds something else now was changed by
//! somebody, and what runs is not what was applied.

use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::kubernetes::quantity::Quantity;
use serde_json::Value;

/// Deeper than any object that the parsers let in.
const MAX_DEPTH: usize = 128;
/// The field by which the entries of a list are told apart, where all have it (`env`, `containers`).
const ENTRY_NAME: &str = "name";

/// A step into an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    /// The entry with that name.
    Entry(String),
}

/// A field that was applied, and what the server stored for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AppliedField {
    path: Vec<Step>,
    value: Value,
}

/// A field that holds something else than was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drift {
    /// Its path, for people: `spec.scaling.replicas`, `spec.env[HF_HOME].value`.
    path: String,
    /// Who holds it now (`metadata.managedFields`), where that is said.
    manager: Option<String>,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.manager {
            Some(manager) => write!(formatter, "{} was changed by {manager:?}", self.path),
            None => write!(formatter, "{} was changed or removed", self.path),
        }
    }
}

/// The fields of the spec that `sent` says, as the server `stored` them: it may write a value in its own way.
pub(super) fn applied_fields(sent: &Value, stored: &Value) -> Vec<AppliedField> {
    let mut fields = Vec::new();
    if let (Some(sent), Some(stored)) = (sent.get("spec"), stored.get("spec")) {
        collect(sent, stored, &mut vec![Step::Member("spec".to_owned())], &mut fields);
    }
    fields
}

fn collect(sent: &Value, stored: &Value, path: &mut Vec<Step>, fields: &mut Vec<AppliedField>) {
    let mut into = |step: Step, sent: &Value, stored: Option<&Value>| {
        // What the server did not keep was never there to be changed.
        let Some(stored) = stored else { return };
        path.push(step);
        collect(sent, stored, path, fields);
        path.pop();
    };
    match (sent, stored) {
        _ if path_is_too_deep(sent) => {}
        (Value::Object(members), Value::Object(kept)) if !members.is_empty() => {
            for (name, value) in members {
                into(Step::Member(name.clone()), value, kept.get(name));
            }
        }
        (Value::Array(entries), Value::Array(_)) if is_named(entries) => {
            for value in entries {
                let name = text_at(value, "/name");
                into(Step::Entry(name.to_owned()), value, entry(stored, name));
            }
        }
        _ => fields.push(AppliedField { path: path.clone(), value: stored.clone() }),
    }
}

/// Whether a value is nested deeper than is followed.
fn path_is_too_deep(value: &Value) -> bool {
    fn deeper(value: &Value, left: usize) -> bool {
        match value {
            _ if left == 0 => true,
            Value::Object(members) => members.values().any(|value| deeper(value, left - 1)),
            Value::Array(entries) => entries.iter().any(|value| deeper(value, left - 1)),
            _ => false,
        }
    }
    deeper(value, MAX_DEPTH)
}

fn is_named(entries: &[Value]) -> bool {
    !entries.is_empty() && entries.iter().all(|entry| entry.get(ENTRY_NAME).is_some_and(Value::is_string))
}

fn entry<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|entry| text_at(entry, "/name") == name)
}

/// The applied fields that hold something else in `live`, in the order in which they were applied.
pub(super) fn drift(applied: &[AppliedField], live: &Value) -> Vec<Drift> {
    let changed = applied.iter().filter(|field| !is_same(&field.value, at(live, &field.path)));
    changed
        .map(|field| Drift {
            path: shown(&field.path),
            manager: manager(live, &field.path).map(str::to_owned),
        })
        .collect()
}

/// A controller that writes the whole object back leaves out what is empty (Go's `omitempty`) and writes quantities in their
/// short form: neither is a change.
fn is_same(applied: &Value, live: Option<&Value>) -> bool {
    let is_empty = match applied {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) => false,
    };
    match (applied, live) {
        (_, None | Some(Value::Null)) => is_empty,
        // Nothing was said about what is in it.
        (Value::Object(members), Some(Value::Object(_))) if members.is_empty() => true,
        (Value::String(one), Some(Value::String(other))) if one != other => {
            matches!((Quantity::parse(one), Quantity::parse(other)), (Ok(one), Ok(other)) if one == other)
        }
        (_, Some(live)) => applied == live,
    }
}

fn at<'a>(object: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Entry(name) => entry(value, name),
    })
}

fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Member(name) if text.is_empty() => text.push_str(name),
            Step::Member(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Entry(name) => text.push_str(&format!("[{name}]")),
        }
    }
    text
}

/// Who wrote a field last of those that hold it or something in it.
fn manager<'a>(live: &'a Value, path: &[Step]) -> Option<&'a str> {
    let holders = list_at(live, "/metadata/managedFields").iter().filter(|holder| {
        text_at(holder, "/subresource").is_empty()
            && holder.get("fieldsV1").is_some_and(|fields| holds(fields, path))
    });
    // RFC 3339 in UTC sorts as text.
    holders.max_by_key(|holder| text_at(holder, "/time")).map(|holder| text_at(holder, "/manager"))
}

/// Whether a set of fields (`fieldsV1`: `f:` members, `k:` entries) has the path, or an atomic field on the way to it.
fn holds(fields: &Value, path: &[Step]) -> bool {
    let mut here = fields;
    for step in path {
        if here.as_object().is_none_or(|members| members.keys().all(|key| key == ".")) {
            return here != fields;
        }
        let below = match step {
            Step::Member(name) => here.get(format!("f:{name}")),
            Step::Entry(name) => here.as_object().and_then(|members| {
                let is_it = |key: &String| {
                    let identity =
                        key.strip_prefix("k:").and_then(|key| serde_json::from_str::<Value>(key).ok());
                    identity.is_some_and(|identity| text_at(&identity, "/name") == name)
                };
                members.iter().find(|(key, _)| is_it(key)).map(|(_, below)| below)
            }),
        };
        let Some(below) = below else { return false };
        here = below;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn drifts(sent: Value, stored: Value, live: Value) -> Vec<String> {
        let fields = applied_fields(&json!({"spec": sent}), &json!({"spec": stored}));
        drift(&fields, &live).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_write_back_of_what_nobody_applied_is_no_drift() {
        let sent = json!({"model": {"id": "a/b"}, "env": [{"name": "A", "value": "1"}]});
        let stored =
            json!({"model": {"id": "a/b", "source": "huggingface"}, "env": [{"name": "A", "value": "1"}]});
        let live = json!({"spec": {
            "model": {"id": "a/b", "source": "x"}, "engine": {"type": "vllm"},
            "env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
        }});
        assert_eq!(drifts(sent, stored, live), [""; 0]);
    }

    #[test]
    fn the_server_may_write_a_value_in_its_own_way() {
        let stored = json!({"memory": "1Gi"});
        assert_eq!(
            drifts(json!({"memory": "1024Mi", "unknown": 1}), stored, json!({"spec": {"memory": "1Gi"}})),
            [""; 0]
        );
    }

    #[test]
    fn what_is_written_back_in_another_form_is_no_drift() {
        let sent = json!({"a": false, "b": "", "c": 0, "d": {}, "e": [], "memory": "1024Mi", "f": {}});
        let live = json!({"spec": {"memory": "1Gi", "f": {"chosen": true}}});
        assert_eq!(drifts(sent.clone(), sent, live), [""; 0]);
        let sent = json!({"a": true, "b": "x", "memory": "1024Mi"});
        assert_eq!(drifts(sent.clone(), sent, json!({"spec": {"memory": "2Gi"}})).len(), 3);
    }

    #[test]
    fn a_changed_field_is_named_with_the_manager_that_holds_it_now() {
        let sent = json!({"scaling": {"replicas": 1}, "engine": {"args": {"x": "1"}}, "env": [{"name": "A", "value": "1"}], "gone": 1});
        let live = json!({
            "metadata": {"managedFields": [
                {"manager": "ours", "time": "2026-11-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:scaling": {"f:replicas": {}}, "f:engine": {"f:args": {"f:x": {}}}}}},
                {"manager": "hpa", "time": "2026-11-01T00:00:09Z", "fieldsV1": {"f:spec": {"f:scaling": {"f:replicas": {}}}}},
                {"manager": "status", "subresource": "status", "time": "2026-11-01T00:00:10Z", "fieldsV1": {"f:spec": {}}},
                {"manager": "edit", "time": "2026-11-01T00:00:08Z", "fieldsV1": {"f:spec": {"f:engine": {"f:args": {}}, "f:env": {"k:{\"name\":\"A\"}": {"f:value": {}}}}}},
            ]},
            "spec": {"scaling": {"replicas": 3}, "engine": {"args": {"x": "2"}}, "env": [{"name": "A", "value": "2"}]},
        });
        assert_eq!(
            drifts(sent.clone(), sent, live),
            [
                "spec.scaling.replicas was changed by \"hpa\"",
                "spec.engine.args.x was changed by \"edit\"",
                "spec.env[A].value was changed by \"edit\"",
                "spec.gone was changed or removed",
            ]
        );
    }
}
