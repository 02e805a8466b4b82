//! Whether two values are equal, and which comes first (`cel-go/common/types`, and for parts of the object
//! `apiserver/pkg/cel/common/valuesunstructured.go`).

use super::data;
use super::value::{Failure, List, Map, Text, Value};
use crate::core::schema::structural::{ListType, Schema};
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::collections::HashMap;

/// `left == right`.
///
/// # Errors
/// When the left side does not compare itself with values of the right side's type.
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Failure> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        _ => same(left, right),
    }
}

/// The left side's own comparison.
pub(super) fn same(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Failure> {
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => **left == **right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::Timestamp(left), Value::Timestamp(right)) => left.total_nanos() == right.total_nanos(),
        (Value::Kind(left), Value::Kind(right)) => left == right,
        (
            Value::Int(_) | Value::Uint(_) | Value::Double(_),
            Value::Int(_) | Value::Uint(_) | Value::Double(_),
        ) => numbers(left, right) == Some(Ordering::Equal),
        (Value::Optional(left), Value::Optional(right)) => match (left, right) {
            (None, None) => true,
            (Some(left), Some(right)) => return same(left, right),
            _ => false,
        },
        (Value::List(left), _) => return lists(left, right),
        (Value::Map(left), _) => return maps(left, right),
        (Value::Opaque(left), Value::Opaque(right)) => left == right,
        (Value::Quantity(left), Value::Quantity(right)) => left == right,
        (Value::Ip(left), Value::Ip(right)) => left == right,
        (Value::Cidr(left), Value::Cidr(right)) => left == right,
        (Value::Semver(left), Value::Semver(right)) => left.cmp_precedence(right) == Ordering::Equal,
        (Value::Url(left), Value::Url(right)) => left.text() == right.text(),
        (Value::Format(left), Value::Format(right)) => left.name == right.name,
        (
            Value::Quantity(_)
            | Value::Ip(_)
            | Value::Cidr(_)
            | Value::Semver(_)
            | Value::Url(_)
            | Value::Format(_),
            _,
        ) => return Err(Failure::no_overload()),
        _ => false,
    })
}

/// Two numbers of any types; `None` when one is not a number.
fn numbers(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    let whole = |value: &Value<'_>| match value {
        Value::Int(whole) => Some(i128::from(*whole)),
        Value::Uint(whole) => Some(i128::from(*whole)),
        _ => None,
    };
    match (left, right) {
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (Value::Double(left), _) => with_whole(*left, whole(right)?),
        (_, Value::Double(right)) => with_whole(*right, whole(left)?).map(Ordering::reverse),
        _ => Some(whole(left)?.cmp(&whole(right)?)),
    }
}

/// The server compares with the whole number turned into a double.
#[expect(clippy::cast_precision_loss, reason = "what Go does")]
fn with_whole(double: f64, whole: i128) -> Option<Ordering> {
    double.partial_cmp(&(whole as f64))
}

/// The order of two values.
///
/// # Errors
/// When they have none; `operator` is for the words.
pub(super) fn compare(left: &Value<'_>, right: &Value<'_>, operator: &str) -> Result<Ordering, Failure> {
    let is_number = |value: &Value<'_>| matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_));
    Ok(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => (**left).cmp(&**right),
        (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.total_nanos().cmp(&right.total_nanos()),
        _ if is_number(left) && is_number(right) => {
            return numbers(left, right).ok_or_else(|| Failure::error("NaN values cannot be ordered"));
        }
        (Value::Bool(_) | Value::Text(_) | Value::Bytes(_) | Value::Duration(_) | Value::Timestamp(_), _) => {
            return Err(Failure::no_overload());
        }
        _ if is_number(left) => return Err(Failure::no_overload()),
        _ => return Err(Failure::error(format!("no such overload: {operator}"))),
    })
}

/// Lists that the server reads by their schema compare themselves in their own way.
fn is_of_the_object(list: &List<'_>) -> bool {
    list.schema().is_some()
}

fn lists(left: &List<'_>, right: &Value<'_>) -> Result<bool, Failure> {
    let Value::List(right) = right else {
        // Lists of the object insist on a list, those made by an expression do not.
        return if is_of_the_object(left) { Err(Failure::no_overload()) } else { Ok(false) };
    };
    if left.len() != right.len() {
        return Ok(false);
    }
    match left.list_type() {
        Some((ListType::Set, _)) => return set_holds(left, right),
        Some((_, schema)) => return map_list_equals(left, right, schema),
        None => {}
    }
    for (left_item, right_item) in left.iter().zip(right.iter()) {
        let (left_item, right_item) = (left_item?, right_item?);
        if is_of_the_object(left) {
            if !same(&left_item, &right_item)? {
                return Ok(false);
            }
        } else if equal(&left_item, &right_item) == Ok(false) {
            // Here an error counts as equal, in the server as well.
            return Ok(false);
        }
    }
    Ok(true)
}

