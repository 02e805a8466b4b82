//! What a run of the test plan has found, in every layout.

pub mod human;
pub mod json;
pub mod list;

use crate::core::plan::{Check, Outcome, Verdict};
use jiff::Timestamp;
use std::io::{self, Write};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// JSON.
    Json,
    /// JUnit XML.
    Junit,
    /// TAP.
    Tap,
    /// Markdown.
    Markdown,
    /// A page.
    Html,
}

/// Writes a report.
pub fn write(report: &PlanReport, format: Format, writer: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, writer),
        _ => json::write(report, writer),
    }
}

/// A run of the plan.
#[derive(Debug, Clone)]
pub struct PlanReport {
    /// What was run, where, against what.
    pub run: RunInfo,
    /// The checks in the order of the plan, those that were skipped included.
    pub items: Vec<PlanItem>,
}

/// What was run, where, against what.
#[derive(Debug, Clone, Default)]
pub struct RunInfo {
    /// Id of the run.
    pub id: String,
    /// Version of this program.
    pub program: String,
    /// The kubeconfig context, where one was used.
    pub context: Option<String>,
    /// Address of the API server.
    pub server: String,
    /// Namespace of the test objects.
    pub namespace: String,
    /// What the API server says about its version: `v1.36.3`.
    pub kubernetes: Option<String>,
    /// The controller and the shims, and what they report.
    pub parts: Vec<RunPart>,
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// What of it may be left in the cluster, an object a line.
    pub left: Vec<String>,
}

/// A part of AI Runway as it runs in the cluster.
#[derive(Debug, Clone, Default)]
pub struct RunPart {
    /// Its Deployment: `airunway-vllm-provider`.
    pub name: String,
    /// The image of its container, as the Deployment names it.
    pub image: Option<String>,
    /// The digest of the image that its pod runs.
    pub digest: Option<String>,
    /// The version that the shim reports.
    pub version: Option<String>,
    /// Whether it says that it is ready.
    pub ready: Option<bool>,
}

/// A check and what came of it.
#[derive(Debug, Clone)]
pub struct PlanItem {
    /// The check.
    pub check: &'static Check,
    /// What came of it.
    pub outcome: Outcome,
}

impl PlanReport {
    /// How many checks came out in a way.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.items.iter().filter(|item| item.outcome.verdict == verdict).count()
    }
}
