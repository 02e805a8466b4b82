//! Values as Go programs print them: `%q`, `%v` and HTML-safe JSON.

use serde_json::{Number, Value};
use std::fmt::Write as _;

/// A text as Go's `%q` prints it.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            ' '..='~' => quoted.push(character),
            '\0'..='\u{7f}' => append(&mut quoted, format_args!("\\x{:02x}", u32::from(character))),
            _ if is_printable(character) => quoted.push(character),
            '\u{80}'..='\u{ffff}' => append(&mut quoted, format_args!("\\u{:04x}", u32::from(character))),
            _ => append(&mut quoted, format_args!("\\U{:08x}", u32::from(character))),
        }
    }
    quoted.push('"');
    quoted
}

/// Go's `unicode.IsPrint` beyond ASCII: letters, marks, numbers, punctuation, symbols.
fn is_printable(character: char) -> bool {
    // The standard library decides the same question for its debug output, but escapes combining marks at the start
    // of a text; hence the letter in front.
    let mut probe = String::from("a");
    probe.push(character);
    probe.escape_debug().count() == 2
}

/// A value as the API server prints it in an error: text quoted, numbers and booleans bare, the rest as JSON.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Number(number) => number_verb(number),
        _ => json(value),
    }
}

fn number_verb(number: &Number) -> String {
    match number.as_i64() {
        Some(whole) => whole.to_string(),
        None => float_verb(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// A float as Go's `%v` prints it: with an exponent from a million on and below a ten-thousandth.
pub fn float_verb(number: f64) -> String {
    float(number, -4..6, 2)
}

/// A float as Go's JSON encoder prints it.
pub fn float_json(number: f64) -> String {
    float(number, -6..21, 1)
}

/// Shortest digits that read back as `number`, plain while the decimal exponent is within `plain`.
fn float(number: f64, plain: std::ops::Range<i32>, exponent_digits: usize) -> String {
    let text = format!("{number:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !plain.contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        let size = exponent.unsigned_abs();
        return format!("{mantissa}e{sign}{size:0>exponent_digits$}");
    }
    let fraction_digits = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if usize::try_from(exponent).is_ok_and(|exponent| exponent > fraction_digits) {
        // A whole number beyond its significant digits: Go fills up with zeros.
        let zeros = usize::try_from(exponent).unwrap_or(0) - fraction_digits;
        return format!("{}{}", mantissa.replace('.', ""), "0".repeat(zeros));
    }
    format!("{number}")
}

/// A value as compact JSON with sorted keys and Go's HTML-safe escapes.
pub fn json(value: &Value) -> String {
    let mut text = String::new();
    write_json(&mut text, value);
    text
}

fn write_json(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => append(text, format_args!("{whole}")),
            None => text.push_str(&float_json(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(string) => write_json_string(text, string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort_unstable();
            text.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json_string(text, key);
                text.push(':');
                write_json(text, members.get(key).unwrap_or(&Value::Null));
            }
            text.push('}');
        }
    }
}

/// A text as Go's JSON encoder prints it.
pub fn json_string(string: &str) -> String {
    let mut text = String::with_capacity(string.len() + 2);
    write_json_string(&mut text, string);
    text
}

fn write_json_string(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                append(text, format_args!("\\u{:04x}", u32::from(character)));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

fn append(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quotes_as_go() {
        for (text, quoted) in [
            ("a\"b\\", r#""a\"b\\""#),
            ("\u{7}\u{0}\u{7f}\n", r#""\a\x00\x7f\n""#),
            ("é\u{301}日", "\"é\u{301}日\""),
            ("\u{301}", "\"\u{301}\""),
            ("\u{a0}\u{200b}\u{2028}\u{ad}", r#""\u00a0\u200b\u2028\u00ad""#),
            ("\u{e000}\u{f0000}😀", "\"\\ue000\\U000f0000😀\""),
            ("<&>", "\"<&>\""),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }

    #[test]
    fn prints_numbers_as_go() {
        for (number, verb, encoded) in [
            (1.5, "1.5", "1.5"),
            (100_000.0, "100000", "100000"),
            (1e6, "1e+06", "1000000"),
            (123_456_789.0, "1.23456789e+08", "123456789"),
            (1e21, "1e+21", "1e+21"),
            (1e-5, "1e-05", "0.00001"),
            (1e-7, "1e-07", "1e-7"),
            (-2.5e-10, "-2.5e-10", "-2.5e-10"),
            (0.0, "0", "0"),
            (9_223_372_036_854_775_807.0, "9.223372036854776e+18", "9223372036854776000"),
        ] {
            assert_eq!((float_verb(number).as_str(), float_json(number).as_str()), (verb, encoded));
        }
        assert_eq!(value(&json!(i64::MIN)), i64::MIN.to_string());
    }

    #[test]
    fn encodes_json_as_go() {
        assert_eq!(
            json(&json!({"b": ["<x>&", null, true, 1.0], "a": {"z": "\u{2028}é\u{1}"}})),
            r#"{"a":{"z":"\u2028é\u0001"},"b":["\u003cx\u003e\u0026",null,true,1]}"#
        );
    }
}
