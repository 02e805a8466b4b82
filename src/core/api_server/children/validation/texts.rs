//! Texts that have to be of some form (`apimachinery/pkg/util/validation`), each with what is wrong with it.

use super::node::{Errors, Node};
use crate::core::kubernetes::names;

/// Longest name of a port, in bytes.
const PORT_NAME_LIMIT: usize = 15;
/// Longest key of a ConfigMap or a Secret, in bytes.
const KEY_LIMIT: usize = names::SUBDOMAIN_LIMIT;
const ENV_NAME: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";

/// Texts of the rules that are broken.
fn broken<const N: usize>(rules: [(bool, &str); N]) -> Vec<String> {
    rules.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, error)| error.to_owned()).collect()
}

pub(super) fn port_name(name: &str) -> Vec<String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    broken([
        (name.len() > PORT_NAME_LIMIT, "must be no more than 15 characters"),
        (
            name.is_empty() || !name.bytes().all(is_inner),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (!name.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)"),
        (name.contains("--"), "must not contain consecutive hyphens"),
        (name.starts_with('-') || name.ends_with('-'), "must not begin or end with a hyphen"),
    ])
}

pub(super) fn config_key(key: &str) -> Vec<String> {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    broken([
        (key.len() > KEY_LIMIT, "must be no more than 253 characters"),
        (
            key.is_empty() || !key.bytes().all(is_inner),
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
        (key == ".", "must not be '.'"),
        (key == "..", "must not be '..'"),
        (key.starts_with("..") && key != "..", "must not start with '..'"),
    ])
}

/// The name of a variable that is not empty.
pub(super) fn env_name(name: &str) -> Vec<String> {
    broken([(!name.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'='), ENV_NAME)])
}

pub(super) fn header_name(name: &str) -> Vec<String> {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    broken([(
        name.is_empty() || !name.bytes().all(is_inner),
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for \
         validation is '[-A-Za-z0-9]+')",
    )])
}

pub(super) fn is_percent(text: &str) -> bool {
    text.strip_suffix('%')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  \
                                  or '93%', regex used for validation is '[0-9]+%')";

/// A DNS subdomain whose labels may hold and begin with underscores: a search domain.
pub(super) fn subdomain_with_underscores(name: &str) -> Vec<String> {
    const LABEL: &str = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    let is_end =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_label = |label: &str| {
        let bytes = label.strip_prefix('_').unwrap_or(label).as_bytes();
        let is_inner = |byte: &u8| is_end(Some(byte)) || matches!(byte, b'-' | b'_');
        is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(is_inner)
    };
    let mut wrong = Vec::new();
    if name.len() > names::SUBDOMAIN_LIMIT {
        wrong.push("must be no more than 253 characters".to_owned());
    }
    if !name.split('.').all(is_label) {
        wrong.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and \
             must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '{LABEL}(\\.{LABEL})*')"
        ));
    }
    wrong
}

/// A domain, a slash and the rest of a path.
pub(super) fn check_domain_path(path: &str, place: &str, errors: &mut Errors) {
    const INNER: &str = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+";
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    if path.is_empty() {
        return errors.required(place, "");
    }
    match path.split_once('/') {
        Some((host, rest)) if !host.is_empty() && !rest.is_empty() => {
            errors.each(place, host, names::subdomain_errors(host));
            if !rest.bytes().all(is_inner) {
                errors.invalid(place, rest, format!("Invalid path (regex used for validation is '{INNER}')"));
            }
        }
        _ => errors.invalid(place, path, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
}

/// A name that must be there and be a DNS label.
pub(super) fn check_label_name(name: &str, path: &str, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(path, "");
    } else {
        errors.each(path, name, names::label_errors(name));
    }
}

/// Labels; both errors of an entry name the whole map.
pub(super) fn check_labels(node: &Node<'_>, name: &str, path: &str, errors: &mut Errors) {
    for (key, value) in node.entries(name) {
        errors.each(path, key, names::label_key_errors(key));
        errors.each(path, value, names::label_value_errors(value));
    }
}

pub(super) const PORT_RANGE: &str = "must be between 1 and 65535, inclusive";

pub(super) fn is_port(number: i64) -> bool {
    (1..=65_535).contains(&number)
}

/// The number of a port, or its name.
pub(super) fn check_port(node: &Node<'_>, name: &str, errors: &mut Errors) {
    check_port_or(node, name, 0, errors);
}

/// The same; the number that stands for a missing one.
pub(super) fn check_port_or(node: &Node<'_>, name: &str, default: i64, errors: &mut Errors) {
    let path = node.path(name);
    match node.raw(name).as_str() {
        Some(text) => errors.each(&path, text, port_name(text)),
        None => {
            let number = node.int(name).unwrap_or(default);
            if !is_port(number) {
                errors.invalid_number(path, number, PORT_RANGE);
            }
        }
    }
}

/// A path below another: relative, and never upwards.
pub(super) fn check_descending(path: &str, place: &str, errors: &mut Errors) {
    if path.starts_with('/') {
        errors.invalid(place, path, "must be a relative path");
    }
    check_backsteps(path, place, errors);
}

pub(super) fn has_backsteps(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

pub(super) fn check_backsteps(path: &str, place: &str, errors: &mut Errors) {
    if has_backsteps(path) {
        errors.invalid(place, path, "must not contain '..'");
    }
}

/// A path below another that may not begin with two dots, which are the kubelet's own.
pub(super) fn check_local(path: &str, place: &str, errors: &mut Errors) {
    check_descending(path, place, errors);
    if path.starts_with("..") && !path.starts_with("../") {
        errors.invalid(place, path, "must not start with '..'");
    }
}

/// Permissions of a file.
pub(super) fn check_mode(node: &Node<'_>, name: &str, errors: &mut Errors) {
    if let Some(mode) = node.int(name).filter(|mode| !(0..=0o777).contains(mode)) {
        let detail = "must be a number between 0 and 0777 (octal), both inclusive";
        errors.invalid_number(node.path(name), mode, detail);
    }
}

/// A user or group of the operating system.
pub(super) fn check_id(path: String, id: Option<i64>, errors: &mut Errors) {
    if let Some(id) = id.filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
        errors.invalid_number(path, id, "must be between 0 and 2147483647, inclusive");
    }
}
