//! What a YAML scalar means, by the rules of the library that kubectl reads with.
//!
//! The rules are those of `resolve.go` in `go.yaml.in/yaml/v2` 2.4.2 followed by the JSON encoding of
//! `sigs.k8s.io/yaml` 1.6.0; `tests/it/parity/yaml.rs` holds them against recorded answers of that library. They are YAML 1.1
//! with Go's own choices: `0o17` is an integer, `12:30` is a string, `1.0` becomes the integer 1 on its way through JSON.

use serde_json::{Number, Value};

/// The resolved meaning of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    /// `~`, `null` or nothing.
    Null,
    /// YAML 1.1 truth values, `yes` and `off` included.
    Bool(bool),
    /// Fits a signed 64-bit integer.
    Int(i64),
    /// Fits only an unsigned 64-bit integer.
    Uint(u64),
    /// A finite floating-point number.
    Float(f64),
    /// `.inf` or `.nan`, which no JSON text can hold.
    NotFinite,
    /// Anything else.
    Text,
}

impl Scalar {
    fn kind(&self) -> &'static str {
        match self {
            Scalar::Null => "null",
            Scalar::Bool(_) => "bool",
            Scalar::Int(_) | Scalar::Uint(_) => "int",
            Scalar::Float(_) | Scalar::NotFinite => "float",
            Scalar::Text => "string",
        }
    }

    /// The value of a number that came from somewhere else, with a whole float made an integer.
    pub(super) fn settle_number(number: &Number) -> Option<Value> {
        if number.is_f64() { number.as_f64().map(json_number) } else { None }
    }

    /// The JSON value; `text` is the scalar's own text.
    pub(super) fn into_value(self, text: &str) -> Result<Value, String> {
        Ok(match self {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::from(value),
            Scalar::Uint(value) => Value::from(value),
            Scalar::Float(value) => json_number(value),
            Scalar::NotFinite => return Err(format!("`{text}` cannot be written in JSON")),
            Scalar::Text => Value::from(text),
        })
    }

    /// The text of a map key of this meaning, as `sigs.k8s.io/yaml` makes it; `text` is the scalar's own text.
    pub(super) fn into_key(self, text: &str) -> Result<String, String> {
        Ok(match self {
            Scalar::Null => return Err("null cannot be a map key".to_owned()),
            Scalar::Uint(_) => return Err(format!("`{text}` is too large for a map key, quote it")),
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
            Scalar::Float(value) => key_of_float(value),
            // The three spellings of each are one key in Go: `.NaN` becomes `.nan`, `+.Inf` becomes `.inf`.
            Scalar::NotFinite => text.trim_start_matches('+').to_ascii_lowercase(),
            Scalar::Text => text.to_owned(),
        })
    }
}

/// Resolves a plain (unquoted, untagged) scalar.
pub(super) fn resolve_plain(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            resolve_word(text)
        }
        Some(b'.') => resolve_dot(text),
        Some(b'0'..=b'9' | b'+' | b'-') => resolve_number(text),
        Some(_) => Scalar::Text,
    }
}

/// Resolves a scalar with a tag of the YAML namespace, for example `int` of `!!int`.
///
/// Tags that are none of the core ones leave the text alone, as Go's library does.
pub(super) fn resolve_tagged(tag: &str, text: &str) -> Result<Scalar, String> {
    if !matches!(tag, "bool" | "int" | "float" | "null") {
        return Ok(Scalar::Text);
    }
    let scalar = match (tag, resolve_plain(text)) {
        #[expect(clippy::cast_precision_loss, reason = "Go converts the integer in the same way")]
        ("float", Scalar::Int(value)) => Scalar::Float(value as f64),
        (_, scalar) => scalar,
    };
    if scalar.kind() == tag { Ok(scalar) } else { Err(format!("`{text}` is not of the type !!{tag}")) }
}

fn resolve_word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Text,
    }
}

fn is_infinity(text: &str) -> bool {
    matches!(text, ".inf" | ".Inf" | ".INF")
}

fn resolve_dot(text: &str) -> Scalar {
    if is_infinity(text) || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Scalar::NotFinite;
    }
    // Go's ParseFloat takes an underscore only between two digits.
    let between_digits = |(index, _): (usize, &str)| {
        let bytes = text.as_bytes();
        let before = index.checked_sub(1).and_then(|before| bytes.get(before));
        before.is_some_and(u8::is_ascii_digit) && bytes.get(index + 1).is_some_and(u8::is_ascii_digit)
    };
    if text.match_indices('_').all(between_digits) {
        parse_float(&text.replace('_', ""))
    } else {
        Scalar::Text
    }
}

fn resolve_number(text: &str) -> Scalar {
    if text.get(1..).is_some_and(is_infinity) && text.starts_with(['+', '-']) {
        return Scalar::NotFinite;
    }
    let plain = if text.contains('_') { text.replace('_', "") } else { text.to_owned() };
    match parse_integer(&plain) {
        Some(scalar) => scalar,
        None => parse_float(&plain),
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`, for text without underscores.
fn parse_integer(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.as_bytes() {
        [b'+', ..] => (Some('+'), text.get(1..)?),
        [b'-', ..] => (Some('-'), text.get(1..)?),
        _ => (None, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (sign, i64::try_from(magnitude)) {
        (Some('-'), Ok(value)) => Some(Scalar::Int(-value)),
        (Some('-'), Err(_)) if magnitude == 1 << 63 => Some(Scalar::Int(i64::MIN)),
        (_, Ok(value)) => Some(Scalar::Int(value)),
        (None, Err(_)) => Some(Scalar::Uint(magnitude)),
        (Some(_), Err(_)) => None,
    }
}

/// A decimal floating-point number; one that overflows stays text, as in Go.
fn parse_float(text: &str) -> Scalar {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && all_digits(digits));
    match text.parse::<f64>() {
        Ok(value) if well_formed && value.is_finite() => Scalar::Float(value),
        _ => Scalar::Text,
    }
}

/// A float as Go's JSON encoder writes it, the shortest digits padded with zeros, which reads back as an integer when
/// there is no fraction.
fn json_number(value: f64) -> Value {
    if value.fract() == 0.0 {
        let digits = value.to_string();
        if let Ok(whole) = digits.parse::<i64>() {
            return Value::from(whole);
        }
        if let Ok(whole) = digits.parse::<u64>() {
            return Value::from(whole);
        }
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// Go's `FormatFloat(value, 'g', -1, 32)`: the shortest digits, with an exponent below -4 and from [`KEY_EXPONENT`] on.
#[expect(clippy::cast_possible_truncation, reason = "Go formats map keys as 32-bit floats too")]
fn key_of_float(value: f64) -> String {
    let value = value as f32;
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..KEY_EXPONENT).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// First decimal exponent that Go writes as such when it asks for the shortest digits.
const KEY_EXPONENT: i32 = 6;
