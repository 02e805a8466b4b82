//! A difference of two texts, in the unified form of `diff -u`.

use crate::core::text::Lines;
use similar::TextDiff;

/// Unchanged lines around each change, as `diff -u` has them.
const CONTEXT_LINES: usize = 3;

/// One side of a difference.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What it is called in the head of the difference, for example `live/deployment.apps/q`.
    pub name: &'a str,
    /// Its text; empty for what does not exist.
    pub text: &'a str,
}

/// The difference; empty when there is none.
pub fn difference(before: Side<'_>, after: Side<'_>) -> String {
    let diff = TextDiff::from_lines(before.text, after.text);
    // The head is added by hand: a name may hold a break of a line.
    let changes = diff.unified_diff().context_radius(CONTEXT_LINES).to_string();
    let mut lines = Lines::new();
    if !changes.is_empty() {
        writeln!(lines, "--- {}", before.name);
        writeln!(lines, "+++ {}", after.name);
    }
    for line in changes.split_terminator('\n') {
        writeln!(lines, "{line}");
    }
    lines.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_named_and_neither_is_obeyed() {
        let before = Side { name: "live/a\nb", text: "a: 1\nb: \u{202e}2\n" };
        let after = Side { name: "merged/a", text: "a: 1\nb: 3\n" };
        assert_eq!(
            difference(before, after),
            "--- live/a\\nb\n+++ merged/a\n@@ -1,2 +1,2 @@\n a: 1\n-b: \\u202e2\n+b: 3\n"
        );
        assert_eq!(difference(before, before), "");
    }
}
