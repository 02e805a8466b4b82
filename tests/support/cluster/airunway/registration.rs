//! The InferenceProviderConfigs: what the shims register, their heartbeat, and what
//! the controller and the webhook see of them.

use std::collections::BTreeMap;
use std::sync::RwLock;
use std::sync::atomic::Ordering;

use futures::StreamExt as _;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};

use super::lapses::Lapse;
use super::resource::{json, provider_configs};
use super::status::now;
use super::{Shared, rules, vllm_shim};

/// What a shim says about itself instead of the truth.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// `status.version`, whole.
    pub version: Option<String>,
    /// `status.ready`.
    pub ready: Option<bool>,
    /// `status.lastHeartbeat`: the clock stands still.
    pub heartbeat: Option<String>,
}

impl Report {
    /// A shim that reports a tag.
    pub fn tag(provider: &str, tag: &str) -> Self {
        Self { version: Some(format!("{provider}-provider:{tag}")), ..Self::default() }
    }

    fn change(&self, status: &mut Value) {
        let Some(members) = status.as_object_mut() else { return };
        members.extend(self.version.clone().map(|version| ("version".to_owned(), json!(version))));
        members.extend(self.ready.map(|ready| ("ready".to_owned(), json!(ready))));
        members.extend(self.heartbeat.clone().map(|time| ("lastHeartbeat".to_owned(), json!(time))));
    }
}

/// What shims say instead of the truth, by provider.
#[derive(Default)]
pub struct Reports(RwLock<BTreeMap<String, Report>>);

impl Reports {
    pub fn set(&self, provider: &str, report: Report) {
        self.0.write().expect("nobody panics here").insert(provider.to_owned(), report);
    }

    fn of(&self, provider: &str) -> Report {
        self.0.read().expect("nobody panics here").get(provider).cloned().unwrap_or_default()
    }
}

/// What is registered at the moment, kept current by a watch.
#[derive(Clone)]
pub struct Registered(Store<DynamicObject>);

impl Registered {
    /// Starts to watch, and waits for the first list.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn watch(client: &Client) -> Result<Self, String> {
        let resource = provider_configs();
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        let writer = reflector::store::Writer::new(resource);
        let store = writer.as_reader();
        let stream = reflector::reflector(writer, watcher(api, watcher::Config::default()).default_backoff());
        tokio::spawn(stream.for_each(|_| std::future::ready(())));
        store.wait_until_ready().await.map_err(|error| error.to_string())?;
        Ok(Self(store))
    }

    /// Waits until every shim is seen with its first heartbeat, so that nobody is judged by an empty list.
    pub async fn complete(&self) {
        let wanted = rules::registrations().len();
        while self.0.state().iter().filter(|object| object.data.get("status").is_some()).count() < wanted {
            tokio::time::sleep(super::LOOK).await;
        }
    }

    /// The objects, by name.
    pub fn objects(&self) -> Vec<Value> {
        let mut objects = self.0.state();
        objects.sort_by_key(|object| object.name_any());
        objects.iter().map(|object| json(object)).collect()
    }
}

/// Registers all shims: their specifications, and a first heartbeat.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn register(shared: &Shared) -> kube::Result<()> {
    let api: Api<DynamicObject> = Api::all_with(shared.client.clone(), &provider_configs());
    for mut object in rules::registrations() {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(members) = object.as_object_mut() {
            members.remove("status");
        }
        if name == "vllm" {
            break_registration(shared, &mut object);
        }
        api.patch(&name, &PatchParams::apply("airunway-shims").force(), &Patch::Apply(object)).await?;
    }
    beat(shared, true).await?;
    // The one shim that keeps a condition: it has found its upstream controller.
    let healthy = json!({
        "type": "UpstreamReady", "status": "True", "reason": "UpstreamHealthy", "lastTransitionTime": now(),
        "message": "KAITO workspace controller kaito-workspace/kaito-workspace is ready",
    });
    let status = Patch::Merge(json!({"status": {"conditions": [healthy]}}));
    api.patch_status("kaito", &PatchParams::default(), &status).await.map(drop)
}

/// What the vLLM shim registers when it breaks a promise.
fn break_registration(shared: &Shared, object: &mut Value) {
    if shared.faults.breaks_everywhere(Lapse::HasRules) {
        object["spec"]["selectionRules"] = json!([{"condition": "false", "priority": 1}]);
    }
    if shared.faults.breaks_everywhere(Lapse::MoreEngines)
        && let Some(engines) = object.pointer_mut("/spec/capabilities/engines").and_then(Value::as_array_mut)
    {
        engines.push(json!({"name": "sglang", "servingModes": ["disaggregated"], "cpuSupport": true}));
    }
    if shared.faults.breaks_everywhere(Lapse::NoAnnotations)
        && let Some(metadata) = object["metadata"].as_object_mut()
    {
        metadata.remove("annotations");
    }
}

/// What the vLLM shim says of itself when it breaks a promise.
fn break_heartbeat(shared: &Shared, status: &mut Value) {
    let breaks = |lapse| shared.faults.breaks_everywhere(lapse);
    let restarted = shared.starts.load(Ordering::Relaxed) > 0;
    if breaks(Lapse::NeverReady) || (restarted && breaks(Lapse::NeverReadyAgain)) {
        status["ready"] = Value::Null;
    }
    if breaks(Lapse::StaleHeartbeat) {
        status["lastHeartbeat"] = json!("2026-01-01T00:00:00Z");
    }
    if breaks(Lapse::OtherVersion) {
        status["version"] = json!("vllm-provider:v0.0.1");
    }
}

/// One heartbeat of all shims that are registered. Only the vLLM shim can be
/// stopped; the others have no behavior to speak of.
///
/// # Errors
///
/// A refusal of the API server.
pub async fn beat(shared: &Shared, vllm_ready: bool) -> kube::Result<()> {
    let api: Api<DynamicObject> = Api::all_with(shared.client.clone(), &provider_configs());
    for object in rules::registrations() {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let status = if name == "vllm" {
            let mut status = vllm_shim::heartbeat(vllm_ready, &shared.options.tag);
            if let (false, Some(members)) = (vllm_ready, status.as_object_mut()) {
                members.insert("ready".to_owned(), Value::Null);
            }
            break_heartbeat(shared, &mut status);
            status
        } else {
            let ready = shared.options.ready.iter().any(|ready| ready == name);
            let crd = object.pointer("/status/upstreamCRDVersion").cloned().unwrap_or_default();
            json!({"ready": ready, "lastHeartbeat": now(), "upstreamCRDVersion": crd,
                   "version": format!("{name}-provider:{}", shared.options.tag)})
        };
        let mut status = status;
        shared.reports.of(name).change(&mut status);
        match api.patch_status(name, &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await
        {
            // A test has taken it away.
            Err(kube::Error::Api(refusal)) if refusal.code == 404 => {}
            answer => drop(answer?),
        }
    }
    Ok(())
}
