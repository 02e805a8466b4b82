//! The compiled form of an OpenAPI v3 schema.

use super::cel::Rule;
use super::format::Format;
use super::pattern::Pattern;
use serde_json::{Map, Value};

/// Deepest nesting of schemas; real ones stay far below.
const SCHEMA_DEPTH_LIMIT: usize = 100;

/// Why a schema cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A member has a shape that OpenAPI does not allow.
    #[error("schema field {0} has the wrong shape")]
    Shape(String),
    /// Schemas nest deeper than 100 levels.
    #[error("schema nests deeper than {SCHEMA_DEPTH_LIMIT} levels")]
    Depth,
    /// The definition has no such version, or the version no schema.
    #[error("no schema for version {0}")]
    Version(String),
}

/// A set of JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Types(u8);

/// The JSON types a schema can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Object = 1,
    Array = 2,
    String = 4,
    Integer = 8,
    Number = 16,
    Boolean = 32,
}

impl Type {
    const ALL: [(Type, &'static str); 6] = [
        (Type::Object, "object"),
        (Type::Array, "array"),
        (Type::String, "string"),
        (Type::Integer, "integer"),
        (Type::Number, "number"),
        (Type::Boolean, "boolean"),
    ];

    pub(super) fn name(self) -> &'static str {
        Type::ALL.iter().find(|(each, _)| *each == self).map_or("", |(_, name)| name)
    }
}

impl Types {
    pub(super) fn is_any(self) -> bool {
        self.0 == 0
    }

    /// The set of one type.
    pub(super) fn of(only: Type) -> Types {
        Types(only as u8)
    }

    pub(super) fn contains(self, which: Type) -> bool {
        self.0 & which as u8 != 0
    }

    /// The only type, when there is exactly one.
    pub(super) fn single(self) -> Option<Type> {
        let mut found = Type::ALL.iter().filter(|(each, _)| self.contains(*each));
        found.next().filter(|_| found.next().is_none()).map(|(each, _)| *each)
    }

    /// The names as the server prints them.
    pub(super) fn names(self) -> String {
        match self.single() {
            Some(only) => only.name().to_owned(),
            None => "integer,string".to_owned(),
        }
    }
}

/// How the items of a list are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListType {
    Atomic,
    Set,
    Map,
}

/// What members beyond the named ones may be.
#[derive(Debug, Clone)]
pub(super) enum Additional {
    Allowed(bool),
    Schema(Box<Schema>),
}

/// `allOf` and its kin.
#[derive(Debug, Clone, Default)]
pub(super) struct Combined {
    pub(super) all_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) one_of: Vec<Schema>,
    pub(super) not: Option<Schema>,
}

/// Bounds that few schemas have.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_maximum: bool,
    pub(super) minimum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) multiple_of: Option<f64>,
    pub(super) max_length: Option<u64>,
    pub(super) min_length: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) min_items: Option<u64>,
    pub(super) unique_items: bool,
    pub(super) max_properties: Option<u64>,
    pub(super) min_properties: Option<u64>,
}

/// A compiled structural schema.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    pub(super) types: Types,
    pub(super) nullable: bool,
    pub(super) format: Option<Format>,
    pub(super) default: Option<Value>,
    pub(super) enumeration: Vec<Value>,
    pub(super) pattern: Option<Pattern>,
    pub(super) bounds: Option<Box<Bounds>>,
    pub(super) combined: Option<Box<Combined>>,
    pub(super) items: Option<Box<Schema>>,
    /// Sorted by name.
    pub(super) properties: Vec<(Box<str>, Schema)>,
    pub(super) additional: Option<Additional>,
    pub(super) required: Vec<Box<str>>,
    pub(super) preserve_unknown: bool,
    pub(super) embedded_resource: bool,
    pub(super) list_type: Option<ListType>,
    pub(super) list_map_keys: Vec<Box<str>>,
    /// Whether this schema or one below it has a default.
    pub(super) has_defaults: bool,
    /// Whether a list below (or this one) is a set or a map.
    pub(super) has_list_types: bool,
    /// Whether this schema or one below it is a resource of its own.
    pub(super) has_embedded: bool,
    /// `x-kubernetes-validations`.
    pub(super) rules: Vec<Rule>,
    /// Whether this schema or one below it has rules; those of `allOf` do not count.
    pub(super) has_rules: bool,
}

