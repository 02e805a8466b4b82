//! The three lists of containers of a pod: what holds in each beside the rules of one container.

use std::collections::BTreeSet;

use serde_json::Value;

use super::container::{self, Pod};
use super::handlers;
use super::node::{Errors, Node};

/// Most rules for the restart of a container, and most exit codes of one.
const RULES_LIMIT: usize = 20;
const CODES_LIMIT: usize = 255;

pub(super) fn check(pod: &Node<'_>, shared: &Pod<'_>, errors: &mut Errors) {
    let containers = pod.items("containers");
    if containers.is_empty() {
        errors.required(pod.path("containers"), "");
    }
    let mut names = BTreeSet::new();
    for container in &containers {
        container::check(container, shared, errors);
        if !names.insert(container.str("name")) {
            errors.duplicate(container.path("name"), container.str("name"));
        }
        handlers::check(container, shared.grace, errors);
        check_restart(container, errors);
    }
    check_host_ports(&containers, &pod.path("containers"), errors);
    check_init(pod, shared, errors);
    check_ephemeral(pod, shared, errors);
}

fn check_init(pod: &Node<'_>, shared: &Pod<'_>, errors: &mut Errors) {
    let mut names: BTreeSet<&str> =
        pod.items("containers").iter().map(|container| container.str("name")).collect();
    for container in pod.items("initContainers") {
        container::check(&container, shared, errors);
        let always = container.str("restartPolicy") == "Always";
        if container.has("restartPolicy") {
            check_restart(&container, errors);
        } else if !container.list("restartPolicyRules").is_empty() {
            errors.required(container.path("restartPolicy"), NO_POLICY);
        }
        let name = container.str("name");
        if names.contains(name) {
            errors.duplicate(container.path("name"), name);
        } else if !name.is_empty() {
            names.insert(name);
        }
        // The server counts these one by one, from 0 each.
        check_host_ports(std::slice::from_ref(&container), &pod.path("initContainers"), errors);
        if always {
            handlers::check(&container, shared.grace, errors);
        } else {
            check_plain_init(&container, errors);
        }
    }
}

/// An init container that ends before the others begin.
fn check_plain_init(container: &Node<'_>, errors: &mut Errors) {
    let said = |name: &&str| match *name {
        "lifecycle" => handlers::has_lifecycle(container),
        name => container.has(name),
    };
    for name in
        ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"].iter().filter(|name| said(name))
    {
        let detail = "may not be set for init containers without restartPolicy=Always";
        errors.forbidden(container.path(name), detail);
    }
    for policy in container.items("resizePolicy") {
        if policy.str("restartPolicy") == "RestartContainer" {
            let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
            errors.invalid(policy.path("restartPolicy"), "RestartContainer", detail);
        }
    }
}

const NO_POLICY: &str = "must specify restartPolicy when restart rules are used";

/// The restart policy of a container of its own, and its rules.
fn check_restart(container: &Node<'_>, errors: &mut Errors) {
    let rules = container.items("restartPolicyRules");
    if container.has("restartPolicy") {
        errors.pointed_choice(container, "restartPolicy", &["Always", "Never", "OnFailure"]);
    } else if rules.is_empty() {
        return;
    } else {
        errors.required(container.path("restartPolicy"), NO_POLICY);
    }
    if rules.len() > RULES_LIMIT {
        errors.too_many(container.path("restartPolicyRules"), rules.len(), RULES_LIMIT);
    }
    for rule in rules {
        let actions = ["Restart", "RestartAllContainers"];
        if !actions.contains(&rule.str("action")) {
            errors.not_supported(rule.path("action"), rule.str("action"), &actions);
        }
        let Some(codes) = rule.set("exitCodes") else {
            errors.required(rule.path("exitCodes"), "must be specified");
            continue;
        };
        if !matches!(codes.str("operator"), "In" | "NotIn") {
            errors.not_supported(codes.path("operator"), codes.str("operator"), &["In", "NotIn"]);
        }
        let count = codes.list("values").len();
        if count > CODES_LIMIT {
            errors.too_many(codes.path("values"), count, CODES_LIMIT);
        }
    }
}

/// A port of the host belongs to one container.
fn check_host_ports(containers: &[Node<'_>], list: &str, errors: &mut Errors) {
    let mut taken = BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        for (number, port) in container.items("ports").iter().enumerate() {
            let host = port.int("hostPort").unwrap_or(0);
            if host == 0 {
                continue;
            }
            let key = format!("{}/{}/{host}", port.str_or("protocol", "TCP"), port.str("hostIP"));
            if taken.contains(&key) {
                errors.duplicate(format!("{list}[{index}].ports[{number}].hostPort"), &key);
            }
            taken.insert(key);
        }
    }
}

/// Members of a container that one for debugging may not have, in the server's order.
const NOT_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

fn check_ephemeral(pod: &Node<'_>, shared: &Pod<'_>, errors: &mut Errors) {
    let others: BTreeSet<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| pod.items(list))
        .map(|container| container.str("name"))
        .collect();
    let mut names = others.clone();
    for container in pod.items("ephemeralContainers") {
        container::check(&container, shared, errors);
        let image = container.str("image");
        if image.trim() != image {
            errors.invalid(container.path("image"), image, "must not have leading or trailing whitespace");
        }
        let (name, target) = (container.str("name"), container.str("targetContainerName"));
        if !names.insert(name) {
            errors.duplicate(container.path("name"), name);
        }
        if !target.is_empty() && !others.contains(target) {
            errors.not_found(container.path("targetContainerName"), target, "");
        }
        let detail = "cannot be set for an Ephemeral Container";
        for member in NOT_EPHEMERAL {
            let is_said = match member {
                "resources" => is_more_than_empty(container.raw(member)),
                "lifecycle" => handlers::has_lifecycle(&container),
                _ => container.has(member),
            };
            if is_said {
                errors.forbidden(container.path(member), detail);
            }
        }
        for mount in container.items("volumeMounts") {
            for member in ["subPath", "subPathExpr"] {
                if !mount.str(member).is_empty() {
                    errors.forbidden(mount.path(member), detail);
                }
            }
        }
    }
}

/// Whether a structure holds any list or map at all.
fn is_more_than_empty(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.values().any(|member| !member.is_null()))
}
