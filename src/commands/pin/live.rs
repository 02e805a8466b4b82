//! `pin --live`: what of the cluster matters for images: its pull secrets, and the platforms of its nodes.

use crate::commands::connection;
use crate::commands::globals::GlobalArgs;
use crate::core::image::{Node, NodeSelector, lacking};
use crate::core::kubernetes::resource::NODE;
use crate::error::Result;
use crate::io::World;
use crate::io::cluster::{Cluster, ClusterError};
use crate::io::images::pull_secrets;
use crate::io::registry::PullSecret;
use crate::report::images::PinItem;
use crate::ui::Ui;

/// Most nodes that one warning names.
const MAX_NAMED: usize = 3;

/// A cluster, and its nodes that take pods.
pub(super) struct Live {
    cluster: Cluster,
    namespace: String,
    /// `None` where they may not be read.
    nodes: Option<Vec<Node>>,
}

impl Live {
    /// Connects and reads the nodes, once. Without the right to list nodes there is a warning, and the pins all the same.
    pub(super) async fn read(globals: &GlobalArgs, world: &World, ui: &mut Ui) -> Result<Live> {
        let namespace = globals.namespace(world)?.name;
        let cluster = connection::connect(globals, world).await?;
        let nodes = match cluster.list(&NODE, None, None).await {
            Ok(listed) => Some(listed.items.iter().filter_map(Node::read).collect()),
            Err(error @ ClusterError::Forbidden { .. }) => {
                ui.warning(&format!("cannot tell the nodes' platforms: {error}"));
                None
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Live { cluster, namespace, nodes })
    }

    /// The pull secrets of the namespace.
    pub(super) async fn pull_secrets(&self, ui: &mut Ui) -> Vec<PullSecret> {
        let found = pull_secrets::read(&self.cluster, &self.namespace, &[]).await;
        found.problems.iter().for_each(|problem| ui.status(problem));
        found.secrets
    }

    /// Warns of nodes that the image may run on but is not built for.
    pub(super) fn warn(&self, item: &PinItem, selector: &NodeSelector, ui: &mut Ui) {
        let Some(nodes) = &self.nodes else { return };
        if item.built_for.is_empty() {
            ui.status(&format!("{}: platforms unknown", item.image));
            return;
        }
        for lack in lacking(&item.built_for, nodes, selector) {
            let mut named = lack.nodes.clone();
            named.truncate(MAX_NAMED);
            let more = lack.nodes.len().saturating_sub(MAX_NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            ui.warning(&format!(
                "image {} is not built for {}, the platform of {} of the {} nodes that it may run on: {}{more}",
                item.image,
                lack.platform,
                lack.nodes.len(),
                lack.candidates,
                named.join(", ")
            ));
        }
    }
}
