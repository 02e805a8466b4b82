//! What an update did not change, which the server does not judge again
//! (`apiextensions-apiserver/pkg/apiserver/validation/ratcheting.go`, `apiserver/pkg/cel/common/equality.go`).

use super::structural::{ListType, Schema};
use super::text;
use serde_json::Value;
use std::collections::HashMap;

/// The server's comparison of old and new, along the schema: an object with a member that the schema does not name, and
/// an entry of a list map whose key is new, count as changed.
pub(super) fn is_unchanged(value: &Value, old: &Value, schema: &Schema) -> bool {
    match (value, old) {
        (Value::Object(members), Value::Object(old)) => {
            members.len() == old.len()
                && members.iter().all(|(name, member)| {
                    let below = schema.property(name).or_else(|| schema.additional_schema());
                    below.zip(old.get(name)).is_some_and(|(below, old)| is_unchanged(member, old, below))
                })
        }
        (Value::Array(items), Value::Array(old_items)) if schema.list_type == Some(ListType::Map) => {
            let replaced = OldItems::of(Some(old), schema);
            items.len() == old_items.len()
                && items.iter().all(|item| {
                    let pair = schema.items().zip(replaced.get(item));
                    pair.is_some_and(|(below, old)| is_unchanged(item, old, below))
                })
        }
        _ => value == old,
    }
}

/// The entries of the list that this one replaces, by their keys; only lists that are maps can tell.
pub(super) struct OldItems<'a> {
    keys: &'a [Box<str>],
    by_key: HashMap<String, &'a Value>,
}

impl<'a> OldItems<'a> {
    pub(super) fn of(old: Option<&'a Value>, schema: &'a Schema) -> OldItems<'a> {
        let is_map = schema.list_type == Some(ListType::Map);
        let items = old.filter(|_| is_map).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let keys = schema.list_map_keys.as_slice();
        // The first of several entries with one key counts.
        let by_key = items.iter().rev().filter_map(|item| Some((key_of(item, keys)?, item))).collect();
        OldItems { keys, by_key }
    }

    pub(super) fn get(&self, item: &Value) -> Option<&'a Value> {
        if self.by_key.is_empty() {
            return None;
        }
        self.by_key.get(&key_of(item, self.keys)?).copied()
    }
}

/// The key of an entry as one text; `None` when a part is missing or no scalar.
fn key_of(item: &Value, keys: &[Box<str>]) -> Option<String> {
    let mut text = String::new();
    for name in keys {
        let part = item
            .get(name.as_ref())
            .filter(|part| !part.is_null() && !part.is_object() && !part.is_array())?;
        text.push_str(&text::json(part));
        text.push(',');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use crate::core::schema::{Schema, validate::validate};
    use serde_json::json;

    #[test]
    fn unchanged_errors_do_not_count() {
        let schema = Schema::compile(&json!({"type": "object", "properties": {
            "list": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}, "n": {"type": "integer", "maximum": 1}}}},
            "plain": {"type": "array", "items": {"type": "integer", "maximum": 1}},
            "open": {"type": "object", "maxProperties": 0}}}))
        .expect("a valid schema");
        let paths = |new: serde_json::Value, old: serde_json::Value| -> Vec<String> {
            validate(&new, Some(&old), &schema).into_iter().map(|error| error.path).collect()
        };
        let old = json!({"list": [{"k": "a", "n": 5}, {"k": "b", "n": 1}], "plain": [5, 6]});
        assert_eq!(paths(old.clone(), old.clone()), Vec::<String>::new());
        let moved = json!({"list": [{"k": "b", "n": 7}, {"k": "a", "n": 5}], "plain": [5, 6]});
        assert_eq!(paths(moved, old.clone()), ["list[0].n"], "an entry is found by its key");
        let grown = json!({"list": [{"k": "a", "n": 5}, {"k": "b", "n": 1}], "plain": [5, 6, 0]});
        assert_eq!(
            paths(grown, old),
            ["plain[0]", "plain[1]"],
            "entries of a plain list cannot be told apart"
        );
        let open = json!({"open": {"unnamed": 1}});
        assert_eq!(
            paths(open.clone(), open),
            ["open"],
            "members that the schema does not name count as changed"
        );
    }
}
