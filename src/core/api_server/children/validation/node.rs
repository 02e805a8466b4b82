//! A value of an object with its path, read as the server's Go program holds it, and the list that errors go to.
//!
//! Absent and null are the same; a text, number or flag that is not there is empty, 0 or false. Where the program tells
//! "not there" from "empty" by a pointer, the rules ask [`Node::has`].

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::core::schema::text::{self, quote};
use crate::core::schema::{ErrorKind, FieldError};

static NULL: Value = Value::Null;
static NO_MEMBERS: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    /// The value.
    pub(super) value: &'a Value,
    /// Its path as errors print it.
    pub(super) path: String,
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value, path: impl Into<String>) -> Self {
        Self { value, path: path.into() }
    }

    /// The member of that name, null when it is not there.
    pub(super) fn at(&self, name: &str) -> Node<'a> {
        Node { value: self.raw(name), path: self.path(name) }
    }

    /// The member when it is there.
    pub(super) fn set(&self, name: &str) -> Option<Node<'a>> {
        self.has(name).then(|| self.at(name))
    }

    /// The path of a member.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The path of an entry of a map.
    pub(super) fn key(&self, key: &str) -> String {
        format!("{}[{key}]", self.path)
    }

    pub(super) fn raw(&self, name: &str) -> &'a Value {
        self.value.get(name).unwrap_or(&NULL)
    }

    pub(super) fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        !self.raw(name).is_null()
    }

    pub(super) fn str(&self, name: &str) -> &'a str {
        self.raw(name).as_str().unwrap_or_default()
    }

    /// A text; another one when it is empty.
    pub(super) fn str_or(&self, name: &str, default: &'static str) -> &'a str {
        Some(self.str(name)).filter(|text| !text.is_empty()).unwrap_or(default)
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        whole(self.raw(name))
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.raw(name).as_bool().unwrap_or_default()
    }

    /// The entries of a list.
    pub(super) fn items(&self, name: &str) -> Vec<Node<'a>> {
        let path = self.path(name);
        let entry = |(index, value)| Node { value, path: format!("{path}[{index}]") };
        self.list(name).iter().enumerate().map(entry).collect()
    }

    pub(super) fn list(&self, name: &str) -> &'a [Value] {
        self.raw(name).as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<&'a str> {
        self.list(name).iter().map(|value| value.as_str().unwrap_or_default()).collect()
    }

    pub(super) fn members(&self, name: &str) -> &'a Map<String, Value> {
        self.raw(name).as_object().unwrap_or(&NO_MEMBERS)
    }

    /// The entries of a map of texts, in order of their keys.
    pub(super) fn entries(&self, name: &str) -> Vec<(&'a str, &'a str)> {
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let mut entries: Vec<_> =
            self.members(name).iter().map(|(key, value)| (key.as_str(), text(value))).collect();
        entries.sort_unstable();
        entries
    }
}

/// A whole number, written with a point or without.
pub(super) fn whole(value: &Value) -> Option<i64> {
    value.as_number().and_then(crate::core::schema::whole)
}

/// What is wrong, and what cannot be foretold.
#[derive(Debug, Default)]
pub(super) struct Errors {
    pub(super) list: Vec<FieldError>,
    /// Fields whose rule is not modelled or asks the cluster, and why.
    pub(super) unknown: Vec<(String, Cow<'static, str>)>,
    /// Whether one of these is a refusal.
    pub(super) is_refused: bool,
}

impl Errors {
    pub(super) fn push(
        &mut self,
        kind: ErrorKind,
        path: impl Into<String>,
        value: Option<String>,
        detail: impl Into<String>,
    ) {
        self.list.push(FieldError { kind, path: path.into(), value, detail: detail.into() });
    }

    pub(super) fn required(&mut self, path: impl Into<String>, detail: &str) {
        self.list.push(FieldError::required(path, detail));
    }

    /// A member that must not be empty.
    pub(super) fn require(&mut self, node: &Node<'_>, name: &str) {
        if node.str(name).is_empty() {
            self.required(node.path(name), "");
        }
    }

    pub(super) fn forbidden(&mut self, path: impl Into<String>, detail: impl Into<String>) {
        self.list.push(FieldError::forbidden(path, detail));
    }

    /// A value of Go's type `string`.
    pub(super) fn invalid(&mut self, path: impl Into<String>, value: &str, detail: impl Into<String>) {
        self.list.push(FieldError::invalid(path, quote(value), detail));
    }

