//! Decoding as Go does into typed structures: the first error in the words of `sigs.k8s.io/json`, unknown members, and
//! what a structure adds when it is written back.
//!
//! Members are read in sorted order, as the API server sends them. The first mismatch of a type is kept while reading
//! goes on; a value with a reader of its own (a quantity, a time) ends the reading at once and its error wins.

use super::text;
use crate::core::kubernetes::quantity::{Quantity, QuantityError};
use serde_json::{Map, Value};

/// Most unknown members that the library lists.
const STRICT_ERROR_LIMIT: usize = 100;

/// The type of a Go value; texts in it are the names that errors print.
#[derive(Debug)]
pub enum Kind {
    /// A string type, by name.
    Text(&'static str),
    /// `bool`.
    Bool,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `resource.Quantity`.
    Quantity,
    /// `metav1.Time`.
    Time,
    /// Anything.
    Raw,
    /// A structure.
    Struct(&'static Struct),
    /// A map from strings.
    Map(&'static str, &'static Kind),
    /// A list.
    List(&'static str, &'static Kind),
}

/// A Go structure.
#[derive(Debug)]
pub struct Struct {
    /// Bare name, as errors print it in front of the path.
    pub name: &'static str,
    /// Name with its package, as errors print a type.
    pub type_name: &'static str,
    /// Its members.
    pub fields: &'static [Field],
}

/// A member of a Go structure.
#[derive(Debug)]
pub struct Field {
    /// Name in JSON.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Whether writing back leaves the zero value out.
    pub omits_zero: bool,
    /// Whether the zero value is written when it is there: Go tells it from an absent member by a pointer.
    pub is_pointer: bool,
    /// The embedded structure that declares the member; errors print it in the path.
    pub embedded_in: Option<&'static str>,
}

/// A member that is left out when empty.
pub const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, omits_zero: true, is_pointer: false, embedded_in: None }
}

/// A scalar behind a pointer: left out when absent, written when it is zero.
pub const fn pointer(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, omits_zero: true, is_pointer: true, embedded_in: None }
}

/// A member that is always written.
pub const fn always(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, omits_zero: false, is_pointer: false, embedded_in: None }
}

/// A plain string.
pub const TEXT: Kind = Kind::Text("string");
/// A map of strings.
pub const TEXT_MAP: Kind = Kind::Map("map[string]string", &TEXT);
/// A list of strings.
pub const TEXT_LIST: Kind = Kind::List("[]string", &TEXT);

/// Reads a value as a structure.
///
/// # Errors
/// The text of the error that Go reports.
pub fn decode(value: &Value, structure: &'static Struct) -> Result<(), String> {
    // The common case needs neither order nor paths.
    if fits_struct(value, structure) {
        return Ok(());
    }
    let mut reader = Reader { first: None, structure: None, path: Vec::new() };
    match reader.read_struct(value, structure) {
        Err(error) => Err(error),
        Ok(()) => reader.first.map_or(Ok(()), Err),
    }
}

/// Paths of members that a structure does not know, in the order of reading.
pub fn unknown_members(value: &Value, structure: &'static Struct) -> Vec<String> {
    let mut unknown = Vec::new();
    if is_known(value, &Kind::Struct(structure)) {
        return unknown;
    }
    find_unknown(value, &Kind::Struct(structure), "", &mut unknown);
    unknown.truncate(STRICT_ERROR_LIMIT);
    unknown
}

/// Adds to a value what its structure writes even when empty: members without `omitempty`, canonical quantities.
pub fn write_back(value: &mut Value, kind: &'static Kind) {
    match (kind, value) {
        (Kind::Struct(structure), Value::Object(members)) => {
            for field in structure.fields {
                match members.get_mut(field.name) {
                    Some(member) => write_back(member, &field.kind),
                    None if !field.omits_zero => {
                        let mut zero = zero(&field.kind);
                        write_back(&mut zero, &field.kind);
                        members.insert(field.name.to_owned(), zero);
                    }
                    None => {}
                }
            }
        }
        (Kind::Map(_, below), Value::Object(members)) => {
            members.values_mut().for_each(|member| write_item(member, below))
        }
        (Kind::List(_, below), Value::Array(items)) => {
            items.iter_mut().for_each(|item| write_item(item, below))
        }
        (Kind::Quantity, value) => {
            if let Ok(quantity) = read_quantity(value) {
                *value = Value::String(quantity.to_string());
            }
        }
        _ => {}
    }
}

