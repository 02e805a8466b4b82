//! Room on the nodes: what they could give in total, not what is free. A pod has to fit one node.

use super::answers::Answers;
use super::judge::say;
use super::needs::{Amounts, Needs, Pods, milli, shown};
use super::report::{Area, Report};
use super::{Subject, catalogue};
use crate::core::kubernetes::json::{flag_at, list_at, object, text_at};
use crate::core::kubernetes::resource::NODE;
use serde_json::Value;

/// Taints of a state that passes.
const PASSING: [&str; 2] = ["node.kubernetes.io/", "node.cloudprovider.kubernetes.io/"];

/// Compares what each kind of pod requests with the nodes that may take it.
pub(super) fn judge(subject: &Subject<'_>, needs: &Needs, answers: &Answers, report: &mut Report) {
    if needs.pods.is_empty() {
        return;
    }
    report.looked(Area::Nodes);
    let Some(nodes) = answers.list(NODE, None, None) else {
        report.hidden(Area::Nodes);
        return;
    };
    for pods in &needs.pods {
        let open: Vec<&Value> = nodes.iter().filter(|node| is_open(node, pods)).collect();
        if let Some(message) = misfit(pods, &open, nodes) {
            let hint = hint(&message, pods);
            say(report, Area::Nodes, subject, &catalogue::NO_NODE_FITS, message, Some(hint));
        } else if !pods.passing
            && let Some(message) = crowd(pods, &open)
        {
            say(report, Area::Nodes, subject, &catalogue::TOO_FEW_NODES, message, None);
        }
    }
}

fn hint(message: &str, pods: &Pods) -> String {
    let ask = if message.contains("label") || message.contains("taint") {
        "change"
    } else {
        "ask for less, or change"
    };
    let selected =
        if object(&pods.spec, &["nodeSelector"]).is_some() { "--node-selector" } else { "the nodes" };
    format!("{ask} {selected}; an autoscaler may add a node that fits")
}

/// Why no node can take such a pod; `None` when one can.
fn misfit(pods: &Pods, open: &[&Value], nodes: &[Value]) -> Option<String> {
    if open.iter().any(|node| times(node, &pods.requests) > 0) {
        return None;
    }
    if open.is_empty() {
        let selects = |node: &&Value| selected(node, pods);
        return Some(match (nodes.is_empty(), nodes.iter().any(|node| selects(&node))) {
            (true, _) => "the cluster has no nodes".to_owned(),
            (_, false) => format!("no node has the labels {}", labels(pods)),
            (_, true) => {
                "every node that the pods may use is cordoned or has a taint that they do not tolerate"
                    .to_owned()
            }
        });
    }
    for (resource, amount) in &pods.requests {
        let largest = open.iter().map(|node| allocatable(node, resource)).max().unwrap_or(0);
        if largest == 0 {
            return Some(format!("no node{} offers {resource}", allowed(pods)));
        }
        if *amount > largest {
            return Some(format!(
                "each pod requests {} {resource}, but the largest node{} has {}",
                shown(resource, *amount),
                allowed(pods),
                shown(resource, largest)
            ));
        }
    }
    let all: Vec<String> = pods
        .requests
        .iter()
        .map(|(resource, amount)| format!("{} {resource}", shown(resource, *amount)))
        .collect();
    Some(format!("no single node{} has {}", allowed(pods), all.join(" and ")))
}

fn allowed(pods: &Pods) -> &'static str {
    if object(&pods.spec, &["nodeSelector"]).is_some_and(|selector| !selector.is_empty()) {
        " that the node selector allows"
    } else {
        ""
    }
}

fn labels(pods: &Pods) -> String {
    let selector = object(&pods.spec, &["nodeSelector"]);
    let pairs = selector.into_iter().flatten();
    pairs
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Whether the nodes together hold too few of such pods.
fn crowd(pods: &Pods, open: &[&Value]) -> Option<String> {
    // Where nothing is scarce but CPU and memory the count of what runs elsewhere would say more than this.
    let scarce: Vec<&String> = pods.requests.keys().filter(|resource| resource.contains('/')).collect();
    let room = open.iter().map(|node| times(node, &pods.requests)).fold(0, i64::saturating_add);
    let first = scarce.first()?;
    (pods.replicas > room).then(|| {
        let each = shown(first, pods.requests.get(*first).copied().unwrap_or(0));
        format!("{} pods request {each} {first} each, but the nodes have room for {room}", pods.replicas)
    })
}

/// How many pods a node could hold if it were empty.
pub(super) fn times(node: &Value, requests: &Amounts) -> i64 {
    let fits = |(resource, amount): (&String, &i64)| allocatable(node, resource) / (*amount).max(1);
    requests.iter().map(fits).min().unwrap_or(i64::MAX)
}

/// What a node could give, in thousandths.
pub(super) fn allocatable(node: &Value, resource: &str) -> i64 {
    node.pointer("/status/allocatable").and_then(|all| all.get(resource)).and_then(milli).unwrap_or(0)
}

/// Whether a node takes such pods at all.
pub(super) fn is_open(node: &Value, pods: &Pods) -> bool {
    let taints = list_at(node, "/spec/taints").iter();
    let mut keeping = taints.filter(|taint| text_at(taint, "/effect") != "PreferNoSchedule");
    !flag_at(node, "/spec/unschedulable")
        && selected(node, pods)
        && !keeping.any(|taint| !tolerated(taint, pods))
}

fn selected(node: &Value, pods: &Pods) -> bool {
    let label = |key: &String| node.pointer("/metadata/labels").and_then(|labels| labels.get(key));
    object(&pods.spec, &["nodeSelector"])
        .into_iter()
        .flatten()
        .all(|(key, value)| label(key).is_some_and(|found| found == value))
}

fn tolerated(taint: &Value, pods: &Pods) -> bool {
    let key = text_at(taint, "/key");
    // A pod that requests a device tolerates the taint of its name where the cluster adds that, as many do.
    if PASSING.iter().any(|prefix| key.starts_with(prefix)) || pods.requests.contains_key(key) {
        return true;
    }
    list_at(&pods.spec, "/tolerations").iter().any(|toleration| {
        let text = |pointer: &str| text_at(toleration, pointer);
        let effect = text("/effect").is_empty() || text("/effect") == text_at(taint, "/effect");
        let exists = text("/operator") == "Exists";
        let same_key = text("/key") == key || (text("/key").is_empty() && exists);
        effect && same_key && (exists || text("/value") == text_at(taint, "/value"))
    })
}
