//! Values that may be absent (`cel-go/cel/library.go`, optional types version 2).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::value::{Failure, List, Map, Value};

pub(super) const FUNCTIONS: [Function; 11] = [
    function(
        "optional.of",
        1,
        Run::Plain(|values| values.first().cloned().map(|value| Ok(Value::some(value)))),
        cost::ONE,
    ),
    function("optional.ofNonZeroValue", 1, Run::Plain(of_non_zero), cost::ONE),
    function("optional.none", 0, Run::Plain(|_| Some(Ok(Value::Optional(None)))), cost::ONE),
    function("optional.unwrap", 1, Run::Plain(unwrap), cost::ONE),
    method("unwrapOpt", 1, Run::Plain(unwrap), cost::ONE),
    method("hasValue", 1, Run::Plain(has_value), cost::ONE),
    method("value", 1, Run::Plain(value), cost::ONE),
    method("first", 1, Run::Plain(|values| at(values, |_| 0)), cost::ONE),
    method("last", 1, Run::Plain(|values| at(values, |length| length.wrapping_sub(1))), cost::ONE),
    method("or", 2, Run::Or, cost::FREE),
    method("orValue", 2, Run::OrValue, cost::FREE),
];

fn of_non_zero<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let value = values.first()?;
    let is_zero = match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) | Value::Duration(0) => true,
        Value::Double(double) => *double == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        // Parts of the object are never zero, in the server as well.
        Value::List(List::Made { items, .. }) => items.is_empty(),
        Value::Map(Map::Made(map)) => map.len() == 0,
        Value::Timestamp(at) => at.seconds == -62_135_596_800 && at.nanos == 0,
        _ => false,
    };
    Some(Ok(if is_zero { Value::Optional(None) } else { Value::some(value.clone()) }))
}

fn unwrap<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list)] = values else { return None };
    let mut kept = Vec::new();
    for item in list.iter() {
        match item {
            Ok(Value::Optional(Some(value))) => kept.push((*value).clone()),
            Ok(Value::Optional(None)) => {}
            Ok(other) => {
                let words =
                    format!("value {} is not an optional", crate::core::schema::cel::print::shown(&other));
                return Some(Err(Failure::error(words)));
            }
            Err(failure) => return Some(Err(failure)),
        }
    }
    Some(Ok(Value::List(List::made(kept))))
}

fn has_value<'a>(values: &[Value<'a>]) -> Answer<'a> {
    match values {
        [Value::Optional(value)] => Some(Ok(Value::Bool(value.is_some()))),
        _ => None,
    }
}

fn value<'a>(values: &[Value<'a>]) -> Answer<'a> {
    match values {
        [Value::Optional(Some(value))] => Some(Ok((**value).clone())),
        [Value::Optional(None)] => Some(Err(Failure::error("optional.none() dereference"))),
        _ => None,
    }
}

fn at<'a>(values: &[Value<'a>], index: impl Fn(usize) -> usize) -> Answer<'a> {
    let [Value::List(list)] = values else { return None };
    Some(match list.get(index(list.len())) {
        Some(item) => item.map(Value::some),
        None => Ok(Value::Optional(None)),
    })
}
