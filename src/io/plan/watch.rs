//! Watching objects by name: how each is now, then every change.

use futures::stream::{self, BoxStream, SelectAll, StreamExt as _};
use serde_json::Value;

use super::LiveWorld;
use super::refusal::words;
use crate::core::plan::{Object, Seen};
use crate::io::cluster::{Cluster, ClusterError, WatchEvent, WatchScope, WatchStream};

/// An open watch of some objects. Dropping it ends it.
pub struct Watched(SelectAll<BoxStream<'static, Seen>>);

impl LiveWorld {
    /// Watches objects: tells first how each is now, `None` for one that does not exist, then every change; and when one
    /// of them cannot be watched any longer, why.
    pub fn watch(&self, objects: &[Object]) -> Watched {
        Watched(stream::select_all(objects.iter().map(|object| states(&self.cluster, object.clone()))))
    }
}

impl Watched {
    /// A watch of what somebody else has seen.
    pub fn of(seen: BoxStream<'static, Seen>) -> Watched {
        Watched(stream::select_all([seen]))
    }

    /// What is seen next; waits for ever where nothing is watched any longer.
    pub async fn next(&mut self) -> Seen {
        match self.0.next().await {
            Some(seen) => seen,
            None => std::future::pending().await,
        }
    }
}

/// One object on its way.
struct States {
    object: Object,
    events: WatchStream,
    /// Whether anything was told yet.
    told: bool,
}

fn states(cluster: &Cluster, object: Object) -> BoxStream<'static, Seen> {
    let scope = WatchScope { name: Some(object.name.clone()), ..WatchScope::default() };
    let events = cluster.watch(&object.resource, object.namespace.as_deref(), scope);
    stream::unfold(States { object, events, told: false }, |mut states| async move {
        let seen = states.next().await?;
        Some((seen, states))
    })
    .boxed()
}

impl States {
    async fn next(&mut self) -> Option<Seen> {
        loop {
            let state = match self.events.next().await? {
                Ok(WatchEvent::Applied(value)) => Some(value),
                Ok(WatchEvent::Deleted(_)) => None,
                Ok(WatchEvent::Synced) if self.told => continue,
                Ok(WatchEvent::Synced) => None,
                // Of a type that the cluster does not know there is no object.
                Err(ClusterError::UnknownResource { .. }) if !self.told => None,
                Err(error) => return Some(Seen::Broken(format!("{}: {}", self.object, words(&error)))),
            };
            self.told = true;
            return Some(self.seen(state));
        }
    }

    fn seen(&self, state: Option<Value>) -> Seen {
        Seen::Object(self.object.clone(), state)
    }
}
