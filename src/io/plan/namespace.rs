//! The namespace of a run's objects.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::run_of;
use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::kubernetes::resource::{NAMESPACE, Resource, namespaced};
use crate::core::plan::RUN_LABEL;
use crate::io::cluster::{Cluster, ClusterError, Patch, WatchEvent, WatchScope, WriteOptions};

use futures::StreamExt as _;

/// Who pods are in the cluster; each namespace gets one soon after it was made, and no pod before.
const SERVICE_ACCOUNT: Resource = namespaced("", "v1", "serviceaccounts", "ServiceAccount");
/// How long that may take; a cluster without a controller manager never does it, which a precondition says.
const ACCOUNT_LIMIT: Duration = Duration::from_secs(5);

/// How a namespace is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    Absent,
    /// It is there; with the run that has made it, by its label.
    There(Option<String>),
    /// It is being deleted.
    Terminating {
        /// Its uid, to wait for.
        uid: String,
        /// What the cluster says holds it, an entry a condition.
        held: Vec<String>,
    },
    /// The user may not know.
    Hidden,
}

/// Looks for a namespace.
///
/// # Errors
/// No answer.
pub async fn find(cluster: &Cluster, name: &str) -> Result<Found, ClusterError> {
    match cluster.get(&NAMESPACE, None, name).await {
        Ok(None) => Ok(Found::Absent),
        Ok(Some(namespace)) => Ok(found(&namespace)),
        Err(ClusterError::Forbidden { .. }) => Ok(Found::Hidden),
        Err(error) => Err(error),
    }
}

fn found(namespace: &Value) -> Found {
    if namespace.pointer("/metadata/deletionTimestamp").is_none() {
        return Found::There(run_of(namespace).map(str::to_owned));
    }
    // True is what still has to happen: content that remains, finalizers that remain, a failure to delete or discover.
    let conditions = list_at(namespace, "/status/conditions").iter();
    let held = conditions
        .filter(|condition| text_at(condition, "/status") == "True")
        .map(|condition| text_at(condition, "/message").to_owned());
    Found::Terminating { uid: text_at(namespace, "/metadata/uid").to_owned(), held: held.collect() }
}

/// Waits until a namespace is gone; whether it is.
///
/// # Errors
/// A watch that cannot go on.
pub async fn gone(cluster: &Cluster, name: &str, uid: &str, limit: Duration) -> Result<bool, ClusterError> {
    match timeout(limit, cluster.gone(&NAMESPACE, None, name, uid)).await {
        Ok(gone) => gone.map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Makes the namespace of a run, and waits until pods can be made in it.
///
/// # Errors
/// What the cluster refuses, and no answer.
pub async fn make(cluster: &Cluster, name: &str, run: &str) -> Result<(), ClusterError> {
    let namespace = json!({
        "apiVersion": NAMESPACE.api_version(),
        "kind": NAMESPACE.kind,
        "metadata": { "name": name, "labels": { RUN_LABEL: run } },
    });
    cluster.create(&NAMESPACE, None, &namespace, WriteOptions::default()).await?;
    // Not to wait for it in vain is all that an error here means.
    let _ = timeout(ACCOUNT_LIMIT, account(cluster, name)).await;
    Ok(())
}

async fn account(cluster: &Cluster, namespace: &str) {
    let scope = WatchScope { name: Some("default".to_owned()), ..WatchScope::default() };
    let mut events = cluster.watch(&SERVICE_ACCOUNT, Some(namespace), scope);
    while let Some(Ok(event)) = events.next().await {
        if let WatchEvent::Applied(_) = event {
            return;
        }
    }
}

/// Makes the namespace of an earlier run that of this one.
///
/// # Errors
/// What the cluster refuses, and no answer.
pub async fn adopt(cluster: &Cluster, name: &str, run: &str) -> Result<(), ClusterError> {
    let patch = Patch::Merge(json!({ "metadata": { "labels": { RUN_LABEL: run } } }));
    cluster.patch(&NAMESPACE, None, name, &patch, WriteOptions::default()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_namespace_is_told_in_the_clusters_words() {
        let namespace = json!({
            "metadata": { "uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z" },
            "status": { "phase": "Terminating", "conditions": [
                { "type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "All resources discovered" },
                { "type": "NamespaceFinalizersRemaining", "status": "True", "message": "a finalizer remains" },
            ] },
        });
        let held = vec!["a finalizer remains".to_owned()];
        assert_eq!(found(&namespace), Found::Terminating { uid: "u".to_owned(), held });
        let labelled = json!({ "metadata": { "labels": { RUN_LABEL: "e2e-1" } } });
        assert_eq!(found(&labelled), Found::There(Some("e2e-1".to_owned())));
        assert_eq!(found(&json!({ "metadata": {} })), Found::There(None));
    }
}
