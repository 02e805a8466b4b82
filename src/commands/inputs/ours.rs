//! The objects of the input that this program knows; the others are named and left out.

use super::object::SourceObject;
use crate::core::kind;
use crate::core::kubernetes::json::text_at;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::ui::Ui;

/// The objects that are followed; the others are said on `ui`.
///
/// # Errors
/// [`none`].
pub fn ours(objects: Vec<SourceObject>, ui: &mut Ui) -> Result<Vec<SourceObject>> {
    let (ours, skipped) = split(objects);
    skipped.iter().for_each(|line| ui.status(line));
    if ours.is_empty() { Err(none()) } else { Ok(ours) }
}

/// The objects that are followed, those that cannot be judged among them, and a line about each of the others.
pub fn split(objects: Vec<SourceObject>) -> (Vec<SourceObject>, Vec<String>) {
    let is_ours = |object: &SourceObject| object.kind().is_some() || object.flaw.is_some();
    let (ours, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_ours);
    let skipped = |other: &SourceObject| {
        let (own, name, source) = (other.kind_name(), other.name(), &other.source);
        if let Some(group) = kind::group_of(own) {
            let version = text_at(&other.value, "/apiVersion");
            return format!("skipped: {own} {name} of {source} is of {version}, not of {group}");
        }
        format!("skipped: {own} {name} of {source} is not a {}", kind::names())
    };
    let skipped = others.iter().map(skipped).collect();
    (ours, skipped)
}

/// The error for an input in which nothing is followed.
pub fn none() -> Error {
    Error::new(Exit::Inconclusive, format!("no {} in the input", kind::names()))
}
