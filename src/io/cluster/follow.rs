//! Following an object: watches of it, of the workloads that run its parts and of their pods, into one [`Snapshot`].
//!
//! The watches are not in step with each other. So what would end a wait is believed only after the workloads were read
//! once more ([`Follower::judge`]).

use futures::stream::{BoxStream, SelectAll, StreamExt as _};
use serde_json::Value;

use super::connection::Cluster;
use super::error::ClusterError;
use super::watch::{WatchEvent, WatchScope, WatchStream};
use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::kubernetes::resource::{DEPLOYMENT, POD, REPLICA_SET, Resource};
use crate::core::rollout::{Assessment, Part, Problem, SeenPart, Snapshot};

/// Which parts of an object can be followed, as far as the object says by now.
pub type PartsOf = Box<dyn Fn(&Value) -> Vec<Part> + Send + Sync>;

/// A right that the user does not have, and without which the wait goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Lack {
    /// What may not be read.
    pub resource: Resource,
    /// The part whose rollout cannot be seen for that; `None` where it serves the diagnosis only.
    pub part: Option<Part>,
    /// Who may not do what.
    pub error: ClusterError,
}

/// Follows one object of a namespace.
pub struct Follower {
    cluster: Cluster,
    resource: Resource,
    namespace: String,
    parts_of: PartsOf,
    snapshot: Snapshot,
    /// For each part the generation of its child that `newest_hash` belongs to.
    hashes_of: Vec<Option<i64>>,
    object: WatchStream,
    /// The watches of the parts; opened when there are parts and somebody waits for an event.
    parts: Option<SelectAll<BoxStream<'static, (usize, Watched, Event)>>>,
    /// Rights that were found missing and not told yet.
    lacks: Vec<Lack>,
    /// What is not read any more, because it is forbidden.
    blind: Blind,
}

/// What serves the diagnosis and may not be read.
#[derive(Debug, Clone, Copy, Default)]
struct Blind {
    pods: bool,
    replica_sets: bool,
}

type Event = Result<WatchEvent, ClusterError>;

/// What an event of a part is about.
#[derive(Debug, Clone, Copy)]
enum Watched {
    Child,
    Pods,
}

impl Follower {
    /// Follows an object from the state that a read or a write has answered. Nothing is sent before it is asked for.
    pub fn new(
        cluster: &Cluster,
        resource: &Resource,
        object: Value,
        parts_of: impl Fn(&Value) -> Vec<Part> + Send + Sync + 'static,
    ) -> Follower {
        let namespace = text_at(&object, "/metadata/namespace").to_owned();
        let scope = WatchScope {
            name: Some(text_at(&object, "/metadata/name").to_owned()),
            resource_version: Some(text_at(&object, "/metadata/resourceVersion").to_owned()),
            known: Some(object.clone()),
            ..WatchScope::default()
        };
        let watch = cluster.watch(resource, Some(&namespace), scope);
        let mut follower = Follower {
            cluster: cluster.clone(),
            resource: *resource,
            namespace,
            parts_of: Box::new(parts_of),
            snapshot: Snapshot::default(),
            hashes_of: Vec::new(),
            object: watch,
            parts: None,
            lacks: Vec::new(),
            blind: Blind::default(),
        };
        follower.take_object(Some(object));
        follower
    }

    /// The namespace of the object and of all its parts.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What is known by now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The rights that were found missing since this was asked last.
    pub fn take_lacks(&mut self) -> Vec<Lack> {
        std::mem::take(&mut self.lacks)
    }

    /// Waits for the next event and takes it into the snapshot. May be dropped and called again; nothing is lost by that.
    ///
    /// # Errors
    /// A watch that cannot go on.
    pub async fn next(&mut self) -> Result<(), ClusterError> {
        self.open_parts();
        let (object, parts) = (&mut self.object, &mut self.parts);
        let of_part = async {
            match parts {
                Some(parts) if !parts.is_empty() => parts.next().await,
                _ => std::future::pending().await,
            }
        };
        // A watch ends after an error only, which was told before.
        let ended = || ClusterError::Gone { message: "the watch ended".to_owned() };
        tokio::select! {
            event = object.next() => match event.ok_or_else(ended)?? {
                WatchEvent::Applied(object) => self.take_object(Some(object)),
                WatchEvent::Deleted(_) => self.take_object(None),
                WatchEvent::Synced => {}
            },
            event = of_part => {
                // The last of them may have ended because it is forbidden.
                let Some((index, what, event)) = event else { return Ok(()) };
                match event {
                    Ok(event) => self.take_of_part(index, what, event),
                    Err(error) => self.pass_over(index, what, error)?,
                }
            }
        }
        Ok(())
    }

