//! The verdict about one binary.

use super::inspect::BinaryReport;
use super::release_versions::VersionsEnv;
use super::verdict::Verdict;

/// What a binary is expected to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The provider that it must be a shim of.
    pub provider: Option<String>,
    /// The tag that it must report.
    pub tag: Option<String>,
    /// The upstream versions that it must have been built with.
    pub versions: Option<VersionsEnv>,
    /// A local build is what is wanted.
    pub allow_dev: bool,
}

/// The verdict about one binary, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryVerdict {
    /// Name of the provider, as far as the binary tells it.
    pub provider: Option<String>,
    /// What it will report, as far as that is proven: `<provider>-provider:<tag>`.
    pub reported: Option<String>,
    /// The worst of the checks.
    pub verdict: Verdict,
    /// The sentence of the check that decided.
    pub reason: String,
    /// The way out of a verdict that is not yes, one a line.
    pub hints: Vec<String>,
    /// All checks that were made, in the order of the plan.
    pub checks: Vec<BinaryCheck>,
}

/// One check of the plan on a binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryCheck {
    /// `V1`, `V2`, `V3`, `V6` or `V7` of the test plan.
    pub id: &'static str,
    /// Its answer.
    pub verdict: Verdict,
    /// What was found, a sentence without a full stop.
    pub text: String,
}

/// Judges a binary by the checks V1, V2, V3 (by effect), V6 and V7 of the test plan.
pub fn judge_binary(report: &BinaryReport, expect: &Expectation) -> BinaryVerdict {
    let _ = (report, expect);
    BinaryVerdict {
        provider: None,
        reported: None,
        verdict: Verdict::Unknown,
        reason: "nothing was checked".to_owned(),
        hints: Vec::new(),
        checks: Vec::new(),
    }
}
