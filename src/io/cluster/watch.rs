//! Watching: a list, then every change, across lost connections and forgotten versions.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt as _};
use serde_json::{Value, json};

use super::connection::{Cluster, about};
use super::error::ClusterError;
use super::read::{JSON, reading};
use super::transport::answer;
use super::transport::fault::Fault;
use super::transport::lines::{Line, LineEnd, Lines};
use super::transport::query::Query;
use super::transport::status::Status;
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::Resource;

/// How long one watch request lives; the server ends it then and the next one goes on where it stopped.
const WATCH_SECONDS: u32 = 290;
/// How long a watch may be silent: the server sends a bookmark about once a minute, so twice that is a dead connection.
const SILENCE_LIMIT: Duration = Duration::from_secs(150);
/// A watch that ends earlier than this without an event counts as broken.
const SHORTEST_LIFE: Duration = Duration::from_secs(1);
/// How often in a row a broken watch is set up again before that is an error: more than a minute in all, the time that
/// the only API server of a small cluster needs to start again.
const RETRIES: u32 = 12;
/// Longest pause before a watch is set up again; the first one doubles each time.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// Largest single event that is read.
const EVENT_LIMIT: usize = 16 * 1024 * 1024;

/// What is watched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WatchScope {
    /// Only the object with this name.
    pub name: Option<String>,
    /// Only objects with these labels.
    pub labels: Option<String>,
    /// Only what happens after this version, without a list at the start: what an apply or a list has returned.
    pub resource_version: Option<String>,
    /// The object with that name at that version, where it is known: a list after a gap without it tells that it is gone.
    pub known: Option<Value>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent {
    /// An object exists or has changed; may repeat what is known already.
    Applied(Value),
    /// An object is gone. After a gap only its `apiVersion`, `kind` and identifying metadata are known.
    Deleted(Value),
    /// Everything that existed has been told; sent once after the start and after each gap.
    Synced,
}

/// The events of a watch. It ends after an error, and never otherwise.
pub type WatchStream = BoxStream<'static, Result<WatchEvent, ClusterError>>;

impl Cluster {
    /// Watches objects of a namespace or of the cluster.
    ///
    /// A lost connection is set up again where it stopped, a version that the server no longer remembers leads to a new
    /// list with `Deleted` for what vanished in between. When that fails several times in a row, or for a reason that
    /// time does not heal, the error is the last item. Dropping the stream ends the watch.
    pub fn watch(&self, resource: &Resource, namespace: Option<&str>, scope: WatchScope) -> WatchStream {
        let watcher = Watcher {
            cluster: self.clone(),
            resource: *resource,
            namespace: namespace.map(str::to_owned),
            version: scope.resource_version.clone().filter(|version| !version.is_empty()),
            known: scope.known.iter().map(identity).collect(),
            scope,
            connection: None,
            queue: VecDeque::new(),
            failures: 0,
            ended: false,
            synced: false,
        };
        stream::unfold(watcher, |mut watcher| async move {
            let item = watcher.next().await?;
            Some((item, watcher))
        })
        .boxed()
    }
}

struct Watcher {
    cluster: Cluster,
    resource: Resource,
    namespace: Option<String>,
    scope: WatchScope,
    /// Where to go on; `None` asks for a list.
    version: Option<String>,
    /// The open connection.
    connection: Option<Open>,
    queue: VecDeque<WatchEvent>,
    /// uid of what exists by namespace and name, to tell what vanished in a gap.
    known: BTreeMap<(String, String), String>,
    failures: u32,
    ended: bool,
    synced: bool,
}

impl Watcher {
    async fn next(&mut self) -> Option<Result<WatchEvent, ClusterError>> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(Ok(event));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.step().await
                && let Err(error) = self.recover(error).await
            {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }

    /// One step: list, connect, or take one event.
    async fn step(&mut self) -> Result<(), ClusterError> {
        let Some(version) = self.version.clone() else {
            return self.list().await;
        };
        if !self.synced {
            self.synced = true;
            self.queue.push_back(WatchEvent::Synced);
            return Ok(());
        }
        let Some(connection) = &mut self.connection else {
            self.connection = Some(self.open(&version).await?);
            return Ok(());
        };
        let line = match tokio::time::timeout(SILENCE_LIMIT, connection.next(&self.cluster)).await {
            Ok(Ok(Some(line))) => line,
            // Ended at once and without a word is not how an API server ends a watch: pauses, not a busy loop.
            Ok(Ok(None)) if connection.is_futile() => {
                let fault = Fault::Broken;
                return Err(ClusterError::Unreachable {
                    server: self.cluster.server().to_owned(),
                    proxy: None,
                    fault,
                });
            }
            // The server has ended the watch in time, or it is dead: go on with a new one.
            Ok(Ok(None)) | Err(_) => {
                self.connection = None;
                return Ok(());
            }
            Ok(Err(error)) => return Err(error),
        };
        self.take(&line)
    }

