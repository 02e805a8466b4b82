//! What a run has left in the cluster: found by its label, deleted, waited for, and named where it stays.

use std::fmt;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::refusal::words;
use super::{BLOCKING_FINALIZER, run_of};
use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::kubernetes::resource::{NAMESPACE, Resource};
use crate::core::plan::{Object, RUN_LABEL};
use crate::io::cluster::{Cluster, ClusterError, DeleteOptions, Patch, Propagation, WriteOptions};

/// Where to look, and for what.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// The run.
    pub run: &'a str,
    /// The types of its objects.
    pub kinds: &'a [Resource],
    /// Namespaces in which to look when not all may be listed.
    pub namespaces: &'a [&'a str],
    /// Whether the namespaces that the run has made go too.
    pub and_namespaces: bool,
}

/// Something that a run has left.
#[derive(Debug, Clone, PartialEq)]
pub struct Leftover {
    /// Where it is.
    pub object: Object,
    /// How it was seen last.
    pub value: Value,
}

/// What came of sweeping.
#[derive(Debug, Clone, Default)]
pub struct Swept {
    /// How many objects are gone.
    pub removed: usize,
    /// What stays, and why, an entry an object.
    pub left: Vec<String>,
    /// What could not be looked at, in words.
    pub unseen: Vec<String>,
}

impl fmt::Display for Leftover {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Object { resource, namespace, name } = &self.object;
        write!(formatter, "{} {name}", resource.kind)?;
        namespace.iter().try_for_each(|namespace| write!(formatter, " in {namespace}"))
    }
}

/// Finds what a run has left; and what could not be looked at.
pub async fn find(cluster: &Cluster, scope: &Scope<'_>) -> (Vec<Leftover>, Vec<String>) {
    let listed = join_all(scope.kinds.iter().map(|kind| list(cluster, *kind, scope))).await;
    let mut found = Vec::new();
    let mut unseen = Vec::new();
    for result in listed {
        match result {
            Ok(leftovers) => found.extend(leftovers),
            Err(why) => unseen.push(why),
        }
    }
    (found, unseen)
}