impl Schema {
    /// Compiles an OpenAPI v3 schema; members it does not know (descriptions, examples) are skipped.
    ///
    /// # Errors
    /// [`SchemaError`] when the schema is malformed or too deep.
    pub fn compile(schema: &Value) -> Result<Schema, SchemaError> {
        compile(schema, "openAPIV3Schema", 0)
    }

    /// The schema of a named member.
    pub fn property(&self, name: &str) -> Option<&Schema> {
        let index = self.properties.binary_search_by(|(each, _)| each.as_ref().cmp(name)).ok()?;
        self.properties.get(index).map(|(_, schema)| schema)
    }

    /// The schema of members that are not named, if there is one.
    pub(super) fn additional_schema(&self) -> Option<&Schema> {
        match &self.additional {
            Some(Additional::Schema(schema)) => Some(schema),
            _ => None,
        }
    }

    /// The schema of a member, named or not.
    pub fn member(&self, name: &str) -> Option<&Schema> {
        self.property(name).or_else(|| self.additional_schema())
    }

    /// The fields that tell the entries of a list of type `map` apart; none for other lists.
    pub fn map_keys(&self) -> impl Iterator<Item = &str> {
        let keys = if self.list_type == Some(ListType::Map) { self.list_map_keys.as_slice() } else { &[] };
        keys.iter().map(AsRef::as_ref)
    }

    /// The schema of a list's items.
    pub fn items(&self) -> Option<&Schema> {
        self.items.as_deref()
    }

    /// `x-kubernetes-int-or-string`.
    pub(super) fn is_int_or_string(&self) -> bool {
        self.types.contains(Type::Integer) && self.types.contains(Type::String)
    }

    /// The names of the members, sorted.
    pub fn property_names(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().map(|(name, _)| name.as_ref())
    }

    fn children(&self) -> impl Iterator<Item = &Schema> {
        self.properties
            .iter()
            .map(|(_, schema)| schema)
            .chain(self.items.as_deref())
            .chain(self.additional_schema())
    }
}

