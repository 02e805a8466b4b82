//! What a run of the test plan has found, in every layout.

pub mod bundle;
pub mod github;
mod html;
pub mod human;
pub mod json;
pub mod list;
mod suite;

use crate::core::plan::{Check, Group, Outcome, Verdict};
use jiff::Timestamp;
use std::io::{self, Write};
use std::time::Duration;

/// The layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line a check, what went wrong below them.
    Human,
    /// `kind: PlanReport`, version 1.
    Json,
    /// JUnit XML: a suite a section, a case a check.
    Junit,
    /// TAP 14: a test point a check.
    Tap,
    /// The manual checklist, filled in.
    Markdown,
    /// One page for a browser, with a picture of the run.
    Html,
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

    /// The checks of a section, in their order.
    pub fn of_group(&self, group: Group) -> impl Iterator<Item = &PlanItem> {
        self.items.iter().filter(move |item| item.check.group == group)
    }
}

impl PlanItem {
    /// How long it took until the verdict stood, in seconds.
    pub fn seconds(&self) -> f64 {
        between(self.outcome.from, self.outcome.to)
    }

    /// What to do or to look at, where the outcome says it.
    fn hint(&self) -> Option<&str> {
        self.outcome.hint.as_deref().filter(|hint| !hint.is_empty())
    }

    /// What it means that the check failed.
    fn means(&self) -> Option<&str> {
        (self.outcome.verdict == Verdict::Fail && !self.check.failure.is_empty())
            .then_some(self.check.failure)
    }
}

/// Writes the whole report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &PlanReport, format: Format, writer: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write_whole(report, writer),
        Format::Json => json::write(report, writer),
        Format::Junit => suite::junit(report, writer),
        Format::Tap => suite::tap(report, writer),
        Format::Markdown => suite::markdown(report, writer),
        Format::Html => html::write(report, writer),
    }
}

/// The sections in the order of a report.
const GROUPS: [Group; 8] = [
    Group::Precondition,
    Group::Provider,
    Group::Versions,
    Group::Gpu,
    Group::Controller,
    Group::Gateway,
    Group::Mocker,
    Group::Beyond,
];

/// The heading of a section.
const fn heading(group: Group) -> &'static str {
    match group {
        Group::Precondition => "Preconditions",
        Group::Provider => "Direct vLLM provider",
        Group::Versions => "Version reporting",
        Group::Gpu => "GPU suite",
        Group::Controller => "Controller suite",
        Group::Gateway => "Gateway suite",
        Group::Mocker => "Dynamo mocker suite",
        Group::Beyond => "Beyond the plan",
    }
}

/// The section in one word, as machines read it.
const fn group_word(group: Group) -> &'static str {
    match group {
        Group::Precondition => "precondition",
        Group::Provider => "provider",
        Group::Versions => "versions",
        Group::Gpu => "gpu",
        Group::Controller => "controller",
        Group::Gateway => "gateway",
        Group::Mocker => "mocker",
        Group::Beyond => "beyond",
    }
}

/// A verdict as counts name it.
const fn counted(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Fixed => "fixed",
        Verdict::KnownFinding => "known finding",
        Verdict::Skip => "skipped",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Fail => "failed",
    }
}

/// How many came out in which way: `12 passed, 1 known finding, 2 skipped`; ways that nothing took are left out.
fn counts<'a>(items: impl Iterator<Item = &'a PlanItem> + Clone) -> String {
    let count = |verdict| items.clone().filter(|item| item.outcome.verdict == verdict).count();
    let words: Vec<String> = Verdict::ALL
        .into_iter()
        .map(|verdict| (count(verdict), verdict))
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {}", counted(verdict)))
        .collect();
    if words.is_empty() { "nothing ran".to_owned() } else { words.join(", ") }
}

/// What a run was made against, a name and a value each, in the order of every layout.
fn conformance(run: &RunInfo) -> Vec<(String, String)> {
    let mut facts = vec![
        ("Kubernetes".to_owned(), run.kubernetes.clone().unwrap_or_else(|| "version unknown".to_owned())),
        ("API server".to_owned(), run.server.clone()),
    ];
    facts.extend(run.context.iter().map(|context| ("Context".to_owned(), context.clone())));
    facts.push(("Namespace".to_owned(), run.namespace.clone()));
    facts.extend(run.parts.iter().map(|part| (part.name.clone(), part.facts())));
    let length = format!("{:.1} s", between(run.from, run.to));
    facts.push(("Run".to_owned(), format!("{}, {}, {length}", run.id, whole_second(run.from))));
    facts.push(("Program".to_owned(), format!("kubectl airunway {}", run.program)));
    facts
}

impl RunPart {
    /// What it reports, what it is made from, what runs.
    fn facts(&self) -> String {
        let digest = self.digest.as_deref().unwrap_or("digest unknown");
        let ready = match self.ready {
            Some(true) => "ready",
            Some(false) => "not ready",
            None => "readiness unknown",
        };
        let facts = [self.version.as_deref(), self.image.as_deref(), Some(digest), Some(ready)];
        facts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Seconds between two moments; 0 when the second one is not later.
fn between(from: Timestamp, to: Timestamp) -> f64 {
    Duration::try_from(to.duration_since(from)).unwrap_or_default().as_secs_f64()
}

/// A moment without its fraction, in UTC: `2026-11-29T15:50:00Z`.
fn whole_second(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

#[cfg(test)]
mod tests;
