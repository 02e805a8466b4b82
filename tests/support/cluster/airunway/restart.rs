//! What the pods of AI Runway do to the shims that run in them: one that starts says that it lives. When the vLLM shim's
//! pod goes, it says once that it is not ready and is not heard of; when another one is ready, it starts. What a stop and a
//! start show of themselves is recorded (check 13).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::TryStreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event};
use kube::{Api, ResourceExt as _};

use super::system::{COMPONENT, NAMESPACE, SHIM};
use super::{Shared, registration};

/// Follows the pods for as long as the cluster lives.
pub async fn watch(shared: Arc<Shared>) {
    let pods: Api<Pod> = Api::namespaced(shared.client.clone(), NAMESPACE);
    let pods = watcher::watcher(pods, watcher::Config::default()).default_backoff();
    let mut pods = std::pin::pin!(pods);
    let (mut told, mut seen) = (Seen::default(), Seen::default());
    let mut listing = false;
    loop {
        match pods.try_next().await {
            Ok(Some(Event::Apply(pod) | Event::InitApply(pod))) => seen.put(&pod),
            Ok(Some(Event::Delete(pod))) => seen.remove(&pod),
            Ok(Some(Event::Init)) => {
                seen = Seen::default();
                listing = true;
            }
            Ok(Some(Event::InitDone)) => listing = false,
            Err(_) => {}
            Ok(None) => return,
        }
        // Half a list says nothing.
        if !listing {
            tell(&shared, &told, &seen).await;
            told = seen.clone();
        }
    }
}

/// The pods that could run a part of AI Runway.
#[derive(Clone, Default)]
struct Seen {
    /// Those of the vLLM shim.
    shim: BTreeSet<String>,
    /// All others.
    others: BTreeSet<String>,
}

impl Seen {
    fn place(&mut self, pod: &Pod) -> &mut BTreeSet<String> {
        let is_shim = pod.labels().get(COMPONENT).is_some_and(|component| component == SHIM);
        if is_shim { &mut self.shim } else { &mut self.others }
    }

    fn put(&mut self, pod: &Pod) {
        if is_able(pod) {
            self.place(pod).insert(pod.name_any());
        } else {
            self.remove(pod);
        }
    }

    fn remove(&mut self, pod: &Pod) {
        self.place(pod).remove(&pod.name_any());
    }
}

/// What the shims say when other pods run them. Nobody waits for their words.
async fn tell(shared: &Shared, before: &Seen, now: &Seen) {
    let (ran, runs) = (!before.shim.is_empty(), !now.shim.is_empty());
    if ran && !runs {
        shared.shim_restarts.store(true, Ordering::Relaxed);
        let _ = registration::beat(shared, false).await;
    } else if !ran && runs && shared.shim_restarts.load(Ordering::Relaxed) {
        shared.starts.fetch_add(1, Ordering::Relaxed);
        shared.shim_restarts.store(false, Ordering::Relaxed);
        let _ = registration::register(shared).await;
    } else if shared.shim_runs() && (runs != ran || now.others.len() > before.others.len()) {
        let _ = registration::beat(shared, true).await;
    }
}

/// Whether a pod is ready and stays.
fn is_able(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    pod.metadata.deletion_timestamp.is_none()
        && conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
