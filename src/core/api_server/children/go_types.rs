//! The types of `data/kubernetes/go-types.json`: the built-in kinds as the server's Go program declares them.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::core::schema::typed::{Field, Kind, Struct, TEXT};

static SOURCE: &str = include_str!("../../../../data/kubernetes/go-types.json");

/// Every structure by name; read when the first object is judged and kept until the program ends.
static STRUCTS: LazyLock<HashMap<&'static str, &'static Struct>> = LazyLock::new(|| {
    let source: Map<String, Value> = serde_json::from_str(SOURCE).unwrap_or_default();
    let mut reader = Reader { source: &source, known: HashMap::new() };
    for name in source.keys() {
        reader.structure(name);
    }
    reader.known
});

/// The structure of that name.
pub(super) fn named(name: &str) -> Option<&'static Struct> {
    STRUCTS.get(name).copied()
}

/// The same as a type.
pub(super) fn kind_of(name: &str) -> Option<&'static Kind> {
    static KINDS: LazyLock<HashMap<&'static str, Kind>> =
        LazyLock::new(|| STRUCTS.iter().map(|(name, structure)| (*name, Kind::Struct(structure))).collect());
    KINDS.get(name)
}

/// A text for as long as the program runs: types are made once.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

struct Reader<'a> {
    source: &'a Map<String, Value>,
    known: HashMap<&'static str, &'static Struct>,
}

impl Reader<'_> {
    /// No declared type contains itself, so this ends.
    fn structure(&mut self, name: &str) -> &'static Struct {
        if let Some(known) = self.known.get(name) {
            return known;
        }
        let declared = self.source.get(name);
        let at = |place: usize| declared.and_then(|declared| declared.get(place));
        let fields = at(1).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let fields: Vec<Field> = fields.iter().map(|field| self.field(field)).collect();
        let type_name = at(0).and_then(Value::as_str).unwrap_or(name);
        let name = kept(name);
        let made = Struct { name, type_name: kept(type_name), fields: Box::leak(fields.into_boxed_slice()) };
        let made: &'static Struct = Box::leak(Box::new(made));
        self.known.insert(name, made);
        made
    }

    fn field(&mut self, field: &Value) -> Field {
        let text = |place: usize| field.get(place).and_then(Value::as_str).unwrap_or_default();
        let kind = field.get(1).map_or(Kind::Raw, |kind| self.kind(kind));
        Field {
            name: kept(text(0)),
            kind,
            omits_zero: text(2).contains('o'),
            is_pointer: text(2).contains('p'),
            embedded_in: Some(text(3)).filter(|name| !name.is_empty()).map(kept),
        }
    }

    fn kind(&mut self, kind: &Value) -> Kind {
        match kind {
            Value::String(name) => self.named_kind(name),
            Value::Array(parts) => {
                let name = parts.first().and_then(Value::as_str).unwrap_or_default();
                Kind::List(kept(name), self.kept_kind(parts.get(1)))
            }
            Value::Object(members) => {
                let (name, below) = members.iter().next().map_or(("", None), |(name, it)| (name, Some(it)));
                Kind::Map(kept(name), self.kept_kind(below))
            }
            _ => Kind::Raw,
        }
    }

    fn kept_kind(&mut self, kind: Option<&Value>) -> &'static Kind {
        match kind {
            Some(Value::String(name)) if name == "s:string" => &TEXT,
            kind => Box::leak(Box::new(kind.map_or(Kind::Raw, |kind| self.kind(kind)))),
        }
    }

    fn named_kind(&mut self, name: &str) -> Kind {
        match name {
            "b" => Kind::Bool,
            "i32" => Kind::Int32,
            "i64" => Kind::Int64,
            "quantity" => Kind::Quantity,
            "time" => Kind::Time,
            "intstr" => Kind::IntOrString,
            "bytes" => Kind::Bytes,
            _ => match (name.strip_prefix('#'), name.strip_prefix("s:")) {
                (Some(name), _) => Kind::Struct(self.structure(name)),
                (None, Some(name)) => Kind::Text(kept(name)),
                _ => Kind::Raw,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_kinds_are_declared() {
        for name in ["Deployment", "Service", "Job", "PersistentVolumeClaim", "ConfigMap"] {
            let declared = named(name).expect(name);
            assert!(declared.fields.iter().any(|field| field.name == "metadata"), "{name}");
        }
        let volume = named("Volume").expect("it is declared");
        let claim = volume.fields.iter().find(|field| field.name == "ephemeral").expect("it is declared");
        assert_eq!(claim.embedded_in, Some("VolumeSource"));
        assert!(claim.is_pointer);
    }
}
