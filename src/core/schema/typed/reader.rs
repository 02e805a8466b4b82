//! Reading itself: whether a value fits, the first error in Go's words, and the members that are not known.

use serde_json::{Map, Value};

use super::{Kind, Struct, read_quantity};
use crate::core::schema::text;

pub(super) fn fits_struct(value: &Value, structure: &'static Struct) -> bool {
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
        (Kind::Text(_) | Kind::IntOrString, Value::String(_)) | (Kind::Bool, Value::Bool(_)) => true,
        (Kind::Bytes, Value::String(text)) => base64_error(text).is_none(),
        (Kind::Int32 | Kind::Int64 | Kind::IntOrString, Value::Number(number)) => fits_integer(number, kind),
        _ => false,
    }
}

fn fits_integer(number: &serde_json::Number, kind: &Kind) -> bool {
    // The server has printed the number anew: a whole float comes without a point.
    let whole = crate::core::schema::format::whole(number);
    match kind {
        Kind::Int32 | Kind::IntOrString => whole.is_some_and(|whole| i32::try_from(whole).is_ok()),
        _ => whole.is_some(),
    }
}

/// In which order members are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By name: the server has written them anew.
    Sorted,
    /// As they stand in the document.
    Document,
}

impl Order {
    fn of(self, members: &Map<String, Value>) -> Vec<(&String, &Value)> {
        let mut members: Vec<(&String, &Value)> = members.iter().collect();
        if self == Order::Sorted {
            members.sort_unstable_by_key(|(name, _)| name.as_str());
        }
        members
    }
}

/// Reads and keeps the first error.
pub(super) struct Reader {
    pub(super) first: Option<String>,
    structure: Option<&'static Struct>,
    path: Vec<&'static str>,
    order: Order,
}

impl Reader {
    pub(super) fn new(order: Order) -> Self {
        Self { first: None, structure: None, path: Vec::new(), order }
    }

    fn read(&mut self, value: &Value, kind: &'static Kind) -> Result<(), String> {
        match (kind, value) {
            (Kind::Raw, _) => Ok(()),
            // Nulls leave everything as it is, also values with a reader of their own.
            (_, Value::Null) => Ok(()),
            (Kind::Quantity, value) => read_quantity(value).map(|_| ()).map_err(|error| error.to_string()),
            (Kind::Time, Value::String(_)) => read_time(value),
            (Kind::Time, value) => Err(self.words(value, "string", false)),
            (Kind::IntOrString, value) if fits(value, kind) => Ok(()),
            (Kind::IntOrString, value) => Err(self.words(value, "int32", value.is_number())),
            (Kind::Bytes, Value::String(text)) => {
                if self.first.is_none() {
                    self.first = base64_error(text);
                }
                Ok(())
            }
            (Kind::Struct(structure), Value::Object(_)) => self.read_struct(value, structure),
            (Kind::Map(_, below), Value::Object(members)) => {
                self.order.of(members).into_iter().try_for_each(|(_, member)| self.read(member, below))
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

    pub(super) fn read_struct(&mut self, value: &Value, structure: &'static Struct) -> Result<(), String> {
        let Value::Object(members) = value else {
            self.mismatch_of(value, structure.type_name, false);
            return Ok(());
        };
        for (name, member) in self.order.of(members) {
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
            Kind::IntOrString => ("intstr.IntOrString", false),
            Kind::Bytes => ("[]uint8", false),
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

/// What Go says of a text that is not base 64: the place at which it gives up.
fn base64_error(text: &str) -> Option<String> {
    let wrong_at = |place: usize| Some(format!("illegal base64 data at input byte {place}"));
    let bytes = text.as_bytes();
    let skip_breaks = |mut place: usize| {
        while matches!(bytes.get(place), Some(b'\r' | b'\n')) {
            place += 1;
        }
        place
    };
    let mut digits = 0;
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            b'+' | b'/' => digits += 1,
            byte if byte.is_ascii_alphanumeric() => digits += 1,
            b'=' if digits % 4 >= 2 => {
                let mut end = place + 1;
                if digits % 4 == 2 {
                    end = skip_breaks(end);
                    match bytes.get(end) {
                        None => return wrong_at(bytes.len()),
                        Some(b'=') => end += 1,
                        Some(_) => return wrong_at(end - 1),
                    }
                }
                end = skip_breaks(end);
                return if end < bytes.len() { wrong_at(end) } else { None };
            }
            _ => return wrong_at(place),
        }
    }
    if digits % 4 == 0 { None } else { wrong_at(bytes.len() - digits % 4) }
}

/// `metav1.Time`: a text in RFC 3339 form.
fn read_time(value: &Value) -> Result<(), String> {
    let time = value.as_str().unwrap_or("?");
    if crate::core::schema::format::is_date_time(time) {
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

pub(super) fn find_unknown(value: &Value, kind: &Kind, path: &str, order: Order, unknown: &mut Vec<String>) {
    match (kind, value) {
        (Kind::Struct(structure), Value::Object(members)) => {
            for (name, member) in order.of(members) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match structure.fields.iter().find(|field| field.name == name) {
                    Some(field) => find_unknown(member, &field.kind, &path, order, unknown),
                    None => unknown.push(path),
                }
            }
        }
        (Kind::Map(_, below), Value::Object(members)) => {
            for (name, member) in members {
                find_unknown(member, below, &format!("{path}.{name}"), order, unknown);
            }
        }
        (Kind::List(_, below), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                find_unknown(item, below, &format!("{path}[{index}]"), order, unknown);
            }
        }
        _ => {}
    }
}

/// Whether a structure knows all members; the common case, without order and paths.
pub(super) fn is_known(value: &Value, kind: &Kind) -> bool {
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
