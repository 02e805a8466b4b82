//! Every state of one ModelDeployment, in order, as a watch shows it.

use std::time::Duration;

use futures::TryStreamExt as _;
use kube::Api;
use kube::api::DynamicObject;
use kube::runtime::watcher::{self, Event};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// How long nothing new has to come for an object to count as settled.
const QUIET: Duration = Duration::from_secs(2);

/// Records from its start on.
pub(crate) struct Recorder {
    states: Vec<Value>,
    coming: mpsc::UnboundedReceiver<Value>,
}

impl Recorder {
    /// Starts to watch an object, which need not exist yet.
    pub(crate) fn start(api: Api<DynamicObject>, name: &str, namespace: &str) -> Self {
        let (sender, coming) = mpsc::unbounded_channel();
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        let namespace = namespace.to_owned();
        tokio::spawn(async move {
            let states = watcher::watcher(api, config).try_for_each(|event| {
                let state = match event {
                    Event::Apply(object) | Event::InitApply(object) => Some(state(&object)),
                    Event::Delete(_) => Some(json!({"gone": true})),
                    Event::Init | Event::InitDone => None,
                };
                let sent = state.is_none_or(|state| sender.send(normal(&state, &namespace)).is_ok());
                std::future::ready(if sent { Ok(()) } else { Err(watcher::Error::NoResourceVersion) })
            });
            let _ = states.await;
        });
        Self { states: Vec::new(), coming }
    }

    async fn next(&mut self) -> bool {
        let Some(state) = self.coming.recv().await else { return false };
        if self.states.last() != Some(&state) {
            self.states.push(state);
        }
        true
    }

    /// The last state so far.
    pub(crate) fn last(&self) -> Option<Value> {
        self.states.last().cloned()
    }

    /// Waits for a state of a kind.
    pub(crate) async fn wait(
        &mut self,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, String> {
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            if let Some(state) = self.states.last().filter(|state| wanted(state)) {
                return Ok(state.clone());
            }
            match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(true) => {}
                _ => return Err(format!("not seen; the last states are {:#}", json!(self.tail()))),
            }
        }
    }

    /// Waits for the last recorded state, and requires the others before it in order.
    pub(crate) async fn wait_for(&mut self, recorded: &[Value], limit: Duration) -> Result<(), String> {
        self.wait_for_last(recorded, limit).await?;
        let mut seen = self.states.iter();
        match recorded.iter().find(|wanted| !seen.any(|state| state == *wanted)) {
            None => Ok(()),
            Some(missing) => Err(format!("{missing:#}\nis not among the states {:#}", json!(self.states))),
        }
    }

    /// Waits for the last recorded state.
    pub(crate) async fn wait_for_last(&mut self, recorded: &[Value], limit: Duration) -> Result<(), String> {
        let wanted = recorded.last().ok_or("nothing recorded")?;
        let found = self.wait(limit, |state| state == wanted).await;
        found.map(drop).map_err(|error| format!("{wanted:#}\n{error}"))
    }

    /// The state after which nothing new comes.
    pub(crate) async fn settled(&mut self) -> Value {
        while tokio::time::timeout(QUIET, self.next()).await == Ok(true) {}
        self.last().unwrap_or_default()
    }

    fn tail(&self) -> &[Value] {
        self.states.get(self.states.len().saturating_sub(2)..).unwrap_or_default()
    }
}

/// What the records hold of an object.
fn state(object: &DynamicObject) -> Value {
    let value = serde_json::to_value(object).unwrap_or_default();
    let at = |pointer: &str| value.pointer(pointer).cloned().unwrap_or(Value::Null);
    let finalizers = value.pointer("/metadata/finalizers").cloned().unwrap_or_else(|| json!([]));
    json!({
        "finalizers": finalizers, "generation": at("/metadata/generation"),
        "deleting": value.pointer("/metadata/deletionTimestamp").is_some(), "status": at("/status"),
    })
}

/// A value without what differs from run to run: times, digests, what is said of a
/// build, the namespace.
pub(crate) fn normal(value: &Value, namespace: &str) -> Value {
    match value {
        Value::String(text) => json!(without_digests(&text.replace(namespace, "NAMESPACE"))),
        Value::Array(items) => items.iter().map(|item| normal(item, namespace)).collect(),
        Value::Object(members) => {
            let mut kept: Vec<(&String, Value)> = members
                .iter()
                .filter(|(key, _)| {
                    !["lastTransitionTime", "createdAt", "age", "revision"].contains(&key.as_str())
                })
                .map(|(key, value)| (key, normal(value, namespace)))
                .collect();
            kept.sort_by_key(|(key, _)| key.as_str());
            kept.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        other => other.clone(),
    }
}

fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("sha256:DIGEST");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}
