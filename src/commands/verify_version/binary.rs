//! `--binary`: what a binary reports and what the linker wrote into it.

use crate::core::shim::{
    BinaryReport, BinaryVerdict, Bytes, Expectation, Malformed, ReportedVersion, Verdict, inspect,
    judge_binary, judge_run, reported_in,
};
use crate::error::{Error, Result};
use crate::io::bare_run;
use crate::io::binary::BinaryFile;
use crate::report::versions::{BinaryEvidence, Evidence, Origin, VersionItem};
use std::path::Path;

/// Judges a file, and runs it when that is wanted.
///
/// # Errors
/// A file that cannot be opened.
pub(super) async fn verify(path: &Path, run: bool, expect: &Expectation) -> Result<VersionItem> {
    let file = BinaryFile::open(path).map_err(|error| {
        Error::failure(format!("cannot read {}", path.display())).caused_by(error.to_string())
    })?;
    let origin = Origin::File(path.display().to_string());
    let report = match inspect(&file) {
        Ok(report) => report,
        Err(error) => return Ok(unreadable(&error, origin, expect)),
    };
    if !run {
        let verdict = judge_binary(&report, expect);
        return Ok(item(verdict, report, origin, None));
    }
    Ok(match own_report(path, &report).await {
        Ok(said) => item(judge_run(&report, expect, &said), report, origin, None),
        Err(why) => item(judge_binary(&report, expect), report, origin, Some(why)),
    })
}

/// What the binary reports, or why it reports nothing.
async fn own_report(path: &Path, report: &BinaryReport) -> std::result::Result<ReportedVersion, String> {
    let Some(provider) = report.provider() else {
        return Err("not run, since it is not a shim".to_owned());
    };
    let ran = bare_run::version(path).await;
    let ran = ran.map_err(|error| format!("it could not be run: {error}"))?;
    reported_in(&ran.output, provider).ok_or_else(|| {
        let end = match (ran.timed_out, ran.code) {
            (true, _) => format!("it did not exit within {} seconds", bare_run::TIME_LIMIT.as_secs()),
            (false, Some(code)) => format!("it exited with code {code}"),
            (false, None) => "it was killed by a signal".to_owned(),
        };
        format!("run with --version, it printed no {provider}-provider:<tag>; {end}")
    })
}

/// Judges the bytes of a binary, wherever they came from.
pub(super) fn judge(bytes: &impl Bytes, origin: Origin, expect: &Expectation) -> VersionItem {
    match inspect(bytes) {
        Err(error) => unreadable(&error, origin, expect),
        Ok(report) => item(judge_binary(&report, expect), report, origin, None),
    }
}

fn item(verdict: BinaryVerdict, report: BinaryReport, origin: Origin, note: Option<String>) -> VersionItem {
    let evidence = BinaryEvidence { origin, report: Some(report), checks: verdict.checks };
    VersionItem {
        provider: verdict.provider,
        reported: verdict.reported,
        verdict: verdict.verdict,
        reason: verdict.reason,
        hints: verdict.hints,
        notes: note.into_iter().collect(),
        evidence: Evidence::Binary(Box::new(evidence)),
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
