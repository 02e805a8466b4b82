//! Functions of texts (`cel-go/ext/strings.go`, version 2). Positions count characters.

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::arithmetic::check_size;
use crate::core::schema::cel::value::{Failure, List, Outcome, Value};

pub(super) const FUNCTIONS: [Function; 20] = [
    method(
        "contains",
        2,
        Run::Plain(|values| Some(pair(values, |text, part| text.contains(part)))),
        cost::SEARCH,
    ),
    method(
        "startsWith",
        2,
        Run::Plain(|values| Some(pair(values, |text, part| text.starts_with(part)))),
        cost::TRAVERSE,
    ),
    method(
        "endsWith",
        2,
        Run::Plain(|values| Some(pair(values, |text, part| text.ends_with(part)))),
        cost::TRAVERSE,
    ),
    method("charAt", 2, Run::Plain(char_at), cost::ONE),
    method("indexOf", 2, Run::Plain(index_of), cost::DEEP),
    method("indexOf", 3, Run::Plain(index_of), cost::DEEP),
    method("lastIndexOf", 2, Run::Plain(last_index_of), cost::DEEP),
    method("lastIndexOf", 3, Run::Plain(last_index_of), cost::DEEP),
    method("lowerAscii", 1, Run::Plain(|values| changed(values, str::to_ascii_lowercase)), cost::TRAVERSE),
    method("upperAscii", 1, Run::Plain(|values| changed(values, str::to_ascii_uppercase)), cost::TRAVERSE),
    method("trim", 1, Run::Plain(|values| changed(values, |text| text.trim().to_owned())), cost::TRAVERSE),
    method("replace", 3, Run::Plain(replace), cost::TRAVERSE_TWICE),
    method("replace", 4, Run::Plain(replace), cost::TRAVERSE_TWICE),
    method("split", 2, Run::Plain(split), cost::TRAVERSE_TWICE),
    method("split", 3, Run::Plain(split), cost::TRAVERSE_TWICE),
    method("substring", 2, Run::Plain(substring), cost::TRAVERSE),
    method("substring", 3, Run::Plain(substring), cost::TRAVERSE),
    method("join", 1, Run::Plain(join), cost::JOIN),
    method("join", 2, Run::Plain(join), cost::JOIN),
    function("strings.quote", 1, Run::Plain(|values| changed(values, quote)), cost::TRAVERSE),
];

/// A question about two texts. These three have no variant for other types and say so in their own way.
fn pair<'a>(values: &[Value<'a>], holds: impl Fn(&str, &str) -> bool) -> Outcome<'a> {
    match values {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(holds(text, part))),
        _ => Err(Failure::no_overload()),
    }
}

fn changed<'a>(values: &[Value<'a>], change: impl Fn(&str) -> String) -> Answer<'a> {
    match values {
        [Value::Text(text)] => Some(Ok(Value::text(change(text)))),
        _ => None,
    }
}

fn out_of_range(index: i64) -> Failure {
    Failure::error(format!("index out of range: {index}"))
}

/// A position of a text: 0 up to and including its length.
fn position(index: i64, length: usize) -> Result<usize, Failure> {
    usize::try_from(index).ok().filter(|index| *index <= length).ok_or_else(|| out_of_range(index))
}

fn char_at<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text), Value::Int(index)] = values else { return None };
    let found = position(*index, text.chars().count()).map(|index| text.chars().nth(index));
    Some(found.map(|character| Value::text(character.map(String::from).unwrap_or_default())))
}

fn index_of<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let (text, part, offset) = match values {
        [Value::List(list), item] => return Some(super::lists::index_of(list, item)),
        [Value::Text(text), Value::Text(part)] => (text, part, 0),
        [Value::Text(text), Value::Text(part), Value::Int(offset)] => (text, part, *offset),
        _ => return None,
    };
    if part.is_empty() {
        return Some(Ok(Value::Int(offset)));
    }
    let Ok(skipped) = usize::try_from(offset) else { return Some(Err(out_of_range(offset))) };
    let Some((start, _)) = text.char_indices().nth(skipped) else { return Some(Ok(Value::Int(-1))) };
    let tail = text.get(start..).unwrap_or_default();
    Some(Ok(match tail.find(&**part).and_then(|found| tail.get(..found)) {
        Some(before) => Value::count(skipped + before.chars().count()),
        None => Value::Int(-1),
    }))
}