/// A value as a Go program writes it that has read it into its structure: [`write_back`], and members that are zero,
/// false or empty are gone unless their structure says otherwise. Members it does not know stay.
pub fn rewrite(value: &mut Value, kind: &'static Kind) {
    drop_zeros(value, kind);
    write_back(value, kind);
}

fn drop_zeros(value: &mut Value, kind: &'static Kind) {
    match (kind, value) {
        (Kind::Struct(structure), Value::Object(members)) => {
            for field in structure.fields {
                let Some(member) = members.get_mut(field.name) else { continue };
                drop_zeros(member, &field.kind);
                if member.is_null() || field.omits_zero && !field.is_pointer && is_zero(member, &field.kind) {
                    members.shift_remove(field.name);
                }
            }
        }
        (Kind::Map(_, below), Value::Object(members)) => {
            members.values_mut().for_each(|member| drop_zeros(member, below));
        }
        (Kind::List(_, below), Value::Array(items)) => {
            items.iter_mut().for_each(|item| drop_zeros(item, below));
        }
        _ => {}
    }
}

/// What `omitempty` leaves out. Structures are written even when nothing is in them, and so are values with a writer
/// of their own.
fn is_zero(value: &Value, kind: &Kind) -> bool {
    match (kind, value) {
        (Kind::Text(_), Value::String(text)) => text.is_empty(),
        (Kind::Bool, Value::Bool(flag)) => !flag,
        (Kind::Int32 | Kind::Int64, Value::Number(number)) => number.as_f64() == Some(0.0),
        (Kind::Map(..), Value::Object(members)) => members.is_empty(),
        (Kind::List(..), Value::Array(items)) => items.is_empty(),
        _ => false,
    }
}

/// A null entry of a list or map reads as the zero value.
fn write_item(item: &mut Value, kind: &'static Kind) {
    if item.is_null() {
        *item = zero(kind);
    }
    write_back(item, kind);
}

fn zero(kind: &Kind) -> Value {
    match kind {
        Kind::Text(_) => Value::String(String::new()),
        Kind::Bool => Value::Bool(false),
        Kind::Int32 | Kind::Int64 => Value::from(0),
        Kind::Quantity => Value::String("0".to_owned()),
        Kind::Struct(_) => Value::Object(Map::new()),
        Kind::Time | Kind::Raw | Kind::Map(..) | Kind::List(..) => Value::Null,
    }
}

/// Reads a quantity as Go does from JSON: a number or a text, blanks around it skipped, escapes not undone.
///
/// # Errors
/// [`QuantityError`] with Go's text.
pub fn read_quantity(value: &Value) -> Result<Quantity, QuantityError> {
    let encoded = text::json(value);
    let bare = encoded.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&encoded);
    Quantity::parse(bare.trim())
}

fn fits_struct(value: &Value, structure: &'static Struct) -> bool {
    let Some(members) = value.as_object() else { return value.is_null() };
    members.iter().all(|(name, member)| {
        structure.fields.iter().find(|field| field.name == name).is_none_or(|field| fits(member, &field.kind))
    })
}

fn fits(value: &Value, kind: &'static Kind) -> bool {
    match (kind, value) {
        (Kind::Raw, _) | (_, Value::Null) => true,
        (Kind::Struct(structure), Value::Object(_)) => fits_struct(value, structure),
        (Kind::Map(_, below), Value::Object(members)) => members.values().all(|member| fits(member, below)),
        (Kind::List(_, below), Value::Array(items)) => items.iter().all(|item| fits(item, below)),
        (Kind::Quantity, value) => read_quantity(value).is_ok(),
        (Kind::Time, value) => read_time(value).is_ok(),
        (Kind::Text(_), Value::String(_)) | (Kind::Bool, Value::Bool(_)) => true,
        (Kind::Int32 | Kind::Int64, Value::Number(number)) => fits_integer(number, kind),
        _ => false,
    }
}

fn fits_integer(number: &serde_json::Number, kind: &Kind) -> bool {
    // The server has printed the number anew: a whole float comes without a point.
    let whole = super::format::whole(number);
    match kind {
        Kind::Int32 => whole.is_some_and(|whole| i32::try_from(whole).is_ok()),
        _ => whole.is_some(),
    }
}

struct Reader {
    first: Option<String>,
    structure: Option<&'static Struct>,
    path: Vec<&'static str>,
}

