//! Decoding as Go does into typed structures: the first error in the words of `sigs.k8s.io/json`, unknown members, and
//! what a structure adds when it is written back.
//!
//! Members of custom resources are read in sorted order, as the API server sends them, those of built-in kinds as they
//! stand in the document. The first mismatch of a type is kept while reading
//! goes on; a value with a reader of its own (a quantity, a time) ends the reading at once and its error wins.

mod reader;

pub use reader::Order;

use super::text;
use crate::core::kubernetes::quantity::{Quantity, QuantityError};
use reader::{Reader, find_unknown, fits_struct, is_known};
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
    /// `intstr.IntOrString`.
    IntOrString,
    /// Bytes, written in base 64.
    Bytes,
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
    decode_in(Order::Sorted, value, structure)
}

/// Reads a value as a structure, in the given order.
///
/// # Errors
/// The text of the error that Go reports.
pub fn decode_in(order: Order, value: &Value, structure: &'static Struct) -> Result<(), String> {
    // The common case needs neither order nor paths.
    if fits_struct(value, structure) {
        return Ok(());
    }
    let mut reader = Reader::new(order);
    match reader.read_struct(value, structure) {
        Err(error) => Err(error),
        Ok(()) => reader.first.map_or(Ok(()), Err),
    }
}

/// Paths of members that a structure does not know, in the order of reading.
pub fn unknown_members(value: &Value, structure: &'static Struct) -> Vec<String> {
    unknown_members_in(Order::Sorted, value, structure)
}

/// Paths of members that a structure does not know, in the given order.
pub fn unknown_members_in(order: Order, value: &Value, structure: &'static Struct) -> Vec<String> {
    let mut unknown = Vec::new();
    if is_known(value, &Kind::Struct(structure)) {
        return unknown;
    }
    find_unknown(value, &Kind::Struct(structure), "", order, &mut unknown);
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

/// Replaces null entries of lists and maps by the zero values as which they are read.
pub fn fill_entries(value: &mut Value, kind: &'static Kind) {
    let fill = |entry: &mut Value, below: &'static Kind| {
        if entry.is_null() {
            *entry = zero(below);
        }
        fill_entries(entry, below);
    };
    match (kind, value) {
        (Kind::Struct(structure), Value::Object(members)) => {
            for field in structure.fields {
                if let Some(member) = members.get_mut(field.name) {
                    fill_entries(member, &field.kind);
                }
            }
        }
        (Kind::Map(_, below), Value::Object(members)) => {
            members.values_mut().for_each(|entry| fill(entry, below));
        }
        (Kind::List(_, below), Value::Array(items)) => items.iter_mut().for_each(|entry| fill(entry, below)),
        _ => {}
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
        Kind::Text(_) | Kind::Bytes => Value::String(String::new()),
        Kind::Bool => Value::Bool(false),
        Kind::Int32 | Kind::Int64 | Kind::IntOrString => Value::from(0),
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
