//! kubectl's JSONPath templates: text and `{...}` expressions, `{range}` and `{end}`.
//!
//! The path language itself is a library's (RFC 9535); what kubectl adds around it is here: braces, quoted literals,
//! ranges, a leading dot instead of `$`, and `\.` in member names.

use jsonpath_rust::JsonPath;
use serde_json::Value;

/// Longest template; nobody types a longer one.
const MAX_TEMPLATE: usize = 4096;
/// Deepest nesting of ranges.
const MAX_RANGES: usize = 8;

/// A template that cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonPathError {
    /// Longer than is read.
    #[error("the JSONPath template is longer than {MAX_TEMPLATE} bytes")]
    TooLong,
    /// A `{` without its `}`.
    #[error("the JSONPath template has an unclosed {{")]
    Unclosed,
    /// `{range}` and `{end}` do not match.
    #[error(
        "the JSONPath template has a range without an end, an end without a range, or more than {MAX_RANGES} nested ranges"
    )]
    Range,
    /// An expression that is not a path.
    #[error("{{{0}}} is not a JSONPath expression")]
    Expression(String),
    /// An element that a list does not have; kubectl ends on it, while a missing member prints nothing.
    #[error("array index out of bounds: index {index}, length {length}")]
    Bounds {
        /// The index as written, counted from the end where it is negative.
        index: i64,
        /// How many elements there are.
        length: usize,
    },
}

enum Part {
    Text(String),
    Path(String),
    Range(String, Vec<Part>),
}

/// Evaluates a template over one object, as `kubectl -o jsonpath=` does: a missing member prints nothing, several
/// results of one expression are separated by a blank.
///
/// # Errors
/// See [`JsonPathError`].
pub fn evaluate(template: &str, object: &Value) -> Result<String, JsonPathError> {
    let mut output = String::new();
    print(&parts_of(template)?, object, &mut output)?;
    Ok(output)
}

/// Whether a template can be evaluated, whatever the object; so that nothing is done before it is known to be wrong.
///
/// # Errors
/// See [`JsonPathError`].
pub fn check(template: &str) -> Result<(), JsonPathError> {
    fn all(parts: &[Part]) -> Result<(), JsonPathError> {
        parts.iter().try_for_each(|part| match part {
            Part::Text(_) => Ok(()),
            Part::Path(path) => query(path, &Value::Null).map(drop),
            Part::Range(path, parts) => query(path, &Value::Null).and_then(|_| all(parts)),
        })
    }
    all(&parts_of(template)?)
}

fn parts_of(template: &str) -> Result<Vec<Part>, JsonPathError> {
    if template.len() > MAX_TEMPLATE {
        return Err(JsonPathError::TooLong);
    }
    // kubectl takes a bare path as well.
    let braced = if template.contains('{') { template.to_owned() } else { format!("{{{template}}}") };
    let mut rest = braced.as_str();
    parse(&mut rest, 0)
}

/// The values at one path, which is what stands between the braces: `.status.conditions[?(@.type=="Ready")].status`.
///
/// # Errors
/// See [`JsonPathError`].
pub fn values<'a>(path: &str, object: &'a Value) -> Result<Vec<&'a Value>, JsonPathError> {
    if path.len() > MAX_TEMPLATE {
        return Err(JsonPathError::TooLong);
    }
    query(&to_path(path)?, object)
}

fn parse(rest: &mut &str, depth: usize) -> Result<Vec<Part>, JsonPathError> {
    let mut parts = Vec::new();
    loop {
        let Some((text, after)) = rest.split_once('{') else {
            parts.push(Part::Text((*rest).to_owned()));
            *rest = "";
            return if depth == 0 { Ok(parts) } else { Err(JsonPathError::Range) };
        };
        parts.push(Part::Text(text.to_owned()));
        let end = closing(after).ok_or(JsonPathError::Unclosed)?;
        let (expression, after) = after.split_at(end);
        *rest = after.get(1..).unwrap_or_default();
        let expression = expression.trim();
        if expression == "end" {
            return if depth > 0 { Ok(parts) } else { Err(JsonPathError::Range) };
        }
        if let Some(path) = expression.strip_prefix("range ") {
            if depth >= MAX_RANGES {
                return Err(JsonPathError::Range);
            }
            parts.push(Part::Range(to_path(path)?, parse(rest, depth + 1)?));
        } else if let Some(literal) = literal(expression) {
            parts.push(Part::Text(literal));
        } else {
            parts.push(Part::Path(to_path(expression)?));
        }
    }
}

