//! Quantities (`apiserver/pkg/cel/library/quantity.go`).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::kubernetes::quantity::Quantity;
use crate::core::schema::cel::value::{Failure, Value};
use std::cmp::Ordering;
use std::rc::Rc;

pub(super) const FUNCTIONS: [Function; 11] = [
    function("quantity", 1, Run::Plain(quantity), cost::TRAVERSE),
    function("isQuantity", 1, Run::Plain(is_quantity), cost::TRAVERSE),
    function("sign", 1, Run::Plain(sign), cost::ONE),
    method("isGreaterThan", 2, Run::Plain(|values| holds(values, Ordering::is_gt)), cost::ONE),
    method("isLessThan", 2, Run::Plain(|values| holds(values, Ordering::is_lt)), cost::ONE),
    method("compareTo", 2, Run::Plain(compare_to), cost::ONE),
    method("asApproximateFloat", 1, Run::Plain(as_float), cost::ONE),
    method("asInteger", 1, Run::Plain(as_integer), cost::ONE),
    method("isInteger", 1, Run::Plain(is_integer), cost::ONE),
    method("add", 2, Run::Plain(|values| sum(values, false)), cost::ONE),
    method("sub", 2, Run::Plain(|values| sum(values, true)), cost::ONE),
];

fn quantity<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(match Quantity::parse(text) {
        Ok(quantity) => Ok(Value::Quantity(Rc::new(quantity))),
        Err(error) => Err(Failure::error(error.to_string())),
    })
}

fn is_quantity<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(Ok(Value::Bool(Quantity::parse(text).is_ok())))
}

fn sign<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Quantity(quantity)] = values else { return None };
    let sign = if quantity.is_zero() {
        0
    } else if quantity.is_negative() {
        -1
    } else {
        1
    };
    Some(Ok(Value::Int(sign)))
}

/// The order of two quantities or two versions, which share these methods.
fn order(values: &[Value<'_>]) -> Option<Ordering> {
    match values {
        [Value::Quantity(left), Value::Quantity(right)] => Some(left.cmp(right)),
        [Value::Semver(left), Value::Semver(right)] => Some(left.cmp_precedence(right)),
        _ => None,
    }
}

fn holds<'a>(values: &[Value<'a>], holds: fn(Ordering) -> bool) -> Answer<'a> {
    order(values).map(|order| Ok(Value::Bool(holds(order))))
}

fn compare_to<'a>(values: &[Value<'a>]) -> Answer<'a> {
    order(values).map(|order| Ok(Value::Int(i64::from(order as i8))))
}

fn as_float<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Quantity(quantity)] = values else { return None };
    Some(Ok(Value::Double(quantity.to_f64())))
}

fn as_integer<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Quantity(quantity)] = values else { return None };
    let whole = quantity.to_exact_i64().map(Value::Int);
    Some(whole.ok_or_else(|| Failure::error("cannot convert value to integer")))
}

fn is_integer<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Quantity(quantity)] = values else { return None };
    Some(Ok(Value::Bool(quantity.to_exact_i64().is_some())))
}

fn sum<'a>(values: &[Value<'a>], subtracts: bool) -> Answer<'a> {
    let (left, right) = match values {
        [Value::Quantity(left), Value::Quantity(right)] => (left, Rc::clone(right)),
        [Value::Quantity(left), Value::Int(right)] => (left, Rc::new(Quantity::whole(*right))),
        _ => return None,
    };
    let result = if subtracts { left.minus(&right) } else { left.plus(&right) };
    let odd = || Failure::NotEvaluated("a sum of quantities that are far apart".to_owned());
    Some(result.map(|sum| Value::Quantity(Rc::new(sum))).ok_or_else(odd))
}
