//! Writing the values that most objects are made of, to the letter as the general writer does; `tests.rs` holds the two
//! against each other. What is not sure here (text of several lines, odd keys, fractions, lists of lists) is left to it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Words that a YAML 1.1 or 1.2 reader takes for something else, in lower case.
const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
/// Length of the longest of them.
const LONGEST_WORD: usize = 5;
/// Spaces of one level.
const INDENT: usize = 2;

/// Appends a map as a YAML document; false when the general writer has to do it, with nothing appended.
pub(super) fn write(value: &Value, out: &mut String) -> bool {
    let before = out.len();
    let Value::Object(members) = value else { return false };
    let done = !members.is_empty() && write_map(members, 0, false, out).is_some();
    if !done {
        out.truncate(before);
    }
    done
}

/// Recursion is bounded by the depth of the value, which every reader bounds.
fn write_map(members: &Map<String, Value>, column: usize, after_dash: bool, out: &mut String) -> Option<()> {
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 || !after_dash {
            indent(column, out);
        }
        if !is_plain_key(key) {
            return None;
        }
        out.push_str(key);
        out.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                write_map(inner, column + INDENT, false, out)?;
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                write_list(items, column, out)?;
            }
            scalar => {
                out.push(' ');
                write_scalar(scalar, out)?;
                out.push('\n');
            }
        }
    }
    Some(())
}

/// Lists stand as far left as their key.
fn write_list(items: &[Value], column: usize, out: &mut String) -> Option<()> {
    for item in items {
        indent(column, out);
        out.push_str("- ");
        match item {
            Value::Object(members) if !members.is_empty() => write_map(members, column + INDENT, true, out)?,
            Value::Array(items) if !items.is_empty() => return None,
            scalar => {
                write_scalar(scalar, out)?;
                out.push('\n');
            }
        }
    }
    Some(())
}

fn indent(column: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', column));
}

fn write_scalar(value: &Value, out: &mut String) -> Option<()> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) if !number.is_f64() => write!(out, "{number}").ok()?,
        Value::String(text) if is_plain(text) => out.push_str(text),
        Value::String(text) if text.bytes().all(is_printable) => {
            out.push_str(super::write::general(value).strip_suffix('\n')?)
        }
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(members) if members.is_empty() => out.push_str("{}"),
        _ => return None,
    }
    Some(())
}

/// Whether a text surely needs no quotes.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = match bytes {
        [b'-', b'-', third, ..] => third.is_ascii_alphabetic(),
        [first, ..] => first.is_ascii_alphabetic() || *first == b'/',
        [] => false,
    };
    let ends = !matches!(bytes.last(), Some(b' ' | b':'));
    let mut pairs = bytes.iter().zip(bytes.iter().skip(1));
    begins
        && ends
        && bytes.iter().all(|byte| is_printable(*byte))
        && !pairs.any(|pair| matches!(pair, (b':', b' ') | (b' ', b'#')))
        && !(bytes.len() <= LONGEST_WORD && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

/// The same for a key, where more characters count.
fn is_plain_key(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    text.bytes().all(is_inner) && is_plain(text)
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}
