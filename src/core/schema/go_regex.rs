//! Regular expressions as Go reads them (`regexp/syntax`), compiled by a library that differs in a few things: there
//! `\d`, `\w`, `\s` and `\b` know all of Unicode, a bracket or `&&` inside a class means something, and a brace that
//! counts nothing is an error.

use regex::Regex;

/// Largest compiled pattern, in bytes of the regex library's program.
const PROGRAM_LIMIT: usize = 1 << 20;
/// Most repetitions of one thing that Go allows.
const REPEAT_LIMIT: u32 = 1000;

/// Compiles a pattern of Go; `None` when Go would refuse it, or it is too large.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    regex::RegexBuilder::new(&translated(pattern)?).size_limit(PROGRAM_LIMIT).build().ok()
}

fn translated(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    // Position in a class: `None` outside.
    let mut class: Option<usize> = None;
    while let Some(first) = rest.chars().next() {
        let mut used = first.len_utf8();
        match (first, class) {
            ('\\', _) => used = escape(rest, class.is_some(), &mut text)?,
            ('[', None) => {
                text.push('[');
                class = Some(0);
                if rest.get(1..).is_some_and(|after| after.starts_with('^')) {
                    text.push('^');
                    used += 1;
                }
                rest = rest.get(used..)?;
                continue;
            }
            ('[', Some(_)) => {
                // A named class such as [:alpha:] stays; any other bracket is meant as itself.
                match rest.strip_prefix("[:").and_then(|named| named.split_once(":]")) {
                    Some((name, _)) => {
                        used = name.len() + 4;
                        text.push_str(rest.get(..used)?);
                    }
                    None => text.push_str("\\["),
                }
            }
            // Right behind the opening bracket, a closing one is meant as itself.
            (']', Some(0)) => text.push_str("\\]"),
            (']', Some(_)) => {
                text.push(']');
                class = None;
                rest = rest.get(used..)?;
                continue;
            }
            ('&' | '~', Some(_)) => {
                text.push('\\');
                text.push(first);
            }
            ('-', Some(position)) if position > 0 && rest.starts_with("--") => text.push_str("\\-"),
            ('{', None) => match repetition(rest) {
                Some(length) => {
                    used = length;
                    let counts = rest.get(1..length - 1)?;
                    let is_too_many = counts
                        .split(',')
                        .any(|count| count.parse().is_ok_and(|count: u32| count > REPEAT_LIMIT));
                    if is_too_many {
                        return None;
                    }
                    text.push_str(rest.get(..length)?);
                }
                None => text.push_str("\\{"),
            },
            _ => text.push(first),
        }
        class = class.map(|position| position + 1);
        rest = rest.get(used..)?;
    }
    Some(text)
}

/// The length of `{n}`, `{n,}` or `{n,m}` at the start of a text.
fn repetition(text: &str) -> Option<usize> {
    let (counts, _) = text.strip_prefix('{')?.split_once('}')?;
    let is_count = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match counts.split_once(',') {
        None => is_count(counts),
        Some((low, high)) => is_count(low) && (high.is_empty() || is_count(high)),
    };
    fits.then_some(counts.len() + 2)
}

/// Translates an escape; returns the length of what it stands for.
fn escape(text: &str, in_class: bool, out: &mut String) -> Option<usize> {
    let second = text.chars().nth(1)?;
    let replaced = match (second, in_class) {
        ('d', true) => "0-9",
        ('w', true) => "0-9A-Za-z_",
        ('s', true) => "\\t\\n\\x0C\\r ",
        ('d', false) => "[0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('s', false) => "[\\t\\n\\x0C\\r ]",
        ('D', _) => "[^0-9]",
        ('W', _) => "[^0-9A-Za-z_]",
        ('S', _) => "[^\\t\\n\\x0C\\r ]",
        ('b', false) => "(?-u:\\b)",
        ('B', false) => "(?-u:\\B)",
        ('Q', false) => {
            let body = text.get(2..)?;
            let (literal, length) = match body.split_once("\\E") {
                Some((literal, _)) => (literal, literal.len() + 4),
                None => (body, body.len() + 2),
            };
            out.push_str(&regex::escape(literal));
            return Some(length);
        }
        ('0'..='7', _) => {
            let digits = text.get(1..)?;
            let length = digits.find(|c: char| !('0'..='7').contains(&c)).unwrap_or(digits.len()).min(3);
            if second != '0' && length < 2 {
                // A reference to a group, which Go does not have.
                return None;
            }
            let code = u32::from_str_radix(digits.get(..length)?, 8).ok()?;
            out.push_str(&format!("\\x{{{code:X}}}"));
            return Some(length + 1);
        }
        ('<' | '>', _) => {
            out.push(second);
            return Some(2);
        }
        ('x' | 'p' | 'P', _) => {
            let tail = text.get(2..)?;
            let length = if tail.starts_with('{') { tail.find('}')? + 1 } else { 0 };
            out.push_str(text.get(..2 + length)?);
            return Some(2 + length);
        }
        (letter, _) if letter.is_ascii_alphabetic() && !"afnrtvAz".contains(letter) => return None,
        _ => {
            out.push('\\');
            out.push(second);
            return Some(1 + second.len_utf8());
        }
    };
    out.push_str(replaced);
    Some(2)
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn patterns_mean_what_they_mean_to_go() {
        for (pattern, text, matches) in [
            (r"^\d+$", "123", true),
            (r"^\d+$", "١٢٣", false),
            (r"^[\d.]+$", "1.2", true),
            (r"^[^\d]+$", "abc", true),
            (r"^[\D]+$", "abc", true),
            (r"^[[]$", "[", true),
            (r"^[]a]+$", "a]", true),
            (r"^[a&&b]+$", "a&b", true),
            (r"^[a-z0-9-]+$", "a-0", true),
            (r"^\p{Greek}\pL\<$", "αb<", true),
            (r"^a{,2}$", "a{,2}", true),
            (r"^a{2}$", "aa", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"\bé", "é", false),
            (r"^[[:alpha:]_]+$", "ab_", true),
            (r"^\x{41}\101$", "AA", true),
            (r"^\s$", "\u{b}", false),
            (r"^[a\-]+$", "a-", true),
        ] {
            let regex = compile(pattern).unwrap_or_else(|| panic!("{pattern} compiles"));
            assert_eq!(regex.is_match(text), matches, "{pattern} {text}");
        }
        for refused in [r"\1", "a{1001}", "(", r"\Z"] {
            assert!(compile(refused).is_none(), "{refused}");
        }
    }
}
