//! The list of the checks.

use crate::core::plan::{Check, Names};
use crate::core::text::Lines;
use std::io::{self, Write};

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// A table.
    Human,
    /// JSON.
    Json,
}

/// Writes it.
pub fn write(
    checks: &[&Check],
    _names: &Names,
    _format: ListFormat,
    writer: &mut dyn Write,
) -> io::Result<()> {
    let mut lines = Lines::new();
    checks.iter().for_each(|check| writeln!(lines, "{:<10} {}", check.id, check.title));
    writer.write_all(lines.as_str().as_bytes())
}
