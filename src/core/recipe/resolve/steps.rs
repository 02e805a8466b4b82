//! From request and documents to a resolution.

use super::{compose, pd_cluster};
use crate::core::recipe::choice::locate::{self, Located};
use crate::core::recipe::choice::request::Request;
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::{Refusal, Stop};
use crate::core::recipe::resolution::Resolution;
use crate::core::recipe::resolve::single_node::single_node_strategies;
use crate::core::recipe::site::document::DeployType;
use crate::core::recipe::site::documents::Documents;

/// Carries a request out, as far as the documents reach.
///
/// # Errors
/// [`Stop::Need`] names what to fetch before calling again (a handful of rounds at most), [`Stop::Refused`] is final.
pub fn resolve(request: &Request, documents: &Documents) -> Result<Resolution, Stop> {
    let located = locate::locate(request, documents)?;
    check_status(request, &located)?;
    match located.rendering.deploy_type() {
        Some(DeployType::SingleNode) if located.rendering.node_count().unwrap_or(1) <= 1 => {
            compose::single_node(request, located)
        }
        Some(DeployType::SingleNode | DeployType::MultiNode) => Err(multi_node(&located).into()),
        Some(DeployType::PdCluster) => pd_cluster::compose(request, located),
        Some(DeployType::KvStoreLb) => Err(kv_store(&located).into()),
        Some(DeployType::Unknown(name)) => {
            let text = format!(
                "the recipe is deployed as {}, which this program does not know",
                crate::core::recipe::command::argv::shorten(name)
            );
            Err(one_node_instead(&located, Reason::UnknownDeployType, text).into())
        }
        None => {
            let text = format!("{} does not tell how it is deployed", located.path);
            Err(Refusal::new(Reason::Malformed, text).into())
        }
    }
}

/// What the recipe's authors say about the hardware.
fn check_status(request: &Request, located: &Located<'_>) -> Result<(), Refusal> {
    let status = located.recipe.hardware_status().find(|(id, _)| *id == located.hardware);
    if request.force || status.is_none_or(|(_, status)| status != "unsupported") {
        return Ok(());
    }
    let text = format!("the recipe's authors mark {} as unsupported", located.hardware);
    Err(Refusal::new(Reason::UnsupportedHardware, text)
        .hint("deploy it anyway with --allow-unsupported-hardware"))
}

/// One server over several nodes: no provider starts its parts and tells them where rank 0 is.
pub(in crate::core::recipe) fn multi_node(located: &Located<'_>) -> Refusal {
    let nodes = located.rendering.node_count().filter(|count| *count > 1);
    let nodes = nodes.map_or_else(|| "several nodes".to_owned(), |count| format!("{count} nodes"));
    let text = format!(
        "strategy {} of {} on {} runs one server over {nodes}, which no provider of AI Runway can start",
        located.strategy,
        located.recipe.hf_id(),
        located.hardware
    );
    one_node_instead(located, Reason::MultiNode, text)
}

fn kv_store(located: &Located<'_>) -> Refusal {
    let text = format!(
        "strategy {} of {} on {} needs several engines around a KV store with a master and a router, which no provider of \
         AI Runway can start",
        located.strategy,
        located.recipe.hf_id(),
        located.hardware
    );
    one_node_instead(located, Reason::KvStore, text)
}

/// A refusal that names the strategies for one node, or other hardware where there are none.
pub(in crate::core::recipe) fn one_node_instead(
    located: &Located<'_>,
    reason: Reason,
    text: String,
) -> Refusal {
    let strategies = single_node_strategies(located);
    if strategies.is_empty() {
        let refusal =
            Refusal::new(reason, format!("{text}; the recipe has no strategy for one node of this hardware"));
        return refusal.hint("choose --hardware with larger nodes, or a smaller --variant");
    }
    Refusal::new(reason, text).instead("--strategy", strategies)
}
