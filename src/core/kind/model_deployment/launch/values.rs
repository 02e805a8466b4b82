//! Whether a value is one that an engine can read.

use super::grammar::{Json, Takes};
use serde_json::Value;

/// Why an engine cannot read a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// Not a whole number.
    Whole,
    /// Not a number.
    Number,
    /// Not JSON.
    Json,
    /// JSON, but not an object.
    Object,
}

/// Why a value does not fit what an argument takes.
#[must_use]
pub fn misfit(takes: Takes, value: &str) -> Option<Misfit> {
    let value = value.trim();
    // An empty value and `None` are Python's word for no value; the other form is filled in by Kubernetes.
    if value.is_empty() || value == "None" || value.contains("$(") {
        return None;
    }
    match takes {
        Takes::Whole => (!is_whole(value)).then_some(Misfit::Whole),
        Takes::Number => (!is_float(value)).then_some(Misfit::Number),
        Takes::Json(kind) => misfit_of_json(kind, value),
        Takes::Many => (value.starts_with('{') && !is_json(value)).then_some(Misfit::Json),
        Takes::Unknown | Takes::Text | Takes::Maybe | Takes::Nothing => None,
    }
}

/// A number as Python reads it, or with the endings that vLLM takes for some arguments: `32k`, `1.5M`, `auto`.
fn is_whole(value: &str) -> bool {
    if value.eq_ignore_ascii_case("auto") {
        return true;
    }
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let (digits, has_ending) = match digits.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']) {
        Some(digits) => (digits, true),
        None => (digits, false),
    };
    let is_digits = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_numeric() || c == '_') && !text.starts_with('_')
    };
    match digits.split_once('.') {
        Some((whole, part)) => has_ending && is_digits(whole) && is_digits(part),
        None => is_digits(digits),
    }
}

fn is_float(value: &str) -> bool {
    value.replace('_', "").parse::<f64>().is_ok()
}

fn misfit_of_json(kind: Json, value: &str) -> Option<Misfit> {
    let looks_like_object = value.starts_with('{');
    match kind {
        Json::ObjectOrText if !looks_like_object => None,
        Json::Object if !looks_like_object && is_json(value) => Some(Misfit::Object),
        _ => (!is_json(value)).then_some(Misfit::Json),
    }
}

/// Whether Python's `json` reads it; it takes some numbers more than JSON has, and halves of characters.
fn is_json(value: &str) -> bool {
    serde_json::from_str::<Value>(value).is_ok()
        || ["NaN", "Infinity", "\\ud", "\\uD"].iter().any(|more| value.contains(more))
}

/// Whether quotes of a shell are still around the value.
#[must_use]
pub fn is_quoted(value: &str) -> bool {
    let value = value.trim();
    ['\'', '"'].iter().any(|quote| {
        let inner = value.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote));
        inner.is_some_and(|inner| !inner.is_empty() && !inner.starts_with(*quote))
    })
}
