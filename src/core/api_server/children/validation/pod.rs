//! The pod of a template.

use std::collections::BTreeSet;

use super::container::Pod;
use super::node::{Errors, Node};
use super::resources::check_overhead;
use super::shown::{self, RESOURCE_CLAIM};
use super::texts::{check_label_name, check_labels, subdomain_with_underscores};
use super::windows::all_containers;
use super::{containers, network, placement, pod_resources, security, volumes, windows};
use crate::core::kubernetes::names;
use crate::core::schema::text;

/// What the server fills in for `terminationGracePeriodSeconds`.
const GRACE_SECONDS: i64 = 30;
/// Most name servers, search domains, and bytes of all search domains with a blank between them.
const NAME_SERVERS_LIMIT: usize = 3;
const SEARCHES_LIMIT: usize = 32;
const SEARCH_BYTES_LIMIT: usize = 2048;
/// Longest name of a host that a pod may take, in bytes.
const HOST_LIMIT: usize = 64;

pub(super) fn check(pod: &Node<'_>, errors: &mut Errors) {
    let shared = Pod {
        volumes: volumes::check(pod, errors),
        claims: pod
            .items("resourceClaims")
            .iter()
            .map(|it| it.str("name"))
            .filter(|it| !it.is_empty())
            .collect(),
        restart: pod.str_or("restartPolicy", "Always"),
        host_users: pod.raw("hostUsers").as_bool().unwrap_or(true),
        grace: pod.int("terminationGracePeriodSeconds").unwrap_or(GRACE_SECONDS),
    };
    check_claims(pod, errors);
    containers::check(pod, &shared, errors);
    pod_resources::check(pod, &shared.claims, errors);
    check_host_network(pod, errors);
    errors.choice(pod, "restartPolicy", &["Always", "OnFailure", "Never"]);
    errors.choice(pod, "dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    check_labels(pod, "nodeSelector", &pod.path("nodeSelector"), errors);
    security::check_pod(pod, errors);
    placement::check_affinity(&pod.at("affinity"), errors);
    check_dns(pod, errors);
    check_gates(pod, errors);
    placement::check_spread(pod, errors);
    windows::check_host_processes(pod, errors);
    if !shared.host_users {
        check_users(pod, errors);
    }
    check_host_name(pod, errors);
    check_names(pod, errors);
    placement::check_tolerations(pod, errors);
    for alias in pod.items("hostAliases") {
        network::check(alias.str("ip"), &alias.path("ip"), errors);
        for name in alias.items("hostnames") {
            let text = name.value.as_str().unwrap_or_default();
            errors.each(&name.path, text, names::subdomain_errors(text));
        }
    }
    if pod.has("preemptionPolicy") && pod.str("preemptionPolicy").is_empty() {
        errors.required(pod.path("preemptionPolicy"), "");
    }
    errors.choice(pod, "preemptionPolicy", &["PreemptLowerPriority", "Never"]);
    check_overhead(&pod.at("overhead"), errors);
    windows::check_system(pod, errors);
    check_files(pod, errors);
}

/// Names of other objects, and of the pod itself.
fn check_names(pod: &Node<'_>, errors: &mut Errors) {
    let account = pod.str("serviceAccountName");
    let account = if account.is_empty() { pod.str("serviceAccount") } else { account };
    errors.each(&pod.path("serviceAccountName"), account, name_errors(account));
    let deadline = pod.int("activeDeadlineSeconds");
    if let Some(seconds) = deadline.filter(|seconds| !(1..=i64::from(i32::MAX)).contains(seconds)) {
        let detail = "must be between 1 and 2147483647, inclusive";
        errors.invalid_number(pod.path("activeDeadlineSeconds"), seconds, detail);
    }
    for member in ["nodeName", "priorityClassName"] {
        errors.each(&pod.path(member), pod.str(member), name_errors(pod.str(member)));
    }
    for member in ["hostname", "subdomain"].into_iter().filter(|member| !pod.str(member).is_empty()) {
        errors.each(&pod.path(member), pod.str(member), names::label_errors(pod.str(member)));
    }
    if pod.has("runtimeClassName") {
        let name = pod.str("runtimeClassName");
        errors.each(&pod.path("runtimeClassName"), name, names::subdomain_errors(name));
    }
}

/// What is wrong with a name; nothing when none is said.
fn name_errors(name: &str) -> Vec<String> {
    if name.is_empty() { Vec::new() } else { names::subdomain_errors(name) }
}

fn check_claims(pod: &Node<'_>, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for claim in pod.items("resourceClaims") {
        let (name, path) = (claim.str("name"), claim.path("name"));
        if names.contains(name) && !name.is_empty() {
            errors.duplicate(path, name);
        } else {
            check_label_name(name, &path, errors);
            names.insert(name);
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        let detail = match sources.iter().filter(|member| claim.has(member)).count() {
            0 => "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            1 => "",
            _ => "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
        };
        if !detail.is_empty() {
            errors.invalid_shown(claim.path.clone(), shown::shown(claim.value, &RESOURCE_CLAIM), detail);
        }
        for member in sources.into_iter().filter(|member| claim.has(member)) {
            let name = claim.str(member);
            errors.each(&claim.path(member), name, names::subdomain_errors(name));
        }
    }
}

fn check_host_network(pod: &Node<'_>, errors: &mut Errors) {
    let containers = if pod.flag("hostNetwork") { pod.items("containers") } else { Vec::new() };
    for port in containers.iter().flat_map(|container| container.items("ports")) {
        let host = port.int("hostPort").unwrap_or(0);
        if host != 0 && host != port.int("containerPort").unwrap_or(0) {
            let detail = "must match `containerPort` when `hostNetwork` is true";
            errors.invalid_number(port.path("hostPort"), host, detail);
        }
    }
}

fn check_dns(pod: &Node<'_>, errors: &mut Errors) {
    let config = pod.at("dnsConfig");
    let servers = config.items("nameservers");
    if pod.str("dnsPolicy") == "None" {
        if !config.is_set() {
            return errors.required(config.path, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return errors.required(config.path("nameservers"), detail);
        }
    }
    if servers.len() > NAME_SERVERS_LIMIT {
        let detail = format!("must not have more than {NAME_SERVERS_LIMIT} nameservers");
        errors.invalid_json(config.path("nameservers"), config.raw("nameservers"), detail);
    }
    for server in &servers {
        network::check(server.value.as_str().unwrap_or_default(), &server.path, errors);
    }
    let searches = config.texts("searches");
    if searches.len() > SEARCHES_LIMIT {
        let detail = format!("must not have more than {SEARCHES_LIMIT} search paths");
        errors.invalid_json(config.path("searches"), config.raw("searches"), detail);
    }
    if searches.join(" ").len() > SEARCH_BYTES_LIMIT {
        let detail = format!(
            "must not have more than {SEARCH_BYTES_LIMIT} characters (including spaces) in the search list"
        );
        errors.invalid_json(config.path("searches"), config.raw("searches"), detail);
    }
    let path = config.path("searches");
    for (index, search) in searches.into_iter().enumerate().filter(|(_, search)| *search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        errors.each(&format!("{path}[{index}]"), search, subdomain_with_underscores(search));
    }
    for option in config.items("options").into_iter().filter(|option| option.str("name").is_empty()) {
        errors.required(option.path, "must not be empty");
    }
}

fn check_gates(pod: &Node<'_>, errors: &mut Errors) {
    for gate in pod.items("readinessGates") {
        let kind = gate.str("conditionType");
        errors.each(&gate.path("conditionType"), kind, names::label_key_errors(kind));
    }
    let mut seen = BTreeSet::new();
    for gate in pod.items("schedulingGates") {
        let name = gate.str("name");
        errors.each(&gate.path, name, names::label_key_errors(name));
        if !seen.insert(name) {
            errors.duplicate(gate.path, name);
        }
    }
}

/// What a pod with users of its own may not share with its host.
fn check_users(pod: &Node<'_>, errors: &mut Errors) {
    let detail = "when `hostUsers` is false";
    for (member, path) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if pod.flag(member) {
            errors.forbidden(pod.path(path), detail);
        }
    }
    for container in all_containers(pod) {
        if !container.list("volumeDevices").is_empty() {
            errors.forbidden(container.path("volumeDevices"), detail);
        }
    }
}

fn check_host_name(pod: &Node<'_>, errors: &mut Errors) {
    if !pod.has("hostnameOverride") {
        return;
    }
    let (name, path) = (pod.str("hostnameOverride"), pod.path("hostnameOverride"));
    if pod.flag("setHostnameAsFQDN") {
        errors.forbidden(&path, "may not be specified when setHostnameAsFQDN is true");
    }
    if pod.flag("hostNetwork") {
        errors.forbidden(&path, "may not be specified when hostNetwork is true");
    }
    if name.len() > HOST_LIMIT {
        errors.too_long(&path, HOST_LIMIT);
    }
    errors.each(&path, name, names::subdomain_errors(name));
}

/// Variables that are read from files: these are in a volume that the pod fills itself.
fn check_files(pod: &Node<'_>, errors: &mut Errors) {
    let volumes = pod.items("volumes");
    for variable in all_containers(pod).iter().flat_map(|container| container.items("env")) {
        let Some(file) = variable.at("valueFrom").set("fileKeyRef") else { continue };
        let (name, path) = (file.str("volumeName"), file.path("volumeName"));
        match volumes.iter().rev().find(|volume| volume.str("name") == name) {
            None => errors.not_found(path, name, ""),
            Some(volume) if volumes_is_empty_dir(volume) => {}
            Some(_) => errors.invalid(path, name, "referenced volume must be of type emptyDir"),
        }
    }
}

/// A volume without a kind is one that the pod fills.
fn volumes_is_empty_dir(volume: &Node<'_>) -> bool {
    let has_kind =
        volume.value.as_object().into_iter().flatten().any(|(name, it)| name != "name" && !it.is_null());
    volume.has("emptyDir") || !has_kind
}

/// The labels of a template as JSON: null when there are none at all.
pub(super) fn shown_labels(metadata: &Node<'_>) -> String {
    text::json(metadata.raw("labels"))
}
