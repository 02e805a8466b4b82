//! JSON from a network: its depth and the number of its values are counted before anything is built.

use serde_json::Value;

use super::{MAX_JSON_DEPTH, MAX_JSON_VALUES};

/// Parses an answer; bytes that are not UTF-8 are replaced (recipes.md section 1.5).
///
/// # Errors
/// Why it is not JSON, or not JSON that is taken.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Err("the answer is empty".to_owned()),
        Some(b'<') => return Err("it looks like a web page".to_owned()),
        Some(_) => {}
    }
    measure(bytes)?;
    serde_json::from_str(&String::from_utf8_lossy(bytes)).map_err(|error| error.to_string())
}

/// Walks the text once. A value costs some 80 bytes however short it is written, so their number matters as the size
/// does.
fn measure(bytes: &[u8]) -> Result<(), String> {
    let (mut depth, mut values, mut in_text, mut escaped) = (0_usize, 1_usize, false, false);
    for byte in bytes {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => (depth, values) = (depth + 1, values + 1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > MAX_JSON_DEPTH {
            return Err(format!("it is nested deeper than {MAX_JSON_DEPTH} levels"));
        }
        if values > MAX_JSON_VALUES {
            return Err(format!("it holds more than {MAX_JSON_VALUES} values"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_number_are_bounded_outside_of_texts() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_JSON_DEPTH).as_bytes()).is_ok());
        assert_eq!(
            parse(nested(MAX_JSON_DEPTH + 1).as_bytes()).unwrap_err(),
            "it is nested deeper than 64 levels"
        );
        // An unclosed million must not reach the recursive parser.
        assert!(parse("[".repeat(1_000_000).as_bytes()).unwrap_err().contains("deeper"));
        assert!(
            parse(format!("[{}0]", "0,".repeat(MAX_JSON_VALUES)).as_bytes()).unwrap_err().contains("values")
        );
        let text = format!(r#"{{"guide": "{} \" \\"}}"#, "[,".repeat(300_000));
        assert!(parse(text.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        assert_eq!(parse(b" \n").unwrap_err(), "the answer is empty");
        assert_eq!(parse(b"\n<!doctype html>").unwrap_err(), "it looks like a web page");
        assert!(parse(b"{\"a\": 1").unwrap_err().starts_with("EOF while parsing"));
        assert_eq!(parse(b"\xef\xbb\xbf{\"a\": \"\xff\"}").unwrap()["a"], "\u{fffd}");
    }
}
