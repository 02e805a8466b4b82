//! The test plan: what proves that AI Runway and its Direct vLLM provider do what they promise, as data.
//!
//! A check is rows of [`Step`]s, a [`Case`] is the machine that goes through them: it asks for something to be done or
//! looked at, and is told what came of it. It owns no clock and sends nothing; whoever drives it does (`commands/e2e` for a
//! cluster, the tests for a recorded one).
//!
//! Two rules hold by construction. An absence counts only on an object that is settled, and a refusal only from the right
//! party ([`Step::Absent`], [`Expected::Denied`]). What was not seen is never green: a claim on it ends the check as
//! [`Verdict::Inconclusive`].

mod case;
mod check;
pub mod checks;
mod claim;
mod evidence;
mod memory;
mod outcome;
pub mod record;
pub mod redact;
pub mod script;
mod step;
pub mod told;
mod words;

pub use case::{Answer, Case, Refusal, RefusedBy, Seen, Wish};
pub use check::{Check, Group, Names, Uses, When};
pub use claim::{CLOCK_SKEW, Claim, Place, Test, condition, of};
pub use evidence::{ContainerLog, Evidence, Exchange};
pub use memory::Memory;
pub use outcome::{Broken, Outcome, Remark, Verdict};
pub use step::{Act, Asked, Denial, Expected, HttpAsk, Key, Object, Ruling, Settled, Step};

/// The label that every object of a run carries; its value is the run's id.
pub const RUN_LABEL: &str = "cli.airunway.ai/e2e-run";

#[cfg(test)]
mod tests;
