//! What the vLLM shim's pod does to it: when it goes, the shim says once that it is not ready and is not heard of; when
//! another one is ready, it starts. What a stop and a start show of themselves is recorded (check 13).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::TryStreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event};
use kube::{Api, ResourceExt as _};

use super::system::{COMPONENT, NAMESPACE, SHIM};
use super::{Shared, registration};

/// Follows the shim's pods for as long as the cluster lives.
pub async fn watch(shared: Arc<Shared>) {
    let pods: Api<Pod> = Api::namespaced(shared.client.clone(), NAMESPACE);
    let config = watcher::Config::default().labels(&format!("{COMPONENT}={SHIM}"));
    let pods = watcher::watcher(pods, config).default_backoff();
    // The pods that could run the shim, by name.
    let mut able = BTreeMap::<String, bool>::new();
    let (mut ran, mut listing) = (false, false);
    let mut pods = std::pin::pin!(pods);
    loop {
        match pods.try_next().await {
            Ok(Some(Event::Apply(pod) | Event::InitApply(pod))) => {
                able.insert(pod.name_any(), is_able(&pod));
            }
            Ok(Some(Event::Delete(pod))) => drop(able.remove(&pod.name_any())),
            Ok(Some(Event::Init)) => {
                able.clear();
                listing = true;
            }
            Ok(Some(Event::InitDone)) => listing = false,
            Err(_) => {}
            Ok(None) => return,
        }
        // Half a list says nothing.
        if listing {
            continue;
        }
        let runs = able.values().any(|able| *able);
        if ran && !runs {
            shared.shim_restarts.store(true, Ordering::Relaxed);
            // Nobody waits for its last words.
            let _ = registration::beat(&shared, false).await;
        }
        if !ran && runs && shared.shim_restarts.load(Ordering::Relaxed) {
            shared.starts.fetch_add(1, Ordering::Relaxed);
            shared.shim_restarts.store(false, Ordering::Relaxed);
            let _ = registration::register(&shared).await;
        }
        ran = runs;
    }
}

/// Whether a pod is ready and stays.
fn is_able(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    pod.metadata.deletion_timestamp.is_none()
        && conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
