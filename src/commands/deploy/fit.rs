//! Warnings, before the write, of what the cluster's nodes have no room for; never a reason to stop.

use crate::core::kubernetes::resource::NODE;
use crate::core::recipe::fit::{Demand, shortfalls};
use crate::io::cluster::Cluster;
use crate::ui::Ui;

/// Compares a demand with the nodes and warns. Whoever may not read nodes is told that nothing was compared.
pub(super) async fn say(cluster: &Cluster, demand: &Demand, ui: &mut Ui) {
    let nodes = match cluster.list(&NODE, None, None).await {
        Ok(nodes) => nodes.items,
        Err(error) => {
            ui.status(&format!("cannot tell whether the nodes have room: {error}"));
            return;
        }
    };
    let found = shortfalls(demand, &nodes);
    for shortfall in &found {
        ui.warning(shortfall);
    }
    if !found.is_empty() {
        ui.hint("choose another command with --hardware or --strategy, or nodes with --node-selector; an autoscaler may add nodes");
    }
}
