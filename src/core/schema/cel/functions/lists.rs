//! Functions of lists (`apiserver/pkg/cel/library/lists.go`, `cel-go/ext/lists.go` version 3).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::arithmetic::{add, check_size};
use crate::core::schema::cel::equality::{compare, same};
use crate::core::schema::cel::kind::Kind;
use crate::core::schema::cel::value::{Failure, List, Outcome, Value};
use crate::core::schema::structural::Type;
use std::cmp::Ordering;

pub(super) const FUNCTIONS: [Function; 11] = [
    method("isSorted", 1, Run::Plain(|values| of_list(values, is_sorted)), cost::DEEP),
    method("sum", 1, Run::Plain(sum), cost::DEEP),
    method(
        "min",
        1,
        Run::Plain(|values| of_list(values, |list| best(list, "min", Ordering::Greater))),
        cost::DEEP,
    ),
    method(
        "max",
        1,
        Run::Plain(|values| of_list(values, |list| best(list, "max", Ordering::Less))),
        cost::DEEP,
    ),
    method("slice", 3, Run::Plain(slice), cost::MADE),
    method("flatten", 1, Run::Plain(flatten), cost::FLATTENED),
    method("flatten", 2, Run::Plain(flatten), cost::FLATTENED),
    method("sort", 1, Run::Plain(|values| of_list(values, |list| sort(list, list))), cost::SELF_COMPARISON),
    method("reverse", 1, Run::Plain(|values| of_list(values, reverse)), cost::MADE),
    method("distinct", 1, Run::Plain(|values| of_list(values, distinct)), cost::SELF_COMPARISON),
    function("lists.range", 1, Run::Plain(range), cost::RANGE),
];

fn of_list<'a>(values: &[Value<'a>], run: impl Fn(&List<'a>) -> Outcome<'a>) -> Answer<'a> {
    match values {
        [Value::List(list)] => Some(run(list)),
        _ => None,
    }
}

fn items<'a>(list: &List<'a>) -> Result<Vec<Value<'a>>, Failure> {
    list.iter().collect()
}

fn made(items: Vec<Value<'_>>) -> Value<'_> {
    Value::List(List::made(items))
}

/// Position of the first equal item, or -1.
pub(super) fn index_of<'a>(list: &List<'a>, item: &Value<'a>) -> Outcome<'a> {
    let found = list.iter().position(|each| each.is_ok_and(|each| same(&each, item) == Ok(true)));
    Ok(found.map_or(Value::Int(-1), Value::count))
}

/// Position of the last equal item, or -1.
pub(super) fn last_index_of<'a>(list: &List<'a>, item: &Value<'a>) -> Outcome<'a> {
    let equals = |index: &usize| {
        list.get(*index).is_some_and(|each| each.is_ok_and(|each| same(&each, item) == Ok(true)))
    };
    Ok((0..list.len()).rev().find(equals).map_or(Value::Int(-1), Value::count))
}

fn is_sorted<'a>(list: &List<'a>) -> Outcome<'a> {
    let items = items(list)?;
    for (left, right) in items.iter().zip(items.iter().skip(1)) {
        // What cannot be compared counts as sorted, as in the server.
        if compare(left, right, "isSorted").is_ok_and(Ordering::is_gt) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn sum<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list)] = values else { return None };
    let items = match items(list) {
        Ok(items) => items,
        Err(failure) => return Some(Err(failure)),
    };
    let zero = match items.first().map_or_else(|| declared(list), Value::kind) {
        Kind::Uint => Value::Uint(0),
        Kind::Double => Value::Double(0.0),
        Kind::Duration => Value::Duration(0),
        Kind::Int => Value::Int(0),
        _ => return None,
    };
    Some(items.iter().try_fold(zero, |total, item| add(&total, item)))
}

