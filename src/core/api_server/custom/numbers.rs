//! Numbers on their way through the API server.

use crate::core::schema::text;
use serde_json::Value;

/// Numbers as the API server prints and reads them again: whole floats without a point, whole numbers beyond 64 bits
/// as floats.
pub fn reread_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            let printed = text::float_json(number.as_f64().unwrap_or(0.0));
            // Others stay as they are: reading the printed form again would cost their last digit.
            if let Ok(whole) = printed.parse::<i64>() {
                *value = Value::from(whole);
            } else if let Ok(whole) = printed.parse::<u64>() {
                *value = Value::from(whole);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(reread_numbers),
        Value::Object(members) => members.values_mut().for_each(reread_numbers),
        _ => {}
    }
}
