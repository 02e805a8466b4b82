//! Runs checks in their phases, and says what came of each as it ends.

use super::driver::{Kept, Stage, Time, drive};
use super::schedule::{Phase, held_back, not_run};
use super::settings::Behavior;
use super::stop::Stop;
use super::voice::Voice;
use crate::core::plan::{Case, Check, Group, Names, Object, Outcome, Verdict};
use crate::report::plan::PlanItem;
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::collections::{BTreeMap, VecDeque};

/// A check that was run.
#[derive(Debug)]
pub struct Ran {
    pub item: PlanItem,
    /// The objects that it has created, or may have.
    pub created: Vec<Object>,
    pub kept: Kept,
}

/// What checks run with.
pub struct Runner<'a, S> {
    pub stage: &'a S,
    pub names: &'a Names,
    pub time: Time,
    pub stop: &'a Stop,
    pub behavior: &'a Behavior,
}

/// What is known so far.
#[derive(Debug, Default)]
pub struct Known {
    /// What was run, in the order of their ends.
    pub ran: Vec<Ran>,
    /// What came of the preconditions, by id.
    pub preconditions: BTreeMap<&'static str, Outcome>,
    /// The first check that failed.
    pub failed: Option<&'static str>,
}

impl<S: Stage> Runner<'_, S> {
    /// Runs the checks of a phase.
    ///
    /// # Errors
    /// A stdout that cannot be written; whoever calls cleans up.
    pub async fn run(
        &self,
        phase: &Phase,
        known: &mut Known,
        voice: &mut Voice<'_>,
    ) -> crate::error::Result<()> {
        let mut waiting: VecDeque<&'static Check> = phase.checks.iter().copied().collect();
        let mut running = FuturesUnordered::new();
        let mut names: Vec<&'static str> = Vec::new();
        loop {
            while running.len() < phase.jobs.max(1)
                && let Some(check) = waiting.pop_front()
            {
                match self.before(check, known) {
                    Some(outcome) => self.note(self.untouched(check, outcome), known, voice)?,
                    None => {
                        names.push(check.id);
                        running.push(self.one(check));
                    }
                }
            }
            voice.progress(&names);
            let Some(ran) = running.next().await else { return Ok(()) };
            names.retain(|id| *id != ran.item.check.id);
            self.note(ran, known, voice)?;
        }
    }

    /// Why a check is not begun.
    fn before(&self, check: &'static Check, known: &Known) -> Option<Outcome> {
        let now = self.time.now();
        if let Some(halt) = self.stop.halted() {
            return Some(not_run(Verdict::Skip, format!("not run: {}", halt.reason()), now));
        }
        if let Some(failed) = known.failed.filter(|_| self.behavior.fail_fast) {
            return Some(not_run(Verdict::Skip, format!("not run: {failed} failed"), now));
        }
        held_back(check, &known.preconditions, now)
    }

    async fn one(&self, check: &'static Check) -> Ran {
        let now = self.time.now();
        let mut kept = Kept::new(now);
        let mut case = Case::new(check, self.names, self.behavior.keep, now);
        drive(&mut case, self.stage, self.time, self.stop, &mut kept).await;
        let outcome = case.outcome().cloned();
        let outcome = outcome.unwrap_or_else(|| {
            not_run(Verdict::Inconclusive, "it ended without a verdict".to_owned(), self.time.now())
        });
        Ran { item: PlanItem { check, outcome }, created: case.created().to_vec(), kept }
    }

    /// A check that was not begun.
    pub fn untouched(&self, check: &'static Check, outcome: Outcome) -> Ran {
        let kept = Kept::new(self.time.now());
        Ran { item: PlanItem { check, outcome }, created: Vec::new(), kept }
    }

    /// Takes in what came of a check, and says it.
    pub fn note(&self, mut ran: Ran, known: &mut Known, voice: &mut Voice<'_>) -> crate::error::Result<()> {
        let PlanItem { check, outcome } = &mut ran.item;
        if check.group == Group::Precondition {
            known.preconditions.insert(check.id, outcome.clone());
            // What is absent fails nothing: a report that counts failures must not end a build for it.
            if outcome.verdict == Verdict::Fail {
                outcome.verdict = Verdict::Skip;
            }
        } else if outcome.verdict == Verdict::Fail {
            known.failed = known.failed.or(Some(check.id));
        }
        let said = voice.ended(&ran.item);
        known.ran.push(ran);
        said
    }
}
