//! The wait: watches, no polling; it ends early when it cannot succeed, and never trusts `Ready` alone. Several objects are
//! waited for together, under one clock.

mod board;
mod one;

use super::args::ApplySettings;
use super::send::Written;
use crate::commands::images::Pins;
use crate::commands::output::qualified_name;
use crate::core::kind::follow::Follow;
use crate::core::kubernetes::duration;
use crate::core::kubernetes::json::text_at;
use crate::core::rollout::{Patience, Problem, ProblemKind, Target};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::{Cluster, ClusterError, Follower};
use crate::report::diagnosis;
use crate::ui::Ui;
use board::Board;
use futures::future::join_all;
use one::Wait;
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::timeout;

/// How the wait for one object ended.
enum End {
    Runs,
    Stuck(Problem),
    Failed(ClusterError),
    TimedOut(Duration),
}

/// Waits until all that was applied runs, each object of a followed kind, and puts the objects as they are then in place of
/// what was stored. One that cannot run does not end the wait for the others.
///
/// # Errors
/// What of it cannot succeed or ran out of time, with the reasons; what the cluster says about it is shown before.
pub(super) async fn all(
    cluster: &Cluster,
    written: &mut [Written<'_>],
    pins: &Pins,
    settings: &ApplySettings,
    world: &World,
    ui: &mut Ui,
) -> Result<()> {
    let board = Board::new(ui.progress(), written.len());
    let shared = RefCell::new(&mut *ui);
    let mut waits = Vec::new();
    for (index, one) in written.iter().enumerate() {
        let Some(follow) = one.kind.follow() else { continue };
        let wait = Wait {
            cluster,
            world,
            target: target(one, follow, pins),
            follow,
            follower: Follower::new(cluster, one.kind.resource(), one.stored.clone(), move |object| {
                follow.parts(object)
            }),
            patience: Patience::new(settings.patience),
            unsteady: None,
            row: board.row(index, text_at(&one.stored, "/metadata/name")),
            ui: &shared,
        };
        waits.push((index, wait));
    }
    let ended = join_all(
        waits.into_iter().map(async |(index, wait)| (index, until_end(wait, settings.timeout).await)),
    );
    let ended: Vec<_> = ended
        .await
        .into_iter()
        .map(|(index, (end, follower, patience))| (index, end, follower, patience))
        .collect();
    board.finish();
    let mut errors = Vec::new();
    let several = written.len() > 1;
    for (index, end, follower, patience) in ended {
        let Some(one) = written.get_mut(index) else { continue };
        let label = qualified_name(&one.stored);
        match end {
            End::Runs => {
                one.stored = follower.snapshot().object.clone().unwrap_or_default();
                if several && settings.output.is_none() {
                    ui.status(&format!("{label} is ready"));
                }
                super::finish::say(&one.stored, settings, ui)?;
            }
            End::Stuck(problem) => {
                show(cluster, follower.namespace(), &problem, ui).await;
                errors.push(stuck(&label, &problem));
            }
            End::Failed(error) => errors.push(
                Error::from(error)
                    .hint(format!("{label} stays applied; run the same command again to resume waiting")),
            ),
            End::TimedOut(limit) => {
                if let Some(problem) = patience.problem() {
                    show(cluster, follower.namespace(), problem, ui).await;
                }
                errors.push(timed_out(&label, limit, &patience));
            }
        }
    }
    together(errors, written.len())
}

fn target(one: &Written<'_>, follow: &dyn Follow, pins: &Pins) -> Target {
    let digests = |image: &str| pins.get(image).cloned().unwrap_or_default();
    Target::of(&one.stored, follow.image(&one.stored), digests)
        .with_fields(&one.planned.object.value, &one.stored)
}

/// Waits for one object, for as long as `limit` at most.
async fn until_end(mut wait: Wait<'_, '_>, limit: Option<Duration>) -> (End, Follower, Patience) {
    let ended = match limit {
        Some(limit) => timeout(limit, wait.run()).await.map_err(|_| limit),
        None => Ok(wait.run().await),
    };
    let end = match ended {
        Ok(Ok(None)) => End::Runs,
        Ok(Ok(Some(problem))) => End::Stuck(problem),
        Ok(Err(error)) => End::Failed(error),
        Err(limit) => End::TimedOut(limit),
    };
    match &end {
        End::Runs => wait.row.set("ready"),
        End::Stuck(problem) => wait.row.set(&problem.message),
        End::Failed(error) => wait.row.set(&error.to_string()),
        End::TimedOut(_) => {}
    }
    (end, wait.follower, wait.patience)
}

async fn show(cluster: &Cluster, namespace: &str, problem: &Problem, ui: &mut Ui) {
    let evidence = cluster.evidence(namespace, problem).await;
    diagnosis::lines(&evidence).iter().for_each(|line| ui.status(line));
}

/// One error for all: that of the only object as it is, of several the reason of each. What cannot succeed weighs more than
/// what ran out of time.
fn together(mut errors: Vec<Error>, count: usize) -> Result<()> {
    if count <= 1 {
        return errors.pop().map_or(Ok(()), Err);
    }
    let exit = [Exit::Failure, Exit::VerdictNo]
        .into_iter()
        .find(|exit| errors.iter().any(|error| error.exit == *exit));
    let failed = errors.len();
    if failed == 0 {
        return Ok(());
    }
    let all =
        Error::new(exit.unwrap_or(Exit::TimedOut), format!("{failed} of {count} objects are not ready"));
    Err(errors.into_iter().fold(all, |all, error| {
        let reasons: Vec<String> = std::iter::once(error.message).chain(error.causes).collect();
        error.hints.into_iter().fold(all.caused_by(reasons.join(": ")), Error::hint)
    }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_objects_each_that_is_not_ready_is_named() {
        assert!(together(Vec::new(), 3).is_ok());
        let late =
            || Error::new(Exit::TimedOut, "a is not ready after 3 s").caused_by("no shim").hint("again");
        let stuck = || Error::failure("b cannot become ready: no node").hint("again").hint("fewer GPUs");
        let alone = together(vec![late()], 1).unwrap_err();
        assert_eq!((alone.exit, alone.message.as_str()), (Exit::TimedOut, "a is not ready after 3 s"));
        let both = together(vec![late(), stuck()], 3).unwrap_err();
        assert_eq!((both.exit, both.message.as_str()), (Exit::Failure, "2 of 3 objects are not ready"));
        assert_eq!(both.causes, ["a is not ready after 3 s: no shim", "b cannot become ready: no node"]);
        assert_eq!(both.hints, ["again", "fewer GPUs"]);
        assert_eq!(together(vec![late()], 2).unwrap_err().exit, Exit::TimedOut);
    }
}
