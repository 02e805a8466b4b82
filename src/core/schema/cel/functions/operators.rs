//! Operators and the functions of every type.

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::arithmetic::{add, divide, multiply, negate, remainder, subtract};
use crate::core::schema::cel::equality::{compare, contains, equal};
use crate::core::schema::cel::value::{Failure, Outcome, Value};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: [Function; 16] = [
    function("==", 2, Run::Plain(equals), cost::EQUALITY),
    function("!=", 2, Run::Plain(differs), cost::EQUALITY),
    function("<", 2, Run::Plain(less), cost::ORDER),
    function("<=", 2, Run::Plain(less_or_equal), cost::ORDER),
    function(">", 2, Run::Plain(greater), cost::ORDER),
    function(">=", 2, Run::Plain(greater_or_equal), cost::ORDER),
    function("in", 2, Run::Plain(is_in), cost::MEMBERSHIP),
    function("+", 2, Run::Plain(|values| two(values, add)), cost::ADDITION),
    function("-", 2, Run::Plain(|values| two(values, subtract)), cost::ONE),
    function("*", 2, Run::Plain(|values| two(values, multiply)), cost::ONE),
    function("/", 2, Run::Plain(|values| two(values, divide)), cost::ONE),
    function("%", 2, Run::Plain(|values| two(values, remainder)), cost::ONE),
    function("-_", 1, Run::Plain(|values| values.first().map(negate)), cost::ONE),
    function("!_", 1, Run::Plain(not), cost::ONE),
    function("size", 1, Run::Plain(size), cost::ONE),
    method("size", 1, Run::Plain(size), cost::ONE),
];

fn two<'a>(values: &[Value<'a>], operator: impl Fn(&Value<'a>, &Value<'a>) -> Outcome<'a>) -> Answer<'a> {
    match values {
        [left, right] => Some(operator(left, right)),
        _ => None,
    }
}

fn equals<'a>(values: &[Value<'a>]) -> Answer<'a> {
    two(values, |left, right| equal(left, right).map(Value::Bool))
}

/// A comparison that fails counts as a difference.
fn differs<'a>(values: &[Value<'a>]) -> Answer<'a> {
    two(values, |left, right| Ok(Value::Bool(equal(left, right) != Ok(true))))
}

fn ordered<'a>(values: &[Value<'a>], operator: &str, holds: fn(Ordering) -> bool) -> Answer<'a> {
    two(values, |left, right| compare(left, right, operator).map(|order| Value::Bool(holds(order))))
}

fn less<'a>(values: &[Value<'a>]) -> Answer<'a> {
    ordered(values, "_<_", Ordering::is_lt)
}

fn less_or_equal<'a>(values: &[Value<'a>]) -> Answer<'a> {
    ordered(values, "_<=_", Ordering::is_le)
}

fn greater<'a>(values: &[Value<'a>]) -> Answer<'a> {
    ordered(values, "_>_", Ordering::is_gt)
}

fn greater_or_equal<'a>(values: &[Value<'a>]) -> Answer<'a> {
    ordered(values, "_>=_", Ordering::is_ge)
}

fn is_in<'a>(values: &[Value<'a>]) -> Answer<'a> {
    two(values, |item, holder| contains(holder, item).map(Value::Bool))
}

fn not<'a>(values: &[Value<'a>]) -> Answer<'a> {
    match values {
        [Value::Bool(flag)] => Some(Ok(Value::Bool(!flag))),
        _ => Some(Err(Failure::no_overload())),
    }
}

fn size<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let size = match values {
        [Value::Text(text)] => text.chars().count(),
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(list)] => list.len(),
        [Value::Map(map)] => map.len(),
        [Value::Duration(_) | Value::Timestamp(_)] => return Some(Err(Failure::no_overload())),
        _ => return Some(Err(Failure::error("no such overload: size"))),
    };
    Some(Ok(Value::count(size)))
}
