//! The wait: watches, no polling; it ends early when it cannot succeed, and never believes `Ready` alone.

use super::args::ApplySettings;
use super::diagnose;
use crate::commands::images::Pins;
use crate::commands::output::qualified_name;
use crate::core::kind::model_deployment::provider::provider;
use crate::core::rollout::{Assessment, Problem, ProblemKind, Snapshot, Target, assess};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::cluster::{
    Cluster, ClusterError, DEPLOYMENT, MODEL_DEPLOYMENT, POD, REPLICA_SET, WatchEvent, WatchScope,
    WatchStream,
};
use crate::ui::{Progress, Ui};
use futures::StreamExt;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long a state that may pass by itself is put up with.
const PATIENCE: Duration = Duration::from_secs(10);
/// How far away a deadline without limit is; a timer cannot be infinite.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Waits until what was applied runs, and answers the object as it is then.
///
/// # Errors
/// A wait that cannot succeed or ran out of time, with the reason; what the cluster says about it is shown before.
pub(super) async fn until_running(
    cluster: &Cluster,
    object: Value,
    pins: &Pins,
    settings: &ApplySettings,
    ui: &mut Ui,
) -> Result<Value> {
    let mut wait = Wait::new(cluster, object, pins, ui.progress());
    let deadline = Instant::now() + settings.timeout.unwrap_or(NEVER);
    let end = timeout_at(deadline, wait.run()).await;
    wait.progress.finish();
    match end {
        Ok(Ok(End::Running)) => Ok(wait.snapshot.object.unwrap_or_default()),
        Ok(Ok(End::Stuck(problem))) => {
            diagnose::show(cluster, &wait.namespace, &problem, ui).await;
            Err(diagnose::error(&wait.label, &problem))
        }
        Ok(Err(error)) => Err(Error::from(error)
            .hint(format!("{} stays applied; the same command again goes on waiting", wait.label))),
        Err(_) => {
            if let Some(problem) = &wait.last_problem {
                diagnose::show(cluster, &wait.namespace, problem, ui).await;
            }
            Err(wait.timed_out(settings.timeout.unwrap_or_default()))
        }
    }
}

enum End {
    Running,
    Stuck(Problem),
}

struct Wait<'a> {
    cluster: &'a Cluster,
    namespace: String,
    label: String,
    target: Target,
    snapshot: Snapshot,
    /// Generation of the child that `snapshot.newest_hash` belongs to.
    hash_of: Option<i64>,
    last_text: String,
    last_problem: Option<Problem>,
    stuck_since: Option<(ProblemKind, Instant)>,
    scale_up_seen: bool,
    progress: Progress,
}

/// The open watches; those of the children are opened when the provider is known to make a Deployment.
struct Watches {
    object: WatchStream,
    child: Option<WatchStream>,
    pods: Option<WatchStream>,
}

