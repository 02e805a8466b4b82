//! Dropping members that the schema does not know, and nulls where no null may be
//! (`schema/pruning/algorithm.go`, `schema/defaulting/prunenulls.go`).

use super::structural::{Additional, Schema};
use serde_json::Value;
use std::fmt::Write as _;

/// Members that every object has, whatever its schema says.
const META_MEMBERS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Drops members of a resource that its schema does not know and returns their paths, sorted as the server sorts them.
/// Nulls that may not be and have no default are dropped as well, without being reported.
pub fn prune(object: &mut Value, schema: &Schema) -> Vec<String> {
    let mut pass = Pass { unknown: Vec::new(), path: String::new() };
    pass.value(object, Some(schema), Mode { is_root: true, preserve: false });
    pass.unknown.sort_unstable();
    pass.unknown
}

struct Pass {
    unknown: Vec<String>,
    path: String,
}

/// How one value is looked at.
#[derive(Clone, Copy, Default)]
struct Mode {
    /// The resource itself.
    is_root: bool,
    /// An item of a list whose schema keeps unknown members; the server then keeps those of the items as well.
    preserve: bool,
}

impl Pass {
    fn value(&mut self, value: &mut Value, schema: Option<&Schema>, mode: Mode) {
        let preserve = mode.preserve || schema.is_some_and(|schema| schema.preserve_unknown);
        match value {
            Value::Object(members) => {
                let keeps_meta = mode.is_root || schema.is_some_and(|schema| schema.embedded_resource);
                members.retain(|name, member| {
                    if keeps_meta && schema.is_some() && META_MEMBERS.contains(&name.as_str()) {
                        return true;
                    }
                    let below = match schema {
                        None => Below::Unknown,
                        Some(schema) => below(schema, name),
                    };
                    match below {
                        Below::Known(Some(schema)) if member.is_null() => {
                            schema.nullable || schema.default.is_some()
                        }
                        Below::Known(schema) => {
                            self.at_member(name, |pass| pass.value(member, schema, Mode::default()));
                            true
                        }
                        Below::Unknown if preserve => true,
                        Below::Unknown => {
                            self.record(name);
                            false
                        }
                    }
                });
            }
            Value::Array(items) => {
                let below = schema.and_then(Schema::items);
                for (index, item) in items.iter_mut().enumerate() {
                    if preserve && below.is_none() {
                        continue;
                    }
                    self.at_index(index, |pass| pass.value(item, below, Mode { is_root: false, preserve }));
                }
            }
            _ => {}
        }
    }

    fn at_member(&mut self, name: &str, visit: impl FnOnce(&mut Pass)) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        visit(self);
        self.path.truncate(length);
    }

    fn at_index(&mut self, index: usize, visit: impl FnOnce(&mut Pass)) {
        let length = self.path.len();
        let _ = write!(self.path, "[{index}]");
        visit(self);
        self.path.truncate(length);
    }

    fn record(&mut self, name: &str) {
        // The server does not report these three at the root, where they belong to the object itself.
        if !(self.path.is_empty() && META_MEMBERS.contains(&name)) {
            self.at_member(name, |pass| pass.unknown.push(pass.path.clone()));
        }
    }
}

enum Below<'a> {
    Known(Option<&'a Schema>),
    Unknown,
}

fn below<'a>(schema: &'a Schema, name: &str) -> Below<'a> {
    match (schema.property(name), &schema.additional) {
        (Some(property), _) => Below::Known(Some(property)),
        (None, Some(Additional::Schema(schema))) => Below::Known(Some(schema)),
        (None, Some(Additional::Allowed(_))) => Below::Known(None),
        (None, None) => Below::Unknown,
    }
}

#[cfg(test)]
mod tests;
