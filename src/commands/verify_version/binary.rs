//! `--binary`: what a binary says and what the linker wrote into it.

use crate::core::shim::{Bytes, Expectation, Malformed, Verdict, inspect, judge_binary};
use crate::error::{Error, Result};
use crate::io::binary::BinaryFile;
use crate::report::versions::{BinaryEvidence, Evidence, Origin, VersionItem};
use std::path::Path;

/// Judges a file.
///
/// # Errors
/// A file that cannot be opened.
pub(super) fn verify(path: &Path, expect: &Expectation) -> Result<VersionItem> {
    let file = BinaryFile::open(path).map_err(|error| {
        Error::failure(format!("cannot read {}", path.display())).caused_by(error.to_string())
    })?;
    Ok(judge(&file, Origin::File(path.display().to_string()), expect))
}

/// Judges the bytes of a binary, wherever they came from.
pub(super) fn judge(bytes: &impl Bytes, origin: Origin, expect: &Expectation) -> VersionItem {
    match inspect(bytes) {
        Err(error) => unreadable(&error, origin, expect),
        Ok(report) => {
            let verdict = judge_binary(&report, expect);
            let evidence = BinaryEvidence { origin, report: Some(report), checks: verdict.checks };
            VersionItem {
                provider: verdict.provider,
                reported: verdict.reported,
                verdict: verdict.verdict,
                reason: verdict.reason,
                hints: verdict.hints,
                notes: Vec::new(),
                evidence: Evidence::Binary(Box::new(evidence)),
            }
        }
    }
}

/// A file in which nothing can be looked up proves nothing.
fn unreadable(error: &Malformed, origin: Origin, expect: &Expectation) -> VersionItem {
    VersionItem {
        provider: expect.provider.clone(),
        reported: None,
        verdict: Verdict::Unknown,
        reason: error.to_string(),
        hints: vec!["a shim is a Go program; check that this is the file it runs as".to_owned()],
        notes: Vec::new(),
        evidence: Evidence::Binary(Box::new(BinaryEvidence { origin, report: None, checks: Vec::new() })),
    }
}
