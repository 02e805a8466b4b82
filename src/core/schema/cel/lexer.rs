//! The words of an expression (`cel-go/parser/gen/CEL.g4`).

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    Int(i64),
    /// The one whole number that fits only with a minus in front of it.
    IntBelow,
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    Symbol(&'static str),
    End,
}

/// Longer ones first.
const SYMBOLS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "?", ":", ".", ",", "+", "-", "*", "/", "%", "(", ")",
    "[", "]", "{", "}",
];

/// Splits an expression; the last token is [`Token::End`].
///
/// # Errors
/// What is not a word of the language.
pub(super) fn tokens(source: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = skip_blank(source);
    while let Some(first) = rest.chars().next() {
        let (token, after) = if let Some(literal) = text_literal(rest) {
            literal?
        } else if first.is_ascii_digit() || is_leading_point(rest) {
            number(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            (Token::Name(name), after)
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            let symbol = symbol.ok_or_else(|| format!("the character {first:?}"))?;
            (Token::Symbol(symbol), rest.get(symbol.len()..).unwrap_or_default())
        };
        tokens.push(token);
        rest = skip_blank(after);
    }
    tokens.push(Token::End);
    Ok(tokens)
}

fn skip_blank(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\t', ' ', '\r', '\n', '\u{c}']);
        match rest.strip_prefix("//") {
            Some(comment) => rest = comment.split_once('\n').map_or("", |(_, after)| after),
            None => return rest,
        }
    }
}

fn is_leading_point(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
}

fn number(text: &str) -> Result<(Token<'_>, &str), String> {
    let odd = || format!("the number {}", text.get(..text.len().min(20)).unwrap_or_default());
    if let Some(hex) = text.strip_prefix("0x") {
        let end = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        let (digits, after) = hex.split_at(end);
        return match after.strip_prefix(['u', 'U']) {
            Some(after) => u64::from_str_radix(digits, 16).map(|value| (Token::Uint(value), after)),
            None => i64::from_str_radix(digits, 16).map(|value| (Token::Int(value), after)),
        }
        .map_err(|_| odd());
    }
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut end = digits(text);
    let mut is_double = false;
    let tail = |end: usize| text.get(end..).unwrap_or_default();
    if let Some(fraction) = tail(end).strip_prefix('.')
        && digits(fraction) > 0
    {
        is_double = true;
        end += 1 + digits(fraction);
    }
    if let Some(exponent) = tail(end).strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits(unsigned) > 0 {
            is_double = true;
            end += 1 + (exponent.len() - unsigned.len()) + digits(unsigned);
        }
    }
    let (spelled, after) = text.split_at(end);
    if is_double {
        return spelled.parse().map(|value| (Token::Double(value), after)).map_err(|_| odd());
    }
    if let Some(after) = after.strip_prefix(['u', 'U']) {
        return spelled.parse().map(|value| (Token::Uint(value), after)).map_err(|_| odd());
    }
    match spelled.parse() {
        Ok(value) => Ok((Token::Int(value), after)),
        Err(_) if spelled == "9223372036854775808" => Ok((Token::IntBelow, after)),
        Err(_) => Err(odd()),
    }
}

type Lexed<'a> = Result<(Token<'a>, &'a str), String>;

/// A text or bytes literal, when one begins here.
fn text_literal(text: &str) -> Option<Lexed<'_>> {
    let mut rest = text;
    let (mut is_raw, mut is_bytes) = (false, false);
    loop {
        match rest.chars().next()? {
            'r' | 'R' if !is_raw => is_raw = true,
            'b' | 'B' if !is_bytes => is_bytes = true,
            '"' | '\'' => break,
            _ => return None,
        }
        rest = rest.get(1..)?;
    }
    let quote = rest.get(..1)?;
    let triple = rest.get(..3).filter(|three| three.bytes().all(|byte| quote.as_bytes() == [byte]));
    let quotes = triple.unwrap_or(quote);
    let body = rest.get(quotes.len()..)?;
    Some(read_text(body, quotes, is_raw, is_bytes))
}

fn read_text<'a>(body: &'a str, quotes: &str, is_raw: bool, is_bytes: bool) -> Lexed<'a> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut rest = body;
    loop {
        if let Some(after) = rest.strip_prefix(quotes) {
            if is_bytes {
                return Ok((Token::Bytes(bytes), after));
            }
            let text = String::from_utf8(bytes).map_err(|_| "a text that is not UTF-8".to_owned())?;
            return Ok((Token::Text(text), after));
        }
        let Some(character) = rest.chars().next() else { return Err("a text without an end".to_owned()) };
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        rest = match character {
            '\n' | '\r' if quotes.len() == 1 => return Err("a line break in a text".to_owned()),
            '\r' => {
                bytes.push(b'\n');
                after.strip_prefix('\n').unwrap_or(after)
            }
            '\\' if is_raw => {
                bytes.push(b'\\');
                after
            }
            '\\' => escape(after, is_bytes, &mut bytes)?,
            _ => {
                push(&mut bytes, character);
                after
            }
        };
    }
}

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What follows a backslash.
fn escape<'a>(text: &'a str, is_bytes: bool, bytes: &mut Vec<u8>) -> Result<&'a str, String> {
    let odd = || "an escape that does not exist".to_owned();
    let first = text.chars().next().ok_or_else(odd)?;
    let after = text.get(first.len_utf8()..).unwrap_or_default();
    let plain = match first {
        'a' => Some(7),
        'b' => Some(8),
        'f' => Some(12),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(11),
        '\\' | '\'' | '"' | '`' | '?' => u8::try_from(first).ok(),
        _ => None,
    };
    if let Some(plain) = plain {
        bytes.push(plain);
        return Ok(after);
    }
    let (digits, radix, rest) = match first {
        'x' | 'X' => (after.get(..2), 16, after.get(2..)),
        'u' if !is_bytes => (after.get(..4), 16, after.get(4..)),
        'U' if !is_bytes => (after.get(..8), 16, after.get(8..)),
        '0'..='3' => (text.get(..3), 8, text.get(3..)),
        _ => return Err(odd()),
    };
    let code = u32::from_str_radix(digits.ok_or_else(odd)?, radix).map_err(|_| odd())?;
    if is_bytes {
        bytes.push(u8::try_from(code).map_err(|_| odd())?);
    } else {
        push(bytes, char::from_u32(code).ok_or_else(odd)?);
    }
    Ok(rest.unwrap_or_default())
}