    /// Judges what is known, and believes neither success nor a pod's failure before it has looked again.
    ///
    /// # Errors
    /// When the second look fails.
    pub async fn judge(
        &mut self,
        assess: impl Fn(&Snapshot) -> Assessment,
    ) -> Result<Assessment, ClusterError> {
        self.guess_newest();
        let mut assessment = assess(&self.snapshot);
        if blames_a_pod(&assessment) {
            // What looks like the newest template may be the one before it.
            self.read_parts().await?;
            assessment = assess(&self.snapshot);
        }
        if blames_a_pod(&assessment) && self.look_up_newest().await? {
            assessment = assess(&self.snapshot);
        }
        if assessment == Assessment::Ready {
            // The object says that its controller is done with this generation; the parts may not show it yet.
            self.read_parts().await?;
            assessment = assess(&self.snapshot);
        }
        Ok(assessment)
    }

    /// Reads the workloads as they are now.
    ///
    /// # Errors
    /// What the cluster answers.
    pub async fn read_parts(&mut self) -> Result<(), ClusterError> {
        for index in 0..self.snapshot.parts.len() {
            let Some(seen) = self.snapshot.parts.get_mut(index).filter(|seen| !seen.hidden) else { continue };
            let Part { resource, name, .. } = &seen.part;
            match self.cluster.get(resource, Some(&self.namespace), name).await {
                Ok(child) => seen.child = child,
                Err(error) => self.pass_over(index, Watched::Child, error)?,
            }
        }
        Ok(())
    }

    /// Reads the pods as they are now.
    ///
    /// # Errors
    /// What the cluster answers.
    pub async fn read_pods(&mut self) -> Result<(), ClusterError> {
        for index in 0..self.snapshot.parts.len() {
            let Some(seen) = self.snapshot.parts.get_mut(index).filter(|_| !self.blind.pods) else {
                continue;
            };
            let Some(selector) = &seen.part.pods else { continue };
            match self.cluster.list(&POD, Some(&self.namespace), Some(selector)).await {
                Ok(list) => seen.pods = list.items,
                Err(error) => self.pass_over(index, Watched::Pods, error)?,
            }
        }
        Ok(())
    }

    /// A right that is missing is noted, and what it is for is not read any more; every other error is given back.
    fn pass_over(&mut self, index: usize, what: Watched, error: ClusterError) -> Result<(), ClusterError> {
        if !matches!(error, ClusterError::Forbidden { .. }) {
            return Err(error);
        }
        match (what, self.snapshot.parts.get_mut(index)) {
            (Watched::Pods, _) => {
                if !std::mem::replace(&mut self.blind.pods, true) {
                    self.lacks.push(Lack { resource: POD, part: None, error });
                }
            }
            (Watched::Child, Some(seen)) => {
                (seen.hidden, seen.child) = (true, None);
                let part = seen.part.clone();
                self.lacks.push(Lack { resource: part.resource, part: Some(part), error });
            }
            (Watched::Child, None) => {}
        }
        Ok(())
    }

    /// Without a right to the ReplicaSets the template of the pod that was made last counts as the newest.
    fn guess_newest(&mut self) {
        if !self.blind.replica_sets {
            return;
        }
        for seen in &mut self.snapshot.parts {
            let newest = seen.pods.iter().max_by_key(|pod| text_at(pod, "/metadata/creationTimestamp"));
            seen.newest_hash = newest
                .map(|pod| text_at(pod, "/metadata/labels/pod-template-hash").to_owned())
                .filter(|hash| !hash.is_empty());
        }
    }

