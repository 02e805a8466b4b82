//! The wait: watches, no polling; it ends early when it cannot succeed, and never trusts `Ready` alone.

use super::args::ApplySettings;
use crate::commands::images::Pins;
use crate::commands::output::qualified_name;
use crate::core::kind::Kind;
use crate::core::kind::follow::Follow;
use crate::core::kubernetes::duration;
use crate::core::rollout::{
    Assessment, Decision, Patience, Problem, ProblemKind, Snapshot, Target, makes_room,
};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::{Cluster, ClusterError, Follower, Lack};
use crate::report::diagnosis;
use crate::ui::{Progress, Ui};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::time::{sleep, sleep_until, timeout};

/// How long the single reads of a wait may fail in a row before that ends it: as long as its watches bear it, which is
/// more than the only API server of a small cluster needs to start again.
const UNSTEADY: Duration = Duration::from_secs(75);
/// Pause after the first failed read; doubles with each one more.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Waits until what was applied, `sent` as it was written and `object` as it was stored, runs, and answers the object as it is then; at once for a kind that is not followed.
///
/// # Errors
/// A wait that cannot succeed or ran out of time, with the reason; what the cluster says about it is shown before.
pub(super) async fn until_running(
    cluster: &Cluster,
    kind: &'static dyn Kind,
    object: Value,
    sent: &Value,
    pins: &Pins,
    settings: &ApplySettings,
    world: &World,
    ui: &mut Ui,
) -> Result<Value> {
    let Some(follow) = kind.follow() else { return Ok(object) };
    let target =
        Target::of(&object, follow.image(&object), |image| pins.get(image).cloned().unwrap_or_default())
            .with_fields(sent, &object);
    let mut wait = Wait {
        cluster,
        world,
        label: qualified_name(&object),
        target,
        follow,
        follower: Follower::new(cluster, kind.resource(), object, move |object| follow.parts(object)),
        patience: Patience::new(world.patience),
        unsteady: None,
        progress: ui.progress(),
    };
    let end = match settings.timeout {
        Some(limit) => timeout(limit, wait.run(ui)).await.map_err(|_| limit),
        None => Ok(wait.run(ui).await),
    };
    wait.progress.finish();
    let Wait { label, follower, patience, .. } = wait;
    let show = async |problem: &Problem, ui: &mut Ui| {
        let evidence = cluster.evidence(follower.namespace(), problem).await;
        diagnosis::lines(&evidence).iter().for_each(|line| ui.status(line));
    };
    match end {
        Ok(Ok(None)) => Ok(follower.snapshot().object.clone().unwrap_or_default()),
        Ok(Ok(Some(problem))) => {
            show(&problem, ui).await;
            Err(stuck(&label, &problem))
        }
        Ok(Err(error)) => Err(Error::from(error)
            .hint(format!("{label} stays applied; run the same command again to resume waiting"))),
        Err(limit) => {
            if let Some(problem) = patience.problem() {
                show(problem, ui).await;
            }
            Err(timed_out(&label, limit, &patience))
        }
    }
}

struct Wait<'a> {
    cluster: &'a Cluster,
    world: &'a World,
    label: String,
    target: Target,
    follow: &'static dyn Follow,
    follower: Follower,
    patience: Patience,
    /// Since when reads fail, and the next pause.
    unsteady: Option<(Instant, Duration)>,
    progress: Progress,
}

impl Wait<'_> {
    /// `None` once it runs, else what keeps it from that.
    async fn run(&mut self, ui: &mut Ui) -> std::result::Result<Option<Problem>, ClusterError> {
        let runs = self.runs_already().await;
        self.follower.take_lacks().iter().for_each(|lack| ui.warning(&without(lack)));
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
            self.follower.take_lacks().iter().for_each(|lack| ui.warning(&without(lack)));
            match self.weigh(assessment).await {
                Decision::Done => return Ok(None),
                Decision::GiveUp(problem) => return Ok(Some(problem)),
                Decision::Ask(_) => {}
                Decision::Wait { text, until } => {
                    self.progress.set(&format!("{}: {text}", self.label));
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
        self.progress.set(&format!("{}: {error}; going on", self.label));
        sleep(pause).await;
        Ok(())
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

fn stuck(label: &str, problem: &Problem) -> Error {
    let mut error = match problem.kind {
        // It may well run, but it is not what was asked for.
        ProblemKind::Changed => Error::verdict(format!("{label}: {}", problem.message)),
        _ => Error::failure(format!("{label} cannot become ready: {}", problem.message)),
    };
    if let Some(detail) = &problem.detail {
        error = error.caused_by(detail.clone());
    }
    error.hint(problem.kind.way_out())
}

fn timed_out(label: &str, limit: Duration, patience: &Patience) -> Error {
    let message = format!("{label} is not ready after {}", duration::short(limit));
    let mut error = Error::new(Exit::TimedOut, message);
    if !patience.text().is_empty() {
        error = error.caused_by(patience.text());
    }
    if let Some(detail) = patience.problem().and_then(|problem| problem.detail.clone()) {
        error = error.caused_by(detail);
    }
    error.hint("the object stays applied; run the same command again to resume waiting, with a longer --timeout if needed")
}
