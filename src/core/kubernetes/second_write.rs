//! What a second write of an object takes away, and what it leaves of earlier writes by kubectl.
//!
//! Server-side apply removes what the same manager applied before and no longer says, and never what another manager holds
//! (Kubernetes documentation, "Server-Side Apply": field management). Neither shows in its answer.

use crate::core::kubernetes::json::{list_at, text};
use serde_json::Value;

/// Managers that `kubectl apply` and `kubectl create` write as: whoever moves on to another tool leaves their fields behind.
const KUBECTL: [(&str, &str); 3] =
    [("kubectl-client-side-apply", "Update"), ("kubectl-create", "Update"), ("kubectl", "Apply")];

/// What kubectl keeps for itself.
const KUBECTLS_OWN: &str = "kubectl.kubernetes.io/";

/// Deeper than any object that the parsers let in.
const MAX_DEPTH: usize = 128;

/// A field of a live object that the new one does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsaid {
    /// Its path, for people: `spec.scaling.replicas`, `spec.env[HF_HOME]`.
    pub path: String,
    /// Its place in the live object, as a JSON pointer.
    pub pointer: String,
    /// What it holds.
    pub was: Value,
    /// What it will hold, where a default takes its place.
    pub becomes: Option<Value>,
}

/// What `manager` applied before, `applied` no longer says and `stored`, the object after the write, no longer has.
pub fn removed(live: &Value, applied: &Value, stored: &Value, manager: &str) -> Vec<Unsaid> {
    let found =
        unsaid(live, applied, stored, true, |name, operation| name == manager && operation == "Apply");
    found.into_iter().flat_map(entries).collect()
}

/// What kubectl wrote before and `applied` does not say; it stays. `fresh` is the object as it would be without a live one:
/// what is the same there is a default, and nobody's wish.
pub fn left_behind(live: &Value, applied: &Value, fresh: &Value) -> Vec<Unsaid> {
    let is_kubectl = |name: &str, operation: &str| KUBECTL.contains(&(name, operation));
    unsaid(live, applied, fresh, false, is_kubectl)
}

fn unsaid(
    live: &Value,
    applied: &Value,
    other: &Value,
    in_lists: bool,
    counts: impl Fn(&str, &str) -> bool,
) -> Vec<Unsaid> {
    let mut found = Vec::new();
    for entry in list_at(live, "/metadata/managedFields") {
        // Other subresources, such as the status, are not applied.
        let counts = counts(text(entry, &["manager"]), text(entry, &["operation"]))
            && text(entry, &["subresource"]).is_empty();
        if let Some(fields) = entry.get("fieldsV1").filter(|_| counts) {
            let here =
                Here { live, applied: Some(applied), other: Some(other), path: "", pointer: "", in_lists };
            here.collect(fields, 0, &mut found);
        }
    }
    found.retain(|field| !field.path.contains(KUBECTLS_OWN));
    found
}

/// One place in the three objects.
struct Here<'a> {
    live: &'a Value,
    applied: Option<&'a Value>,
    other: Option<&'a Value>,
    path: &'a str,
    pointer: &'a str,
    /// Whether entries of a list that is replaced as a whole count one by one.
    in_lists: bool,
}

