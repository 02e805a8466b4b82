//! Go's quoted strings, as they stand in build records.
//!
//! Source: "String literals" of the Go specification, which `strconv.Unquote` follows.

/// Splits a text at the end of the quoted string that it begins with.
pub(super) fn split_quoted(text: &str) -> Option<(&str, &str)> {
    let mut characters = text.char_indices();
    let (_, quote) = characters.next()?;
    let mut escaped = false;
    for (index, character) in characters {
        if escaped {
            escaped = false;
        } else if quote == '"' && character == '\\' {
            escaped = true;
        } else if character == quote {
            return Some(text.split_at(index + character.len_utf8()));
        }
    }
    None
}

/// The text that a quoted string means; bytes that are not UTF-8 become replacement characters.
pub(super) fn unquote(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return (!raw.contains('`')).then(|| raw.replace('\r', ""));
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' | '\n' => return None,
            '\\' => escape(&mut rest, &mut bytes)?,
            other => push(&mut bytes, other),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn escape(rest: &mut std::str::Chars<'_>, bytes: &mut Vec<u8>) -> Option<()> {
    let character = rest.next()?;
    let plain = match character {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        'x' => u8::try_from(number(rest, 2, 16, 0)?).ok()?,
        '0'..='7' => u8::try_from(number(rest, 2, 8, character.to_digit(8)?)?).ok()?,
        'u' | 'U' => {
            let digits = if character == 'u' { 4 } else { 8 };
            push(bytes, char::from_u32(number(rest, digits, 16, 0)?)?);
            return Some(());
        }
        _ => return None,
    };
    bytes.push(plain);
    Some(())
}

fn number(rest: &mut std::str::Chars<'_>, digits: usize, radix: u32, start: u32) -> Option<u32> {
    let mut number = start;
    for _ in 0..digits {
        number = number.checked_mul(radix)?.checked_add(rest.next()?.to_digit(radix)?)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_strings_mean_what_go_says() {
        assert_eq!(unquote(r#""a b""#).as_deref(), Some("a b"));
        assert_eq!(
            unquote(r#""\"\\\n\t\x41\101\u00e9\U0001F600""#).as_deref(),
            Some("\"\\\n\tAA\u{e9}\u{1F600}")
        );
        assert_eq!(unquote("`a\\b`").as_deref(), Some("a\\b"));
        for bad in
            ["", "a", "\"", "\"a", r#""\q""#, r#""\x4""#, r#""\400""#, r#""\UFFFFFFFF""#, r#""a"b""#, "`a`b`"]
        {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_quoted_string_ends_at_its_own_quote() {
        assert_eq!(split_quoted(r#""a\"b"=c"#), Some((r#""a\"b""#, "=c")));
        assert_eq!(split_quoted("`a\\`=c"), Some(("`a\\`", "=c")));
        assert_eq!(split_quoted("\"a"), None);
    }
}