async fn list(cluster: &Cluster, kind: Resource, scope: &Scope<'_>) -> Result<Vec<Leftover>, String> {
    let selector = format!("{RUN_LABEL}={}", scope.run);
    let failed = |error: ClusterError| format!("{}: {}", kind.plural, words(&error));
    let items = match cluster.list(&kind, None, Some(&selector)).await {
        Ok(list) => list.items,
        Err(ClusterError::UnknownResource { .. }) => Vec::new(),
        Err(ClusterError::Forbidden { .. }) if kind.namespaced => {
            let mut items = Vec::new();
            for namespace in scope.namespaces {
                match cluster.list(&kind, Some(namespace), Some(&selector)).await {
                    Ok(list) => items.extend(list.items),
                    // What one may not even list in a namespace, one has not made there.
                    Err(ClusterError::Forbidden { .. }) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            items
        }
        Err(error) => return Err(failed(error)),
    };
    Ok(items.into_iter().map(|value| Leftover { object: place(kind, &value), value }).collect())
}

fn place(kind: Resource, value: &Value) -> Object {
    let name = text_at(value, "/metadata/name");
    if kind.namespaced {
        Object::new(kind, text_at(value, "/metadata/namespace"), name)
    } else {
        Object::cluster_wide(kind, name)
    }
}

/// Deletes what a run has left and waits until it is gone, for at most `limit`.
pub async fn sweep(cluster: &Cluster, scope: &Scope<'_>, limit: Duration) -> Swept {
    let end = Instant::now() + limit;
    let mut swept = Swept::default();
    // What others own goes with its owner; deleted before, it might be made again.
    for owned in [false, true] {
        let (mut found, unseen) = match timeout_at(end, find(cluster, scope)).await {
            Ok(found) => found,
            Err(_) => (Vec::new(), vec!["the cluster does not answer".to_owned()]),
        };
        swept.unseen = unseen;
        let blocked = found.iter().filter(|leftover| is_blocked(&leftover.value));
        // What is wrong with one shows when it does not go.
        join_all(blocked.map(|leftover| unblock(cluster, &leftover.object, &leftover.value))).await;
        found.retain(|leftover| owned || is_root(&leftover.value));
        for (leftover, stays) in remove(cluster, found, end).await {
            swept.count(&leftover, stays);
        }
        if !swept.left.is_empty() {
            break;
        }
    }
    if scope.and_namespaces && swept.left.is_empty() {
        for namespace in namespaces(cluster, scope).await {
            for (leftover, stays) in remove(cluster, vec![namespace], end).await {
                swept.count(&leftover, stays);
            }
        }
    }
    swept
}

/// Whether nobody owns an object.
fn is_root(value: &Value) -> bool {
    list_at(value, "/metadata/ownerReferences").is_empty()
}

fn is_blocked(value: &Value) -> bool {
    list_at(value, "/metadata/finalizers").iter().any(|name| name == BLOCKING_FINALIZER)
}

/// Deletes objects at the same time; each with why it stays, `None` when it is gone.
async fn remove(cluster: &Cluster, found: Vec<Leftover>, end: Instant) -> Vec<(Leftover, Option<String>)> {
    let removals = found.into_iter().map(async |leftover| {
        let stays = match timeout_at(end, remove_one(cluster, &leftover)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(words(&error)),
            Err(_) => Some(held(cluster, &leftover).await),
        };
        (leftover, stays)
    });
    join_all(removals).await
}

async fn remove_one(cluster: &Cluster, leftover: &Leftover) -> Result<(), ClusterError> {
    let Leftover { object, value } = leftover;
    let Object { resource, namespace, name } = object;
    let uid = text_at(value, "/metadata/uid");
    // Not all that a model owns carries our label; so it is waited for too.
    let propagation =
        if *resource == MODEL_DEPLOYMENT { Propagation::Foreground } else { Propagation::Background };
    let options = DeleteOptions { uid: Some(uid.to_owned()), propagation, ..DeleteOptions::default() };
    match cluster.delete(resource, namespace.as_deref(), name, &options).await {
        Ok(_) | Err(ClusterError::Conflict { .. }) => {}
        Err(error) => return Err(error),
    }
    cluster.gone(resource, namespace.as_deref(), name, uid).await
}

/// Takes the finalizer away that a check has put on an object.
pub(super) async fn unblock(cluster: &Cluster, object: &Object, value: &Value) -> Result<(), ClusterError> {
    if !is_blocked(value) {
        return Ok(());
    }
    let finalizers = list_at(value, "/metadata/finalizers");
    let kept: Vec<&Value> = finalizers.iter().filter(|name| *name != BLOCKING_FINALIZER).collect();
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": kept } }));
    let Object { resource, namespace, name } = object;
    match cluster.patch(resource, namespace.as_deref(), name, &patch, WriteOptions::default()).await {
        Ok(_) | Err(ClusterError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What keeps an object.
async fn held(cluster: &Cluster, leftover: &Leftover) -> String {
    let Object { resource, namespace, name } = &leftover.object;
    let read = cluster.within(Duration::from_secs(5)).get(resource, namespace.as_deref(), name).await;
    let live = match read {
        Ok(Some(live)) => live,
        Ok(None) => return "it has just gone".to_owned(),
        Err(error) => return words(&error),
    };
    let finalizers = list_at(&live, "/metadata/finalizers").iter().filter_map(Value::as_str);
    let finalizers = finalizers.collect::<Vec<_>>().join(", ");
    let conditions = list_at(&live, "/status/conditions").iter();
    let said = conditions
        .filter(|condition| *resource == NAMESPACE && text_at(condition, "/status") == "True")
        .map(|condition| text_at(condition, "/message"))
        .collect::<Vec<_>>();
    match (finalizers.is_empty(), said.is_empty()) {
        (_, false) => said.join("; "),
        (false, true) => format!("its finalizers are not done: {finalizers}"),
        (true, true) => "it is being deleted".to_owned(),
    }
}

/// The namespaces that the run has made.
async fn namespaces(cluster: &Cluster, scope: &Scope<'_>) -> Vec<Leftover> {
    let selector = format!("{RUN_LABEL}={}", scope.run);
    if let Ok(list) = cluster.list(&NAMESPACE, None, Some(&selector)).await {
        let of = |value| Leftover { object: place(NAMESPACE, &value), value };
        return list.items.into_iter().map(of).collect();
    }
    let mut found = Vec::new();
    for name in scope.namespaces {
        if let Ok(Some(value)) = cluster.get(&NAMESPACE, None, name).await
            && run_of(&value) == Some(scope.run)
        {
            found.push(Leftover { object: place(NAMESPACE, &value), value });
        }
    }
    found
}

impl Swept {
    fn count(&mut self, leftover: &Leftover, stays: Option<String>) {
        match stays {
            None => self.removed += 1,
            Some(why) => self.left.push(format!("{leftover}: {why}")),
        }
    }
}
