//! Values of expressions.

use super::data;
use super::kind::Kind;
use super::time::Timestamp;
use crate::core::kubernetes::quantity::Quantity;
use crate::core::schema::structural::{ListType, Schema};
use serde_json::{Map as Members, Value as Json};
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// An error of the language, in the server's words.
    Error(String),
    /// The expression costs more than the server allows.
    Cancelled,
    /// Something that is not known here.
    NotEvaluated(String),
}

impl Failure {
    pub(super) fn error(words: impl Into<String>) -> Failure {
        Failure::Error(words.into())
    }

    /// The operands are of types that an operator or function does not take.
    pub(super) fn no_overload() -> Failure {
        Failure::error("no such overload")
    }
}

/// A value, or why there is none.
pub(super) type Outcome<'a> = Result<Value<'a>, Failure>;

/// A value. Texts, lists and maps of the object are borrowed from it.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Text<'a>),
    Bytes(Rc<[u8]>),
    /// Nanoseconds.
    Duration(i64),
    Timestamp(Timestamp),
    List(List<'a>),
    Map(Map<'a>),
    Kind(Kind),
    Optional(Option<Rc<Value<'a>>>),
    Url(Rc<super::go_url::GoUrl>),
    Quantity(Rc<Quantity>),
    Ip(IpAddr),
    Cidr(super::functions::net::Cidr),
    Semver(Rc<semver::Version>),
    Format(&'static super::functions::named::Format),
    /// Part of an object of which the schema says nothing; good for comparison only.
    Opaque(&'a Json),
}

/// A text.
#[derive(Debug, Clone)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Shared(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Shared(text) => text,
        }
    }
}

/// A list.
#[derive(Debug, Clone)]
pub(super) enum List<'a> {
    /// Of the object; without a schema its items are taken as they are.
    Data { items: &'a [Json], schema: Option<&'a Schema> },
    /// Made by an expression. A sum that begins with a set or map of the object is one as well, and keeps its schema.
    Made { items: Rc<Vec<Value<'a>>>, schema: Option<&'a Schema> },
}

impl<'a> List<'a> {
    pub(super) fn made(items: Vec<Value<'a>>) -> List<'a> {
        List::Made { items: Rc::new(items), schema: None }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            List::Data { items, .. } => items.len(),
            List::Made { items, .. } => items.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Outcome<'a>> {
        match self {
            List::Data { items, schema } => items.get(index).map(|item| match schema {
                Some(schema) => match schema.items() {
                    Some(below) => data::value(item, below),
                    None => Err(Failure::error("invalid array type, expected Items with a non-empty Schema")),
                },
                None => Ok(data::plain(item)),
            }),
            List::Made { items, .. } => items.get(index).cloned().map(Ok),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Outcome<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The schema of the list, when it is one of the object.
    pub(super) fn schema(&self) -> Option<&'a Schema> {
        match self {
            List::Data { schema, .. } | List::Made { schema, .. } => *schema,
        }
    }

    /// Set and map when the schema says so; the order of their items does not count.
    pub(super) fn list_type(&self) -> Option<(ListType, &'a Schema)> {
        let schema = self.schema()?;
        Some((schema.list_type.filter(|kind| *kind != ListType::Atomic)?, schema))
    }
}

/// A map or object.
#[derive(Debug, Clone)]
pub(super) enum Map<'a> {
    /// Of the object; without a schema its members are taken as they are.
    Data {
        members: &'a Members<String, Json>,
        schema: Option<&'a Schema>,
        is_resource: bool,
    },
    Made(Rc<Made<'a>>),
}

/// A map that an expression made.
#[derive(Debug, Default)]
pub(super) struct Made<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    index: HashMap<Key, usize>,
}

/// What a map is looked up by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Bool(bool),
    Whole(i128),
    Text(Box<str>),
}

impl Key {
    /// The key that a value is; whole numbers are one whatever their type.
    pub(super) fn of(value: &Value<'_>) -> Option<Key> {
        match value {
            Value::Bool(flag) => Some(Key::Bool(*flag)),
            Value::Int(whole) => Some(Key::Whole(i128::from(*whole))),
            Value::Uint(whole) => Some(Key::Whole(i128::from(*whole))),
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range, checked here")]
            Value::Double(double) if double.fract() == 0.0 && double.abs() < 1.8e19 => {
                Some(Key::Whole(*double as i128))
            }
            Value::Text(text) => Some(Key::Text((**text).into())),
            _ => None,
        }
    }
}

