//! Lists taken as sets (`cel-go/ext/sets.go`).

use super::{Answer, Function, Run, cost, function};
use crate::core::schema::cel::equality::contains;
use crate::core::schema::cel::value::{List, Outcome, Value};

pub(super) const FUNCTIONS: [Function; 3] = [
    function("sets.contains", 2, Run::Plain(|values| of_lists(values, holds)), cost::SETS),
    function("sets.equivalent", 2, Run::Plain(|values| of_lists(values, equivalent)), cost::SETS_TWICE),
    function("sets.intersects", 2, Run::Plain(|values| of_lists(values, intersects)), cost::SETS),
];

fn of_lists<'a>(values: &[Value<'a>], run: impl Fn(&List<'a>, &List<'a>) -> Outcome<'a>) -> Answer<'a> {
    match values {
        [Value::List(left), Value::List(right)] => Some(run(left, right)),
        _ => None,
    }
}

fn holds<'a>(list: &List<'a>, part: &List<'a>) -> Outcome<'a> {
    let list = Value::List(list.clone());
    for item in part.iter() {
        if !contains(&list, &item?)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn equivalent<'a>(left: &List<'a>, right: &List<'a>) -> Outcome<'a> {
    match holds(left, right)? {
        Value::Bool(true) => holds(right, left),
        other => Ok(other),
    }
}

fn intersects<'a>(left: &List<'a>, right: &List<'a>) -> Outcome<'a> {
    let right = Value::List(right.clone());
    for item in left.iter() {
        if contains(&right, &item?) == Ok(true) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
