//! JSON, for every report the same: two blanks of indentation, a line break at the end.

use crate::core::text;
use crate::error::{Error, Result};
use serde::Serialize;

/// A value as JSON.
///
/// # Errors
/// Never in practice; JSON of what the reports hold can always be written.
pub fn pretty(value: &impl Serialize) -> Result<String> {
    text_of(value).map_err(|error| Error::bug("cannot write JSON").caused_by(error.to_string()))
}

/// As [`pretty`], for those that write to a stream.
pub(super) fn text_of(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(text::in_quotes(serde_json::to_string_pretty(value)?) + "\n")
}
