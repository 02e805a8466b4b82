//! The beginning of a run in a cluster: its namespace, and the lease that keeps others out.

use super::guard::{self, Contents};
use super::leave;
use crate::error::{Error, Result};
use crate::io::cluster::{Cluster, ClusterError};
use crate::io::plan::lease::{self, Held, Taken};
use crate::io::plan::namespace::{self, Found};
use crate::io::plan::server_time;
use crate::ui::Ui;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How long a namespace may take to go that an earlier run has deleted.
const TERMINATING: Duration = Duration::from_secs(60);
/// How long the leftovers of a run that is over may take to go.
const LEFTOVERS: Duration = Duration::from_secs(60);
/// How far clocks may be apart before that is told.
const SKEW: Duration = Duration::from_secs(5);

/// The place of a run in a cluster.
#[derive(Debug)]
pub struct Entered {
    /// Whether the run has made the namespace.
    pub owns_namespace: bool,
    /// The lease, where the user may have one.
    pub lease: Option<Held>,
    /// How far the API server's clock is ahead of ours.
    pub ahead: SignedDuration,
}

/// Waits until a namespace that is being deleted is gone.
///
/// # Errors
/// One that stays, with what holds it.
pub async fn settle(cluster: &Cluster, name: &str, ui: &mut Ui) -> Result<Found> {
    let Found::Terminating { uid, .. } = namespace::find(cluster, name).await? else {
        return Ok(namespace::find(cluster, name).await?);
    };
    ui.status(&format!("namespace {name} is being deleted; waiting until it is gone"));
    if namespace::gone(cluster, name, &uid, TERMINATING).await? {
        return Ok(Found::Absent);
    }
    match namespace::find(cluster, name).await? {
        Found::Terminating { held, .. } => {
            let limit = TERMINATING.as_secs();
            let error = Error::failure(format!("namespace {name} is still being deleted after {limit} s"));
            let error = held.into_iter().fold(error, Error::caused_by);
            Err(error
                .hint(format!("kubectl get namespace {name} -o yaml shows what holds it"))
                .hint("choose another namespace with --namespace"))
        }
        found => Ok(found),
    }
}

/// Makes the namespace where there is none, and takes the lease.
///
/// # Errors
/// Missing rights, another run, no answer. What was made until then is taken back.
pub async fn enter(
    cluster: &Cluster,
    name: &str,
    run: &str,
    found: &Found,
    now: Timestamp,
    ui: &mut Ui,
) -> Result<Entered> {
    let made = *found == Found::Absent;
    if made {
        namespace::make(cluster, name, run).await.map_err(|error| not_made(error, name))?;
    }
    match take(cluster, name, run, now, ui).await {
        Ok((lease, ahead)) => {
            let owns_namespace = made || adopted(cluster, name, run, found).await;
            Ok(Entered { owns_namespace, lease, ahead })
        }
        Err(error) => {
            if made {
                leave::take_back(cluster, name, run, ui).await;
            }
            Err(error)
        }
    }
}

fn not_made(error: ClusterError, name: &str) -> Error {
    let forbidden = matches!(error, ClusterError::Forbidden { .. });
    let error = Error::from(error);
    if !forbidden {
        return error;
    }
    Error { hints: Vec::new(), ..error }
        .hint(format!("have somebody make it: kubectl create namespace {name}"))
        .hint("or choose one that exists with --namespace")
}

/// A namespace of an earlier run becomes ours, unless that has left something in it on purpose.
async fn adopted(cluster: &Cluster, name: &str, run: &str, found: &Found) -> bool {
    let Found::There(Some(_)) = found else { return false };
    let empty = match guard::contents(cluster, name).await {
        Ok(Contents { foreign, of_runs }) => foreign.is_empty() && !of_runs,
        Err(_) => false,
    };
    empty && namespace::adopt(cluster, name, run).await.is_ok()
}

async fn take(
    cluster: &Cluster,
    name: &str,
    run: &str,
    now: Timestamp,
    ui: &mut Ui,
) -> Result<(Option<Held>, SignedDuration)> {
    let server = match server_time(cluster, name).await {
        Ok(server) => server,
        Err(ClusterError::Forbidden { .. }) => now,
        Err(error) => return Err(error.into()),
    };
    let ahead = server.duration_since(now);
    if ahead.unsigned_abs() > SKEW {
        let seconds = ahead.unsigned_abs().as_secs();
        let way = if ahead.is_positive() { "ahead of" } else { "behind" };
        ui.status(&format!("the cluster's clock is {seconds} s {way} this machine's; the cluster's counts"));
    }
    let lease = match lease::take(cluster, name, run, server).await {
        Ok(Taken::Ours(lease)) => Some(lease),
        Ok(Taken::Theirs { run: other, age }) => return Err(busy(name, &other, age)),
        Ok(Taken::Expired { run: other, lease }) => {
            ui.status(&format!("run {other} has ended without cleaning up; removing what it has left"));
            leave::remove(cluster, &[name], &other, false, LEFTOVERS, ui).await;
            let taken = lease::take_over(cluster, name, run, server, &lease).await;
            Some(taken.map_err(|error| match error {
                ClusterError::Conflict { .. } | ClusterError::NotFound { .. } => {
                    busy(name, &other, Duration::ZERO)
                }
                error => error.into(),
            })?)
        }
        Err(ClusterError::Forbidden { what, .. }) => {
            ui.warning(&format!(
                "no right to {} {}: a second run in {name} would not be noticed",
                what.verb, what.resource
            ));
            None
        }
        Err(error) => return Err(error.into()),
    };
    Ok((lease, ahead))
}

fn busy(namespace: &str, run: &str, age: Duration) -> Error {
    let lasts = lease::LASTS.as_secs();
    let age = age.as_secs();
    Error::failure(format!("run {run} is at work in namespace {namespace}, renewed {age} s ago"))
        .hint(format!("wait until it has ended; its lease expires {lasts} s after the last renewal"))
        .hint(format!("if it was killed, remove what it has left: {}", leave::command(run, namespace)))
        .hint("or choose another namespace with --namespace")
}
