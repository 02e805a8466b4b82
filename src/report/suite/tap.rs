//! TAP 14: a test point a case, what there is to say about it as comments.

use super::{Outcome, Suite};
use crate::core::text::Lines;
use std::io::{self, Write};

/// Writes the suite.
pub(in crate::report) fn write(suite: &Suite, writer: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new();
    writeln!(lines, "TAP version 14");
    writeln!(lines, "1..{}", suite.cases.len());
    for (index, case) in suite.cases.iter().enumerate() {
        let (result, directive) = match case.outcome {
            Outcome::Passed => ("ok", None),
            Outcome::Known => ("ok", Some("TODO")),
            Outcome::Skipped => ("ok", Some("SKIP")),
            Outcome::Failed | Outcome::Unknown => ("not ok", None),
        };
        let directive = directive.map(|word| format!(" # {word} {}", escaped(&case.reason)));
        let (title, directive) = (escaped(&case.title), directive.unwrap_or_default());
        writeln!(lines, "{result} {} - {title}{directive}", index + 1);
        for detail in &case.details {
            detail.lines().for_each(|line| writeln!(lines, "# {line}"));
        }
    }
    writer.write_all(lines.as_str().as_bytes())
}

/// `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('#', r"\#")
}
