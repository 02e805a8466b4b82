//! `"%s".format([...])` (`cel-go/ext/formatting.go`, as strings of version 2 have it).

use super::{Answer, Function, Run, cost, method};
use crate::core::schema::cel::arithmetic::check_size;
use crate::core::schema::cel::kind::Kind;
use crate::core::schema::cel::print;
use crate::core::schema::cel::value::{Failure, List, Map, Value};
use crate::core::schema::text::quote;
use std::ops::Deref as _;

pub(super) const FUNCTIONS: [Function; 1] = [method("format", 2, Run::Plain(format), cost::TRAVERSE)];

/// Most digits behind a point that are printed.
const PRECISION_LIMIT: usize = 1000;
const DEFAULT_PRECISION: usize = 6;

fn format<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(pattern), Value::List(arguments)] = values else { return None };
    Some(fill(pattern, arguments).map(Value::text))
}

fn fill(pattern: &str, arguments: &List<'_>) -> Result<String, Failure> {
    let mut text = String::new();
    let mut rest = pattern;
    let mut index = 0;
    while let Some(at) = rest.find('%') {
        let (before, clause) = rest.split_at(at);
        text.push_str(before);
        if let Some(after) = clause.strip_prefix("%%") {
            text.push('%');
            rest = after;
            continue;
        }
        let argument =
            arguments.get(index).ok_or_else(|| Failure::error(format!("index {index} out of range")))??;
        index += 1;
        let after = clause.get(1..).unwrap_or_default();
        if after.is_empty() {
            return Err(Failure::error("unexpected end of string"));
        }
        let (verb, precision, after) = read_clause(after)
            .map_err(|why| Failure::Error(format!("could not parse formatting clause: {why}")))?;
        let shown = verbatim(verb, precision, &argument)
            .map_err(|why| why.into_failure("error during formatting"))?;
        text.push_str(&shown);
        check_size(text.len())?;
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// Why a value has no form.
enum Unprintable {
    Words(String),
    Failure(Failure),
}

impl Unprintable {
    fn into_failure(self, prefix: &str) -> Failure {
        match self {
            Unprintable::Words(words) => Failure::Error(format!("{prefix}: {words}")),
            Unprintable::Failure(failure) => failure,
        }
    }
}

fn words(words: impl Into<String>) -> Unprintable {
    Unprintable::Words(words.into())
}

fn read_clause(text: &str) -> Result<(char, Option<usize>, &str), String> {
    let (precision, rest) = match text.strip_prefix('.') {
        None => (None, text),
        Some(tail) => {
            let end = tail.find(|c: char| !c.is_ascii_digit());
            let end =
                end.ok_or("error while parsing precision: could not find end of precision specifier")?;
            let (digits, rest) = tail.split_at(end);
            let precision: usize = digits.parse().map_err(|_| {
                format!(
                    "error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing \
                     {}: invalid syntax",
                    quote(digits)
                )
            })?;
            (Some(precision), rest)
        }
    };
    let verb = rest.chars().next().ok_or("unrecognized formatting clause")?;
    if !"sdfebxXo".contains(verb) {
        // Go takes one byte for a character here.
        let byte = rest.bytes().next().map(char::from).unwrap_or_default();
        return Err(format!("unrecognized formatting clause \"{byte}\""));
    }
    Ok((verb, precision, rest.get(1..).unwrap_or_default()))
}

fn verbatim(verb: char, precision: Option<usize>, value: &Value<'_>) -> Result<String, Unprintable> {
    let given = value.kind().name();
    match verb {
        's' => text_form(value),
        'd' => match value {
            Value::Int(_) | Value::Uint(_) => Ok(print::shown(value)),
            _ => Err(words(format!("decimal clause can only be used on integers, was given {given}"))),
        },
        'f' | 'e' => {
            let name = if verb == 'f' { "fixed-point" } else { "scientific" };
            let double = match value {
                Value::Double(double) => *double,
                Value::Text(text) if text.deref() == "NaN" => f64::NAN,
                Value::Text(text) if text.deref() == "Infinity" => f64::INFINITY,
                Value::Text(text) if text.deref() == "-Infinity" => f64::NEG_INFINITY,
                _ => {
                    return Err(words(format!(
                        "{name} clause can only be used on doubles, was given {given}"
                    )));
                }
            };
            let precision = precision.unwrap_or(DEFAULT_PRECISION).min(PRECISION_LIMIT);
            Ok(if verb == 'f' { fixed(double, precision) } else { scientific(double, precision) })
        }
        'b' => match value {
            Value::Int(whole) => Ok(signed(*whole, |size| format!("{size:b}"))),
            Value::Uint(whole) => Ok(format!("{whole:b}")),
            Value::Bool(flag) => Ok(if *flag { "1" } else { "0" }.to_owned()),
            _ => Err(words(format!("only integers and bools can be formatted as binary, was given {given}"))),
        },
        'o' => match value {
            Value::Int(whole) => Ok(signed(*whole, |size| format!("{size:o}"))),
            Value::Uint(whole) => Ok(format!("{whole:o}")),
            _ => Err(words(format!("octal clause can only be used on integers, was given {given}"))),
        },
        _ => {
            let lower = match value {
                Value::Int(whole) => signed(*whole, |size| format!("{size:x}")),
                Value::Uint(whole) => format!("{whole:x}"),
                Value::Text(text) => hex(text.as_bytes()),
                Value::Bytes(bytes) => hex(bytes),
                _ => {
                    return Err(words(format!(
                        "only integers, byte buffers, and strings can be formatted as hex, was given {given}"
                    )));
                }
            };
            Ok(if verb == 'X' { lower.to_uppercase() } else { lower })
        }
    }
}

fn signed(whole: i64, show: impl Fn(u64) -> String) -> String {
    format!("{}{}", if whole < 0 { "-" } else { "" }, show(whole.unsigned_abs()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// With commas between thousands: the server prints in the way of `en_US`.
fn fixed(double: f64, precision: usize) -> String {
    if let Some(text) = not_finite(double) {
        return text;
    }
    let text = format!("{:.precision$}", double.abs());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (text.as_str(), String::new()),
    };
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{}{grouped}{fraction}", if double.is_sign_negative() { "-" } else { "" })
}

/// Six digits, whatever precision is asked for: the server takes that for a width.
fn scientific(double: f64, width: usize) -> String {
    let text = match not_finite(double) {
        Some(text) => text,
        None => {
            let text = format!("{double:.DEFAULT_PRECISION$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { "⁻" } else { "" };
            format!("{mantissa}×10{sign}{}", raised(&format!("{:02}", exponent.unsigned_abs())))
        }
    };
    format!("{text:>width$}")
}

/// Digits of an exponent, raised.
fn raised(digits: &str) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| {
        let digit = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
        digit.and_then(|digit| RAISED.get(digit)).copied().unwrap_or(c)
    };
    digits.chars().map(raise).collect()
}

fn not_finite(double: f64) -> Option<String> {
    if double.is_nan() {
        Some("NaN".to_owned())
    } else if double.is_infinite() {
        Some(if double > 0.0 { "∞" } else { "-∞" }.to_owned())
    } else {
        None
    }
}

/// What `%s` makes of a value.
fn text_form(value: &Value<'_>) -> Result<String, Unprintable> {
    match value {
        Value::List(list) => list_form(list),
        Value::Map(map) => map_form(map),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(words(
                "could not convert argument \"invalid UTF-8 in bytes, cannot convert to string\" to string",
            )),
        },
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::Text(_)
        | Value::Duration(_)
        | Value::Timestamp(_)
        | Value::Kind(_) => Ok(print::shown(value)),
        other => Err(words(format!(
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and \
             timestamps, was given {}",
            other.kind().name()
        ))),
    }
}

/// What a list or map makes of a value in it.
fn inner_form(value: &Value<'_>) -> Result<String, Unprintable> {
    match value {
        Value::Text(text) => Ok(quote(text)),
        Value::Bytes(_) => Ok(format!("b{}", quote(&text_form(value)?))),
        Value::Timestamp(_) => Ok(format!("timestamp({})", quote(&print::shown(value)))),
        Value::Duration(_) => Ok(format!("duration({})", quote(&print::shown(value)))),
        Value::Double(double) if double.is_nan() => Ok(quote("NaN")),
        Value::Double(double) if double.is_infinite() => {
            Ok(quote(if *double > 0.0 { "+Inf" } else { "-Inf" }))
        }
        Value::Double(double) => Ok(format!("{double:.6}")),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Kind(_) => text_form(value),
        Value::List(list) => list_form(list),
        Value::Map(map) => map_form(map),
        other => Err(words(format!("no formatting function for {}", other.kind().name()))),
    }
}

fn list_form(list: &List<'_>) -> Result<String, Unprintable> {
    let mut items = Vec::with_capacity(list.len());
    for item in list.iter() {
        items.push(inner_form(&item.map_err(Unprintable::Failure)?)?);
    }
    Ok(format!("[{}]", items.join(", ")))
}

fn map_form(map: &Map<'_>) -> Result<String, Unprintable> {
    if map.keys().len() < map.len() {
        // Members that the schema does not name are keys without a value to the server, which it then trips over.
        let words = "internal error: runtime error: invalid memory address or nil pointer dereference";
        return Err(Unprintable::Failure(Failure::error(words)));
    }
    let mut entries = Vec::with_capacity(map.len());
    for key in map.keys() {
        let shown = match key.kind() {
            Kind::Text | Kind::Bool | Kind::Int | Kind::Uint => inner_form(&key)?,
            other => {
                return Err(words(format!("no formatting function for map key of type {}", other.name())));
            }
        };
        let value = map.find(&key).map_err(Unprintable::Failure)?.unwrap_or(Value::Null);
        entries.push((shown, inner_form(&value)?));
    }
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
    Ok(format!("{{{}}}", entries.join(", ")))
}