/// Index of the `}` that closes the expression; braces inside quotes do not count.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), character) if character == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '}') => return Some(index),
            _ => {}
        }
    }
    None
}

fn literal(expression: &str) -> Option<String> {
    let quoted =
        |quote: char| expression.len() >= 2 && expression.starts_with(quote) && expression.ends_with(quote);
    if quoted('"') {
        return serde_json::from_str(expression).ok();
    }
    quoted('\'').then(|| expression.trim_matches('\'').replace("\\n", "\n").replace("\\t", "\t"))
}

/// kubectl's spelling of a path as RFC 9535 has it.
fn to_path(expression: &str) -> Result<String, JsonPathError> {
    let bad = || JsonPathError::Expression(expression.to_owned());
    let body = expression.trim().trim_start_matches(['$', '@']);
    let mut path = String::from("$");
    let dotted =
        if body.is_empty() || body.starts_with(['.', '[']) { body.to_owned() } else { format!(".{body}") };
    let mut characters = dotted.chars().peekable();
    let mut quote = None;
    let mut brackets = 0_usize;
    while let Some(character) = characters.next() {
        match (quote, character) {
            // kubectl's own form for a key with dots, `['team\.example/x']`; RFC 9535 knows no such escape.
            (Some(_), '\\') if characters.peek() == Some(&'.') => {}
            (Some(_), '\\') => {
                path.push(character);
                path.extend(characters.next());
            }
            (Some(open), _) => {
                if character == open {
                    quote = None;
                }
                path.push(character);
            }
            (None, '\'' | '"') => {
                quote = Some(character);
                path.push(character);
            }
            (None, '[') => {
                brackets += 1;
                path.push('[');
            }
            (None, ']') => {
                brackets = brackets.checked_sub(1).ok_or_else(bad)?;
                path.push(']');
            }
            (None, '.') if brackets == 0 => {
                if characters.next_if_eq(&'.').is_some() {
                    path.push_str("..");
                }
                if characters.next_if_eq(&'*').is_some() {
                    path.push_str("[*]");
                    continue;
                }
                let mut name = String::new();
                while let Some(next) = characters.next_if(|next| !matches!(next, '.' | '[' | ']')) {
                    name.push(if next == '\\' { characters.next().ok_or_else(bad)? } else { next });
                }
                if !name.is_empty() {
                    let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
                    path.push_str(&format!("['{quoted}']"));
                }
            }
            (None, character) => path.push(character),
        }
    }
    if quote.is_some() || brackets > 0 { Err(bad()) } else { Ok(path) }
}

fn print(parts: &[Part], object: &Value, output: &mut String) -> Result<(), JsonPathError> {
    for part in parts {
        match part {
            Part::Text(text) => output.push_str(text),
            Part::Path(path) => {
                let found: Vec<String> = within_bounds(path, object)?.into_iter().map(plain).collect();
                output.push_str(&found.join(" "));
            }
            Part::Range(path, parts) => {
                for item in within_bounds(path, object)? {
                    print(parts, item, output)?;
                }
            }
        }
    }
    Ok(())
}

/// The values at a path, once every index in it is one that its list has.
fn within_bounds<'a>(path: &str, object: &'a Value) -> Result<Vec<&'a Value>, JsonPathError> {
    for (list, index) in indexes(path) {
        // Below `..` some lists have the element and others do not; kubectl looks at each as well.
        let lists = if list.ends_with("..") { Vec::new() } else { query(list, object)? };
        for length in lists.into_iter().filter_map(Value::as_array).map(Vec::len) {
            let from_start =
                index.checked_add(if index < 0 { i64::try_from(length).unwrap_or(i64::MAX) } else { 0 });
            if from_start.and_then(|index| usize::try_from(index).ok()).is_none_or(|index| index >= length) {
                return Err(JsonPathError::Bounds { index, length });
            }
        }
    }
    query(path, object)
}

