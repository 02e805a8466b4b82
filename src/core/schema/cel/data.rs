//! The object as values: what its schema says of a member decides what an expression sees
//! (`apiserver/pkg/cel/common/valuesunstructured.go`, `apiserver/pkg/cel/escaping.go`).

use super::time;
use super::value::{Failure, List, Map, Outcome, Text, Value};
use crate::core::schema::structural::{Schema, Type, Types};
use base64::Engine as _;
use serde_json::{Map as Members, Number, Value as Json};
use std::sync::LazyLock;

/// Words that cannot be names of fields in an expression (`__namespace__` stands for `namespace`).
const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];
const ESCAPES: [(&str, &str); 4] =
    [("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")];

/// What every resource shows of itself, whatever its schema says.
struct Meta {
    text: Schema,
    metadata: Schema,
}

static META: LazyLock<Meta> = LazyLock::new(|| {
    let text = Schema { types: Types::of(Type::String), ..Schema::default() };
    let properties = vec![("generateName".into(), text.clone()), ("name".into(), text.clone())];
    let metadata = Schema { types: Types::of(Type::Object), properties, ..Schema::default() };
    Meta { text, metadata }
});

/// The schema of a member, when an expression can see it.
fn below<'a>(schema: &'a Schema, is_resource: bool, name: &str) -> Option<&'a Schema> {
    if is_resource && !names_itself(schema) {
        match name {
            "kind" | "apiVersion" => return Some(&META.text),
            "metadata" => return Some(&META.metadata),
            _ => {}
        }
    }
    if schema.properties.is_empty() && !is_resource {
        schema.additional_schema()
    } else {
        schema.property(name)
    }
}

/// Whether the schema itself describes the members that every resource has.
fn names_itself(schema: &Schema) -> bool {
    let is = |schema: &Schema, name: &str, kind: Type| {
        schema.property(name).is_some_and(|property| property.types.single() == Some(kind))
    };
    is(schema, "kind", Type::String)
        && is(schema, "apiVersion", Type::String)
        && is(schema, "metadata", Type::Object)
        && schema.property("metadata").is_some_and(|metadata| {
            is(metadata, "name", Type::String) && is(metadata, "generateName", Type::String)
        })
}

/// Whether an expression can see a member of that name.
pub(super) fn is_known(schema: &Schema, is_resource: bool, name: &str) -> bool {
    below(schema, is_resource, name).is_some()
}

/// A member of an object, by the name that an expression uses. A null counts as absent where members are named.
pub(super) fn member<'a>(
    members: &'a Members<String, Json>,
    schema: &'a Schema,
    is_resource: bool,
    name: &str,
) -> Result<Option<Value<'a>>, Failure> {
    let is_object = !schema.properties.is_empty() || is_resource;
    let unescaped = if is_object { unescape(name) } else { Some(name.to_owned()) };
    let Some(name) = unescaped else { return Ok(None) };
    let Some(json) = members.get(&name).filter(|json| !(is_object && json.is_null())) else {
        return Ok(None);
    };
    below(schema, is_resource, &name).map(|schema| value(json, schema)).transpose()
}

/// A part of the object as its schema describes it.
pub(super) fn value<'a>(json: &'a Json, schema: &'a Schema) -> Outcome<'a> {
    if json.is_null() {
        return if schema.nullable {
            Ok(Value::Null)
        } else {
            Err(Failure::error("invalid data, got null for schema with nullable=false"))
        };
    }
    if schema.is_int_or_string() {
        return match json {
            Json::String(text) => Ok(Value::Text(Text::Borrowed(text))),
            Json::Number(number) if number.is_i64() => Ok(plain(json)),
            _ => Err(Failure::error(
                "invalid data, expected XIntOrString value to be either a string or integer",
            )),
        };
    }
    let wrong =
        |wanted: &str| Failure::error(format!("invalid data, expected {wanted}, got {}", go_type(json)));
    match schema.types.single() {
        Some(Type::Object) => match json {
            Json::Object(members) => Ok(Value::Map(Map::Data {
                members,
                schema: Some(schema),
                is_resource: schema.embedded_resource,
            })),
            _ => Err(Failure::error("invalid data, expected a map for the provided schema with type=object")),
        },
        Some(Type::Array) => match json {
            Json::Array(items) => Ok(Value::List(List::Data { items, schema: Some(schema) })),
            _ => {
                Err(Failure::error("invalid data, expected an array for the provided schema with type=array"))
            }
        },
        Some(Type::String) => match json {
            Json::String(text) => formatted(text, schema),
            _ => Err(wrong("string")),
        },
        Some(Type::Number) => match json {
            Json::Number(number) => Ok(Value::Double(number.as_f64().unwrap_or(f64::NAN))),
            _ => Err(wrong("float")),
        },
        Some(Type::Integer) => match json {
            Json::Number(number) if number.is_i64() => Ok(plain(json)),
            _ => Err(wrong("int")),
        },
        Some(Type::Boolean) => match json {
            Json::Bool(flag) => Ok(Value::Bool(*flag)),
            _ => Err(wrong("bool")),
        },
        None => Ok(Value::Opaque(json)),
    }
}

