//! What the cluster's nodes could not hold, said before the write; never a reason to stop.

use crate::core::kubernetes::resource::NODE;
use crate::core::recipe::fit::{Demand, shortfalls};
use crate::io::cluster::Cluster;
use crate::ui::Ui;

/// Compares a demand with the nodes and warns. Whoever may not read nodes is told that nothing was compared.
pub(super) async fn say(cluster: &Cluster, demand: &Demand, ui: &mut Ui) {
    let nodes = match cluster.list(&NODE, None, None).await {
        Ok(nodes) => nodes.items,
        Err(error) => {
            ui.status(&format!("whether the nodes can hold it is not known: {error}"));
            return;
        }
    };
    let found = shortfalls(demand, &nodes);
    for shortfall in &found {
        ui.warning(shortfall);
    }
    if !found.is_empty() {
        ui.hint("--hardware and --strategy choose another command of the recipe, --node-selector other nodes; an autoscaler may add some");
    }
}
