//! What came of a check.

use jiff::Timestamp;

/// The verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every assertion held.
    Pass,
    /// The observation is the fixed behavior of what was a finding; counts as a pass.
    Fixed,
    /// The observation equals a documented open finding; reported, does not fail a run.
    KnownFinding,
    /// A precondition is absent, or it was not asked for.
    Skip,
    /// The observation is missing.
    Inconclusive,
    /// An assertion was contradicted by an observation.
    Fail,
}

impl Verdict {
    /// Every verdict, in the order of a summary.
    pub const ALL: [Verdict; 6] = [
        Verdict::Pass,
        Verdict::Fixed,
        Verdict::KnownFinding,
        Verdict::Skip,
        Verdict::Inconclusive,
        Verdict::Fail,
    ];

    /// The word that reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::Fixed => "FIXED",
            Verdict::KnownFinding => "KNOWN-FINDING",
            Verdict::Skip => "SKIP",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Fail => "FAIL",
        }
    }

    /// The verdict of a word.
    pub fn of_word(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The one reason for it, a sentence without its full stop.
    pub reason: String,
    /// What to do or to look at, where that can be said.
    pub hint: Option<String>,
    /// The claims that did not hold.
    pub broken: Vec<Broken>,
    /// What was done and seen, in order.
    pub remarks: Vec<Remark>,
    /// When it began.
    pub from: Timestamp,
    /// When the verdict stood; the cleanup comes after it.
    pub to: Timestamp,
}

/// A claim that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What was claimed, in words.
    pub claim: String,
    /// What should have been there; may have several lines.
    pub expected: String,
    /// What was there; may have several lines.
    pub found: String,
}

/// Something that was done or seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// When.
    pub at: Timestamp,
    /// What, in words.
    pub text: String,
}