impl<'a> Made<'a> {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        let position = self.index.get(&Key::of(key)?)?;
        self.entries.get(*position).map(|(_, value)| value)
    }

    pub(super) fn entries(&self) -> &[(Value<'a>, Value<'a>)] {
        &self.entries
    }

    /// Sets an entry; `false` for a value that cannot be a key.
    pub(super) fn insert(&mut self, key: Value<'a>, value: Value<'a>) -> bool {
        let Some(known) = Key::of(&key) else { return false };
        match self.index.get(&known).and_then(|position| self.entries.get_mut(*position)) {
            Some(entry) => entry.1 = value,
            None => {
                self.index.insert(known, self.entries.len());
                self.entries.push((key, value));
            }
        }
        true
    }
}

impl<'a> Map<'a> {
    pub(super) fn made(map: Made<'a>) -> Map<'a> {
        Map::Made(Rc::new(map))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Map::Data { members, .. } => members.len(),
            Map::Made(map) => map.len(),
        }
    }

    /// The value behind a key.
    pub(super) fn find(&self, key: &Value<'_>) -> Result<Option<Value<'a>>, Failure> {
        match self {
            Map::Data { members, schema, is_resource } => {
                let Value::Text(name) = key else { return Err(Failure::no_overload()) };
                match schema {
                    Some(schema) => data::member(members, schema, *is_resource, name),
                    None => Ok(members.get(name.deref()).map(data::plain)),
                }
            }
            Map::Made(map) => Ok(map.get(key).cloned()),
        }
    }

    /// The keys, in the order of the object.
    pub(super) fn keys(&self) -> Vec<Value<'a>> {
        match self {
            Map::Data { members, schema, is_resource } => members
                .keys()
                .filter(|name| schema.is_none_or(|schema| data::is_known(schema, *is_resource, name)))
                .map(|name| match schema {
                    Some(schema) if !schema.properties.is_empty() => data::escaped(name),
                    _ => Value::Text(Text::Borrowed(name)),
                })
                .collect(),
            Map::Made(map) => map.entries().iter().map(|(key, _)| key.clone()).collect(),
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn text(text: impl Into<Rc<str>>) -> Value<'a> {
        Value::Text(Text::Shared(text.into()))
    }

    pub(super) fn some(value: Value<'a>) -> Value<'a> {
        Value::Optional(Some(Rc::new(value)))
    }

    pub(super) fn texts(texts: impl IntoIterator<Item = String>) -> Value<'a> {
        Value::List(List::made(texts.into_iter().map(Value::text).collect()))
    }

    /// A length or position as a whole number.
    pub(super) fn count(count: usize) -> Value<'a> {
        Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The type of the value.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Uint(_) => Kind::Uint,
            Value::Double(_) => Kind::Double,
            Value::Text(_) => Kind::Text,
            Value::Bytes(_) => Kind::Bytes,
            Value::Duration(_) => Kind::Duration,
            Value::Timestamp(_) => Kind::Timestamp,
            Value::List(_) => Kind::List,
            Value::Map(_) | Value::Opaque(_) => Kind::Map,
            Value::Kind(_) => Kind::Type,
            Value::Optional(_) => Kind::Optional,
            Value::Url(_) => Kind::Url,
            Value::Quantity(_) => Kind::Quantity,
            Value::Ip(_) => Kind::Ip,
            Value::Cidr(_) => Kind::Cidr,
            Value::Semver(_) => Kind::Semver,
            Value::Format(_) => Kind::Format,
        }
    }

    /// The size that the server counts costs by; one for what has none.
    pub(super) fn size(&self) -> u64 {
        let size = match self {
            Value::Text(text) => text.chars().count(),
            Value::Bytes(bytes) => bytes.len(),
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            Value::Optional(Some(value)) => return value.size(),
            Value::Ip(ip) => {
                if ip.is_ipv4() {
                    4
                } else {
                    16
                }
            }
            Value::Cidr(cidr) => usize::from(cidr.bits.div_ceil(8)),
            _ => 1,
        };
        u64::try_from(size).unwrap_or(u64::MAX)
    }

    /// The value without its schema, which the server loses where it looks into an optional.
    pub(super) fn without_schema(&self) -> Value<'a> {
        match self {
            Value::List(List::Data { items, .. }) => Value::List(List::Data { items, schema: None }),
            Value::Map(Map::Data { members, .. }) => {
                Value::Map(Map::Data { members, schema: None, is_resource: false })
            }
            other => other.clone(),
        }
    }
}
