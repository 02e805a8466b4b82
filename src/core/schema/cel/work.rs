//! Work that the server's costs do not see: the depth of what is compared, the size of what a call makes.
//!
//! An API server meets only definitions that its estimate has let pass; here a definition comes from anywhere, and no
//! rule may run for minutes or fill the memory. What exceeds this limit is not evaluated. No recorded rule comes near.

use super::functions::Function;
use super::value::{List, Map, Value};

/// Most work for the rules of one object: bytes that are made, values that are compared.
pub(super) const LIMIT: u64 = 256 << 20;
/// What one rule counts at least.
pub(super) const RULE: u64 = 64;
/// What an item of a list or map counts that is made: about the memory it takes.
const ITEM: u64 = 48;
/// Why a rule is not evaluated.
pub(super) const TOO_MUCH: &str = "more work than is done for one object";
/// Functions that look at everything in their arguments.
const DEEP: [&str; 12] = [
    "==",
    "!=",
    "in",
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "distinct",
    "indexOf",
    "lastIndexOf",
    "format",
    "flatten",
    "sort",
];

/// What a call will look at.
pub(super) fn of_call(function: &Function, arguments: &[Value<'_>]) -> u64 {
    let is_deep = DEEP.contains(&function.name);
    let holds =
        |argument: &Value<'_>| matches!(argument, Value::List(_) | Value::Map(_) | Value::Optional(_));
    if !arguments.iter().any(holds) {
        return 1;
    }
    let mut left = LIMIT;
    for argument in arguments {
        if is_deep {
            count(argument, &mut left);
        } else if let Value::List(list) = argument {
            left = left.saturating_sub(wide(list.len()));
        }
    }
    LIMIT - left
}

/// What a call has made.
pub(super) fn of_result(result: &Value<'_>) -> u64 {
    match result {
        Value::Text(text) => wide(text.len()),
        Value::Bytes(bytes) => wide(bytes.len()),
        Value::List(List::Made { items, .. }) => wide(items.len()).saturating_mul(ITEM),
        Value::Map(Map::Made(map)) => wide(map.len()).saturating_mul(ITEM),
        _ => 0,
    }
}

/// A length.
pub(super) fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Takes off one for every value, and stops where nothing is left.
fn count(value: &Value<'_>, left: &mut u64) {
    *left = left.saturating_sub(1);
    match value {
        Value::List(list) => {
            for item in list.iter() {
                if *left == 0 {
                    return;
                }
                if let Ok(item) = item {
                    count(&item, left);
                }
            }
        }
        Value::Map(map) => {
            for key in map.keys() {
                if *left == 0 {
                    return;
                }
                if let Ok(Some(member)) = map.find(&key) {
                    count(&member, left);
                }
            }
        }
        Value::Optional(Some(value)) => count(value, left),
        Value::Text(text) => *left = left.saturating_sub(wide(text.len()) / 64),
        _ => {}
    }
}
