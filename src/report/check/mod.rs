//! The report of `check`, in all its layouts.

mod human;
mod json;
mod sarif;
mod suite;

use crate::core::kind::operator::Told;
use crate::core::kubernetes::finding::{Finding, Severity};
use crate::core::kubernetes::meta::Condition;
use crate::core::text::Lines;
use crate::report::suite::{junit, tap};
use std::io::{self, Write};

/// The layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckFormat {
    /// A line an object, findings below it.
    Human,
    /// `kind: CheckReport`, version 1.
    Json,
    /// JUnit XML: a test case an object.
    Junit,
    /// SARIF 2.1.0: a result a finding, with its place.
    Sarif,
    /// TAP 14: a test point an object.
    Tap,
}

/// One judged object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckItem {
    /// File, `stdin`, or empty for flags.
    pub source: String,
    /// Number of the document in its file, from 1.
    pub document: usize,
    /// Its kind.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace it would be stored in.
    pub namespace: String,
    /// Whether it must not be sent: the server or a rule refuses it.
    pub refused: bool,
    /// Code and message of the server's refusal, exactly.
    pub denial: Option<(u16, String)>,
    /// The server's warnings, exactly.
    pub warnings: Vec<String>,
    /// What its controller will decide, for a valid object.
    pub chosen: Vec<Decision>,
    /// `status.message` of a valid object with which its controller stops before it creates anything.
    pub stopped: Option<String>,
    /// What the status will say of a valid object that a controller refuses.
    pub predicted: Option<PredictedStatus>,
    /// What the operator behind its kind is judged to have been started with.
    pub operator: Option<OperatorInputs>,
    /// Everything found, with its place.
    pub findings: Vec<PlacedFinding>,
}

/// What an operator is judged to have been started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorInputs {
    /// The prefix of its keys.
    pub name: &'static str,
    /// The release by which it is judged.
    pub release: &'static str,
    /// Each input with its value and where that comes from.
    pub inputs: Vec<Told>,
}

/// The rule whose findings leave the verdict open.
const NOT_FORETOLD: &str = "workload-not-foretold";

/// One decision of a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What was decided, for example `provider`.
    pub what: &'static str,
    /// The decision, if there is one.
    pub value: Option<String>,
    /// Why, in the controller's words.
    pub why: Option<String>,
}

/// The status of an object that is accepted and then refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictedStatus {
    /// `status.phase`.
    pub phase: &'static str,
    /// `status.message`.
    pub message: String,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
}

/// A finding and where it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFinding {
    /// The finding.
    pub finding: Finding,
    /// Line and column, from 1.
    pub place: Option<(usize, usize)>,
}

impl CheckItem {
    /// Whether the object may be sent, and the API server would take it.
    pub fn valid(&self) -> bool {
        !self.refused
    }

    /// Whether the object passes: valid, and with `--strict` without a warning of ours.
    pub fn passes(&self) -> bool {
        self.valid() && self.errors().next().is_none()
    }

    /// Whether nothing more can be said of it, one way or the other.
    pub fn is_open(&self) -> bool {
        self.findings.iter().any(|placed| placed.finding.rule == NOT_FORETOLD)
    }

    /// The verdict in one word.
    fn verdict(&self) -> &'static str {
        match (self.is_open(), self.valid()) {
            (true, _) => "not-foretold",
            (false, true) => "valid",
            (false, false) => "invalid",
        }
    }

    fn errors(&self) -> impl Iterator<Item = &PlacedFinding> {
        self.findings.iter().filter(|placed| placed.finding.severity == Severity::Error)
    }

    /// `file` or `file#document` when a file holds several, else the name.
    fn label(&self) -> String {
        match (self.source.as_str(), self.document) {
            ("", _) => self.name.clone(),
            (source, 1) => source.to_owned(),
            (source, number) => format!("{source}#{number}"),
        }
    }
}

/// Some judged objects: already written, for layouts that are written an object at a time, and so smaller than the objects.
#[derive(Debug, Default)]
pub struct Piece {
    text: Vec<u8>,
    items: Vec<CheckItem>,
    total: usize,
    passed: usize,
    /// Of these, those that nothing certain can be said of.
    open: usize,
}

impl Piece {
    /// Takes some objects of a report.
    pub fn of(items: Vec<CheckItem>, format: CheckFormat) -> Piece {
        let passed = items.iter().filter(|item| item.passes()).count();
        let open = items.iter().filter(|item| item.is_open() && item.passes()).count();
        let mut piece = Piece { total: items.len(), passed, open, ..Piece::default() };
        match format {
            CheckFormat::Human => {
                let mut lines = Lines::new();
                items.iter().for_each(|item| human::write_item(item, &mut lines));
                piece.text = lines.into_string().into_bytes();
            }
            CheckFormat::Json => items.iter().for_each(|item| json::write_item(item, &mut piece.text)),
            // These need to know all objects first.
            CheckFormat::Junit | CheckFormat::Sarif | CheckFormat::Tap => piece.items = items,
        }
        // Thousands of pieces wait for the last one.
        piece.text.shrink_to_fit();
        piece
    }

    /// Whether it holds no object.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Whether all objects pass.
    pub fn passes(&self) -> bool {
        self.passed == self.total
    }
}

impl Piece {
    /// Whether each verdict is a yes or a no.
    pub fn is_certain(&self) -> bool {
        self.open == 0
    }
}

/// Writes the report.
///
/// # Errors
/// When the writer fails.
pub fn write(mut pieces: Vec<Piece>, format: CheckFormat, writer: &mut dyn Write) -> io::Result<()> {
    let items = |pieces: &mut Vec<Piece>| -> Vec<CheckItem> {
        pieces.iter_mut().flat_map(|piece| std::mem::take(&mut piece.items)).collect()
    };
    match format {
        CheckFormat::Human => human::write(&pieces, writer),
        CheckFormat::Json => json::write(&pieces, writer),
        CheckFormat::Junit => junit(&suite::of(&items(&mut pieces)), writer),
        CheckFormat::Sarif => sarif::write(&items(&mut pieces), writer),
        CheckFormat::Tap => tap(&suite::of(&items(&mut pieces)), writer),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

#[cfg(test)]
mod tests;