    /// A pod of an older template may be broken for good and yet be on its way out: finds out which template of each
    /// Deployment is the newest. Answers whether something was learnt.
    async fn look_up_newest(&mut self) -> Result<bool, ClusterError> {
        if self.blind.replica_sets {
            return Ok(false);
        }
        let mut learnt = false;
        for (seen, known) in self.snapshot.parts.iter_mut().zip(&mut self.hashes_of) {
            let generation = seen.child.as_ref().and_then(|child| child.pointer("/metadata/generation"));
            let generation = generation.and_then(Value::as_i64);
            let is_new = seen.part.resource == DEPLOYMENT && generation.is_some() && generation != *known;
            let (Some(child), Some(selector), true) = (&seen.child, &seen.part.pods, is_new) else {
                continue;
            };
            let sets = match self.cluster.list(&REPLICA_SET, Some(&self.namespace), Some(selector)).await {
                Ok(list) => list.items,
                Err(error @ ClusterError::Forbidden { .. }) => {
                    self.blind.replica_sets = true;
                    self.lacks.push(Lack { resource: REPLICA_SET, part: None, error });
                    self.guess_newest();
                    return Ok(true);
                }
                Err(error) => return Err(error),
            };
            let owner = text_at(child, "/metadata/uid");
            let newest = sets.iter().filter(|set| is_owned_by(set, owner)).max_by_key(|set| revision(set));
            seen.newest_hash = newest
                .map(|set| text_at(set, "/metadata/labels/pod-template-hash").to_owned())
                .filter(|hash| !hash.is_empty());
            *known = generation;
            learnt = true;
        }
        Ok(learnt)
    }

    fn take_object(&mut self, object: Option<Value>) {
        if let Some(object) = &object {
            let parts = (self.parts_of)(object);
            if !self.snapshot.parts.iter().map(|seen| &seen.part).eq(&parts) {
                self.hashes_of = vec![None; parts.len()];
                self.snapshot.parts = parts.into_iter().map(SeenPart::unseen).collect();
                self.parts = None;
            }
        }
        self.snapshot.object = object;
    }

    fn open_parts(&mut self) {
        if self.parts.is_some() || self.snapshot.parts.is_empty() {
            return;
        }
        let mut watches = SelectAll::new();
        for (index, SeenPart { part, hidden, .. }) in self.snapshot.parts.iter().enumerate() {
            if !hidden {
                let child = WatchScope { name: Some(part.name.clone()), ..WatchScope::default() };
                let child = self.cluster.watch(&part.resource, Some(&self.namespace), child);
                watches.push(child.map(move |event| (index, Watched::Child, event)).boxed());
            }
            if let Some(selector) = part.pods.as_ref().filter(|_| !self.blind.pods) {
                let pods = WatchScope { labels: Some(selector.clone()), ..WatchScope::default() };
                let pods = self.cluster.watch(&POD, Some(&self.namespace), pods);
                watches.push(pods.map(move |event| (index, Watched::Pods, event)).boxed());
            }
        }
        self.parts = Some(watches);
    }

    fn take_of_part(&mut self, index: usize, what: Watched, event: WatchEvent) {
        let Some(seen) = self.snapshot.parts.get_mut(index) else { return };
        match (what, event) {
            (_, WatchEvent::Synced) => {}
            (Watched::Child, WatchEvent::Applied(child)) => seen.child = Some(child),
            (Watched::Child, WatchEvent::Deleted(_)) => seen.child = None,
            (Watched::Pods, WatchEvent::Applied(pod)) => {
                seen.pods.retain(|known| uid(known) != uid(&pod));
                seen.pods.push(pod);
            }
            (Watched::Pods, WatchEvent::Deleted(pod)) => seen.pods.retain(|known| uid(known) != uid(&pod)),
        }
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Follower")
            .field("resource", &self.resource)
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Waits until an object is gone, or another of its name has taken its place.
    ///
    /// # Errors
    /// A watch that cannot go on.
    pub async fn gone(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        uid_before: &str,
    ) -> Result<(), ClusterError> {
        let scope = WatchScope { name: Some(name.to_owned()), ..WatchScope::default() };
        let mut events = self.watch(resource, namespace, scope);
        let mut there = false;
        while let Some(event) = events.next().await {
            match event? {
                WatchEvent::Applied(object) if uid(&object) == uid_before => there = true,
                WatchEvent::Applied(_) | WatchEvent::Deleted(_) => return Ok(()),
                WatchEvent::Synced if !there => return Ok(()),
                WatchEvent::Synced => {}
            }
        }
        Err(ClusterError::Gone { message: "the watch ended before the object was gone".to_owned() })
    }
}

fn blames_a_pod(assessment: &Assessment) -> bool {
    matches!(assessment, Assessment::Stuck(Problem { pod: Some(_), .. }))
}

fn uid(object: &Value) -> &str {
    text_at(object, "/metadata/uid")
}

fn is_owned_by(object: &Value, owner: &str) -> bool {
    list_at(object, "/metadata/ownerReferences").iter().any(|reference| text_at(reference, "/uid") == owner)
}

fn revision(set: &Value) -> u64 {
    text_at(set, "/metadata/annotations/deployment.kubernetes.io~1revision").parse().unwrap_or(0)
}
