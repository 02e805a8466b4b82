//! The verdict about one binary: checks V1, V2, V3, V5, V6 and V7 of the test plan, as far as a file can answer them.
//!
//! V1 and V2 read what the build passed to the linker, V3 what the linker made of it. V3 runs nothing: the string is
//! read where the program will read it.

mod effective;
mod passed;
mod pinned;
mod ran;
mod shim;
#[cfg(test)]
mod tests;

pub use ran::reported_in;

use super::effect::Found;
use super::inspect::BinaryReport;
use super::known::{Component, component_of};
use super::release_versions::VersionsEnv;
use super::verdict::Verdict;
use super::version::{ReportedVersion, ShimTag, TagKind};
use shim::Shim;

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
    /// The worst of the checks that count.
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
    /// `V1`, `V2`, `V3`, `V5`, `V6` or `V7` of the test plan.
    pub id: &'static str,
    /// Its answer.
    pub verdict: Verdict,
    /// What was found, a fragment without a full stop.
    pub text: String,
}

/// Which check speaks for the others when they are equally bad: the one nearest to what users will see.
const LOUDEST: [&str; 6] = ["V3", "V2", "V1", "V5", "V7", "V6"];

/// Judges a binary by what it says about its build and by what the linker wrote into it.
pub fn judge_binary(report: &BinaryReport, expect: &Expectation) -> BinaryVerdict {
    judge(report, expect, None)
}

/// Judges a binary that was also run, by what it said of itself then.
pub fn judge_run(report: &BinaryReport, expect: &Expectation, said: &ReportedVersion) -> BinaryVerdict {
    judge(report, expect, Some(said))
}

fn judge(report: &BinaryReport, expect: &Expectation, said: Option<&ReportedVersion>) -> BinaryVerdict {
    let Some(component) = component_of(report.main.as_ref(), &report.deps) else {
        return not_a_shim(expect);
    };
    let mut judge = Judge { report, expect, component, checks: Vec::new(), hints: Vec::new() };
    let reported = match component.provider {
        Some(provider) => {
            let mut shim = Shim::of(report, component, provider);
            judge.passed(&shim);
            judge.effective(&shim);
            if let Some(said) = said {
                judge.ran(&mut shim, said);
            }
            judge.tag(&shim);
            judge.shape(&shim);
            shim.reported
        }
        None => {
            judge.controller();
            None
        }
    };
    judge.pinned();
    judge.finish(reported)
}

fn not_a_shim(expect: &Expectation) -> BinaryVerdict {
    let text = "it is not an AI Runway shim: it has no module github.com/ai-runway/airunway/providers/<name>, or several";
    let verdict = if expect.provider.is_some() { Verdict::No } else { Verdict::Unknown };
    BinaryVerdict {
        provider: None,
        reported: None,
        verdict,
        reason: text.to_owned(),
        hints: vec!["choose a shim's binary, /provider in its image".to_owned()],
        checks: vec![BinaryCheck { id: "V7", verdict, text: text.to_owned() }],
    }
}

/// The checks on one binary as they are made.
struct Judge<'a> {
    report: &'a BinaryReport,
    expect: &'a Expectation,
    component: Component<'a>,
    checks: Vec<BinaryCheck>,
    hints: Vec<String>,
}

