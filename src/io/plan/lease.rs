//! One run at a time in a namespace: a Lease that its run renews, by the API server's time.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::core::kubernetes::json::{integer_at, text_at};
use crate::core::kubernetes::resource::{Resource, namespaced};
use crate::core::plan::RUN_LABEL;
use crate::io::cluster::{Cluster, ClusterError, DeleteOptions, Patch, WriteOptions};

/// What is held.
pub const LEASE: Resource = namespaced("coordination.k8s.io", "v1", "leases", "Lease");
/// Its name.
pub const NAME: &str = "airunway-e2e";
/// How often a run renews it.
pub const RENEWAL: Duration = Duration::from_secs(10);
/// How long it lasts without.
pub const LASTS: Duration = Duration::from_secs(40);
/// Times in a Lease have microseconds.
const MICRO_TIME: &str = "%Y-%m-%dT%H:%M:%S.%6fZ";

/// What came of trying to take the lease.
#[derive(Debug)]
pub enum Taken {
    /// It is ours.
    Ours(Held),
    /// Another run holds it, and has renewed it this long ago.
    Theirs {
        /// That run.
        run: String,
        /// Since its last renewal.
        age: Duration,
    },
    /// Another run held it and is over.
    Expired {
        /// That run.
        run: String,
        /// The lease as it stands, for [`take_over`].
        lease: Value,
    },
}

/// A lease that is ours.
#[derive(Debug, Clone)]
pub struct Held {
    namespace: String,
    run: String,
    uid: String,
    version: String,
}

/// Why a lease was not renewed.
#[derive(Debug)]
pub enum Unrenewed {
    /// Another run has it now, or nobody.
    Lost(Option<String>),
    /// The cluster did not do it.
    Failed(ClusterError),
}

/// Takes the lease of a namespace for a run; `now` is the API server's time.
///
/// # Errors
/// What the cluster refuses, and no answer.
pub async fn take(
    cluster: &Cluster,
    namespace: &str,
    run: &str,
    now: Timestamp,
) -> Result<Taken, ClusterError> {
    let lease = json!({
        "apiVersion": LEASE.api_version(),
        "kind": LEASE.kind,
        "metadata": { "name": NAME, "namespace": namespace, "labels": { RUN_LABEL: run } },
        "spec": spec(run, now),
    });
    match cluster.create(&LEASE, Some(namespace), &lease, WriteOptions::default()).await {
        Ok(applied) => return Ok(Taken::Ours(Held::of(&applied.object, namespace, run))),
        Err(ClusterError::Conflict { .. }) => {}
        Err(error) => return Err(error),
    }
    let Some(lease) = cluster.get(&LEASE, Some(namespace), NAME).await? else {
        return Err(ClusterError::Conflict { message: format!("the lease {NAME} has just gone") });
    };
    let holder = text_at(&lease, "/spec/holderIdentity").to_owned();
    let lasts = integer_at(&lease, "/spec/leaseDurationSeconds").unwrap_or_default();
    let lasts = Duration::from_secs(u64::try_from(lasts).unwrap_or_default()).min(LASTS);
    // A time in the future is that of a clock that is ahead: as if it were now.
    let age = match text_at(&lease, "/spec/renewTime").parse::<Timestamp>() {
        Ok(renewed) => Duration::try_from(now.duration_since(renewed)).unwrap_or_default(),
        Err(_) => Duration::MAX,
    };
    if age > lasts || holder.is_empty() {
        return Ok(Taken::Expired { run: holder, lease });
    }
    Ok(Taken::Theirs { run: holder, age })
}

/// Takes an expired lease over; a [`ClusterError::Conflict`] when somebody else was faster.
///
/// # Errors
/// What the cluster refuses, and no answer.
pub async fn take_over(
    cluster: &Cluster,
    namespace: &str,
    run: &str,
    now: Timestamp,
    lease: &Value,
) -> Result<Held, ClusterError> {
    let version = text_at(lease, "/metadata/resourceVersion");
    let patch = json!({
        "metadata": { "resourceVersion": version, "labels": { RUN_LABEL: run } },
        "spec": spec(run, now),
    });
    let options = WriteOptions::default();
    let object = cluster.patch(&LEASE, Some(namespace), NAME, &Patch::Merge(patch), options).await?.object;
    Ok(Held::of(&object, namespace, run))
}

impl Held {
    fn of(lease: &Value, namespace: &str, run: &str) -> Held {
        Held {
            namespace: namespace.to_owned(),
            run: run.to_owned(),
            uid: text_at(lease, "/metadata/uid").to_owned(),
            version: text_at(lease, "/metadata/resourceVersion").to_owned(),
        }
    }

    /// Says that the run is still at work; `now` is the API server's time.
    ///
    /// # Errors
    /// That it is another's, or no answer.
    pub async fn renew(&mut self, cluster: &Cluster, now: Timestamp) -> Result<(), Unrenewed> {
        match self.written(cluster, now).await {
            Err(ClusterError::Conflict { .. } | ClusterError::NotFound { .. }) => {}
            Err(error) => return Err(Unrenewed::Failed(error)),
            Ok(()) => return Ok(()),
        }
        // Somebody has written to it, perhaps a label; who holds it is what counts.
        let lease = cluster.get(&LEASE, Some(&self.namespace), NAME).await.map_err(Unrenewed::Failed)?;
        let Some(lease) = lease else { return Err(Unrenewed::Lost(None)) };
        let holder = text_at(&lease, "/spec/holderIdentity");
        if holder != self.run {
            return Err(Unrenewed::Lost(Some(holder.to_owned())));
        }
        *self = Held::of(&lease, &self.namespace, &self.run);
        self.written(cluster, now).await.map_err(Unrenewed::Failed)
    }

    async fn written(&mut self, cluster: &Cluster, now: Timestamp) -> Result<(), ClusterError> {
        let time = now.strftime(MICRO_TIME).to_string();
        let patch = json!({ "metadata": { "resourceVersion": self.version }, "spec": { "renewTime": time } });
        let options = WriteOptions::default();
        let patch = Patch::Merge(patch);
        let object = cluster.patch(&LEASE, Some(&self.namespace), NAME, &patch, options).await?.object;
        text_at(&object, "/metadata/resourceVersion").clone_into(&mut self.version);
        Ok(())
    }

    /// Gives it back.
    ///
    /// # Errors
    /// What the cluster refuses, and no answer; it then expires.
    pub async fn release(self, cluster: &Cluster) -> Result<(), ClusterError> {
        let options = DeleteOptions { uid: Some(self.uid), ..DeleteOptions::default() };
        match cluster.delete(&LEASE, Some(&self.namespace), NAME, &options).await {
            // It is another's by now.
            Ok(_) | Err(ClusterError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn spec(run: &str, now: Timestamp) -> Value {
    let time = now.strftime(MICRO_TIME).to_string();
    json!({
        "holderIdentity": run,
        "leaseDurationSeconds": LASTS.as_secs(),
        "acquireTime": time,
        "renewTime": time,
    })
}
