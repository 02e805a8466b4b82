//! Which nodes of a cluster an image has no build for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Platform;
use crate::core::kubernetes::json::{flag_at, list_at, text_at};

/// Labels that a node must carry to be chosen.
pub type NodeSelector = BTreeMap<String, String>;

/// Effects of a taint that keep pods away which do not tolerate it.
const REPELLING: [&str; 2] = ["NoSchedule", "NoExecute"];
/// Taints of nodes that run the cluster itself.
const CONTROL_PLANE: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/// A node that takes pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    name: String,
    platform: Platform,
    labels: BTreeMap<String, String>,
}

/// Nodes of one platform that an image is not built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Their platform.
    pub platform: Platform,
    /// Their names, sorted.
    pub nodes: Vec<String>,
    /// How many nodes could have been chosen in all.
    pub candidates: usize,
}

impl Node {
    /// Reads a Kubernetes `Node`; `None` when it is cordoned, runs the control plane alone, or does not say its platform.
    ///
    /// The platform is `status.nodeInfo`, which the kubelet reports, not a label that anybody may write.
    pub fn read(object: &Value) -> Option<Node> {
        let text = |pointer: &str| Some(text_at(object, pointer)).filter(|text| !text.is_empty());
        let has = |taint: &Value, member: &str, texts: &[&str]| {
            taint.get(member).and_then(Value::as_str).is_some_and(|text| texts.contains(&text))
        };
        let reserved = list_at(object, "/spec/taints")
            .iter()
            .any(|taint| has(taint, "key", &CONTROL_PLANE) && has(taint, "effect", &REPELLING));
        if reserved || flag_at(object, "/spec/unschedulable") {
            return None;
        }
        let (os, architecture) =
            (text("/status/nodeInfo/operatingSystem")?, text("/status/nodeInfo/architecture")?);
        let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
        let labels = labels.into_iter().flatten();
        Some(Node {
            name: text("/metadata/name")?.to_owned(),
            platform: format!("{os}/{architecture}").parse().ok()?,
            labels: labels
                .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .collect(),
        })
    }

    fn is_chosen(&self, selector: &NodeSelector) -> bool {
        selector.iter().all(|(key, value)| self.labels.get(key) == Some(value))
    }
}

/// The nodes that `selector` leaves and that run nothing of `built_for`, by platform.
pub fn lacking(built_for: &[Platform], nodes: &[Node], selector: &NodeSelector) -> Vec<Lack> {
    let candidates: Vec<&Node> = nodes.iter().filter(|node| node.is_chosen(selector)).collect();
    let without =
        candidates.iter().filter(|node| !built_for.iter().any(|built| node.platform.accepts(built)));
    let mut by_platform: BTreeMap<&Platform, BTreeSet<&str>> = BTreeMap::new();
    for node in without {
        by_platform.entry(&node.platform).or_default().insert(&node.name);
    }
    let lack = |(platform, nodes): (&Platform, BTreeSet<&str>)| Lack {
        platform: platform.clone(),
        nodes: nodes.into_iter().map(str::to_owned).collect(),
        candidates: candidates.len(),
    };
    by_platform.into_iter().map(lack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(name: &str, architecture: &str, spec: Value) -> Option<Node> {
        Node::read(&json!({"metadata": {"name": name, "labels": {"pool": name}}, "spec": spec,
            "status": {"nodeInfo": {"operatingSystem": "linux", "architecture": architecture}}}))
    }

    #[test]
    fn nodes_that_take_no_pods_do_not_count() {
        assert!(node("a", "amd64", json!({})).is_some());
        assert_eq!(node("a", "amd64", json!({"unschedulable": true})), None);
        let taint = |effect: &str| json!({"taints": [{"key": CONTROL_PLANE[0], "effect": effect}]});
        assert_eq!(node("a", "amd64", taint("NoSchedule")), None);
        assert!(node("a", "amd64", taint("PreferNoSchedule")).is_some());
        assert_eq!(node("a", "", json!({})), None);
        assert_eq!(Node::read(&json!(null)), None);
    }

    #[test]
    fn the_selector_says_which_nodes_matter() {
        let nodes: Vec<Node> = [("a", "amd64"), ("b", "arm64"), ("c", "arm64"), ("d", "s390x")]
            .into_iter()
            .filter_map(|(name, architecture)| node(name, architecture, json!({})))
            .collect();
        let built_for: Vec<Platform> =
            ["linux/amd64", "linux/s390x"].iter().map(|text| text.parse().expect("a platform")).collect();
        let all = lacking(&built_for, &nodes, &NodeSelector::new());
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].platform.to_string(), all[0].candidates), ("linux/arm64".to_owned(), 4));
        assert_eq!(all[0].nodes, ["b", "c"]);
        let chosen = |pool: &str| lacking(&built_for, &nodes, &[("pool".to_owned(), pool.to_owned())].into());
        assert!(chosen("a").is_empty());
        assert_eq!(chosen("b")[0].candidates, 1);
        let variant: Platform = "linux/arm64/v8".parse().expect("a platform");
        assert!(lacking(&[variant], &nodes[1..3], &NodeSelector::new()).is_empty());
    }
}
