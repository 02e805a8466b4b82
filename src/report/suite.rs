//! One suite of cases in the layouts that continuous integration reads: JUnit XML, TAP, Markdown.
//!
//! A report says what its cases are; how a layout is written stands here alone.

mod junit;
mod markdown;
mod tap;

pub(super) use junit::write as junit;
pub(super) use markdown::{
    write as markdown, write_facts as markdown_facts, write_line as markdown_line,
    write_warning as markdown_warning,
};
pub(super) use tap::write as tap;

/// Some cases and what they are about.
#[derive(Debug, Clone, Default)]
pub(super) struct Suite {
    /// The command that made it.
    pub(super) name: &'static str,
    /// The cases; those of one group stand together.
    pub(super) cases: Vec<Case>,
    /// Headings of the table in Markdown.
    pub(super) columns: &'static [&'static str],
    /// How many cases came out in which way, in words.
    pub(super) summary: String,
}

/// One thing that was checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Case {
    /// What it is a part of, for example a file: a test suite in JUnit.
    pub(super) group: String,
    /// Where it is, for example a document of that file: the class in JUnit.
    pub(super) class: String,
    /// What it is called beside others of its class.
    pub(super) name: String,
    /// What it is called in a list of all, where that is something else: the description in TAP.
    pub(super) title: String,
    /// How it came out.
    pub(super) outcome: Outcome,
    /// How long it took, in seconds, where that is known.
    pub(super) seconds: Option<f64>,
    /// The verdict in one word: the type of a failure in JUnit.
    pub(super) verdict: &'static str,
    /// The one reason for the verdict.
    pub(super) reason: String,
    /// What else there is to say about the verdict, an entry a line.
    pub(super) details: Vec<String>,
    /// What was seen, whatever the verdict, an entry a line.
    pub(super) output: Vec<String>,
    /// Its row in Markdown.
    pub(super) cells: Vec<Cell>,
    /// What stands below the table in Markdown.
    pub(super) remarks: Vec<String>,
}

/// How a case came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As it should.
    #[default]
    Passed,
    /// Otherwise.
    Failed,
    /// It could not be told.
    Unknown,
    /// It was not checked.
    Skipped,
    /// Otherwise than it should, as is known; nothing fails for it.
    Known,
}

/// A cell of a table in Markdown.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// Words.
    Text(String),
    /// A name or a reference, shown as code.
    Code(String),
    /// The verdict.
    Strong(String),
    /// Words, an entry a line.
    Lines(Vec<String>),
}

impl Suite {
    fn count(&self, outcome: Outcome) -> usize {
        self.cases.iter().filter(|case| case.outcome == outcome).count()
    }
}

#[cfg(test)]
mod tests;
