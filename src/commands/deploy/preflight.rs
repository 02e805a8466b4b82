//! The look before the write: all questions at the same time, then one line, or what is missing.

use super::args::{ApplySettings, DryRun, Preflight};
use crate::commands::planned::{Plan, Planned};
use crate::core::preflight::{
    Answer, Answers, Question, Report, Right, Scope, Subject, catalogue, judge, questions,
};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::{Access, Cluster, ClusterError};
use crate::ui::Ui;
use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

/// Questions on their way at the same time: those of one object, in one round.
const PARALLEL: usize = 32;
/// How long one answer may take; what takes longer was not looked at.
const LIMIT: Duration = Duration::from_secs(5);

/// Looks, says what it sees, and stops where the write or what follows is certain to fail. Answers how the program ends where
/// nothing but the look was asked for.
///
/// # Errors
/// What is certain to fail; a cluster that does not answer.
pub(super) async fn run(
    cluster: &Cluster,
    plan: &Plan,
    settings: &ApplySettings,
    nodes: bool,
    world: &World,
    ui: &mut Ui,
) -> Result<Option<Exit>> {
    if settings.preflight == Preflight::Off {
        return Ok(None);
    }
    let scope = Scope { waits: settings.wait && settings.dry_run == DryRun::None, nodes };
    let subjects: Vec<Subject<'_>> = plan.objects.iter().filter_map(subject).collect();
    let asked: BTreeSet<Question> = subjects.iter().flat_map(|subject| questions(subject, scope)).collect();
    let answers = answers(cluster, asked, world).await?;
    let mut report = Report::default();
    subjects.iter().for_each(|subject| judge(subject, scope, &answers, &mut report));
    report.findings.iter().for_each(|(name, finding)| ui.finding(name, finding));
    ui.status(&report.summary());
    if let Some(error) = refusal(&report) {
        return Err(if settings.preflight == Preflight::Only {
            Error { exit: Exit::VerdictNo, ..error }
        } else {
            error
        });
    }
    Ok((settings.preflight == Preflight::Only)
        .then(|| if report.unseen().is_empty() { Exit::Success } else { Exit::Inconclusive }))
}

fn subject(planned: &Planned) -> Option<Subject<'_>> {
    let Planned { object, live, verdict, recreates } = planned;
    Some(Subject {
        kind: object.kind()?,
        name: object.name(),
        namespace: object.namespace(),
        live: live.as_ref().filter(|_| !recreates),
        recreates: *recreates,
        foresight: verdict.foresight.as_ref(),
    })
}

/// The error of a report with failures: a request that the cluster would refuse fails as that request would.
fn refusal(report: &Report) -> Option<Error> {
    let rules: Vec<&str> = report.failures().map(|(_, finding)| finding.rule).collect();
    let would_fail = [catalogue::NAMESPACE_MISSING.id, catalogue::RIGHT_MISSING.id];
    let refused = rules.iter().any(|rule| would_fail.contains(rule));
    match rules.len() {
        0 => None,
        _ if refused => Some(Error::failure("preflight failed; nothing was sent")),
        _ => Some(
            Error::verdict("preflight failed; nothing was sent")
                .hint("--preflight=off sends it all the same"),
        ),
    }
}

async fn answers(cluster: &Cluster, asked: BTreeSet<Question>, world: &World) -> Result<Answers> {
    let answer = async |question: Question| {
        let answer = match timeout(LIMIT, ask(cluster, &question)).await {
            Ok(Err(error)) if is_no_connection(&error) => return Err(error),
            Ok(Ok(answer)) => answer,
            // Forbidden, or a kind of object that this cluster does not have.
            Ok(Err(_)) | Err(_) => (Answer::Hidden, None),
        };
        Ok((question, answer))
    };
    let given: Vec<_> = stream::iter(asked).map(answer).buffer_unordered(PARALLEL).collect().await;
    let mut answers = Answers { now: Some(world.clock.now()), ..Answers::default() };
    let mut of_server = None;
    for given in given {
        let (question, (answer, at)) = given?;
        of_server = of_server.or(at);
        answers.answers.insert(question, answer);
    }
    // This machine's clock may be wrong; the one that heartbeats are compared with best is the cluster's.
    answers.now = of_server.or(answers.now);
    Ok(answers)
}

async fn ask(
    cluster: &Cluster,
    question: &Question,
) -> std::result::Result<(Answer, Option<Timestamp>), ClusterError> {
    Ok(match question {
        Question::Object(resource, namespace, name) => {
            (Answer::Object(cluster.get(resource, namespace.as_deref(), name).await?), None)
        }
        Question::Keys(namespace, name) => (Answer::Keys(cluster.secret_keys(namespace, name).await?), None),
        Question::List(resource, namespace, selector) => {
            (Answer::List(cluster.list(resource, namespace.as_deref(), *selector).await?.items), None)
        }
        Question::May(right) => {
            let permission = cluster.may(&access(right)).await?;
            (Answer::May(permission.allowed), permission.at)
        }
    })
}

fn access(right: &Right) -> Access {
    let Right { verb, resource, subresource, namespace, name } = right;
    Access {
        subresource: *subresource,
        name: name.clone(),
        ..Access::to(verb, *resource, Some(namespace.as_str()))
    }
}

/// Whether nothing can be asked at all, so that the write would fail likewise.
fn is_no_connection(error: &ClusterError) -> bool {
    matches!(
        error,
        ClusterError::Config(_)
            | ClusterError::Plugin(_)
            | ClusterError::Unreachable { .. }
            | ClusterError::Silent { .. }
            | ClusterError::Unauthorized { .. }
            | ClusterError::NotKubernetes { .. }
    )
}
