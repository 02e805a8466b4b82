//! Which check runs when, and what keeps one from running.

use super::select::Chosen;
use crate::core::plan::{Check, Outcome, Verdict, When};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// A check that may take longer than this is begun first, so that the others pass beside it.
const LONG: Duration = Duration::from_secs(300);
/// The order of the plan's section 7, where it is not that of the table: admission first, then what takes longer.
const FIRST: [&str; 3] = ["S1", "4", "8"];

/// Checks that run at the same time, in the order in which they begin.
#[derive(Debug, Default)]
pub struct Phase {
    /// The checks.
    pub checks: Vec<&'static Check>,
    /// At most so many at a time.
    pub jobs: usize,
}

/// The phases of a run: what runs together, then what runs alone, then what comes last.
pub fn phases(chosen: &[Chosen], jobs: usize) -> [Phase; 3] {
    let of = |when: When, jobs: usize| {
        let run = chosen.iter().filter(|chosen| chosen.left_out.is_none()).map(|chosen| chosen.check);
        Phase { checks: run.filter(|check| check.uses.when == when).collect(), jobs }
    };
    let mut together = of(When::Together, jobs);
    // Stable: what is equal stays in the order of the table.
    together.checks.sort_by_key(|check| (Reverse(check.limit > LONG), rank(check.id)));
    let mut alone = of(When::Alone, 1);
    // What the others need is disturbed after them.
    alone.checks.sort_by_key(|check| check.uses.disrupts);
    [together, alone, of(When::Last, 1)]
}

fn rank(id: &str) -> usize {
    FIRST.iter().position(|first| *first == id).unwrap_or(FIRST.len())
}

/// What came of a check that cannot run because of what it needs; `None` when it can.
pub fn held_back(check: &Check, known: &BTreeMap<&str, Outcome>, now: Timestamp) -> Option<Outcome> {
    let lacking = |wanted: fn(Verdict) -> bool| {
        check
            .needs
            .iter()
            .find_map(|id| known.get(id).filter(|need| wanted(need.verdict)).map(|need| (*id, need)))
    };
    let not_met = |verdict| matches!(verdict, Verdict::Fail | Verdict::Skip);
    if let Some((id, need)) = lacking(not_met) {
        let hint = need.hint.clone();
        return Some(Outcome {
            hint,
            ..not_run(Verdict::Skip, format!("{id} is not met: {}", need.reason), now)
        });
    }
    if let Some((id, need)) = lacking(|verdict| verdict == Verdict::Inconclusive) {
        let hint = need.hint.clone();
        let reason = format!("{id} is not known: {}", need.reason);
        return Some(Outcome { hint, ..not_run(Verdict::Inconclusive, reason, now) });
    }
    let unknown = check.needs.iter().find(|id| !known.contains_key(**id))?;
    Some(not_run(Verdict::Inconclusive, format!("{unknown} was not looked at"), now))
}

/// What came of a check that was not begun.
pub fn not_run(verdict: Verdict, reason: String, now: Timestamp) -> Outcome {
    Outcome { verdict, reason, hint: None, broken: Vec::new(), remarks: Vec::new(), from: now, to: now }
}

/// GPUs that the checks of one phase ask for at the same time, at most.
pub fn gpus(phase: &Phase) -> u32 {
    let mut wanted: Vec<u32> = phase.checks.iter().map(|check| check.uses.gpus).collect();
    wanted.sort_unstable_by_key(|gpus| Reverse(*gpus));
    wanted.into_iter().take(phase.jobs).sum()
}

#[cfg(test)]
mod tests;