fn last_index_of<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let (text, part, offset) = match values {
        [Value::List(list), item] => return Some(super::lists::last_index_of(list, item)),
        [Value::Text(text), Value::Text(part)] => (text, part, None),
        [Value::Text(text), Value::Text(part), Value::Int(offset)] => (text, part, Some(*offset)),
        _ => return None,
    };
    let length = text.chars().count();
    if part.is_empty() {
        return Some(Ok(offset.map_or_else(|| Value::count(length), Value::Int)));
    }
    if offset.is_none() && text.len() < part.len() {
        return Some(Ok(Value::Int(-1)));
    }
    let last = match offset {
        None => length.saturating_sub(1),
        Some(offset) => match usize::try_from(offset) {
            Ok(offset) => offset,
            Err(_) => return Some(Err(out_of_range(offset))),
        },
    };
    if last >= length {
        return Some(Ok(Value::Int(-1)));
    }
    // What begins at `last` or before it.
    let end = text.char_indices().nth(last).map_or(text.len(), |(start, _)| start) + part.len();
    let mut end = end.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or_default();
    Some(Ok(match head.rfind(&**part).and_then(|found| head.get(..found)) {
        Some(before) => Value::count(before.chars().count()),
        None => Value::Int(-1),
    }))
}

fn replace<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let (text, old, new, times) = match values {
        [Value::Text(text), Value::Text(old), Value::Text(new)] => (text, old, new, -1),
        [Value::Text(text), Value::Text(old), Value::Text(new), Value::Int(times)] => {
            (text, old, new, *times)
        }
        _ => return None,
    };
    let times = usize::try_from(times).unwrap_or(usize::MAX);
    let found = if old.is_empty() { text.chars().count() + 1 } else { text.matches(&**old).count() };
    let grown = found.min(times).saturating_mul(new.len()).saturating_add(text.len());
    Some(check_size(grown).map(|()| Value::text(text.replacen(&**old, new, times))))
}

fn split<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let (text, separator, limit) = match values {
        [Value::Text(text), Value::Text(separator)] => (text, separator, -1),
        [Value::Text(text), Value::Text(separator), Value::Int(limit)] => (text, separator, *limit),
        _ => return None,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if limit == 0 {
        return Some(Ok(Value::List(List::made(Vec::new()))));
    }
    let parts: Vec<String> = if separator.is_empty() {
        each_character(text, limit)
    } else {
        text.splitn(limit, &**separator).map(str::to_owned).collect()
    };
    Some(check_size(parts.len()).map(|()| Value::texts(parts)))
}

/// Go splits by nothing into characters, and leaves the rest in the last part.
fn each_character(text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if parts.len() + 1 == limit {
            parts.push(rest.to_owned());
            break;
        }
        parts.push(first.to_string());
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    parts
}

fn substring<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let (text, start, end) = match values {
        [Value::Text(text), Value::Int(start)] => (text, *start, None),
        [Value::Text(text), Value::Int(start), Value::Int(end)] => (text, *start, Some(*end)),
        _ => return None,
    };
    let length = text.chars().count();
    if let Some(end) = end.filter(|end| start > *end) {
        let words = format!("invalid substring range. start: {start}, end: {end}");
        return Some(Err(Failure::error(words)));
    }
    let cut = |start: usize, end: usize| {
        Value::text(text.chars().skip(start).take(end - start).collect::<String>())
    };
    let start = match position(start, length) {
        Ok(start) => start,
        Err(failure) => return Some(Err(failure)),
    };
    Some(match end {
        None => Ok(cut(start, length)),
        Some(end) => position(end, length).map(|end| cut(start, end)),
    })
}

fn join<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let (list, separator) = match values {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::Text(separator)] => (list, &**separator),
        _ => return None,
    };
    let mut text = String::new();
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        match item {
            Ok(Value::Text(part)) => text.push_str(&part),
            Ok(other) => {
                let words =
                    format!("join: invalid input: {}", crate::core::schema::cel::print::shown(&other));
                return Some(Err(Failure::error(words)));
            }
            Err(failure) => return Some(Err(failure)),
        }
        if let Err(failure) = check_size(text.len()) {
            return Some(Err(failure));
        }
    }
    Some(Ok(Value::text(text)))
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
