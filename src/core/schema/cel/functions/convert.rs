//! Conversions from one type to another.

use super::{Answer, Function, Run, conversion, cost};
use crate::core::schema::cel::kind::Kind;
use crate::core::schema::cel::print;
use crate::core::schema::cel::time::{self, Timestamp};
use crate::core::schema::cel::value::{Failure, Outcome, Value};

pub(super) const FUNCTIONS: [Function; 10] = [
    conversion("int", Run::Plain(int), cost::ONE),
    conversion("uint", Run::Plain(uint), cost::ONE),
    conversion("double", Run::Plain(double), cost::ONE),
    conversion("string", Run::Plain(string), cost::COPIED),
    conversion("bytes", Run::Plain(bytes), cost::COPIED),
    conversion("bool", Run::Plain(boolean), cost::ONE),
    conversion("duration", Run::Plain(duration), cost::ONE),
    conversion("timestamp", Run::Plain(timestamp), cost::ONE),
    conversion(
        "type",
        Run::Plain(|values| values.first().map(|value| Ok(Value::Kind(value.kind())))),
        cost::ONE,
    ),
    conversion("dyn", Run::Plain(|values| values.first().cloned().map(Ok)), cost::ONE),
];

fn cannot(from: Kind, to: Kind) -> Failure {
    Failure::error(format!("type conversion error from '{}' to '{}'", from.name(), to.name()))
}

fn or_cannot<'a>(value: Option<Value<'a>>, to: Kind) -> Outcome<'a> {
    value.ok_or_else(|| cannot(Kind::Text, to))
}

fn int<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let overflow = || Failure::error("integer overflow");
    Some(match values.first()? {
        Value::Int(whole) => Ok(Value::Int(*whole)),
        Value::Uint(whole) => i64::try_from(*whole).map(Value::Int).map_err(|_| overflow()),
        Value::Double(double) => {
            let fits = *double > -9_223_372_036_854_775_808.0 && *double < 9_223_372_036_854_775_807.0;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "in range, checked above; cut off as Go does"
            )]
            let whole = *double as i64;
            if fits { Ok(Value::Int(whole)) } else { Err(overflow()) }
        }
        Value::Text(text) => or_cannot(text.parse().ok().map(Value::Int), Kind::Int),
        Value::Duration(nanos) => Ok(Value::Int(*nanos)),
        Value::Timestamp(at) => Ok(Value::Int(at.seconds)),
        _ => return None,
    })
}

fn uint<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let overflow = || Failure::error("unsigned integer overflow");
    Some(match values.first()? {
        Value::Uint(whole) => Ok(Value::Uint(*whole)),
        Value::Int(whole) => u64::try_from(*whole).map(Value::Uint).map_err(|_| overflow()),
        Value::Double(double) => {
            let fits = *double >= 0.0 && *double < 18_446_744_073_709_551_615.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in range, checked above; cut off as Go does"
            )]
            let whole = *double as u64;
            if fits { Ok(Value::Uint(whole)) } else { Err(overflow()) }
        }
        Value::Text(text) => {
            let whole = text.parse().ok().filter(|_| !text.starts_with('+'));
            or_cannot(whole.map(Value::Uint), Kind::Uint)
        }
        _ => return None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "what Go does")]
fn double<'a>(values: &[Value<'a>]) -> Answer<'a> {
    Some(match values.first()? {
        Value::Double(double) => Ok(Value::Double(*double)),
        Value::Int(whole) => Ok(Value::Double(*whole as f64)),
        Value::Uint(whole) => Ok(Value::Double(*whole as f64)),
        Value::Text(text) => or_cannot(go_double(text).map(Value::Double), Kind::Double),
        _ => return None,
    })
}

/// A double as `strconv.ParseFloat` reads it; a number too large is an error there.
fn go_double(text: &str) -> Option<f64> {
    let double: f64 = text.parse().ok()?;
    let is_spelled = text.trim_start_matches(['+', '-']).to_ascii_lowercase().starts_with("inf");
    Some(double).filter(|double| !double.is_infinite() || is_spelled)
}

fn string<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let text = match values.first()? {
        text @ Value::Text(_) => return Some(Ok(text.clone())),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(whole) => whole.to_string(),
        Value::Uint(whole) => whole.to_string(),
        Value::Double(double) => print::double(*double),
        Value::Duration(nanos) => print::duration(*nanos),
        Value::Timestamp(at) => at.print()?,
        Value::Bytes(bytes) => {
            let Ok(text) = std::str::from_utf8(bytes) else {
                return Some(Err(Failure::error("invalid UTF-8 in bytes, cannot convert to string")));
            };
            text.to_owned()
        }
        Value::Ip(ip) => ip.to_string(),
        Value::Cidr(cidr) => cidr.to_string(),
        _ => return None,
    };
    Some(Ok(Value::text(text)))
}

fn bytes<'a>(values: &[Value<'a>]) -> Answer<'a> {
    Some(match values.first()? {
        bytes @ Value::Bytes(_) => Ok(bytes.clone()),
        Value::Text(text) => Ok(Value::Bytes(text.as_bytes().into())),
        _ => return None,
    })
}

fn boolean<'a>(values: &[Value<'a>]) -> Answer<'a> {
    Some(match values.first()? {
        Value::Bool(flag) => Ok(Value::Bool(*flag)),
        Value::Text(text) => {
            let flag = match &**text {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
                _ => None,
            };
            or_cannot(flag.map(Value::Bool), Kind::Bool)
        }
        _ => return None,
    })
}

fn duration<'a>(values: &[Value<'a>]) -> Answer<'a> {
    Some(match values.first()? {
        Value::Duration(nanos) => Ok(Value::Duration(*nanos)),
        Value::Int(_) => Err(cannot(Kind::Int, Kind::Duration)),
        Value::Text(text) => or_cannot(time::duration(text).map(Value::Duration), Kind::Duration),
        _ => return None,
    })
}

fn timestamp<'a>(values: &[Value<'a>]) -> Answer<'a> {
    Some(match values.first()? {
        Value::Timestamp(at) => Ok(Value::Timestamp(*at)),
        Value::Int(seconds) => Timestamp::from_nanos(i128::from(*seconds) * 1_000_000_000, 0)
            .map(Value::Timestamp)
            .ok_or_else(|| Failure::error("timestamp overflow")),
        Value::Text(text) => or_cannot(time::timestamp(text).map(Value::Timestamp), Kind::Timestamp),
        _ => return None,
    })
}
