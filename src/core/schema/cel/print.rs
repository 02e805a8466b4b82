//! Values in error texts, as Go's `%v` prints them.

use super::value::{Map, Value};
use crate::core::schema::text;

/// A double as Go's `%g` prints it.
pub(super) fn double(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        text::float_verb(value)
    }
}

/// A duration as the language prints it: seconds.
pub(super) fn duration(nanos: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "what Go's Seconds() does")]
    let seconds = (nanos / 1_000_000_000) as f64 + (nanos % 1_000_000_000) as f64 / 1e9;
    format!("{seconds}s")
}

/// A value in an error text.
pub(super) fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(whole) => whole.to_string(),
        Value::Uint(whole) => whole.to_string(),
        Value::Double(value) => double(*value),
        Value::Text(text) => text.to_string(),
        Value::Bytes(bytes) => {
            format!("[{}]", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(" "))
        }
        Value::Duration(nanos) => duration(*nanos),
        Value::Timestamp(at) => at.print().unwrap_or_default(),
        Value::List(list) => {
            let items: Vec<String> = list.iter().flatten().map(|item| shown(&item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => shown_map(map),
        Value::Kind(kind) => kind.name().to_owned(),
        Value::Optional(Some(value)) => format!("optional({})", shown(value)),
        Value::Optional(None) => "optional.none()".to_owned(),
        Value::Url(url) => url.text().to_owned(),
        Value::Quantity(quantity) => quantity.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Cidr(cidr) => cidr.to_string(),
        Value::Semver(version) => version.to_string(),
        Value::Format(format) => format.name.to_owned(),
        Value::Opaque(json) => text::json(json),
    }
}

fn shown_map(map: &Map<'_>) -> String {
    let entries = map.keys().into_iter().filter_map(|key| {
        let value = map.find(&key).ok().flatten()?;
        Some(format!("{}: {}", shown(&key), shown(&value)))
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}