    async fn list(&mut self) -> Result<(), ClusterError> {
        let list =
            self.cluster.list_where(&self.resource, self.namespace.as_deref(), &self.selectors()).await?;
        let mut vanished = std::mem::take(&mut self.known);
        for object in list.items {
            let (key, uid) = identity(&object);
            // An object of the same name with another uid is another object: the old one is gone.
            if vanished.get(&key) == Some(&uid) {
                vanished.remove(&key);
            }
            self.known.insert(key, uid);
            self.queue.push_back(WatchEvent::Applied(object));
        }
        for ((namespace, name), uid) in vanished.into_iter().rev() {
            self.queue.push_front(WatchEvent::Deleted(self.remains(&namespace, &name, &uid)));
        }
        self.queue.push_back(WatchEvent::Synced);
        self.synced = true;
        // A server that gives no version cannot be watched from anywhere but now.
        self.version =
            Some(list.resource_version).filter(|version| !version.is_empty()).or(Some("0".to_owned()));
        Ok(())
    }

    async fn open(&mut self, version: &str) -> Result<Open, ClusterError> {
        let query = self
            .selectors()
            .add("watch", "true")
            .add("allowWatchBookmarks", "true")
            .add("timeoutSeconds", &WATCH_SECONDS.to_string())
            .add("resourceVersion", version);
        let namespace = self.namespace.as_deref();
        let path = format!("{}{}", self.resource.path(namespace, None), query.as_str());
        let call = reading("watch", &self.resource, namespace, path, JSON);
        let body = self.cluster.transport.stream(&call).await?;
        Ok(Open { lines: Lines::of(body, EVENT_LIMIT), opened: Instant::now(), told: false })
    }

    fn selectors(&self) -> Query {
        let field = self.scope.name.as_ref().map(|name| format!("metadata.name={name}"));
        Query::default()
            .add_some("fieldSelector", field.as_deref())
            .add_some("labelSelector", self.scope.labels.as_deref())
    }

    /// Understands one event.
    fn take(&mut self, line: &[u8]) -> Result<(), ClusterError> {
        let no_event = || answer::not_kubernetes(self.cluster.server(), line);
        let mut event: Value = serde_json::from_slice(line).map_err(|_| no_event())?;
        let object = event.get_mut("object").map(Value::take).ok_or_else(no_event)?;
        let kind = text_at(&event, "/type");
        if kind == "ERROR" {
            return Err(self.refused(&object));
        }
        self.failures = 0;
        let version = text_at(&object, "/metadata/resourceVersion");
        if !version.is_empty() {
            self.version = Some(version.to_owned());
        }
        let (key, uid) = identity(&object);
        match kind {
            "ADDED" | "MODIFIED" => {
                self.known.insert(key, uid);
                self.queue.push_back(WatchEvent::Applied(object));
            }
            "DELETED" => {
                self.known.remove(&key);
                self.queue.push_back(WatchEvent::Deleted(object));
            }
            // A bookmark has told its version; anything newer than this program is not about objects.
            _ => {}
        }
        Ok(())
    }

    fn refused(&self, object: &Value) -> ClusterError {
        let about = about("watch", &self.resource, self.namespace.as_deref());
        match Status::read(object.to_string().as_bytes()) {
            Some(status) => answer::of_status(&about, 500, status),
            None => ClusterError::Server { code: 500, message: "the watch ended with an error".to_owned() },
        }
    }

    /// After an error: gets ready for another try, or gives the error back.
    async fn recover(&mut self, error: ClusterError) -> Result<(), ClusterError> {
        self.connection = None;
        let pause = match &error {
            // The version is older than the server remembers: start over with a list, at once the first time.
            ClusterError::Gone { .. } => {
                self.version = None;
                if self.failures == 0 { Duration::ZERO } else { self.pause() }
            }
            error if error.may_pass() => self.pause(),
            _ => return Err(error),
        };
        self.failures += 1;
        if self.failures > RETRIES {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn pause(&self) -> Duration {
        let first = self.cluster.transport.retry_pause;
        first.saturating_mul(2 << self.failures.min(8)).min(LONGEST_PAUSE)
    }

    /// What is left to say of an object that vanished in a gap.
    fn remains(&self, namespace: &str, name: &str, uid: &str) -> Value {
        let mut metadata = json!({ "name": name, "uid": uid });
        if let (false, Some(members)) = (namespace.is_empty(), metadata.as_object_mut()) {
            members.insert("namespace".to_owned(), namespace.into());
        }
        json!({ "apiVersion": self.resource.api_version(), "kind": self.resource.kind, "metadata": metadata })
    }
}

fn identity(object: &Value) -> ((String, String), String) {
    let of = |pointer| text_at(object, pointer).to_owned();
    ((of("/metadata/namespace"), of("/metadata/name")), of("/metadata/uid"))
}

/// An open watch.
struct Open {
    lines: Lines,
    opened: Instant,
    told: bool,
}

impl Open {
    /// Whether it has ended so soon and with so little that opening it was not progress.
    fn is_futile(&self) -> bool {
        !self.told && self.opened.elapsed() < SHORTEST_LIFE
    }

    /// The next event as it came; `None` at the end, where an incomplete one is dropped.
    async fn next(&mut self, cluster: &Cluster) -> Result<Option<Vec<u8>>, ClusterError> {
        loop {
            let line = self.lines.next().await.map_err(|error| cluster.transport.unreachable(&error))?;
            match line {
                None | Some(Line { end: LineEnd::Body, .. }) => return Ok(None),
                Some(Line { end: LineEnd::Limit, .. }) => {
                    return Err(ClusterError::TooLarge { limit: EVENT_LIMIT });
                }
                Some(Line { bytes, .. }) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                Some(Line { bytes, .. }) => {
                    self.told = true;
                    return Ok(Some(bytes));
                }
            }
        }
    }
}
