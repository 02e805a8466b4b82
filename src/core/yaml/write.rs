//! Writing: byte-stable, and read back unchanged by kubectl.

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value;
use serde_saphyr::DoubleQuoted;

use super::quick;
use crate::core::text;

/// Writes one value as a YAML document, ending in a line break.
///
/// The order of members is kept. A string that a YAML 1.1 reader would take for something else (`yes`, `12:30`, `1_000`,
/// `null`) is quoted, and text of several lines becomes a `|` block where that keeps every character.
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    write_yaml(value, &mut text);
    text
}

/// Appends what [`to_yaml`] writes.
pub fn write_yaml(value: &Value, text: &mut String) {
    if !quick::write(value, text) {
        text.push_str(&general(value));
    }
}

/// The writer for every value.
pub(super) fn general(value: &Value) -> String {
    // Long lines stay whole: folding them would make a line-based difference of two renders hard to read.
    let options = serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: true,
        folded_wrap_chars: usize::MAX,
    };
    // Writing a JSON value to a String fails only for options out of range, which these are not.
    text::in_quotes(serde_saphyr::to_string_with_options(&Readable(value), options).unwrap_or_default())
}

/// Writes values as documents with `---` between them.
pub fn to_yaml_documents<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut text = String::new();
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        write_yaml(value, &mut text);
    }
    text
}

/// A value whose strings are quoted where a block would not be read back.
struct Readable<'a>(&'a Value);

impl Serialize for Readable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::String(text) if breaks_as_block(text) || turns(text) => {
                DoubleQuoted(text).serialize(serializer)
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&Readable(item)))?;
                list.end()
            }
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, member)| match turns(name) {
                    true => map.serialize_entry(&DoubleQuoted(name), &Readable(member)),
                    false => map.serialize_entry(name, &Readable(member)),
                })?;
                map.end()
            }
            scalar => scalar.serialize(serializer),
        }
    }
}

/// Whether a text holds what the library writes as it is, and a terminal would obey: it changes the direction of all that follows.
fn turns(text: &str) -> bool {
    !text.is_ascii()
        && text.contains([
            '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
            '\u{2069}',
        ])
}

/// Blank lines and then a tab: Go's reader looks for the indentation of a block there and refuses the tab.
fn breaks_as_block(text: &str) -> bool {
    text.starts_with('\n') && text.trim_start_matches(['\n', ' ']).starts_with('\t')
}
