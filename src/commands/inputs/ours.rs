//! The objects of the input that this program knows; the others are named and left out.

use super::object::SourceObject;
use crate::core::kind;
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

/// The objects that are followed, and a line about each of the others.
pub fn split(objects: Vec<SourceObject>) -> (Vec<SourceObject>, Vec<String>) {
    let (ours, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| object.kind().is_some());
    let skipped = |other: &SourceObject| {
        let own = other.kind_name();
        format!("skipped: {own} {} of {} is not a {}", other.name(), other.source, kind::names())
    };
    let skipped = others.iter().map(skipped).collect();
    (ours, skipped)
}

/// The error for an input in which nothing is followed.
pub fn none() -> Error {
    Error::new(Exit::Inconclusive, format!("no {} in the input", kind::names()))
}
