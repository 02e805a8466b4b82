//! The wait for one object.

use super::board::Row;
use crate::core::kind::follow::Follow;
use crate::core::rollout::{Assessment, Decision, Patience, Problem, Snapshot, Target, makes_room};
use crate::io::World;
use crate::io::cluster::{Cluster, ClusterError, Follower, Lack};
use crate::ui::Ui;
use std::cell::RefCell;
use std::time::{Duration, Instant};
use tokio::time::{sleep, sleep_until};

/// How long the single reads of a wait may fail in a row before that ends it: as long as its watches bear it, which is
/// more than the only API server of a small cluster needs to start again.
const UNSTEADY: Duration = Duration::from_secs(75);
/// Pause after the first failed read; doubles with each one more.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What is known of an object while it is waited for.
pub(super) struct Wait<'a, 'u> {
    pub(super) cluster: &'a Cluster,
    pub(super) world: &'a World,
    pub(super) target: Target,
    pub(super) follow: &'static dyn Follow,
    pub(super) follower: Follower,
    pub(super) patience: Patience,
    /// Since when reads fail, and the next pause.
    pub(super) unsteady: Option<(Instant, Duration)>,
    pub(super) row: Row<'a>,
    /// Shared with the waits for other objects; never held while something is waited for.
    pub(super) ui: &'a RefCell<&'u mut Ui>,
}

impl Wait<'_, '_> {
    /// `None` once it runs, else what keeps it from that.
    pub(super) async fn run(&mut self) -> std::result::Result<Option<Problem>, ClusterError> {
        let runs = self.runs_already().await;
        self.tell_lacks();
        match runs {
            Ok(true) => return Ok(None),
            Ok(false) => {}
            Err(error) => self.bear(error).await?,
        }
        loop {
            let judged = self.follower.judge(|snapshot| self.follow.assess(&self.target, snapshot)).await;
            let assessment = match judged {
                Ok(assessment) => assessment,
                Err(error) => {
                    self.bear(error).await?;
                    continue;
                }
            };
            self.unsteady = None;
            self.tell_lacks();
            match self.weigh(assessment).await {
                Decision::Done => return Ok(None),
                Decision::GiveUp(problem) => return Ok(Some(problem)),
                Decision::Ask(_) => {}
                Decision::Wait { text, until } => {
                    self.row.set(&text);
                    self.event_or(until).await?;
                }
            }
        }
    }

    /// A read failed: pauses where time may heal that, and gives the error back where it has not for long.
    async fn bear(&mut self, error: ClusterError) -> std::result::Result<(), ClusterError> {
        let now = self.world.clock.instant();
        let (since, pause) = self.unsteady.unwrap_or((now, FIRST_PAUSE));
        if !error.may_pass() || now.duration_since(since) > UNSTEADY {
            return Err(error);
        }
        self.unsteady = Some((since, (pause * 2).min(LONGEST_PAUSE)));
        self.row.set(&format!("{error}; going on"));
        sleep(pause).await;
        Ok(())
    }

    fn tell_lacks(&mut self) {
        for lack in self.follower.take_lacks() {
            self.ui.borrow_mut().warning(&without(&lack));
        }
    }

    /// A second run of a deploy that runs already needs one look at the parts and no watch.
    async fn runs_already(&mut self) -> std::result::Result<bool, ClusterError> {
        let follow = self.follow;
        let is_ready =
            |target: &Target, snapshot: &Snapshot| follow.assess(target, snapshot) == Assessment::Ready;
        if self.follower.snapshot().parts.is_empty() {
            return Ok(false);
        }
        self.follower.read_parts().await?;
        // The pods are read if there is a digest to look for in them.
        if is_ready(&self.target, self.follower.snapshot()) && !self.target.platform_digests.is_empty() {
            self.follower.read_pods().await?;
        }
        Ok(is_ready(&self.target, self.follower.snapshot()))
    }

    async fn weigh(&mut self, assessment: Assessment) -> Decision {
        let decision = self.patience.weigh(assessment, self.world.clock.instant());
        if let Decision::Ask(place) = &decision {
            let events = self.cluster.events(self.follower.namespace(), "Pod", &place.pod, None).await;
            self.patience.room_is_made(makes_room(&events.unwrap_or_default()));
        }
        decision
    }

    async fn event_or(&mut self, until: Option<Instant>) -> std::result::Result<(), ClusterError> {
        let Some(until) = until else { return self.follower.next().await };
        tokio::select! {
            event = self.follower.next() => event,
            () = sleep_until(until.into()) => Ok(()),
        }
    }
}

/// What a missing right costs.
fn without(lack: &Lack) -> String {
    let Lack { resource, part, error } = lack;
    match part {
        Some(part) => format!(
            "the rollout of {} {} cannot be seen: {error}; only the object's own conditions are waited for",
            resource.kind, part.name
        ),
        None => format!("{error}; the wait goes on and can tell less"),
    }
}
