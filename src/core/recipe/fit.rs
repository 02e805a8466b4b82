//! Whether a cluster's nodes can hold what a recipe asks for.
//!
//! Read from the nodes alone: what they could give (`status.allocatable`), and what the device plugins' labels say about
//! the accelerators (NVIDIA GPU feature discovery, AMD GPU operator). What other pods hold is not counted, and an autoscaler
//! may add nodes, so everything here is a warning and none a refusal.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::core::kind::model_deployment::provider::provider;
use crate::core::kubernetes::json::{flag_at, integer_at};
use crate::core::kubernetes::quantity::Quantity;
use crate::core::recipe::resolution::Resolution;

/// Labels that name the product of a node's accelerators.
const PRODUCT_LABELS: [&str; 4] = [
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "beta.amd.com/gpu.product-name",
    "cloud.google.com/gke-accelerator",
];
/// What AI Runway asks for when no type is named.
const DEFAULT_ACCELERATOR: &str = "nvidia.com/gpu";
/// Most products that one message names.
const MAX_NAMED: usize = 4;

/// Pods of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pods {
    /// What they are, for messages: `pod`, `prefill pod`, `decode pod`.
    pub what: &'static str,
    /// How many.
    pub replicas: i64,
    /// Accelerators of each.
    pub gpus: i64,
}

/// What is asked of the nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Extended resource, for example `nvidia.com/gpu`.
    pub accelerator: String,
    /// Hardware id of the recipe.
    pub hardware: String,
    /// Memory that the weights and what belongs to them need in each pod, in GB.
    pub memory_gb: Option<f64>,
    /// The pods.
    pub pods: Vec<Pods>,
    /// `spec.nodeSelector`.
    pub node_selector: Vec<(String, String)>,
}

impl Demand {
    /// What an object asks for that was made from a resolution, with everything that flags changed in it.
    pub fn of(object: &Value, resolution: &Resolution) -> Demand {
        let number = |pointer: String| integer_at(object, &pointer);
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let pods = |what, gpus: &str, replicas: &str| {
            let gpus = number(format!("{gpus}/count"))?;
            Some(Pods { what, gpus, replicas: number(format!("{replicas}/replicas")).unwrap_or(1) })
        };
        let kinds = [
            pods("pod", "/spec/resources/gpu", "/spec/scaling"),
            pods("prefill pod", "/spec/scaling/prefill/gpu", "/spec/scaling/prefill"),
            pods("decode pod", "/spec/scaling/decode/gpu", "/spec/scaling/decode"),
        ];
        // Most shims ask for NVIDIA's resource, whatever the object says (airunway-providers.md section 3).
        let shim = text("/spec/provider/name").and_then(|name| provider(&name));
        let honored = shim.is_none_or(|shim| shim.facts().gpu_type);
        let named =
            text("/spec/resources/gpu/type").or_else(|| resolution.accelerator.clone()).filter(|_| honored);
        let selector = object.pointer("/spec/nodeSelector").and_then(Value::as_object);
        let selector = selector.into_iter().flatten();
        Demand {
            accelerator: named.unwrap_or_else(|| DEFAULT_ACCELERATOR.to_owned()),
            hardware: resolution.hardware.clone(),
            memory_gb: resolution.vram_minimum_gb,
            pods: kinds.into_iter().flatten().filter(|pods| pods.gpus > 0 && pods.replicas > 0).collect(),
            node_selector: selector
                .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .collect(),
        }
    }
}

/// What would not fit, each a fragment; empty when the nodes can hold it all.
pub fn shortfalls(demand: &Demand, nodes: &[Value]) -> Vec<String> {
    let nodes: Vec<Node<'_>> = nodes
        .iter()
        .filter(|node| takes_pods(node, &demand.node_selector))
        .map(|node| Node::read(node, &demand.accelerator))
        .filter(|node| node.gpus > 0)
        .collect();
    let selected = if demand.node_selector.is_empty() { "" } else { " that the node selector allows" };
    if nodes.is_empty() && !demand.pods.is_empty() {
        return vec![format!("no node{selected} offers {}", demand.accelerator)];
    }
    demand.pods.iter().flat_map(|pods| of_kind(demand, pods, &nodes)).collect()
}