/// The indexes in a path outside of filters, each with the path of its list.
fn indexes(path: &str) -> Vec<(&str, i64)> {
    let (mut found, mut quote, mut open, mut depth) = (Vec::new(), None, 0, 0_usize);
    let mut characters = path.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => drop(characters.next()),
            (Some(closing), _) if closing == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '[') => {
                if depth == 0 {
                    open = at;
                }
                depth += 1;
            }
            (None, ']') => {
                depth = depth.saturating_sub(1);
                let index = path.get(open + 1..at).and_then(|text| text.trim().parse().ok());
                if let Some((list, index)) = path.get(..open).zip(index).filter(|_| depth == 0) {
                    found.push((list, index));
                }
            }
            (None, _) => {}
        }
    }
    found
}

fn query<'a>(path: &str, object: &'a Value) -> Result<Vec<&'a Value>, JsonPathError> {
    if path == "$" {
        return Ok(vec![object]);
    }
    object.query(path).map_err(|_| JsonPathError::Expression(path.to_owned()))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object() -> Value {
        json!({"status": {"phase": "Running", "conditions": [
                  {"type": "Ready", "status": "True"}, {"type": "Validated", "status": "False"}]},
               "metadata": {"annotations": {"airunway.ai/recipe.id": "x"}, "name": "q"}})
    }

    fn text(template: &str) -> String {
        evaluate(template, &object()).unwrap()
    }

    #[test]
    fn paths_as_kubectl_users_write_them() {
        assert_eq!(text("{.status.phase}"), "Running");
        assert_eq!(text(".status.phase"), "Running");
        assert_eq!(text("{$.metadata.name}"), "q");
        assert_eq!(text("{.status.conditions[*].type}"), "Ready Validated");
        assert_eq!(text("{.status.conditions[0].type}"), "Ready");
        assert_eq!(text(r#"{.status.conditions[?(@.type=="Ready")].status}"#), "True");
        assert_eq!(text(r"{.metadata.annotations.airunway\.ai/recipe\.id}"), "x");
        assert_eq!(text("{.metadata['name']}"), "q");
        assert_eq!(text("{..type}"), "Ready Validated");
        assert_eq!(text("{.missing.member}"), "");
    }

    #[test]
    fn text_literals_and_ranges() {
        assert_eq!(text(r#"a {.metadata.name}{"\n"}"#), "a q\n");
        assert_eq!(
            text(r#"{range .status.conditions[*]}{.type}={.status};{end}"#),
            "Ready=True;Validated=False;"
        );
        assert_eq!(text("{.metadata.annotations}"), r#"{"airunway.ai/recipe.id":"x"}"#);
    }

    #[test]
    fn an_element_that_is_not_there_is_an_error_as_for_kubectl() {
        assert_eq!(text("{.status.conditions[-1].type}"), "Validated");
        assert_eq!(text("{.missing[3].type}"), "");
        assert_eq!(text("{.metadata['name']}"), "q");
        for (template, index) in [
            ("{.status.conditions[2].type}", 2),
            ("{.status.conditions[-3]}", -3),
            ("{range .status.conditions[5]}{.type}{end}", 5),
        ] {
            let expected = JsonPathError::Bounds { index, length: 2 };
            assert_eq!(evaluate(template, &object()), Err(expected), "{template}");
            assert_eq!(check(template), Ok(()), "{template}");
        }
    }

    #[test]
    fn what_is_wrong_in_a_range_is_known_without_an_object() {
        assert!(check("{range .missing[*]}{.a[?(}{end}").is_err());
        assert!(check("{range .missing[*]}{.a[?(@.b==1)]}{end}").is_ok());
    }

    #[test]
    fn broken_templates_are_errors() {
        for bad in ["{.a", "{range .a}", "{end}", "{.a]}", "{.a[}"] {
            assert!(evaluate(bad, &object()).is_err(), "{bad}");
        }
    }
}