fn compile(schema: &Value, at: &str, depth: usize) -> Result<Schema, SchemaError> {
    if depth > SCHEMA_DEPTH_LIMIT {
        return Err(SchemaError::Depth);
    }
    let members = schema.as_object().ok_or_else(|| SchemaError::Shape(at.to_owned()))?;
    let below = |value: &Value, name: &str| compile(value, name, depth + 1);
    let list = |name: &str| -> Result<Vec<Schema>, SchemaError> {
        array(members, name)?.iter().map(|each| below(each, name)).collect()
    };
    let mut compiled = Schema {
        nullable: flag(members, "nullable"),
        default: members.get("default").filter(|default| !default.is_null()).cloned(),
        enumeration: array(members, "enum")?.to_vec(),
        pattern: text(members, "pattern")?.filter(|pattern| !pattern.is_empty()).map(Pattern::new),
        bounds: bounds(members),
        required: texts(members, "required")?,
        preserve_unknown: flag(members, "x-kubernetes-preserve-unknown-fields"),
        embedded_resource: flag(members, "x-kubernetes-embedded-resource"),
        list_map_keys: texts(members, "x-kubernetes-list-map-keys")?,
        items: members.get("items").map(|items| below(items, "items")).transpose()?.map(Box::new),
        ..Schema::default()
    };
    compiled.types = types(members)?;
    compiled.format = text(members, "format")?.and_then(|format| Format::of(format, compiled.types));
    compiled.list_type = text(members, "x-kubernetes-list-type")?.map(|kind| match kind {
        "set" => ListType::Set,
        "map" => ListType::Map,
        _ => ListType::Atomic,
    });
    compiled.additional = match members.get("additionalProperties") {
        None => None,
        Some(Value::Bool(allowed)) => Some(Additional::Allowed(*allowed)),
        Some(schema) => Some(Additional::Schema(Box::new(below(schema, "additionalProperties")?))),
    };
    if let Some(properties) = members.get("properties") {
        let properties = properties.as_object().ok_or_else(|| SchemaError::Shape("properties".to_owned()))?;
        for (name, property) in properties {
            compiled.properties.push((name.as_str().into(), below(property, name)?));
        }
        compiled.properties.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
    }
    let combined = Combined {
        all_of: list("allOf")?,
        any_of: list("anyOf")?,
        one_of: list("oneOf")?,
        not: members.get("not").map(|not| below(not, "not")).transpose()?,
    };
    let has_combined =
        !(combined.all_of.is_empty() && combined.any_of.is_empty() && combined.one_of.is_empty());
    compiled.combined = (has_combined || combined.not.is_some()).then(|| Box::new(combined));
    compiled.has_defaults = compiled.default.is_some() || compiled.children().any(|child| child.has_defaults);
    compiled.has_list_types = matches!(compiled.list_type, Some(ListType::Set | ListType::Map))
        || compiled.children().any(|child| child.has_list_types);
    compiled.has_embedded = compiled.embedded_resource || compiled.children().any(|child| child.has_embedded);
    compiled.rules = Rule::read(array(members, "x-kubernetes-validations")?, &compiled)?;
    compiled.has_rules = !compiled.rules.is_empty() || compiled.children().any(|child| child.has_rules);
    Ok(compiled)
}

fn types(members: &Map<String, Value>) -> Result<Types, SchemaError> {
    if flag(members, "x-kubernetes-int-or-string") {
        return Ok(Types(Type::Integer as u8 | Type::String as u8));
    }
    let Some(name) = text(members, "type")? else { return Ok(Types::default()) };
    let known = Type::ALL.iter().find(|(_, each)| *each == name);
    known.map(|(kind, _)| Types(*kind as u8)).ok_or_else(|| SchemaError::Shape("type".to_owned()))
}

fn bounds(members: &Map<String, Value>) -> Option<Box<Bounds>> {
    const NAMES: [&str; 10] = [
        "maximum",
        "minimum",
        "multipleOf",
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maxProperties",
        "minProperties",
    ];
    if !NAMES.iter().any(|name| members.contains_key(*name)) {
        return None;
    }
    let number = |name: &str| members.get(name).and_then(Value::as_f64);
    let count = |name: &str| members.get(name).and_then(Value::as_u64);
    Some(Box::new(Bounds {
        maximum: number("maximum"),
        exclusive_maximum: flag(members, "exclusiveMaximum"),
        minimum: number("minimum"),
        exclusive_minimum: flag(members, "exclusiveMinimum"),
        multiple_of: number("multipleOf"),
        max_length: count("maxLength"),
        min_length: count("minLength"),
        max_items: count("maxItems"),
        min_items: count("minItems"),
        unique_items: flag(members, "uniqueItems"),
        max_properties: count("maxProperties"),
        min_properties: count("minProperties"),
    }))
}

fn flag(members: &Map<String, Value>, name: &str) -> bool {
    members.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, SchemaError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SchemaError::Shape(name.to_owned())),
    }
}

fn array<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], SchemaError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(SchemaError::Shape(name.to_owned())),
    }
}

fn texts(members: &Map<String, Value>, name: &str) -> Result<Vec<Box<str>>, SchemaError> {
    array(members, name)?
        .iter()
        .map(|item| item.as_str().map(Into::into).ok_or_else(|| SchemaError::Shape(name.to_owned())))
        .collect()
}
