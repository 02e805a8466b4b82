//! The three answers to "does it run what it says it runs".

use std::fmt;

/// Yes, no, or inconclusive.
///
/// The order is how bad an answer is for a whole run: a no outweighs what could not be told, which outweighs a yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It does, and the evidence proves it.
    Yes,
    /// The evidence proves neither.
    Unknown,
    /// It does not.
    No,
}

impl Verdict {
    /// The word in reports: `yes`, `no`, `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Yes => "yes",
            Verdict::Unknown => "unknown",
            Verdict::No => "no",
        }
    }

    /// The verdict of several: the worst of them, `None` for none.
    pub fn of_all(verdicts: impl IntoIterator<Item = Verdict>) -> Option<Verdict> {
        verdicts.into_iter().max()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_outweighs_what_could_not_be_told() {
        assert_eq!(Verdict::of_all([Verdict::Yes, Verdict::Unknown]), Some(Verdict::Unknown));
        assert_eq!(Verdict::of_all([Verdict::No, Verdict::Unknown, Verdict::Yes]), Some(Verdict::No));
        assert_eq!(Verdict::of_all([]), None);
    }
}
