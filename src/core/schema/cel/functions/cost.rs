//! What calls cost (`apiserver/pkg/cel/library/cost.go`, `cel-go/interpreter/runtimecost.go`).

use crate::core::schema::cel::value::{Outcome, Value};

/// What a call costs.
#[derive(Clone, Copy)]
pub(in crate::core::schema::cel) enum Cost {
    /// Known from the arguments, before anything is computed.
    Before(fn(&[Value<'_>]) -> u64),
    /// Known from the result.
    After(fn(&[Value<'_>], &Outcome<'_>) -> u64),
}

/// What most cost.
pub(super) const ONE: Cost = Cost::Before(one);
/// Nothing: the server does not count it as a call.
pub(super) const FREE: Cost = Cost::Before(free);
/// Once through the first argument.
pub(super) const TRAVERSE: Cost = Cost::Before(traverse);
/// Twice through the first argument.
pub(super) const TRAVERSE_TWICE: Cost = Cost::Before(traverse_twice);
/// Twice through the result.
pub(super) const JOIN: Cost = Cost::After(join);
/// A text against a regular expression.
pub(super) const REGEX: Cost = Cost::Before(regex);
/// A text in another.
pub(super) const SEARCH: Cost = Cost::Before(search);
/// Two values side by side.
pub(super) const EQUALITY: Cost = Cost::Before(equality);
/// The order of two texts; of others one.
pub(super) const ORDER: Cost = Cost::Before(order);
/// Copies of two texts; of others one.
pub(super) const ADDITION: Cost = Cost::Before(addition);
/// Every item of a list; of a map one.
pub(super) const MEMBERSHIP: Cost = Cost::Before(membership);
/// A conversion that copies a text or bytes into the other.
pub(super) const COPIED: Cost = Cost::After(copied);
/// Everything in the first argument.
pub(super) const DEEP: Cost = Cost::Before(deep);
/// A list as large as the result.
pub(super) const MADE: Cost = Cost::After(made);
/// A list as long as the argument says.
pub(super) const RANGE: Cost = Cost::Before(range);
/// A list made of a nested one, as deep as asked.
pub(super) const FLATTENED: Cost = Cost::Before(flattened);
/// Every item of a list against every other.
pub(super) const SELF_COMPARISON: Cost = Cost::Before(self_comparison);
/// Every item of a list against every item of another.
pub(super) const SETS: Cost = Cost::Before(sets);
/// The same in both directions.
pub(super) const SETS_TWICE: Cost = Cost::Before(sets_twice);
/// An address in a network.
pub(super) const CONTAINS_IP: Cost = Cost::Before(contains_ip);
/// A network in a network.
pub(super) const CONTAINS_CIDR: Cost = Cost::Before(contains_cidr);
/// Cost of one character that is looked at.
const CHARACTER: f64 = 0.1;
/// Cost of one character of a regular expression.
const PATTERN_CHARACTER: f64 = 0.25;
/// Cost of a list that is made.
pub(in crate::core::schema::cel) const LIST: u64 = 10;
/// Cost of a map that is made.
pub(in crate::core::schema::cel) const MAP: u64 = 30;

#[expect(clippy::cast_precision_loss, reason = "sizes are far below what a double holds")]
fn scaled(size: u64, factor: f64) -> f64 {
    size as f64 * factor
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative; saturates")]
fn up(cost: f64) -> u64 {
    cost.ceil() as u64
}

fn size(arguments: &[Value<'_>], index: usize) -> u64 {
    arguments.get(index).map_or(1, Value::size)
}

fn one(_: &[Value<'_>]) -> u64 {
    1
}

fn free(_: &[Value<'_>]) -> u64 {
    0
}

fn traverse(arguments: &[Value<'_>]) -> u64 {
    up(scaled(size(arguments, 0), CHARACTER))
}

fn traverse_twice(arguments: &[Value<'_>]) -> u64 {
    up(scaled(size(arguments, 0), 2.0 * CHARACTER))
}

fn join(_: &[Value<'_>], result: &Outcome<'_>) -> u64 {
    up(scaled(result.as_ref().map_or(1, Value::size), 2.0 * CHARACTER))
}

fn regex(arguments: &[Value<'_>]) -> u64 {
    matching(size(arguments, 0), size(arguments, 1))
}

/// A text against a regular expression of some length.
pub(super) fn matching(text: u64, pattern: u64) -> u64 {
    let text = up(scaled(text.saturating_add(1), CHARACTER));
    text.saturating_mul(up(scaled(pattern, PATTERN_CHARACTER)))
}

fn search(arguments: &[Value<'_>]) -> u64 {
    let part = |index| up(scaled(size(arguments, index), CHARACTER));
    part(0).saturating_mul(part(1))
}

fn equality(arguments: &[Value<'_>]) -> u64 {
    if matches!(arguments.first(), Some(Value::Cidr(_))) {
        return 1;
    }
    up(scaled(size(arguments, 0).min(size(arguments, 1)), CHARACTER))
}

fn order(arguments: &[Value<'_>]) -> u64 {
    match arguments.first() {
        Some(Value::Text(_) | Value::Bytes(_)) => equality(arguments),
        _ => 1,
    }
}

fn addition(arguments: &[Value<'_>]) -> u64 {
    match arguments.first() {
        Some(Value::Text(_) | Value::Bytes(_)) => {
            up(scaled(size(arguments, 0).saturating_add(size(arguments, 1)), CHARACTER))
        }
        _ => 1,
    }
}

fn membership(arguments: &[Value<'_>]) -> u64 {
    match arguments.get(1) {
        Some(Value::List(list)) => u64::try_from(list.len()).unwrap_or(u64::MAX),
        _ => 1,
    }
}

fn copied(arguments: &[Value<'_>], result: &Outcome<'_>) -> u64 {
    match (arguments.first(), result) {
        (Some(Value::Text(_)), Ok(Value::Bytes(_))) | (Some(Value::Bytes(_)), Ok(Value::Text(_))) => {
            traverse(arguments)
        }
        _ => 1,
    }
}

fn deep(arguments: &[Value<'_>]) -> u64 {
    arguments.first().map_or(0, traversal)
}

fn traversal(value: &Value<'_>) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off as Go does")]
    let bytes = |length: usize| scaled(u64::try_from(length).unwrap_or(u64::MAX), CHARACTER) as u64;
    match value {
        Value::Text(text) => bytes(text.len()),
        Value::Bytes(all) => bytes(all.len()),
        Value::List(list) => {
            list.iter().map(|item| item.as_ref().map_or(1, traversal)).fold(0, u64::saturating_add)
        }
        Value::Map(map) => {
            let entry = |key: &Value<'_>| match map.find(key) {
                Ok(Some(value)) => traversal(key).saturating_add(traversal(&value)),
                _ => 1,
            };
            map.keys().iter().map(entry).fold(0, u64::saturating_add)
        }
        _ => 1,
    }
}

fn made(_: &[Value<'_>], result: &Outcome<'_>) -> u64 {
    result.as_ref().map_or(1, Value::size).saturating_add(1 + LIST)
}

fn range(arguments: &[Value<'_>]) -> u64 {
    let length = match arguments.first() {
        Some(Value::Int(length)) => u64::try_from(*length).unwrap_or(0),
        _ => 0,
    };
    length.saturating_add(1 + LIST)
}

fn flattened(arguments: &[Value<'_>]) -> u64 {
    let depth = match arguments.get(1) {
        Some(Value::Int(depth)) => u64::try_from(*depth).unwrap_or(0),
        _ => 1,
    };
    size(arguments, 0).saturating_mul(depth).saturating_add(1 + LIST)
}

fn self_comparison(arguments: &[Value<'_>]) -> u64 {
    arguments.first().map_or(1, compared_with_itself)
}

/// Every item of a list against every other.
pub(in crate::core::schema::cel) fn compared_with_itself(list: &Value<'_>) -> u64 {
    let size = list.size();
    let first = match list {
        Value::List(list) => list.get(0).and_then(Result::ok),
        _ => None,
    };
    let factor = if matches!(first, Some(Value::Text(_) | Value::Bytes(_))) { 2.1 } else { 2.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off as Go does")]
    let comparisons = scaled(size.saturating_mul(size), factor) as u64;
    comparisons.saturating_add(1 + LIST)
}

fn product(arguments: &[Value<'_>]) -> u64 {
    size(arguments, 0).saturating_mul(size(arguments, 1))
}

fn sets(arguments: &[Value<'_>]) -> u64 {
    product(arguments).saturating_add(1)
}

fn sets_twice(arguments: &[Value<'_>]) -> u64 {
    product(arguments).saturating_mul(2).saturating_add(1)
}

fn contains_ip(arguments: &[Value<'_>]) -> u64 {
    let base = up(scaled(size(arguments, 0).saturating_mul(2), CHARACTER));
    base.saturating_add(parsed(arguments))
}

fn contains_cidr(arguments: &[Value<'_>]) -> u64 {
    let network = size(arguments, 0);
    let base = up(scaled(network.saturating_mul(2), CHARACTER));
    base.saturating_add(up(scaled(network, CHARACTER))).saturating_add(1).saturating_add(parsed(arguments))
}

/// A second argument that is a text has to be read first.
fn parsed(arguments: &[Value<'_>]) -> u64 {
    match arguments.get(1) {
        Some(text @ Value::Text(_)) => up(scaled(text.size(), CHARACTER)),
        _ => 0,
    }
}
