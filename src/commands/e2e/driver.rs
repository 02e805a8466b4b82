//! Drives a check: does what it wants done, shows it what it wants to see, and keeps time.

use super::stop::{Halt, Stop};
use super::transcript::Transcript;
use crate::core::plan::{Act, Answer, Case, Evidence, Object, Seen, Verdict, Wish};
use crate::io::clock::Clock;
use crate::io::plan::Watched;
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// How long the evidence of one check may take.
const EVIDENCE: Duration = Duration::from_secs(30);

/// The time of a run: that of day at its beginning, and from there what the machine's steady clock says. A clock that is
/// set while checks wait moves no deadline.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    clock: Clock,
    from: Timestamp,
    began: Instant,
}

impl Time {
    /// The time from now on.
    pub fn start(clock: Clock) -> Time {
        Time { clock, from: clock.now(), began: clock.instant() }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.from + self.clock.instant().duration_since(self.began)
    }

    /// How long until a moment; nothing when it has passed.
    fn until(&self, moment: Timestamp) -> Duration {
        Duration::try_from(moment.duration_since(self.now())).unwrap_or_default()
    }
}

/// What a case is driven over: a cluster, or one that is played.
pub trait Stage {
    /// Does something.
    async fn act(&self, act: &Act) -> Answer;
    /// Opens a watch of objects.
    fn watch(&self, objects: &[Object]) -> Watched;
    /// What there is to see of objects whose check did not pass, before they are removed.
    async fn evidence(&self, objects: &[Object]) -> Option<Evidence>;
}

/// What is kept of a check beside its outcome.
#[derive(Debug)]
pub struct Kept {
    /// What was done and seen.
    pub transcript: Transcript,
    /// What there was to see at its end, where it did not pass.
    pub evidence: Option<Evidence>,
}

impl Kept {
    /// Nothing yet.
    pub fn new(from: Timestamp) -> Kept {
        Kept { transcript: Transcript::new(from), evidence: None }
    }
}

/// An open watch, and the wish that it serves.
struct Open {
    objects: Vec<Object>,
    until: Timestamp,
    watched: Watched,
}

/// Goes through a case to its end, its cleanup included. When the run ends before its time the case gives up and cleans
/// up; when the cluster is gone it does not even try that.
pub async fn drive(case: &mut Case, stage: &impl Stage, time: Time, stop: &Stop, kept: &mut Kept) {
    let mut open: Option<Open> = None;
    let mut ended = false;
    loop {
        let wish = case.next(time.now());
        if case.outcome().is_some() && matches!(stop.halted(), Some(Halt::ClusterGone(_))) {
            return;
        }
        if let Some(outcome) = case.outcome().filter(|_| !ended) {
            ended = true;
            if matches!(outcome.verdict, Verdict::Fail | Verdict::Inconclusive) && stop.halted().is_none() {
                kept.evidence = timeout(EVIDENCE, stage.evidence(case.created())).await.ok().flatten();
            }
            // The wish was made before that time passed.
            continue;
        }
        let seen = match wish {
            Wish::Nothing => return,
            Wish::Act { act, until } => {
                open = None;
                let cleaning = case.outcome().is_some();
                match or_halted(done(stage, &act, time.until(until)), stop, cleaning).await {
                    Some(seen) => {
                        kept.transcript.act(time.now(), &act, &seen);
                        seen
                    }
                    None => {
                        give_up(case, stop, time.now());
                        continue;
                    }
                }
            }
            Wish::Watch { objects, until } => {
                // The same wish goes on with the same watch; another one begins with how everything is then.
                let watch = match open.take().filter(|open| open.objects == objects && open.until == until) {
                    Some(open) => open,
                    None => Open { watched: stage.watch(&objects), objects, until },
                };
                let watch = open.insert(watch);
                match or_halted(next(watch, time.until(until)), stop, false).await {
                    Some(seen) => {
                        kept.transcript.seen(time.now(), &seen);
                        seen
                    }
                    None => {
                        open = None;
                        give_up(case, stop, time.now());
                        continue;
                    }
                }
            }
        };
        case.learn(seen, time.now());
    }
}

async fn done(stage: &impl Stage, act: &Act, limit: Duration) -> Seen {
    timeout(limit, stage.act(act)).await.map_or(Seen::Time, Seen::Answer)
}

async fn next(open: &mut Open, limit: Duration) -> Seen {
    tokio::select! {
        seen = open.watched.next() => seen,
        () = sleep(limit) => Seen::Time,
    }
}

/// `None` when the run ends first; a cleanup goes on then, unless the cluster is gone.
async fn or_halted(seen: impl Future<Output = Seen>, stop: &Stop, cleaning: bool) -> Option<Seen> {
    let halted = async {
        loop {
            match stop.wait().await {
                Halt::ClusterGone(_) => return,
                _ if cleaning => std::future::pending::<()>().await,
                _ => return,
            }
        }
    };
    tokio::select! {
        seen = seen => Some(seen),
        () = halted => None,
    }
}

fn give_up(case: &mut Case, stop: &Stop, now: Timestamp) {
    let reason = stop.halted().map_or_else(String::new, |halt| halt.reason());
    case.give_up(Verdict::Inconclusive, &reason, now);
}

#[cfg(test)]
mod tests;