fn set_holds(set: &List<'_>, items: &List<'_>) -> Result<bool, Failure> {
    let known: Vec<Value<'_>> = set.iter().collect::<Result<_, _>>()?;
    for item in items.iter() {
        let item = item?;
        if !known.iter().any(|each| each.kind() == item.kind() && same(each, &item) == Ok(true)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Entries are found by their keys, in any order.
fn map_list_equals(left: &List<'_>, right: &List<'_>, schema: &Schema) -> Result<bool, Failure> {
    let mut by_key = HashMap::new();
    for item in left.iter() {
        let item = item?;
        by_key.insert(entry_key(&item, schema), item);
    }
    for item in right.iter() {
        let item = item?;
        match by_key.get(&entry_key(&item, schema)) {
            None => return Ok(false),
            Some(found) if !same(found, &item)? => return Ok(false),
            Some(_) => {}
        }
    }
    Ok(true)
}

/// The key of an entry of a map list, as one text. The server looks for the escaped names of the keys.
pub(super) fn entry_key(item: &Value<'_>, schema: &Schema) -> String {
    let mut text = String::new();
    for name in &schema.list_map_keys {
        let escaped = data::escape(name).unwrap_or_else(|| name.to_string());
        let part = match item {
            Value::Map(Map::Data { members, .. }) => members.get(&escaped).map(Json::to_string),
            Value::Map(map) => {
                let found = map.find(&Value::Text(Text::Borrowed(&escaped))).ok().flatten();
                found.map(|value| super::print::shown(&value))
            }
            _ => None,
        };
        text.push_str(&part.unwrap_or_default());
        text.push('\u{0}');
    }
    text
}

fn maps(left: &Map<'_>, right: &Value<'_>) -> Result<bool, Failure> {
    let right = match (left, right) {
        (_, Value::Map(right)) => right,
        (Map::Data { schema: Some(_), .. }, _) => return Err(Failure::no_overload()),
        _ => return Ok(false),
    };
    if left.len() != right.len() {
        return Ok(false);
    }
    match left {
        Map::Made(left) => {
            for (key, value) in left.entries() {
                match right.find(key)? {
                    None => return Ok(false),
                    Some(other) if equal(value, &other) == Ok(false) => return Ok(false),
                    Some(_) => {}
                }
            }
            Ok(true)
        }
        Map::Data { members, schema: None, .. } => {
            for (name, json) in *members {
                match right.find(&Value::Text(Text::Borrowed(name)))? {
                    None => return Ok(false),
                    Some(other) if equal(&data::plain(json), &other) == Ok(false) => return Ok(false),
                    Some(_) => {}
                }
            }
            Ok(true)
        }
        Map::Data { members, schema: Some(schema), is_resource } => {
            for (name, json) in *members {
                if !data::is_known(schema, *is_resource, name) {
                    // Members the schema does not name are compared only where the other side has them.
                    let other = match right {
                        Map::Data { members, .. } => members.get(name),
                        Map::Made(_) => return Err(Failure::no_overload()),
                    };
                    if other.is_some_and(|other| other != json) {
                        return Ok(false);
                    }
                    continue;
                }
                // Looked up by the name as it is, in the server as well.
                let key = Value::Text(Text::Borrowed(name));
                match (left.find(&key)?, right.find(&key)?) {
                    (None, None) => {}
                    (Some(value), Some(other)) => {
                        if !same(&value, &other)? {
                            return Ok(false);
                        }
                    }
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
    }
}

/// `item in list`, `key in map`.
///
/// # Errors
/// When the right side holds nothing, or a comparison fails and none succeeds.
pub(super) fn contains(holder: &Value<'_>, item: &Value<'_>) -> Result<bool, Failure> {
    match holder {
        Value::Map(map) => Ok(map.find(item)?.is_some()),
        Value::List(list) => {
            let mut failure = None;
            for each in list.iter() {
                let compared = match each {
                    Ok(each) if is_of_the_object(list) => same(&each, item),
                    Ok(each) => same(item, &each).or(Ok(false)),
                    Err(error) => Err(error),
                };
                match compared {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            failure.map_or(Ok(false), Err)
        }
        _ => Err(Failure::no_overload()),
    }
}
