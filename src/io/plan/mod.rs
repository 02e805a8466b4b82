//! The live world of the test plan: does what a check asks for in a cluster, and tells what it sees there.

mod ask;
pub mod bundle;
mod create;
pub mod lease;
pub mod namespace;
mod refusal;
pub mod sweep;
mod watch;

pub use refusal::answer_of;
pub use watch::Watched;

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::{Cluster, ClusterError, DeleteOptions, Deleted, Patch, WriteOptions};
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::{Resource, namespaced};
use crate::core::plan::{Act, Answer, Object, RUN_LABEL};

/// Settings as text; one that is created for show tells the time of the API server.
pub const CONFIG_MAP: Resource = namespaced("", "v1", "configmaps", "ConfigMap");
/// The finalizer that a check puts on a Deployment to keep it from going: ours, so that any run may take it away.
pub const BLOCKING_FINALIZER: &str = "example.com/block-delete";

/// A cluster, as the checks of one run see it.
#[derive(Debug)]
pub struct LiveWorld {
    cluster: Cluster,
    run: String,
    namespace: String,
    /// Objects that this run has tried to create. They are deleted only if they carry its label: one that someone else
    /// has made meanwhile, or before, is not ours.
    attempted: RefCell<BTreeSet<Object>>,
}

impl LiveWorld {
    /// A cluster for the checks of a run, with the namespace of its objects.
    pub fn new(cluster: Cluster, run: &str, namespace: &str) -> LiveWorld {
        LiveWorld {
            cluster,
            run: run.to_owned(),
            namespace: namespace.to_owned(),
            attempted: RefCell::default(),
        }
    }

    /// The cluster itself.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Does something and answers what came of it. The caller bounds the time: an act that is dropped may have had its
    /// effect.
    pub async fn act(&self, act: &Act) -> Answer {
        let answer = match act {
            Act::Create(object, value) => return self.create(object, value).await,
            Act::Ask(asked) => return ask::ask(&self.cluster, asked).await,
            Act::Patch(object, patch) => self.patch(object, patch).await,
            Act::Delete(object) => self.delete(object).await,
            Act::DeleteAll(resource, namespace, selector) => {
                self.delete_all(resource, namespace, selector).await
            }
            Act::Read(object) => self.read(object).await.map(Option::unwrap_or_default),
            Act::List(resource, namespace, selector) => {
                self.list(resource, namespace.as_deref(), selector.as_deref()).await
            }
            Act::ServerTime => {
                server_time(&self.cluster, &self.namespace).await.map(|now| json!({ "now": now }))
            }
            Act::Backend(_)
            | Act::OriginForget
            | Act::OriginSeen
            | Act::BackendMemory
            | Act::ShimVersion(_)
            | Act::ShimBinary(_) => return Answer::Failed("nobody here can do that".to_owned()),
        };
        answer.map_or_else(|error| answer_of(&error), Answer::Done)
    }

    async fn patch(&self, object: &Object, patch: &Value) -> Result<Value, ClusterError> {
        let Object { resource, namespace, name } = object;
        let patch = Patch::Merge(patch.clone());
        let options = WriteOptions::default();
        Ok(self.cluster.patch(resource, namespace.as_deref(), name, &patch, options).await?.object)
    }

    async fn read(&self, object: &Object) -> Result<Option<Value>, ClusterError> {
        let Object { resource, namespace, name } = object;
        nothing_of_unknown(self.cluster.get(resource, namespace.as_deref(), name).await)
    }

    async fn list(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<Value, ClusterError> {
        let items = match self.cluster.list(resource, namespace, selector).await {
            Err(ClusterError::UnknownResource { .. }) => Vec::new(),
            list => list?.items,
        };
        Ok(json!({ "items": items }))
    }

    async fn delete(&self, object: &Object) -> Result<Value, ClusterError> {
        let uid = if self.attempted.borrow().contains(object) {
            match self.read(object).await? {
                Some(live) if run_of(&live) == Some(&self.run) => {
                    Some(text_at(&live, "/metadata/uid").to_owned())
                }
                // Nothing, or something of another's.
                _ => return Ok(Value::Null),
            }
        } else {
            None
        };
        delete_one(&self.cluster, object, uid).await
    }

    async fn delete_all(
        &self,
        resource: &Resource,
        namespace: &str,
        selector: &str,
    ) -> Result<Value, ClusterError> {
        let items = self.cluster.list(resource, Some(namespace), Some(selector)).await?.items;
        for item in &items {
            let object = Object::new(*resource, namespace, text_at(item, "/metadata/name"));
            let uid = Some(text_at(item, "/metadata/uid").to_owned());
            match delete_one(&self.cluster, &object, uid).await {
                // Another of its name has taken its place, which is as good.
                Ok(_) | Err(ClusterError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(json!({ "items": items }))
    }
}

/// The run that has made an object, by its label.
pub fn run_of(object: &Value) -> Option<&str> {
    object.pointer("/metadata/labels")?.get(RUN_LABEL)?.as_str()
}

/// Deletes an object and does not wait: as the server marked it, or `null` when it is gone.
async fn delete_one(cluster: &Cluster, object: &Object, uid: Option<String>) -> Result<Value, ClusterError> {
    let Object { resource, namespace, name } = object;
    let options = DeleteOptions { uid, ..DeleteOptions::default() };
    Ok(match cluster.delete(resource, namespace.as_deref(), name, &options).await? {
        Deleted::Marked(marked) => marked,
        Deleted::Gone | Deleted::NotFound => Value::Null,
    })
}

/// Of a type that the cluster does not know there is no object.
fn nothing_of_unknown(answer: Result<Option<Value>, ClusterError>) -> Result<Option<Value>, ClusterError> {
    match answer {
        Err(ClusterError::UnknownResource { .. }) => Ok(None),
        answer => answer,
    }
}

/// The API server's time, in whole seconds: an object that is created for show carries it.
///
/// # Errors
/// No right to create a ConfigMap in the namespace, or no answer.
pub async fn server_time(cluster: &Cluster, namespace: &str) -> Result<Timestamp, ClusterError> {
    let object = json!({
        "apiVersion": CONFIG_MAP.api_version(),
        "kind": CONFIG_MAP.kind,
        "metadata": { "generateName": "airunway-e2e-time-", "namespace": namespace },
    });
    let options = WriteOptions { dry_run: true };
    let shown = cluster.create(&CONFIG_MAP, Some(namespace), &object, options).await?.object;
    let time = text_at(&shown, "/metadata/creationTimestamp");
    time.parse().map_err(|_| ClusterError::NotKubernetes {
        server: cluster.server().to_owned(),
        what: format!("an object with the creation time {time:?}"),
    })
}
