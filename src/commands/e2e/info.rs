//! What a run says of itself before it begins: which cluster, which versions, how many checks.

use super::guard::Target;
use crate::core::kind::model_deployment::INFERENCE_PROVIDER_CONFIG;
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::quantity::Quantity;
use crate::core::kubernetes::resource::{DEPLOYMENT, NODE, POD, Resource};
use crate::core::shim::cluster::{NAMESPACE, SELECTOR, Seen, ShimFacts, Workload, shims, workloads};
use crate::io::cluster::{Cluster, ClusterError};
use crate::report::plan::{RunInfo, RunPart};
use crate::ui::Ui;
use futures::future::join;
use serde_json::Value;

/// What a node offers.
const GPU: &str = "nvidia.com/gpu";

/// What the cluster says about itself and AI Runway; what may not be read is left out.
///
/// # Errors
/// No answer at all.
pub async fn gather(cluster: &Cluster, target: &Target, run: &str) -> Result<RunInfo, ClusterError> {
    let version = cluster.server_version().await?;
    let configs = cluster.list(&INFERENCE_PROVIDER_CONFIG, None, None);
    let workloads = join(listed(cluster, &DEPLOYMENT), listed(cluster, &POD));
    let (configs, (deployments, pods)) = join(configs, workloads).await;
    let configs = configs.map(|list| list.items).unwrap_or_default();
    Ok(RunInfo {
        id: run.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        context: target.context.clone(),
        server: cluster.server().to_owned(),
        namespace: target.namespace.clone(),
        kubernetes: Some(text_at(&version, "/gitVersion").to_owned()).filter(|version| !version.is_empty()),
        parts: parts(&configs, &deployments, &pods),
        ..RunInfo::default()
    })
}

async fn listed(cluster: &Cluster, resource: &Resource) -> Seen<Vec<Value>> {
    match cluster.list(resource, Some(NAMESPACE), Some(SELECTOR)).await {
        Ok(list) => Seen::Known(list.items),
        Err(error) => Seen::Hidden(error.to_string()),
    }
}

fn parts(configs: &[Value], deployments: &Seen<Vec<Value>>, pods: &Seen<Vec<Value>>) -> Vec<RunPart> {
    let controller = workloads("controller-manager", deployments, pods);
    let controller = controller.known().into_iter().flatten().map(|workload| of_workload(workload, None));
    let shims = shims(configs, deployments, pods);
    let shims = shims.iter().flat_map(|shim| match shim.deployments.known().map(Vec::as_slice) {
        None | Some([]) => vec![registered(shim)],
        Some(workloads) => workloads.iter().map(|workload| of_workload(workload, Some(shim))).collect(),
    });
    controller.chain(shims).collect()
}

fn of_workload(workload: &Workload, shim: Option<&ShimFacts>) -> RunPart {
    let digest = workload.pods.known().into_iter().flatten().find_map(|pod| pod.digest());
    RunPart {
        name: workload.name.clone(),
        image: workload.image.clone(),
        digest: digest.map(|digest| digest.to_string()),
        ..shim.map(registered).unwrap_or_default()
    }
}

/// A shim by what it has written of itself alone.
fn registered(shim: &ShimFacts) -> RunPart {
    let registration = shim.registration.as_ref();
    RunPart {
        name: shim.provider.clone(),
        version: registration.and_then(|registration| registration.version.clone()),
        ready: registration.map(|registration| registration.ready),
        ..RunPart::default()
    }
}

/// Says it.
pub fn say(info: &RunInfo, checks: usize, preconditions: usize, ui: &mut Ui) {
    let context = info.context.as_ref().map(|context| format!(" (context {context})")).unwrap_or_default();
    let version = info.kubernetes.as_deref().unwrap_or("of an unknown version");
    ui.status(&format!("run {} on {}{context}, Kubernetes {version}", info.id, info.server));
    for part in &info.parts {
        let image = part.image.as_deref().unwrap_or("no Deployment");
        let reports = part.version.as_ref().map(|version| format!(", reports {version}"));
        let ready = part.ready.map_or("", |ready| if ready { ", ready" } else { ", not ready" });
        ui.status(&format!("  {}: {image}{}{ready}", part.name, reports.unwrap_or_default()));
    }
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let checks = plural(checks, "check");
    let preconditions = plural(preconditions, "precondition");
    ui.status(&format!("{checks} and {preconditions} in namespace {}", info.namespace));
}

/// GPUs that the nodes of the cluster offer; `None` when they may not be read.
pub async fn gpus(cluster: &Cluster) -> Option<u64> {
    let nodes = cluster.list(&NODE, None, None).await.ok()?.items;
    let offered = nodes.iter().filter_map(|node| {
        let text = node.pointer("/status/allocatable")?.get(GPU)?.as_str()?;
        let quantity: Quantity = text.parse().ok()?;
        u64::try_from(quantity.to_i64()?).ok()
    });
    Some(offered.sum())
}
