//! The report of `verify-version`, in all its layouts.

mod evidence;
mod human;
mod json;
mod suite;

use crate::core::image::{Digest, ImageRef, Platform};
use crate::core::shim::cluster::ShimFacts;
use crate::core::shim::installation::Installation;
use crate::core::shim::table::RegistryAnswer;
use crate::core::shim::{BinaryCheck, BinaryReport, Verdict};
use std::io::{self, Write};

/// The layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionFormat {
    /// A table, the reasons below it.
    Human,
    /// `kind: VersionReport`, version 1.
    Json,
    /// JUnit XML: a test case an item.
    Junit,
    /// A table for the summary of a CI job.
    Markdown,
}

/// Everything that was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionReport {
    /// One entry a provider, or the one binary or image.
    pub items: Vec<VersionItem>,
    /// What else of AI Runway is in the cluster, when one was asked.
    pub installation: Option<Installation>,
}

/// One verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionItem {
    /// Name of the provider, as far as it is known.
    pub provider: Option<String>,
    /// `<provider>-provider:<tag>`, as reported, or as the binary will report.
    pub reported: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The evidence that decided, a sentence without a full stop.
    pub reason: String,
    /// What to do about a verdict that is not yes.
    pub hints: Vec<String>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// What it was judged by.
    pub evidence: Evidence,
}

/// What a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// What a cluster shows.
    Cluster(Box<ClusterEvidence>),
    /// What a binary holds.
    Binary(Box<BinaryEvidence>),
}

/// What a cluster shows of a shim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterEvidence {
    /// Registration, Deployment, pods.
    pub facts: ShimFacts,
    /// Age of the heartbeat in seconds.
    pub heartbeat_age: Option<i64>,
    /// What a registry was asked, and what it said.
    pub registry: Option<(ImageRef, RegistryAnswer)>,
}

/// What a binary holds, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryEvidence {
    /// Where it came from.
    pub origin: Origin,
    /// The build record and what the linker wrote; `None` when it could not be read.
    pub report: Option<BinaryReport>,
    /// The checks that were made.
    pub checks: Vec<BinaryCheck>,
}

/// Where a binary came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(String),
    /// An image, in a registry or in a file.
    Image(Box<ImageOrigin>),
}

/// An image that a binary was taken out of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageOrigin {
    /// The reference, or the file of the archive.
    pub name: String,
    /// Whether it is a file.
    pub archive: bool,
    /// Names that the archive gives the image.
    pub tags: Vec<String>,
    /// Digest of what the reference names.
    pub digest: Option<Digest>,
    /// Digest of the manifest of the platform.
    pub platform_digest: Option<Digest>,
    /// Platform of the image.
    pub platform: Option<Platform>,
    /// Path of the program in it.
    pub program: Option<String>,
    /// Number of the layer with the program, the lowest is 0.
    pub layer: Option<usize>,
    /// Number of layers.
    pub layers: usize,
    /// How many of them had to be read.
    pub layers_read: usize,
}

impl VersionReport {
    /// The verdict of all items; `None` when there are none.
    pub fn verdict(&self) -> Option<Verdict> {
        Verdict::of_all(self.items.iter().map(|item| item.verdict))
    }
}

impl VersionItem {
    /// `cluster`, `binary` or `image`.
    pub fn source(&self) -> &'static str {
        match &self.evidence {
            Evidence::Cluster(_) => "cluster",
            Evidence::Binary(evidence) => match evidence.origin {
                Origin::File(_) => "binary",
                Origin::Image(_) => "image",
            },
        }
    }

    /// What the item is called: its provider, else its file or image.
    fn label(&self) -> &str {
        match (&self.provider, &self.evidence) {
            (Some(provider), _) => provider,
            (None, Evidence::Binary(evidence)) => match &evidence.origin {
                Origin::File(path) => path,
                Origin::Image(image) => &image.name,
            },
            (None, Evidence::Cluster(evidence)) => &evidence.facts.provider,
        }
    }

    /// What was checked: the image of the pods, the file, the reference.
    fn subject(&self) -> &str {
        match &self.evidence {
            Evidence::Cluster(evidence) => evidence.image().unwrap_or_default(),
            Evidence::Binary(evidence) => match &evidence.origin {
                Origin::File(path) => path,
                Origin::Image(image) => &image.name,
            },
        }
    }

    /// The digest of what runs or was looked at, where there is one only.
    fn digest(&self) -> Option<Digest> {
        match &self.evidence {
            Evidence::Cluster(evidence) => evidence.digest(),
            Evidence::Binary(evidence) => match &evidence.origin {
                Origin::File(_) => None,
                Origin::Image(image) => image.digest.clone(),
            },
        }
    }
}

impl ClusterEvidence {
    /// The image of the one Deployment.
    fn image(&self) -> Option<&str> {
        match self.facts.deployments.known()?.as_slice() {
            [one] => one.image.as_deref(),
            _ => None,
        }
    }

    /// The digest that all running pods of the one Deployment have.
    fn digest(&self) -> Option<Digest> {
        let [one] = self.facts.deployments.known()?.as_slice() else { return None };
        let mut running = one.pods.known()?.iter().filter(|pod| pod.running);
        let first = running.next()?.digest()?;
        running.all(|pod| pod.digest().as_ref() == Some(&first)).then_some(first)
    }
}

/// A verdict in words for people.
fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::No => "no",
        Verdict::Unknown => "inconclusive",
    }
}

/// `3 checked: 1 yes, 1 no, 1 inconclusive`.
fn summary(items: &[VersionItem]) -> String {
    let count = |verdict: Verdict| items.iter().filter(|item| item.verdict == verdict).count();
    let counts = [Verdict::Yes, Verdict::No, Verdict::Unknown]
        .map(|verdict| (count(verdict), verdict))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {}", words(verdict)));
    format!("{} checked: {}", items.len(), counts.collect::<Vec<_>>().join(", "))
}

/// Writes the report.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &VersionReport, format: VersionFormat, writer: &mut dyn Write) -> io::Result<()> {
    match format {
        VersionFormat::Human => human::write(report, writer),
        VersionFormat::Json => json::write(report, writer),
        VersionFormat::Junit => suite::junit(report, writer),
        VersionFormat::Markdown => suite::markdown(report, writer),
    }
}

#[cfg(test)]
mod tests;
