//! The rules beyond the server.

use super::catalogue::Rule;

/// In the order in which they apply.
pub(super) static RULES: &[&Rule] = &[];
