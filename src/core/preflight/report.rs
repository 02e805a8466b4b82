//! What came out of the look.

use crate::core::kubernetes::finding::{Finding, Severity};
use std::collections::BTreeMap;

/// One thing that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// The namespace.
    Namespace,
    /// What the user may do.
    Rights,
    /// Secrets that pods name, and their keys.
    Secrets,
    /// Claims of storage that pods name.
    Claims,
    /// Runtime classes and storage classes.
    Classes,
    /// Quota of the namespace.
    Quota,
    /// Room on the nodes.
    Nodes,
    /// Whether an update can take place.
    Update,
    /// Those that act on the object.
    Controllers,
}

impl Area {
    /// What it is called where it was not looked at.
    pub fn words(self) -> &'static str {
        match self {
            Area::Namespace => "namespace",
            Area::Rights => "rights",
            Area::Secrets => "secrets",
            Area::Claims => "claims",
            Area::Classes => "classes",
            Area::Quota => "quota",
            Area::Nodes => "nodes",
            Area::Update => "update",
            Area::Controllers => "controllers",
        }
    }
}

/// What is known of one area.
#[derive(Debug, Clone, Default, PartialEq)]
struct State {
    hidden: bool,
    found: bool,
}

/// Everything that was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    areas: BTreeMap<Area, State>,
    /// The findings, each with the name of its object, those that stop first.
    pub findings: Vec<(String, Finding)>,
}

impl Report {
    /// Notes that an area concerns an object.
    pub(super) fn looked(&mut self, area: Area) {
        self.areas.entry(area).or_default();
    }

    /// Notes that something of an area could not be looked at.
    pub(super) fn hidden(&mut self, area: Area) {
        self.areas.entry(area).or_default().hidden = true;
    }

    /// Adds a finding, once.
    pub(super) fn add(&mut self, area: Area, name: &str, finding: Finding) {
        self.areas.entry(area).or_default().found = true;
        let is_there = |(of, other): &(String, Finding)| of == name && *other == finding;
        if !self.findings.iter().any(is_there) {
            self.findings.push((name.to_owned(), finding));
        }
    }

    /// How many areas are well.
    pub fn passed(&self) -> usize {
        self.areas.values().filter(|state| !state.hidden && !state.found).count()
    }

    /// The areas of which something could not be looked at.
    pub fn unseen(&self) -> Vec<Area> {
        self.areas.iter().filter(|(_, state)| state.hidden).map(|(area, _)| *area).collect()
    }

    /// What stops.
    pub fn failures(&self) -> impl Iterator<Item = &(String, Finding)> {
        self.findings.iter().filter(|(_, finding)| finding.severity == Severity::Error)
    }

    /// All of it in one line, for people: `preflight: 9 ok`.
    pub fn summary(&self) -> String {
        let failed = self.failures().count();
        let warned = self.findings.len() - failed;
        let mut text = format!("preflight: {} ok", self.passed());
        for (count, one, several) in [(failed, "failure", "failures"), (warned, "warning", "warnings")] {
            if count > 0 {
                text.push_str(&format!(", {count} {}", if count == 1 { one } else { several }));
            }
        }
        let unseen: Vec<&str> = self.unseen().into_iter().map(Area::words).collect();
        if !unseen.is_empty() {
            text.push_str(&format!("; not looked at: {}", unseen.join(", ")));
        }
        text
    }
}
