//! The end of a run in a cluster: what it has made is removed, or named.

use super::select::any_names;
use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::kubernetes::resource::{
    DEPLOYMENT, JOB, PERSISTENT_VOLUME_CLAIM, POD, Resource, SERVICE, namespaced,
};
use crate::core::plan::{Act, Step, checks};
use crate::core::shim::cluster::NAMESPACE;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::cluster::Cluster;
use crate::io::plan::CONFIG_MAP;
use crate::io::plan::lease::LEASE;
use crate::io::plan::sweep::{self, Leftover, Scope, Swept};
use crate::ui::Ui;
use std::time::Duration;

/// What keeps pods from the network.
const NETWORK_POLICY: Resource = namespaced("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
/// What every run may leave, whatever its checks are.
const USUAL: [Resource; 8] =
    [MODEL_DEPLOYMENT, DEPLOYMENT, SERVICE, POD, JOB, PERSISTENT_VOLUME_CLAIM, CONFIG_MAP, NETWORK_POLICY];
/// How long the end of a run may take.
pub const LIMIT: Duration = Duration::from_secs(90);

/// The types of the objects that checks make; the lease only when a run is over.
fn kinds(with_lease: bool) -> Vec<Resource> {
    let names = any_names();
    let mut kinds = USUAL.to_vec();
    for step in checks::all().flat_map(|check| (check.script)(&names)) {
        if let Step::Do { act: Act::Create(object, _), .. } = step
            && !kinds.contains(&object.resource)
        {
            kinds.push(object.resource);
        }
    }
    kinds.extend(with_lease.then_some(LEASE));
    kinds
}

/// Removes what a run has left, for at most `limit`; `over` says that its lease and its namespace go too. What stays is
/// said.
pub async fn remove(
    cluster: &Cluster,
    namespaces: &[&str],
    run: &str,
    over: bool,
    limit: Duration,
    ui: &mut Ui,
) -> Swept {
    let namespaces: Vec<&str> = namespaces.iter().copied().chain([NAMESPACE]).collect();
    let scope = Scope { run, kinds: &kinds(over), namespaces: &namespaces, and_namespaces: over };
    let swept = sweep::sweep(cluster, &scope, limit).await;
    for left in swept.left.iter().chain(&swept.unseen) {
        ui.warning(&format!("left behind: {left}"));
    }
    swept
}

/// What a run has left on purpose.
pub async fn kept(cluster: &Cluster, namespace: &str, run: &str) -> Vec<Leftover> {
    let namespaces = [namespace, NAMESPACE];
    let scope = Scope { run, kinds: &kinds(false), namespaces: &namespaces, and_namespaces: false };
    sweep::find(cluster, &scope).await.0
}

/// Takes back the namespace of a run that could not begin.
pub async fn take_back(cluster: &Cluster, namespace: &str, run: &str, ui: &mut Ui) {
    remove(cluster, &[namespace], run, true, LIMIT, ui).await;
}

/// The command that removes what a run has left.
pub fn command(run: &str, namespace: &str) -> String {
    format!("kubectl airunway e2e --cleanup {run} --namespace {namespace}")
}

/// `--cleanup`: removes what an earlier run has left.
///
/// # Errors
/// What stays.
pub async fn clean_up(cluster: &Cluster, namespace: &str, run: &str, ui: &mut Ui) -> Result<Exit> {
    // Whether somebody is there at all; the rest speaks of single types.
    cluster.server_version().await?;
    let swept = remove(cluster, &[namespace], run, true, LIMIT, ui).await;
    if !swept.left.is_empty() || !swept.unseen.is_empty() {
        let count = swept.left.len();
        return Err(Error::failure(format!("{run} was not removed whole: {count} objects stay"))
            .hint("run the same command again when what holds them is done"));
    }
    match swept.removed {
        0 => ui.status(&format!("nothing of {run} is left")),
        count => ui.status(&format!("{count} objects of {run} are gone")),
    }
    Ok(Exit::Success)
}