impl Here<'_> {
    fn collect(&self, fields: &Value, depth: usize, found: &mut Vec<Unsaid>) {
        let Some(fields) = fields.as_object().filter(|_| depth < MAX_DEPTH) else { return };
        for (key, below) in fields {
            if let Some(name) = key.strip_prefix("f:") {
                let Some(live) = self.live.get(name) else { continue };
                let here = Here {
                    live,
                    applied: self.applied.and_then(|value| value.get(name)),
                    other: self.other.and_then(|value| value.get(name)),
                    path: &joined(self.path, name),
                    pointer: &format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1")),
                    in_lists: self.in_lists,
                };
                if has_members(below) {
                    here.collect(below, depth + 1, found);
                } else {
                    here.note(found);
                }
            } else if let Some(identity) =
                key.strip_prefix("k:").and_then(|text| serde_json::from_str::<Value>(text).ok())
            {
                self.collect_entry(&identity, below, depth, found);
            }
        }
    }

    /// An entry of a list whose entries are told apart by fields: it goes as a whole, or some of its fields do.
    fn collect_entry(&self, identity: &Value, below: &Value, depth: usize, found: &mut Vec<Unsaid>) {
        let entry_of = |list: Option<&'_ Value>| -> Option<usize> {
            list?.as_array()?.iter().position(|entry| is_identified(entry, identity))
        };
        let at = |list: Option<&'_ Value>| {
            entry_of(list).zip(list).and_then(|(index, list)| list.get(index).cloned())
        };
        let Some(index) = entry_of(Some(self.live)) else { return };
        let Some(live) = self.live.get(index) else { return };
        let (applied, other) = (at(self.applied), at(self.other));
        let names: Vec<String> =
            identity.as_object().into_iter().flat_map(|map| map.values()).map(shown).collect();
        let here = Here {
            live,
            applied: applied.as_ref(),
            other: other.as_ref(),
            path: &format!("{}[{}]", self.path, names.join(",")),
            pointer: &format!("{}/{index}", self.pointer),
            in_lists: self.in_lists,
        };
        if here.applied.is_some() { here.collect(below, depth + 1, found) } else { here.note(found) }
    }

    fn note(&self, found: &mut Vec<Unsaid>) {
        let is_empty = match self.live {
            Value::Object(members) => members.is_empty(),
            Value::Array(entries) => entries.is_empty(),
            Value::Null => true,
            _ => false,
        };
        if let (Some(applied), true) = (self.applied, self.in_lists) {
            return self.note_entries(applied, found);
        }
        let is_new = found.iter().all(|field| field.pointer != self.pointer);
        if self.applied.is_none() && self.other != Some(self.live) && !is_empty && is_new {
            found.push(Unsaid {
                path: self.path.to_owned(),
                pointer: self.pointer.to_owned(),
                was: self.live.clone(),
                becomes: self.other.cloned(),
            });
        }
    }

    /// The entries of a list that the new list does not have; of named ones those whose name is gone.
    fn note_entries(&self, applied: &Value, found: &mut Vec<Unsaid>) {
        let (Value::Array(live), Value::Array(applied)) = (self.live, applied) else { return };
        let name = |entry: &'_ Value| entry.get("name").cloned();
        let stays = |entry: &Value| match name(entry) {
            Some(own) => applied.iter().any(|other| name(other).as_ref() == Some(&own)),
            None => applied.contains(entry),
        };
        let gone: Vec<Value> = live.iter().filter(|entry| !stays(entry)).cloned().collect();
        if !gone.is_empty() && found.iter().all(|field| field.pointer != self.pointer) {
            let (path, pointer) = (self.path.to_owned(), self.pointer.to_owned());
            found.push(Unsaid { path, pointer, was: gone.into(), becomes: None });
        }
    }
}

/// A list of named entries, one by one.
fn entries(field: Unsaid) -> Vec<Unsaid> {
    let named = |entry: &Value| entry.get("name").and_then(Value::as_str).map(str::to_owned);
    let names: Option<Vec<String>> = field.was.as_array().and_then(|list| list.iter().map(named).collect());
    let Some((names, list)) = names.zip(field.was.as_array()) else { return vec![field] };
    let entry = |(name, was): (String, &Value)| Unsaid {
        path: format!("{}[{name}]", field.path),
        pointer: field.pointer.clone(),
        was: was.clone(),
        becomes: None,
    };
    names.into_iter().zip(list).map(entry).collect()
}

/// Whether fields below this one are named; `.` is the field itself.
fn has_members(fields: &Value) -> bool {
    fields
        .as_object()
        .is_some_and(|fields| fields.keys().any(|key| key.starts_with("f:") || key.starts_with("k:")))
}

fn is_identified(entry: &Value, identity: &Value) -> bool {
    identity
        .as_object()
        .is_some_and(|identity| identity.iter().all(|(key, value)| entry.get(key) == Some(value)))
}

fn joined(path: &str, name: &str) -> String {
    match (path.is_empty(), name.contains(['.', '/'])) {
        (true, _) => name.to_owned(),
        (false, false) => format!("{path}.{name}"),
        (false, true) => format!("{path}[{name}]"),
    }
}

/// A value in one line: a text as it is, else JSON.
pub fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The JSON patch that takes fields out of a live object: entries of one list from its end, so that no index shifts.
pub fn removal(fields: &[Unsaid]) -> Value {
    let mut pointers: Vec<&str> = fields.iter().map(|field| field.pointer.as_str()).collect();
    let index = |pointer: &str| pointer.rsplit_once('/').and_then(|(_, last)| last.parse::<usize>().ok());
    pointers.sort_by_key(|pointer| std::cmp::Reverse(index(pointer)));
    pointers.into_iter().map(|pointer| serde_json::json!({"op": "remove", "path": pointer})).collect()
}

#[cfg(test)]
mod tests;
