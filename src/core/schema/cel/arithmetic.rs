//! `+`, `-`, `*`, `/` and `%`, with Go's checks for overflow (`cel-go/common/types/overflow.go`).

use super::equality::{entry_key, same};
use super::time::Timestamp;
use super::value::{Failure, List, Outcome, Value};
use crate::core::schema::structural::ListType;
use std::collections::HashMap;
use std::rc::Rc;

/// Longest text, or largest list, that an expression may make. The server knows no such limit for all functions; what
/// would exceed this one does not fit into an object either.
pub(super) const SIZE_LIMIT: usize = 16 << 20;

/// Refuses to make something too large.
///
/// # Errors
/// When `size` is beyond the limit.
pub(super) fn check_size(size: usize) -> Result<(), Failure> {
    if size > SIZE_LIMIT {
        return Err(Failure::NotEvaluated(format!("a value of more than {SIZE_LIMIT} bytes or items")));
    }
    Ok(())
}

/// No type of the left side has this operator.
fn without(operator: &str, left: &Value<'_>) -> Failure {
    match left {
        // These three look for a method of that name before they give up, in other words.
        Value::Text(_) | Value::Duration(_) | Value::Timestamp(_) => Failure::no_overload(),
        _ => Failure::error(format!("no such overload: {operator}")),
    }
}

/// Also of durations, which are whole nanoseconds.
fn whole_overflow() -> Failure {
    Failure::error("integer overflow")
}

fn unsigned_overflow() -> Failure {
    Failure::error("unsigned integer overflow")
}

fn timestamp_overflow() -> Failure {
    Failure::error("timestamp overflow")
}

fn moved(at: Timestamp, nanos: i128) -> Outcome<'static> {
    let moved = Timestamp::from_nanos(at.total_nanos() + nanos, at.offset);
    moved.map(Value::Timestamp).ok_or_else(timestamp_overflow)
}

/// `left + right`.
pub(super) fn add<'a>(left: &Value<'a>, right: &Value<'a>) -> Outcome<'a> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            left.checked_add(*right).map(Value::Int).ok_or_else(whole_overflow)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            left.checked_add(*right).map(Value::Uint).ok_or_else(unsigned_overflow)
        }
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left + right)),
        (Value::Text(left), Value::Text(right)) => {
            check_size(left.len() + right.len())?;
            Ok(Value::text([&**left, &**right].concat()))
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            check_size(left.len() + right.len())?;
            Ok(Value::Bytes([&**left, &**right].concat().into()))
        }
        (Value::Duration(left), Value::Duration(right)) => {
            left.checked_add(*right).map(Value::Duration).ok_or_else(whole_overflow)
        }
        (Value::Duration(nanos), Value::Timestamp(at)) | (Value::Timestamp(at), Value::Duration(nanos)) => {
            moved(*at, i128::from(*nanos))
        }
        (Value::List(left), Value::List(right)) => join(left, right).map(Value::List),
        (
            Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::Text(_)
            | Value::Bytes(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
            | Value::List(_),
            _,
        ) => Err(Failure::no_overload()),
        _ => Err(without("_+_", left)),
    }
}

/// A list behind another. Sets leave out what is there already; map lists replace entries by their key.
fn join<'a>(left: &List<'a>, right: &List<'a>) -> Result<List<'a>, Failure> {
    check_size(left.len() + right.len())?;
    let mut items: Vec<Value<'a>> = left.iter().collect::<Result<_, _>>()?;
    match left.list_type() {
        Some((ListType::Set, _)) => {
            for item in right.iter() {
                let item = item?;
                if !items.iter().any(|each| each.kind() == item.kind() && same(each, &item) == Ok(true)) {
                    items.push(item);
                }
            }
        }
        Some((_, schema)) => {
            let mut positions: HashMap<String, usize> =
                items.iter().enumerate().map(|(index, item)| (entry_key(item, schema), index)).collect();
            for item in right.iter() {
                let item = item?;
                let key = entry_key(&item, schema);
                match positions.get(&key).and_then(|position| items.get_mut(*position)) {
                    Some(place) => *place = item,
                    None => {
                        positions.insert(key, items.len());
                        items.push(item);
                    }
                }
            }
        }
        None => {
            for item in right.iter() {
                items.push(item?);
            }
        }
    }
    let schema = left.list_type().map(|(_, schema)| schema);
    Ok(List::Made { items: Rc::new(items), schema })
}

/// `left - right`.
pub(super) fn subtract<'a>(left: &Value<'a>, right: &Value<'a>) -> Outcome<'a> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            left.checked_sub(*right).map(Value::Int).ok_or_else(whole_overflow)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            left.checked_sub(*right).map(Value::Uint).ok_or_else(unsigned_overflow)
        }
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left - right)),
        (Value::Duration(left), Value::Duration(right)) => {
            left.checked_sub(*right).map(Value::Duration).ok_or_else(whole_overflow)
        }
        (Value::Timestamp(at), Value::Duration(nanos)) => moved(*at, -i128::from(*nanos)),
        (Value::Timestamp(left), Value::Timestamp(right)) => {
            let nanos = i64::try_from(left.total_nanos() - right.total_nanos());
            nanos.map(Value::Duration).map_err(|_| whole_overflow())
        }
        (Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_) | Value::Timestamp(_), _) => {
            Err(Failure::no_overload())
        }
        _ => Err(without("_-_", left)),
    }
}

/// `left * right`.
pub(super) fn multiply<'a>(left: &Value<'a>, right: &Value<'a>) -> Outcome<'a> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            left.checked_mul(*right).map(Value::Int).ok_or_else(whole_overflow)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            left.checked_mul(*right).map(Value::Uint).ok_or_else(unsigned_overflow)
        }
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left * right)),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => Err(Failure::no_overload()),
        _ => Err(without("_*_", left)),
    }
}

/// `left / right`.
pub(super) fn divide<'a>(left: &Value<'a>, right: &Value<'a>) -> Outcome<'a> {
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => {
            Err(Failure::error("division by zero"))
        }
        (Value::Int(left), Value::Int(right)) => {
            left.checked_div(*right).map(Value::Int).ok_or_else(whole_overflow)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            left.checked_div(*right).map(Value::Uint).ok_or_else(unsigned_overflow)
        }
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left / right)),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => Err(Failure::no_overload()),
        _ => Err(without("_/_", left)),
    }
}

/// `left % right`.
pub(super) fn remainder<'a>(left: &Value<'a>, right: &Value<'a>) -> Outcome<'a> {
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => {
            Err(Failure::error("modulus by zero"))
        }
        (Value::Int(left), Value::Int(right)) => {
            left.checked_rem(*right).map(Value::Int).ok_or_else(whole_overflow)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            left.checked_rem(*right).map(Value::Uint).ok_or_else(unsigned_overflow)
        }
        (Value::Int(_) | Value::Uint(_), _) => Err(Failure::no_overload()),
        _ => Err(without("_%_", left)),
    }
}

/// `-value`.
pub(super) fn negate<'a>(value: &Value<'a>) -> Outcome<'a> {
    match value {
        Value::Int(whole) => whole.checked_neg().map(Value::Int).ok_or_else(whole_overflow),
        Value::Double(double) => Ok(Value::Double(-double)),
        Value::Duration(nanos) => nanos.checked_neg().map(Value::Duration).ok_or_else(whole_overflow),
        Value::Bool(_) => Err(Failure::no_overload()),
        _ => Err(without("-_", value)),
    }
}