/// A text whose format makes it something else.
fn formatted<'a>(text: &'a str, schema: &Schema) -> Outcome<'a> {
    let odd = |what: &str| Failure::NotEvaluated(format!("{what} {text}, which cannot be read"));
    match schema.format.as_ref().map(|format| format.name.as_ref()) {
        Some("duration") => {
            time::lenient_duration(text).map(Value::Duration).ok_or_else(|| odd("the duration"))
        }
        Some("date") => time::date(text).map(Value::Timestamp).ok_or_else(|| odd("the date")),
        Some("date-time") => {
            time::lenient_timestamp(text).map(Value::Timestamp).ok_or_else(|| odd("the date-time"))
        }
        Some("byte") => base64::engine::general_purpose::STANDARD
            .decode(text)
            .map(|bytes| Value::Bytes(bytes.into()))
            .map_err(|_| odd("the bytes")),
        _ => Ok(Value::Text(Text::Borrowed(text))),
    }
}

/// A part of the object without a schema.
pub(super) fn plain(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => number_value(number),
        Json::String(text) => Value::Text(Text::Borrowed(text)),
        Json::Array(items) => Value::List(List::Data { items, schema: None }),
        Json::Object(members) => Value::Map(Map::Data { members, schema: None, is_resource: false }),
    }
}

fn number_value<'a>(number: &Number) -> Value<'a> {
    match number.as_i64() {
        Some(whole) => Value::Int(whole),
        None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
    }
}

fn go_type(json: &Json) -> &'static str {
    match json {
        Json::Null => "<nil>",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_i64() => "int64",
        Json::Number(_) => "float64",
        Json::String(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Object(_) => "map[string]interface {}",
    }
}

/// The name of a field as an expression spells it; names that cannot be spelled stay as they are.
pub(super) fn escaped(name: &str) -> Value<'_> {
    match escape(name) {
        Some(text) if text != name => Value::text(text),
        _ => Value::Text(Text::Borrowed(name)),
    }
}

/// The name of a field as an expression spells it.
pub(super) fn escape(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let escape = ESCAPES.iter().find(|(plain, _)| rest.starts_with(plain));
        match escape {
            Some((plain, escape)) => {
                text.push_str(escape);
                rest = rest.get(plain.len()..)?;
            }
            None if first.is_ascii_alphanumeric() || first == '_' => {
                text.push(first);
                rest = rest.get(1..)?;
            }
            None => return None,
        }
    }
    Some(text)
}

/// The name of a field that an expression spells so.
fn unescape(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("__") {
        let (before, at) = rest.split_at(start);
        let inner = at.get(2..)?;
        let end = inner.find('_').unwrap_or(inner.len());
        let (word, after) = inner.split_at(end);
        let Some(after) = after.strip_prefix("__").filter(|_| !word.is_empty()) else {
            // Not a pair of double underscores around something: one character is taken as it is.
            name.push_str(before);
            name.push('_');
            rest = at.get(1..)?;
            continue;
        };
        name.push_str(before);
        match ESCAPES.iter().find(|(_, escape)| escape.get(2..escape.len() - 2) == Some(word)) {
            Some((plain, _)) => name.push_str(plain),
            None if RESERVED.contains(&word) && text.len() == word.len() + 4 => name.push_str(word),
            None => return None,
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_the_server_does() {
        for (name, spelled) in [
            ("plain", "plain"),
            ("namespace", "__namespace__"),
            ("x-y", "x__dash__y"),
            ("a.b/c", "a__dot__b__slash__c"),
            ("under__score", "under__underscores__score"),
            ("single_", "single_"),
        ] {
            assert_eq!(escape(name).as_deref(), Some(spelled));
            assert_eq!(unescape(spelled).as_deref(), Some(name));
        }
        assert_eq!(escape("1st"), None);
        assert_eq!(escape("a b"), None);
        assert_eq!(unescape("x__nonsense__y"), None);
        assert_eq!(unescape("x__namespace__y"), None);
    }
}
