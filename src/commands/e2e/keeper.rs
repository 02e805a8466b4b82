//! Beside the checks: keeps the lease of the run, and notices that the cluster is gone.

use super::driver::Time;
use super::stop::{Halt, Stop};
use crate::io::cluster::{Cluster, ClusterError};
use crate::io::plan::lease::{Held, RENEWAL, Unrenewed};
use jiff::SignedDuration;
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::sleep;

/// How long one sign of life may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How soon it is asked for again when there was none.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a cluster may be silent before it is gone: less than a lease lasts, more than a connection needs to come back.
const SILENCE: SignedDuration = SignedDuration::from_secs(20);

/// What keeps a run's place in the cluster.
pub struct Keeper<'a> {
    pub cluster: Cluster,
    pub time: Time,
    /// How far the API server's clock is ahead of ours.
    pub ahead: SignedDuration,
    /// The lease, where the run holds one; it is taken out when the run ends.
    pub lease: &'a RefCell<Option<Held>>,
    pub stop: &'a Stop,
}

impl Keeper<'_> {
    /// Goes on for as long as it is asked to; never ends by itself.
    pub async fn keep(&self) -> std::convert::Infallible {
        let mut alive = self.time.now();
        loop {
            match self.sign_of_life().await {
                Ok(()) => {
                    alive = self.time.now();
                    sleep(RENEWAL).await;
                }
                Err(Unrenewed::Lost(by)) => {
                    let by = by
                        .map_or("its lease was deleted".to_owned(), |run| format!("{run} has taken it over"));
                    self.stop.halt(Halt::LeaseLost(by));
                    return std::future::pending().await;
                }
                Err(Unrenewed::Failed(error)) => {
                    let silent = self.time.now().duration_since(alive);
                    if is_silence(&error) && silent >= SILENCE {
                        self.stop.halt(Halt::ClusterGone(error.to_string()));
                        return std::future::pending().await;
                    }
                    sleep(AGAIN).await;
                }
            }
        }
    }

    async fn sign_of_life(&self) -> Result<(), Unrenewed> {
        let cluster = self.cluster.within(ANSWER);
        let held = self.lease.borrow().clone();
        let Some(mut held) = held else {
            return cluster.server_version().await.map(drop).map_err(Unrenewed::Failed);
        };
        let renewed = held.renew(&cluster, self.time.now() + self.ahead).await;
        // The run may have given it back meanwhile.
        match self.lease.borrow_mut().as_mut() {
            Some(lease) => *lease = held,
            None => return Ok(()),
        }
        renewed
    }
}

/// Whether an error means that nobody is there, and not that somebody says no.
fn is_silence(error: &ClusterError) -> bool {
    matches!(
        error,
        ClusterError::Unreachable { .. }
            | ClusterError::Silent { .. }
            | ClusterError::Busy { .. }
            | ClusterError::Server { .. }
            | ClusterError::NotKubernetes { .. }
    )
}