/// The type of the items of an empty list, as far as its schema tells.
fn declared(list: &List<'_>) -> Kind {
    let items = list.schema().and_then(|schema| schema.items());
    match items.and_then(|items| items.types.single()) {
        Some(Type::Number) => Kind::Double,
        Some(Type::String) => Kind::Duration,
        _ => Kind::Int,
    }
}

fn best<'a>(list: &List<'a>, name: &str, worse: Ordering) -> Outcome<'a> {
    let mut best: Option<Value<'a>> = None;
    for item in list.iter() {
        let item = item?;
        best = Some(match best {
            Some(best) if compare(&best, &item, name) != Ok(worse) => best,
            _ => item,
        });
    }
    best.ok_or_else(|| Failure::error(format!("{name} called on empty list")))
}

fn slice<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(list), Value::Int(start), Value::Int(end)] = values else { return None };
    let refuse = |why: String| Some(Err(Failure::error(format!("cannot slice({start}, {end}), {why}"))));
    let (Ok(first), Ok(last)) = (usize::try_from(*start), usize::try_from(*end)) else {
        return refuse("negative indexes not supported".to_owned());
    };
    if first > last {
        return refuse("start index must be less than or equal to end index".to_owned());
    }
    if list.len() < last {
        return refuse(format!("list is length {}", list.len()));
    }
    let kept: Result<Vec<_>, _> = (first..last).filter_map(|index| list.get(index)).collect();
    Some(kept.map(made))
}

fn flatten<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let (list, depth) = match values {
        [Value::List(list)] => (list, 1),
        [Value::List(list), Value::Int(depth)] => (list, *depth),
        _ => return None,
    };
    if depth < 0 {
        return Some(Err(Failure::error("level must be non-negative")));
    }
    let mut flat = Vec::new();
    Some(flatten_into(list, depth, &mut flat).map(|()| made(flat)))
}

fn flatten_into<'a>(list: &List<'a>, depth: i64, flat: &mut Vec<Value<'a>>) -> Result<(), Failure> {
    for item in list.iter() {
        match item? {
            Value::List(nested) if depth > 0 => flatten_into(&nested, depth - 1, flat)?,
            other => flat.push(other),
        }
        check_size(flat.len())?;
    }
    Ok(())
}

/// A list in the order of its keys, which are as many.
pub(in crate::core::schema::cel) fn sort<'a>(list: &List<'a>, keys: &List<'a>) -> Outcome<'a> {
    let (items, keys) = (items(list)?, items(keys)?);
    let Some(first) = keys.first().map(Value::kind) else { return Ok(Value::List(list.clone())) };
    let is_comparable = matches!(
        first,
        Kind::Bool
            | Kind::Bytes
            | Kind::Double
            | Kind::Duration
            | Kind::Int
            | Kind::Text
            | Kind::Timestamp
            | Kind::Uint
    );
    if !is_comparable {
        return Err(Failure::error("list elements must be comparable"));
    }
    if keys.iter().any(|key| key.kind() != first) {
        return Err(Failure::error("list elements must have the same type"));
    }
    let mut pairs: Vec<_> = keys.into_iter().zip(items).collect();
    pairs.sort_by(|(left, _), (right, _)| compare(left, right, "sort").unwrap_or(Ordering::Equal));
    Ok(made(pairs.into_iter().map(|(_, item)| item).collect()))
}

fn reverse<'a>(list: &List<'a>) -> Outcome<'a> {
    let mut items = items(list)?;
    items.reverse();
    Ok(made(items))
}

fn distinct<'a>(list: &List<'a>) -> Outcome<'a> {
    let mut kept: Vec<Value<'a>> = Vec::new();
    // The number of comparisons is bounded by what the longest list would cost; see the step budget.
    for item in items(list)? {
        if !kept.iter().any(|each| same(&item, each) == Ok(true)) {
            kept.push(item);
        }
    }
    Ok(made(kept))
}

fn range<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Int(count)] = values else { return None };
    let size = usize::try_from(*count).unwrap_or(0);
    Some(check_size(size).map(|()| made((0..*count).map(Value::Int).collect())))
}