impl<'a> Wait<'a> {
    fn new(cluster: &'a Cluster, object: Value, pins: &Pins, progress: Progress) -> Wait<'a> {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let image = wanted_image(&object);
        let target = Target {
            name: text("/metadata/name"),
            uid: text("/metadata/uid"),
            generation: object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default(),
            platform_digests: image.as_ref().and_then(|image| pins.get(image)).cloned().unwrap_or_default(),
            image,
        };
        Wait {
            cluster,
            namespace: text("/metadata/namespace"),
            label: qualified_name(&object),
            target,
            snapshot: Snapshot { object: Some(object), ..Snapshot::default() },
            hash_of: None,
            last_text: String::new(),
            last_problem: None,
            stuck_since: None,
            scale_up_seen: false,
            progress,
        }
    }

    async fn run(&mut self) -> std::result::Result<End, ClusterError> {
        // A second run of a deploy that runs already needs one look at the child and no watch.
        if self.children_matter() {
            self.refresh_child().await?;
            if assess(&self.target, &self.snapshot) == Assessment::Ready {
                self.read_pods().await?;
            }
            if assess(&self.target, &self.snapshot) == Assessment::Ready {
                return Ok(End::Running);
            }
        }
        let mut watches = self.open();
        loop {
            if let Some(end) = self.judge().await? {
                return Ok(end);
            }
            if self.children_matter() && watches.child.is_none() {
                self.open_children(&mut watches);
            }
            self.next_event(&mut watches).await?;
        }
    }

    fn open(&self) -> Watches {
        let version = self
            .snapshot
            .object
            .as_ref()
            .and_then(|object| object.pointer("/metadata/resourceVersion"))
            .and_then(Value::as_str);
        let scope = WatchScope {
            name: Some(self.target.name.clone()),
            resource_version: version.map(str::to_owned),
            ..WatchScope::default()
        };
        Watches {
            object: self.cluster.watch(&MODEL_DEPLOYMENT, Some(&self.namespace), scope),
            child: None,
            pods: None,
        }
    }

    fn open_children(&self, watches: &mut Watches) {
        let child = WatchScope { name: Some(self.target.name.clone()), ..WatchScope::default() };
        watches.child = Some(self.cluster.watch(&DEPLOYMENT, Some(&self.namespace), child));
        let pods = self.selector().map(|labels| WatchScope { labels: Some(labels), ..WatchScope::default() });
        watches.pods = pods.map(|scope| self.cluster.watch(&POD, Some(&self.namespace), scope));
    }

    /// The labels of the pods, when the selected provider makes a Deployment, so that its rollout can be looked at.
    fn selector(&self) -> Option<String> {
        let object = self.snapshot.object.as_ref()?;
        provider(object.pointer("/status/provider/name")?.as_str()?)?.pod_selector(&self.target.name)
    }

    fn children_matter(&self) -> bool {
        self.selector().is_some()
    }

    async fn judge(&mut self) -> std::result::Result<Option<End>, ClusterError> {
        let mut assessment = assess(&self.target, &self.snapshot);
        if let Assessment::Stuck(Problem { pod: Some(_), .. }) = &assessment {
            // The watches are not in step: what looks like the newest template may be the one before it.
            self.refresh_child().await?;
            assessment = assess(&self.target, &self.snapshot);
        }
        if let Assessment::Stuck(Problem { pod: Some(_), .. }) = &assessment
            && self.look_up_newest_hash().await?
        {
            assessment = assess(&self.target, &self.snapshot);
        }
        match assessment {
            Assessment::Ready => {
                // The watches of the object and of its child are not in step: the child is read once more, now that the
                // object says that the shim is done with this generation.
                self.refresh_child().await?;
                if assess(&self.target, &self.snapshot) == Assessment::Ready {
                    return Ok(Some(End::Running));
                }
                self.stuck_since = None;
                Ok(None)
            }
            Assessment::Waiting(text) => {
                self.stuck_since = None;
                self.last_problem = None;
                self.progress.set(&format!("{}: {text}", self.label));
                self.last_text = text;
                Ok(None)
            }
            Assessment::Stuck(problem) => self.put_up_with(problem).await,
        }
    }

    async fn put_up_with(&mut self, problem: Problem) -> std::result::Result<Option<End>, ClusterError> {
        if !problem.kind.may_pass() {
            return Ok(Some(End::Stuck(problem)));
        }
        let since = match self.stuck_since {
            Some((kind, since)) if kind == problem.kind => since,
            _ => Instant::now(),
        };
        self.stuck_since = Some((problem.kind, since));
        self.last_text.clone_from(&problem.message);
        self.progress.set(&format!("{}: {}", self.label, problem.message));
        let over = since.elapsed() >= PATIENCE;
        if over && problem.kind == ProblemKind::Unschedulable && self.scales_up(&problem).await {
            self.progress.set(&format!("{}: {}, a node is being added", self.label, problem.message));
            self.last_problem = Some(problem);
            return Ok(None);
        }
        if over {
            return Ok(Some(End::Stuck(problem)));
        }
        self.last_problem = Some(problem);
        Ok(None)
    }

    /// Whether an autoscaler has said that it makes room for the pod; then the pod is not lost.
    async fn scales_up(&mut self, problem: &Problem) -> bool {
        let Some(place) = &problem.pod else { return false };
        if !self.scale_up_seen {
            let events =
                self.cluster.events(&self.namespace, "Pod", &place.pod, None).await.unwrap_or_default();
            // TriggeredScaleUp is the cluster autoscaler's, Nominated is Karpenter's.
            self.scale_up_seen = events.iter().any(|event| {
                matches!(event.get("reason").and_then(Value::as_str), Some("TriggeredScaleUp" | "Nominated"))
            });
        }
        self.scale_up_seen
    }

    async fn next_event(&mut self, watches: &mut Watches) -> std::result::Result<(), ClusterError> {
        let patience = match self.stuck_since {
            Some((kind, since)) if !(self.scale_up_seen && kind == ProblemKind::Unschedulable) => {
                since + PATIENCE
            }
            _ => Instant::now() + NEVER,
        };
        let (which, event) = tokio::select! {
            event = watches.object.next() => (Which::Object, event),
            event = next(&mut watches.child) => (Which::Child, event),
            event = next(&mut watches.pods) => (Which::Pods, event),
            () = sleep_until(patience) => return Ok(()),
        };
        match event {
            Some(event) => self.take(which, event?),
            // A watch ends after an error only, which was told before.
            None => return Err(ClusterError::Gone { message: "the watch ended".to_owned() }),
        }
        Ok(())
    }

    fn take(&mut self, which: Which, event: WatchEvent) {
        match (which, event) {
            (_, WatchEvent::Synced) => {}
            (Which::Object, WatchEvent::Applied(object)) => self.snapshot.object = Some(object),
            (Which::Object, WatchEvent::Deleted(_)) => self.snapshot.object = None,
            (Which::Child, WatchEvent::Applied(child)) => self.snapshot.child = Some(child),
            (Which::Child, WatchEvent::Deleted(_)) => self.snapshot.child = None,
            (Which::Pods, WatchEvent::Applied(pod)) => {
                self.snapshot.pods.retain(|known| uid(known) != uid(&pod));
                self.snapshot.pods.push(pod);
            }
            (Which::Pods, WatchEvent::Deleted(pod)) => {
                self.snapshot.pods.retain(|known| uid(known) != uid(&pod))
            }
        }
    }

    /// The pods as they are, when there is a digest to look for in them.
    async fn read_pods(&mut self) -> std::result::Result<(), ClusterError> {
        if let Some(selector) = self.selector().filter(|_| !self.target.platform_digests.is_empty()) {
            self.snapshot.pods = self.cluster.list(&POD, Some(&self.namespace), Some(&selector)).await?.items;
        }
        Ok(())
    }

    async fn refresh_child(&mut self) -> std::result::Result<(), ClusterError> {
        if self.children_matter() {
            self.snapshot.child =
                self.cluster.get(&DEPLOYMENT, Some(&self.namespace), &self.target.name).await?;
        }
        Ok(())
    }

    /// A pod of an older template may be broken for good and yet be on its way out: finds out which template is the newest.
    ///
    /// Answers whether something was learnt.
    async fn look_up_newest_hash(&mut self) -> std::result::Result<bool, ClusterError> {
        let child = self.snapshot.child.as_ref();
        let generation =
            child.and_then(|child| child.pointer("/metadata/generation")).and_then(Value::as_i64);
        if generation.is_none() || generation == self.hash_of {
            return Ok(false);
        }
        let owner = child.map(uid).unwrap_or_default().to_owned();
        let Some(selector) = self.selector() else { return Ok(false) };
        let sets = self.cluster.list(&REPLICA_SET, Some(&self.namespace), Some(&selector)).await?.items;
        let newest = sets.iter().filter(|set| owned_by(set, &owner)).max_by_key(|set| revision(set));
        self.snapshot.newest_hash = newest
            .and_then(|set| set.pointer("/metadata/labels/pod-template-hash"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        self.hash_of = generation;
        Ok(true)
    }

    fn timed_out(&self, limit: Duration) -> Error {
        let mut error =
            Error::new(Exit::TimedOut, format!("{} is not ready after {}", self.label, human(limit)));
        if !self.last_text.is_empty() {
            error = error.caused_by(self.last_text.clone());
        }
        if let Some(detail) = self.last_problem.as_ref().and_then(|problem| problem.detail.clone()) {
            error = error.caused_by(detail);
        }
        error.hint(
            "the object stays applied; the same command again goes on waiting, --timeout gives it longer",
        )
    }
}

#[derive(Debug, Clone, Copy)]
enum Which {
    Object,
    Child,
    Pods,
}

async fn next(stream: &mut Option<WatchStream>) -> Option<std::result::Result<WatchEvent, ClusterError>> {
    match stream {
        Some(stream) => stream.next().await,
        None => std::future::pending().await,
    }
}

fn uid(object: &Value) -> &str {
    object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default()
}

fn owned_by(object: &Value, owner: &str) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.is_some_and(|owners| {
        owners.iter().any(|reference| reference.get("uid").and_then(Value::as_str) == Some(owner))
    })
}

fn revision(set: &Value) -> u64 {
    let text =
        set.pointer("/metadata/annotations/deployment.kubernetes.io~1revision").and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The image the pods must run: the object's own, unless overrides replace the container list.
fn wanted_image(object: &Value) -> Option<String> {
    if object.pointer("/spec/provider/overrides/spec/template/spec/containers").is_some() {
        return None;
    }
    ["/spec/engine/image", "/spec/image"]
        .iter()
        .find_map(|pointer| object.pointer(pointer).and_then(Value::as_str).filter(|image| !image.is_empty()))
        .map(str::to_owned)
}

fn human(limit: Duration) -> String {
    let seconds = limit.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, _) if seconds == 0 => format!("{} ms", limit.as_millis()),
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}
