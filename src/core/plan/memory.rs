//! What a check has seen so far.

use super::step::Key;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// What was seen, by the name it is kept under.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory(BTreeMap<Key, Kept>);

#[derive(Debug, Clone, PartialEq)]
struct Kept {
    value: Value,
    at: Timestamp,
}

impl Memory {
    /// Keeps a value that was seen at a moment; what was kept under that name before is forgotten.
    pub fn keep(&mut self, key: Key, value: Value, at: Timestamp) {
        self.0.insert(key, Kept { value, at });
    }

    /// The value; `None` when nothing was seen, `null` when it was seen that there is nothing.
    pub fn get(&self, key: Key) -> Option<&Value> {
        self.0.get(key).map(|kept| &kept.value)
    }

    /// When it was seen.
    pub fn at(&self, key: Key) -> Option<Timestamp> {
        self.0.get(key).map(|kept| kept.at)
    }

    /// Forgets what was kept under a name.
    pub fn forget(&mut self, key: Key) {
        self.0.remove(key);
    }
}

/// What stands for a value that is not known before the check runs: `${owner.metadata.uid}` is what is at
/// `.metadata.uid` of what is kept as `owner`.
impl Memory {
    /// Puts the values in place of what stands for them, anywhere in a value.
    ///
    /// # Errors
    /// What is not known.
    pub fn fill(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) => {
                let inside = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
                let Some((name, path)) = inside.and_then(|inside| inside.split_once('.')) else {
                    return Ok(());
                };
                let (_, kept) =
                    self.0.iter().find(|(key, _)| **key == name).ok_or(format!("{name} was not seen"))?;
                let found = super::claim::found(&kept.value, &format!(".{path}"))?;
                if found.is_null() {
                    return Err(format!("{name} has no {path}"));
                }
                *value = found;
                Ok(())
            }
            Value::Array(entries) => entries.iter_mut().try_for_each(|entry| self.fill(entry)),
            Value::Object(members) => members.values_mut().try_for_each(|member| self.fill(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }
}
