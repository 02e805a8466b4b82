//! `fieldPath` of a rule: a path below the value that the rule is about, of members and keys of maps.

use crate::core::schema::structural::Schema;

/// The path as the server prints it; `None` when it does not lead to a member of the schema.
pub(super) fn normalized(path: &str, schema: &Schema) -> Option<String> {
    let mut text = String::new();
    let mut rest = path;
    let mut schema = schema;
    while let Some(first) = rest.chars().next() {
        let name;
        match first {
            '.' => {
                let tail = rest.get(1..)?;
                let end = tail.find(['.', '[', ']']).unwrap_or(tail.len());
                name = tail.get(..end)?.to_owned();
                rest = tail.get(end..)?;
            }
            '[' => {
                let tail = rest.strip_prefix("['")?;
                let (quoted, length) = quoted(tail)?;
                name = quoted;
                rest = tail.get(length..)?.strip_prefix(']')?;
            }
            _ => return None,
        }
        if schema.properties.is_empty() {
            schema = schema.additional_schema()?;
            text.push_str(&format!("[{name}]"));
        } else {
            schema = schema.property(&name)?;
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&name);
        }
    }
    Some(text)
}

/// A text up to its closing quote, and the length that it takes with it.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\'' => return Some((name, index + 1)),
            '\\' => name.push(match characters.next()?.1 {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                same @ ('\'' | '\\') => same,
                _ => return None,
            }),
            _ => name.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_members_and_keys() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "object", "properties": {
            "b-c": {"type": "object", "additionalProperties": {"type": "string"}}}}}});
        let schema = Schema::compile(&schema).expect("a valid schema");
        for (path, printed) in [
            (".a", Some("a")),
            (".a['b-c']", Some("a.b-c")),
            (".a.b-c['it\\'s']", Some("a.b-c[it's]")),
            (".a.x", None),
            (".a[0]", None),
            ("a", None),
        ] {
            assert_eq!(normalized(path, &schema).as_deref(), printed, "{path}");
        }
    }
}
