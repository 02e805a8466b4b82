//! What a controller's write makes of an object that is there already, before it is written.
//!
//! A preview for differences: what the API server adds or prunes by the schema of the resource is not in it.

mod fields;

pub use fields::dropped;

use serde_json::{Map, Value};

use super::server_side_apply::{self, Lists};

/// How a controller writes an object of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It creates the object once and then leaves it alone.
    Create,
    /// By server-side apply, forced: fields that others own stay. Of a built-in kind.
    Apply {
        /// The name under which it applies.
        manager: &'static str,
    },
    /// By an update of the whole object, once `spec` differs: what others wrote is gone, labels and annotations included.
    Replace(Differs),
    /// By an update of these fields of the object that is there, as JSON pointers, and of its labels, whoever owns it:
    /// what others wrote into them is gone, annotations and other fields stay.
    Fields(&'static [&'static str]),
    /// By a patch of the fields that it knows: what others added to them stays, what it wrote before and no longer says goes.
    MergePatch(&'static Remembered),
}

/// When a controller finds two specs different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// When anything is.
    Exactly,
    /// When anything but empty texts and maps is, which the API server adds as defaults.
    BeyondEmpty,
}

/// How a controller knows what it wrote before.
#[derive(Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The annotation that holds, as JSON, what it wrote last: its fields, `labels` and `annotations`.
    pub annotation: &'static str,
    /// The fields at the root of the object that it writes.
    pub fields: &'static [&'static str],
    /// Paths of maps whose every entry counts as its own while nothing is remembered.
    pub whole: &'static [&'static str],
}

/// The members of the metadata that an update cannot change.
const KEPT_METADATA: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
];

impl Write {
    /// The object that the cluster holds after `sent` was written over `live`.
    pub fn preview(&self, live: &Value, sent: &Value) -> Value {
        match self {
            Write::Create => live.clone(),
            Write::Apply { manager } => server_side_apply::preview(live, sent, manager, Lists::Workload),
            Write::Replace(differs) => replace(live, sent, *differs),
            Write::Fields(pointers) => fields::fields(live, sent, pointers),
            Write::MergePatch(remembered) => merge_patch(live, sent, remembered),
        }
    }
}

/// An update with the whole object, and the status left to its own subresource.
fn replace(live: &Value, sent: &Value, differs: Differs) -> Value {
    let none = Value::Null;
    let spec = |object: &'_ Value| object.get("spec").unwrap_or(&none).clone();
    let (old, new) = (spec(live), spec(sent));
    let same = match differs {
        Differs::Exactly => old == new,
        Differs::BeyondEmpty => without_empty(&old) == without_empty(&new),
    };
    if same {
        return live.clone();
    }
    let mut result = sent.clone();
    let Some(members) = result.as_object_mut() else { return result };
    if let Some(status) = live.get("status") {
        members.insert("status".to_owned(), status.clone());
    }
    if let Some(spec) = members.get_mut("spec").filter(|_| differs == Differs::BeyondEmpty) {
        add_empty(spec, &old);
    }
    let metadata = members.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let (Some(metadata), Some(before)) = (metadata.as_object_mut(), live.get("metadata")) {
        for name in KEPT_METADATA {
            if let Some(value) = before.get(name) {
                metadata.insert(name.to_owned(), value.clone());
            }
        }
    }
    result
}

/// The value without empty texts and maps, in lists as well.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().map(|(name, member)| (name.clone(), without_empty(member)));
            Value::Object(kept.filter(|(_, member)| !is_empty(member)).collect())
        }
        Value::Array(items) => items.iter().map(without_empty).collect(),
        scalar => scalar.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_str().is_some_and(str::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Adds to `new` what was empty in `old`: the API server will do the same.
fn add_empty(new: &mut Value, old: &Value) {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            for (name, old) in old {
                match new.get_mut(name) {
                    Some(new) => add_empty(new, old),
                    None if is_empty(&without_empty(old)) => drop(new.insert(name.clone(), old.clone())),
                    None => {}
                }
            }
        }
        (Value::Array(new), Value::Array(old)) => {
            new.iter_mut().zip(old).for_each(|(new, old)| add_empty(new, old));
        }
        _ => {}
    }
}

fn merge_patch(live: &Value, sent: &Value, remembered: &Remembered) -> Value {
    let annotation = |object: &Value| {
        let annotations = object.get("metadata").and_then(|metadata| metadata.get("annotations"));
        annotations.and_then(|annotations| annotations.get(remembered.annotation)).cloned()
    };
    let last: Option<Value> = annotation(live).and_then(|text| serde_json::from_str(text.as_str()?).ok());
    let last = |name: &str| last.as_ref().and_then(|last| last.get(name)).and_then(Value::as_object);
    let mut result = live.clone();
    let Some(members) = result.as_object_mut() else { return result };
    for field in remembered.fields {
        let old = members.get(*field).and_then(Value::as_object);
        match sent.get(*field).and_then(Value::as_object) {
            Some(new) => {
                let merged = merge(old, new, last(field), field, remembered.whole);
                members.insert((*field).to_owned(), Value::Object(merged));
            }
            None if last(field).is_some() => drop(members.shift_remove(*field)),
            None => {}
        }
    }
    let metadata = members.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    let Some(metadata) = metadata.as_object_mut() else { return result };
    let own = Map::new();
    for name in ["labels", "annotations"] {
        let new = sent.pointer(&format!("/metadata/{name}")).and_then(Value::as_object).unwrap_or(&own);
        let texts = |last: &&Map<String, Value>| last.values().all(Value::is_string);
        let old = metadata.get(name).and_then(Value::as_object);
        let merged = merge(old, new, last(name).filter(texts), name, &[]);
        if merged.is_empty() {
            metadata.shift_remove(name);
        } else {
            metadata.insert(name.to_owned(), Value::Object(merged));
        }
    }
    result
}

/// A map with the members of `new` over those of `old`, without those that were written last and are no longer said.
fn merge(
    old: Option<&Map<String, Value>>,
    new: &Map<String, Value>,
    last: Option<&Map<String, Value>>,
    path: &str,
    whole: &[&str],
) -> Map<String, Value> {
    let mut merged = old.cloned().unwrap_or_default();
    for (name, new) in new {
        let value = match (merged.get(name).and_then(Value::as_object), new.as_object()) {
            (Some(old), Some(new)) => {
                let last = last.and_then(|last| last.get(name)).and_then(Value::as_object);
                Value::Object(merge(Some(old), new, last, &format!("{path}.{name}"), whole))
            }
            _ => new.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged.retain(|name, _| {
        let gone = last.map_or_else(|| whole.contains(&path), |last| last.contains_key(name));
        new.contains_key(name) || !gone
    });
    merged
}

#[cfg(test)]
mod tests;
