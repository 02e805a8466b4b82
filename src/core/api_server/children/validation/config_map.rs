//! ConfigMaps.

use super::node::{Errors, Node};
use super::texts::config_key;

/// Most bytes of all values.
const SIZE_LIMIT: usize = 1024 * 1024;

pub(super) fn check(object: &Node<'_>, errors: &mut Errors) {
    let (texts, bytes) = (object.at("data"), object.at("binaryData"));
    let mut size = 0;
    for (key, value) in object.entries("data") {
        errors.each(&texts.key(key), key, config_key(key));
        if object.members("binaryData").contains_key(key) {
            errors.invalid(texts.key(key), key, "duplicate of key present in binaryData");
        }
        size += value.len();
    }
    for (key, value) in object.entries("binaryData") {
        errors.each(&bytes.key(key), key, config_key(key));
        size += decoded_length(value);
    }
    if size > SIZE_LIMIT {
        errors.too_long("", SIZE_LIMIT);
    }
}

/// The bytes that a text in base 64 stands for.
fn decoded_length(text: &str) -> usize {
    let digits = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'=')).count();
    digits * 3 / 4
}