    /// A text of a type of its own: the server prints its JSON.
    pub(super) fn invalid_typed(&mut self, path: impl Into<String>, value: &str, detail: impl Into<String>) {
        self.list.push(FieldError::invalid(path, text::json_string(value), detail));
    }

    /// A value of a type of its own, a pointer or a structure: the server prints its JSON.
    pub(super) fn invalid_json(&mut self, path: impl Into<String>, value: &Value, detail: impl Into<String>) {
        self.list.push(FieldError::invalid(path, text::json(value), detail));
    }

    /// A value as it is to be printed.
    pub(super) fn invalid_shown(
        &mut self,
        path: impl Into<String>,
        shown: String,
        detail: impl Into<String>,
    ) {
        self.list.push(FieldError::invalid(path, shown, detail));
    }

    pub(super) fn invalid_number(&mut self, path: impl Into<String>, value: i64, detail: impl Into<String>) {
        self.list.push(FieldError::invalid(path, value.to_string(), detail));
    }

    /// One error for each text.
    pub(super) fn each(&mut self, path: &str, value: &str, wrong: Vec<String>) {
        wrong.into_iter().for_each(|detail| self.invalid(path, value, detail));
    }

    pub(super) fn not_supported(&mut self, path: impl Into<String>, value: &str, supported: &[&str]) {
        self.not_supported_shown(path, text::json_string(value), supported);
    }

    pub(super) fn not_supported_shown(&mut self, path: impl Into<String>, shown: String, supported: &[&str]) {
        let supported: Vec<String> = supported.iter().map(|value| quote(value)).collect();
        let detail = format!("supported values: {}", supported.join(", "));
        self.push(ErrorKind::NotSupported, path, Some(shown), detail);
    }

    /// A choice among texts; what is not said is right.
    pub(super) fn choice(&mut self, node: &Node<'_>, name: &str, supported: &[&str]) {
        let chosen = node.str(name);
        if !chosen.is_empty() && !supported.contains(&chosen) {
            self.not_supported(node.path(name), chosen, supported);
        }
    }

    /// A choice behind a pointer: an empty text is a wrong choice.
    pub(super) fn pointed_choice(&mut self, node: &Node<'_>, name: &str, supported: &[&str]) {
        if node.has(name) && !supported.contains(&node.str(name)) {
            self.not_supported(node.path(name), node.str(name), supported);
        }
    }

    pub(super) fn duplicate(&mut self, path: impl Into<String>, value: &str) {
        self.push(ErrorKind::Duplicate, path, Some(quote(value)), "");
    }

    pub(super) fn duplicate_typed(&mut self, path: impl Into<String>, value: &str) {
        self.push(ErrorKind::Duplicate, path, Some(text::json_string(value)), "");
    }

    pub(super) fn not_found(&mut self, path: impl Into<String>, value: &str, detail: impl Into<String>) {
        self.push(ErrorKind::NotFound, path, Some(quote(value)), detail);
    }

    pub(super) fn too_long(&mut self, path: impl Into<String>, limit: usize) {
        self.push(ErrorKind::TooLong, path, None, format!("may not be more than {limit} bytes"));
    }

    pub(super) fn too_many(&mut self, path: impl Into<String>, count: usize, limit: usize) {
        let detail = format!("must have at most {limit} items");
        self.push(ErrorKind::TooMany, path, Some(count.to_string()), detail);
    }

    pub(super) fn not_negative(&mut self, node: &Node<'_>, name: &str) {
        if let Some(number) = node.int(name).filter(|number| *number < 0) {
            self.invalid_number(node.path(name), number, NOT_NEGATIVE);
        }
    }

    pub(super) fn positive(&mut self, path: String, number: i64) {
        if number <= 0 {
            self.invalid_number(path, number, "must be greater than zero");
        }
    }

    /// A refusal whose words hold something that only the server knows.
    pub(super) fn refused_in_unknown_words(
        &mut self,
        path: impl Into<String>,
        why: impl Into<Cow<'static, str>>,
    ) {
        self.is_refused = true;
        self.not_foretold(path, why);
    }

    /// Something that the rules here do not decide.
    pub(super) fn not_foretold(&mut self, path: impl Into<String>, why: impl Into<Cow<'static, str>>) {
        self.unknown.push((path.into(), why.into()));
    }
}

/// What the server says of a number below zero.
pub(super) const NOT_NEGATIVE: &str = "must be greater than or equal to 0";
