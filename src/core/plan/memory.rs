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