impl Judge<'_> {
    fn add(&mut self, id: &'static str, verdict: Verdict, text: impl Into<String>) {
        self.checks.push(BinaryCheck { id, verdict, text: text.into() });
    }

    fn hint(&mut self, hint: impl Into<String>) {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }

    /// V5, the part that needs no cluster: is the reported tag one that a published shim has?
    fn tag(&mut self, shim: &Shim<'_>) {
        let lost = self.checks.iter().any(|check| check.id == "V3" && check.verdict == Verdict::No);
        let passed = shim.passed_value().filter(|_| !lost);
        let Some(tag) = shim.reported_tag().or(passed) else { return };
        let Ok(parsed) = tag.parse::<ShimTag>() else { return };
        let kind = parsed.kind();
        let text = format!("the tag {tag} is {}", kind.as_str());
        let verdict = match kind {
            TagKind::Release | TagKind::Main => Verdict::Yes,
            TagKind::Stale | TagKind::BrokenStamp => Verdict::No,
            _ if self.expect.allow_dev || self.expect.tag.as_deref() == Some(tag) => Verdict::Yes,
            _ => Verdict::Unknown,
        };
        if verdict == Verdict::Unknown {
            self.add("V5", verdict, format!("{text}, which no published shim reports"));
            self.hint("use --allow-dev to accept a local build");
            return;
        }
        self.add("V5", verdict, text);
        if verdict == Verdict::No {
            self.hint(format!("link with -ldflags \"-X {}=<tag>\"", shim.symbol));
        }
    }

    /// V7: the reported text begins with the provider's name.
    fn shape(&mut self, shim: &Shim<'_>) {
        if let Some(wanted) = &self.expect.provider
            && wanted != shim.provider
        {
            let text = format!("it is the shim of {}; expected the shim of {wanted}", shim.provider);
            self.add("V7", Verdict::No, text);
            return self
                .hint(format!("choose the {wanted} shim's binary, or the provider {}", shim.provider));
        }
        let Some(reported) = &shim.reported else { return };
        match reported.parse::<ReportedVersion>() {
            Ok(version) if version.provider == shim.provider => {
                self.add("V7", Verdict::Yes, format!("it reports {reported}"));
            }
            Ok(_) => {
                let text = format!("it reports {reported}, and is the shim of {}", shim.provider);
                self.add("V7", Verdict::No, text);
            }
            Err(error) => self.add("V7", Verdict::No, format!("it reports {reported:?}: {error}")),
        }
    }

    fn controller(&mut self) {
        if let Some(wanted) = &self.expect.provider {
            let text = format!("it is AI Runway's controller; expected the shim of {wanted}");
            self.add("V7", Verdict::No, text);
            self.hint(format!("choose the {wanted} shim's binary"));
        } else if self.expect.versions.is_none() {
            self.add("V6", Verdict::Unknown, "it is AI Runway's controller, which does not report a version");
            self.hint("--expect-versions versions.env compares the versions it was built with");
        }
    }

    fn finish(mut self, reported: Option<String>) -> BinaryVerdict {
        // Flags that the record leaves out are only missed where the effect cannot be seen.
        let effective = self.checks.iter().any(|check| check.id == "V3" && check.verdict == Verdict::Yes);
        let settled = effective && self.report.trimpath;
        let counts = |check: &&BinaryCheck| {
            !(settled && matches!(check.id, "V1" | "V2") && check.verdict == Verdict::Unknown)
        };
        let counted: Vec<&BinaryCheck> = self.checks.iter().filter(counts).collect();
        let verdict = Verdict::of_all(counted.iter().map(|check| check.verdict)).unwrap_or(Verdict::Unknown);
        let loudest = LOUDEST
            .iter()
            .find_map(|id| counted.iter().find(|check| check.id == *id && check.verdict == verdict));
        let reason =
            loudest.map_or_else(|| "nothing could be checked".to_owned(), |check| check.text.clone());
        if verdict == Verdict::Yes {
            self.hints.clear();
        }
        BinaryVerdict {
            provider: self.component.provider.map(str::to_owned),
            reported,
            verdict,
            reason,
            hints: self.hints,
            checks: self.checks,
        }
    }
}

/// How a string was found, to stand behind what it is.
fn how(found: &Found) -> &'static str {
    match found {
        Found::SymbolTable => "by the symbol table",
        Found::DataReachable => "by a variable that points to it as only the linker writes it",
        Found::NotFound(_) => "not found",
    }
}

/// A variable without the directories of its package: `vllm.shimVersion`.
fn short(symbol: &str) -> &str {
    symbol.rsplit('/').next().unwrap_or(symbol)
}