fn of_kind(demand: &Demand, pods: &Pods, nodes: &[Node<'_>]) -> Vec<String> {
    let Pods { what, replicas, gpus } = pods;
    let accelerator = &demand.accelerator;
    let largest = nodes.iter().map(|node| node.gpus).max().unwrap_or_default();
    if *gpus > largest {
        return vec![format!("each {what} needs {gpus} {accelerator}, but the largest node has {largest}")];
    }
    let fitting: Vec<&Node<'_>> = nodes.iter().filter(|node| node.gpus >= *gpus).collect();
    let mut found = Vec::new();
    let products: BTreeSet<&str> = fitting.iter().filter_map(|node| node.product).collect();
    let right = |node: &&&Node<'_>| node.product.is_none_or(|product| is_hardware(&demand.hardware, product));
    let suited: Vec<&&Node<'_>> = fitting.iter().filter(right).collect();
    if suited.is_empty() {
        found.push(format!(
            "the recipe is tuned for {}, but the nodes have {}",
            demand.hardware,
            named(&products)
        ));
    } else if suited.len() < fitting.len() {
        let wrong = products.into_iter().filter(|product| !is_hardware(&demand.hardware, product)).collect();
        found.push(format!(
            "the recipe is tuned for {}, but a {what} may also be scheduled to nodes with {}",
            demand.hardware,
            named(&wrong)
        ));
    }
    let memory = |node: &&&Node<'_>| node.memory_gb.map(|memory| memory * *gpus as f64);
    let known: Option<Vec<f64>> = fitting.iter().map(|node| memory(&node)).collect();
    let most = known.unwrap_or_default().into_iter().reduce(f64::max);
    if let (Some(needed), Some(most)) = (demand.memory_gb, most)
        && needed > most
    {
        found.push(format!(
            "the weights need {needed:.0} GB in each {what}, but its {gpus} {accelerator} have at most {most:.0} GB"
        ));
    }
    let room: i64 = fitting.iter().map(|node| node.gpus / gpus).sum();
    if *replicas > room {
        found.push(format!(
            "{replicas} {what}s need {gpus} {accelerator} each, but the nodes have room for {room}"
        ));
    }
    found
}

/// The hardware ids among `ids` whose accelerators some node has, by the nodes' product labels.
pub fn hardware_of<'a>(ids: impl IntoIterator<Item = &'a str>, nodes: &[Value]) -> BTreeSet<&'a str> {
    let products: BTreeSet<&str> = nodes.iter().filter_map(product).collect();
    ids.into_iter().filter(|id| products.iter().any(|product| is_hardware(id, product))).collect()
}

struct Node<'a> {
    gpus: i64,
    product: Option<&'a str>,
    /// Of one accelerator.
    memory_gb: Option<f64>,
}

impl<'a> Node<'a> {
    fn read(node: &'a Value, accelerator: &str) -> Node<'a> {
        let allocatable = node.pointer("/status/allocatable").and_then(|all| all.get(accelerator));
        let gpus = allocatable
            .and_then(Value::as_str)
            .and_then(|text| Quantity::parse(text).ok()?.to_i64())
            .unwrap_or_default();
        Node { gpus, product: product(node), memory_gb: memory_gb(node) }
    }
}

fn label<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node.pointer("/metadata/labels")?.get(key)?.as_str()
}

fn product(node: &Value) -> Option<&str> {
    PRODUCT_LABELS.iter().find_map(|key| label(node, key)).filter(|product| !product.is_empty())
}

/// NVIDIA's label is in MiB; AMD's has a unit, `192G`.
fn memory_gb(node: &Value) -> Option<f64> {
    if let Some(mebibytes) = label(node, "nvidia.com/gpu.memory") {
        return Some(mebibytes.parse::<u32>().ok()? as f64 * 1.048_576 / 1_000.0);
    }
    let text = label(node, "amd.com/gpu.vram").or_else(|| label(node, "beta.amd.com/gpu.vram"))?;
    text.trim_end_matches(['B', 'i']).strip_suffix('G')?.parse::<u32>().ok().map(f64::from)
}

fn takes_pods(node: &Value, selector: &[(String, String)]) -> bool {
    !flag_at(node, "/spec/unschedulable")
        && selector.iter().all(|(key, value)| label(node, key) == Some(value))
}

/// Whether a product label names the hardware of a recipe: its words stand in the label one behind the other.
fn is_hardware(id: &str, product: &str) -> bool {
    let product = product.to_ascii_lowercase();
    let words: Vec<&str> = product.split(|character: char| !character.is_ascii_alphanumeric()).collect();
    // A slice of an accelerator is not what a recipe was tuned on.
    if words.contains(&"mig") {
        return false;
    }
    let id = id.to_ascii_lowercase();
    let id = ["dgx_station_", "dgx_spark_"].iter().find_map(|prefix| id.strip_prefix(prefix)).unwrap_or(&id);
    let mut wanted: Vec<&str> = id.split('_').collect();
    let is_count = |word: &&str| word.strip_suffix('x').is_some_and(|count| count.parse::<u8>().is_ok());
    if wanted.len() > 1 && wanted.last().is_some_and(is_count) {
        wanted.pop();
    }
    words.windows(wanted.len()).any(|window| window == wanted)
}

fn named(products: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = products.iter().take(MAX_NAMED).copied().collect();
    let more = products.len().saturating_sub(MAX_NAMED);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

#[cfg(test)]
mod tests;