impl Reader {
    fn read(&mut self, value: &Value, kind: &'static Kind) -> Result<(), String> {
        match (kind, value) {
            (Kind::Raw, _) => Ok(()),
            // Nulls leave everything as it is, also values with a reader of their own.
            (_, Value::Null) => Ok(()),
            (Kind::Quantity, value) => read_quantity(value).map(|_| ()).map_err(|error| error.to_string()),
            (Kind::Time, Value::String(_)) => read_time(value),
            (Kind::Time, value) => Err(self.words(value, "string", false)),
            (Kind::Struct(structure), Value::Object(_)) => self.read_struct(value, structure),
            (Kind::Map(_, below), Value::Object(members)) => {
                let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
                sorted.sort_unstable_by_key(|(name, _)| name.as_str());
                sorted.into_iter().try_for_each(|(_, member)| self.read(member, below))
            }
            (Kind::List(_, below), Value::Array(items)) => {
                items.iter().try_for_each(|item| self.read(item, below))
            }
            (_, value) if fits(value, kind) => Ok(()),
            (_, value) => {
                self.mismatch(value, kind);
                Ok(())
            }
        }
    }

    fn read_struct(&mut self, value: &Value, structure: &'static Struct) -> Result<(), String> {
        let Value::Object(members) = value else {
            self.mismatch_of(value, structure.type_name, false);
            return Ok(());
        };
        let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
        sorted.sort_unstable_by_key(|(name, _)| name.as_str());
        for (name, member) in sorted {
            let Some(field) = structure.fields.iter().find(|field| field.name == name) else { continue };
            let (outer, length) = (self.structure, self.path.len());
            self.structure = Some(structure);
            self.path.extend(field.embedded_in);
            self.path.push(field.name);
            self.read(member, &field.kind)?;
            self.structure = outer;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn mismatch(&mut self, value: &Value, kind: &Kind) {
        let (name, is_integer) = match kind {
            Kind::Text(name) | Kind::Map(name, _) | Kind::List(name, _) => (*name, false),
            Kind::Struct(structure) => (structure.type_name, false),
            Kind::Bool => ("bool", false),
            Kind::Int32 => ("int32", true),
            Kind::Int64 => ("int64", true),
            Kind::Quantity => ("resource.Quantity", false),
            Kind::Time => ("v1.Time", false),
            Kind::Raw => ("runtime.RawExtension", false),
        };
        self.mismatch_of(value, name, is_integer);
    }

    fn mismatch_of(&mut self, value: &Value, type_name: &str, is_integer: bool) {
        if self.first.is_none() {
            self.first = Some(self.words(value, type_name, is_integer));
        }
    }

    fn words(&self, value: &Value, type_name: &str, is_integer: bool) -> String {
        let found = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(_) if is_integer => format!("number {}", text::json(value)),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        match self.structure {
            None => format!("json: cannot unmarshal {found} into Go value of type {type_name}"),
            Some(structure) => {
                let path = self.path.join(".");
                let name = structure.name;
                format!(
                    "json: cannot unmarshal {found} into Go struct field {name}.{path} of type {type_name}"
                )
            }
        }
    }
}

/// `metav1.Time`: a text in RFC 3339 form.
fn read_time(value: &Value) -> Result<(), String> {
    let time = value.as_str().unwrap_or("?");
    if super::format::is_date_time(time) {
        return Ok(());
    }
    // Go's time library quotes byte by byte.
    let escape = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' | 0x7f => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    let quoted = format!("\"{}\"", time.bytes().map(escape).collect::<String>());
    Err(format!("parsing time {quoted} as \"2006-01-02T15:04:05Z07:00\": cannot parse {quoted} as \"2006\""))
}

fn find_unknown(value: &Value, kind: &Kind, path: &str, unknown: &mut Vec<String>) {
    match (kind, value) {
        (Kind::Struct(structure), Value::Object(members)) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_str());
            for (name, member) in sorted {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match structure.fields.iter().find(|field| field.name == name) {
                    Some(field) => find_unknown(member, &field.kind, &path, unknown),
                    None => unknown.push(path),
                }
            }
        }
        (Kind::Map(_, below), Value::Object(members)) => {
            for (name, member) in members {
                find_unknown(member, below, &format!("{path}.{name}"), unknown);
            }
        }
        (Kind::List(_, below), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                find_unknown(item, below, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

/// Whether a structure knows all members; the common case, without order and paths.
fn is_known(value: &Value, kind: &Kind) -> bool {
    match (kind, value) {
        (Kind::Struct(structure), Value::Object(members)) => members.iter().all(|(name, member)| {
            structure
                .fields
                .iter()
                .find(|field| field.name == name)
                .is_some_and(|field| is_known(member, &field.kind))
        }),
        (Kind::Map(_, below), Value::Object(members)) => {
            members.values().all(|member| is_known(member, below))
        }
        (Kind::List(_, below), Value::Array(items)) => items.iter().all(|item| is_known(item, below)),
        _ => true,
    }
}
