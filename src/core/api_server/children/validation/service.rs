//! Services.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::network;
use super::node::{Errors, Node};
use super::texts::{PORT_RANGE, check_label_name, check_labels, check_port_or, is_port};
use crate::core::kubernetes::names;
use crate::core::schema::ErrorKind;
use crate::core::schema::text::{json_string, quote};

const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const MODE: &str = "service.kubernetes.io/topology-mode";
const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
/// Longest time that a client stays with one pod, and what the server fills in, in seconds.
const LONGEST_AFFINITY: i64 = 86400;
const AFFINITY: i64 = 10800;
/// The ports of nodes that a server gives out unless it is told others.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30000..=32767;
const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const FOR_BALANCERS: &str = "may only be used when `type` is 'LoadBalancer'";

pub(super) fn check(object: &Node<'_>, errors: &mut Errors) {
    let spec = object.at("spec");
    let kind = spec.str_or("type", "ClusterIP");
    let addresses = cluster_addresses(&spec);
    if kind != "ExternalName" {
        let mut related = Errors::default();
        check_addresses(&spec, &addresses, &mut related);
        if !related.list.is_empty() {
            // The server gives out addresses before it judges anything, and stops here.
            errors.list = related.list;
            return;
        }
        check_allocation(&spec, &addresses, &mut related);
        errors.unknown.append(&mut related.unknown);
        if !related.list.is_empty() {
            errors.list = related.list;
            return;
        }
    }
    check_annotations(object, errors);
    let is_headless = spec.str("clusterIP") == "None";
    if spec.list("ports").is_empty() && !is_headless && kind != "ExternalName" {
        errors.required(spec.path("ports"), "");
    }
    check_type(&spec, kind, is_headless, &addresses, errors);
    check_ports(&spec, kind, errors);
    check_labels(&spec, "selector", &spec.path("selector"), errors);
    check_affinity(&spec, errors);
    for address in spec.items("externalIPs") {
        let text = address.value.as_str().unwrap_or_default();
        if let Some(read) = network::check(text, &address.path, errors) {
            network::check_external(&read, text, &address.path, errors);
        }
    }
    check_balancer(object, &spec, kind, errors);
    check_traffic(&spec, kind, errors);
}

/// The addresses that are asked for; one of the two members stands for the other.
fn cluster_addresses<'a>(spec: &Node<'a>) -> Vec<&'a str> {
    match (spec.texts("clusterIPs"), spec.str("clusterIP")) {
        (several, one) if several.is_empty() && !one.is_empty() => vec![one],
        (several, _) => several,
    }
}

fn list_shown(addresses: &[&str]) -> String {
    format!("[{}]", addresses.iter().map(|it| json_string(it)).collect::<Vec<_>>().join(","))
}

fn check_addresses(spec: &Node<'_>, addresses: &[&str], errors: &mut Errors) {
    let path = spec.path("clusterIPs");
    let refuse =
        |detail: &str, errors: &mut Errors| errors.invalid_shown(&path, list_shown(addresses), detail);
    match (spec.str("clusterIP"), addresses.first()) {
        ("", Some(_)) => refuse("must be empty when `clusterIP` is not specified", errors),
        (one, Some(first)) if one != *first => refuse("first value must match `clusterIP`", errors),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for family in spec.items("ipFamilies") {
        let name = family.value.as_str().unwrap_or_default();
        if !matches!(name, "IPv4" | "IPv6") {
            errors.not_supported(family.path.clone(), name, &["IPv4", "IPv6"]);
        }
        if !seen.insert(name) {
            errors.duplicate_typed(family.path, name);
        }
    }
    errors.pointed_choice(spec, "ipFamilyPolicy", &["PreferDualStack", "RequireDualStack", "SingleStack"]);
    let mut is_wrong = false;
    let mut read = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        if index == 0 && *address == "None" {
            if addresses.len() > 1 {
                is_wrong = true;
                refuse("'None' must be the first and only value", errors);
            }
            continue;
        }
        match network::check(address, &format!("{path}[{index}]"), errors) {
            Some(address) => read.push(address),
            None => is_wrong = true,
        }
    }
    if addresses.len() > 2 {
        refuse("may only hold up to 2 values", errors);
    }
    if is_wrong {
        return;
    }
    if addresses.len() > 1 && read.iter().all(IpAddr::is_ipv4) | read.iter().all(IpAddr::is_ipv6) {
        refuse("may specify no more than one IP for each IP family", errors);
    }
    for (index, (address, family)) in read.iter().zip(spec.texts("ipFamilies")).enumerate() {
        if family == "IPv4" && !address.is_ipv4() || family == "IPv6" && address.is_ipv4() {
            let shown = addresses.get(index).copied().unwrap_or_default();
            let detail = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            errors.invalid(format!("{path}[{index}]"), shown, detail);
        }
    }
}

/// What giving out addresses and ports says.
fn check_allocation(spec: &Node<'_>, addresses: &[&str], errors: &mut Errors) {
    let path = spec.path("ipFamilyPolicy");
    let policy = spec.str("ipFamilyPolicy");
    let is_headless = spec.str("clusterIP") == "None";
    let is_without_selector = is_headless && spec.members("selector").is_empty();
    if policy == "SingleStack" || policy.is_empty() && !is_without_selector {
        for (count, what) in
            [(addresses.len(), "cluster IPs"), (spec.list("ipFamilies").len(), "IP families")]
        {
            if count == 2 {
                let detail = format!(
                    "must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                );
                errors.invalid(&path, "SingleStack", detail);
            }
        }
        if !errors.list.is_empty() {
            return;
        }
    }
    let why = "it depends on the addresses that the cluster gives out";
    if addresses.iter().any(|address| *address != "None") {
        errors.not_foretold(spec.path("clusterIP"), why);
    }
    if !is_without_selector {
        if policy == "RequireDualStack" {
            errors.not_foretold(path, why);
        }
        if spec.texts("ipFamilies").contains(&"IPv6") {
            errors.not_foretold(spec.path("ipFamilies"), why);
        }
    }
    if matches!(spec.str("type"), "NodePort" | "LoadBalancer") {
        for port in spec.items("ports") {
            if port.int("nodePort").is_some_and(|number| number != 0 && !NODE_PORTS.contains(&number)) {
                errors.not_foretold(
                    port.path("nodePort"),
                    "it depends on the node ports that the cluster gives out",
                );
            }
        }
    }
}

fn check_annotations(object: &Node<'_>, errors: &mut Errors) {
    let annotations = object.at("metadata").at("annotations");
    if annotations.has(HINTS) && annotations.has(MODE) && annotations.str(HINTS) != annotations.str(MODE) {
        let detail = format!("must match annotations[{HINTS}] when both are specified");
        errors.invalid(annotations.key(MODE), annotations.str(MODE), detail);
    }
}

fn check_type(spec: &Node<'_>, kind: &str, is_headless: bool, addresses: &[&str], errors: &mut Errors) {
    errors.choice(spec, "type", &TYPES);
    if matches!(kind, "LoadBalancer" | "NodePort") && is_headless {
        let detail = format!("may not be set to 'None' for {kind} services");
        errors.invalid(format!("{}[0]", spec.path("clusterIPs")), "None", detail);
    }
    if kind != "ExternalName" {
        return;
    }
    let is_said = [
        ("clusterIPs", !addresses.is_empty()),
        ("ipFamilies", !spec.list("ipFamilies").is_empty()),
        ("ipFamilyPolicy", spec.has("ipFamilyPolicy")),
    ];
    for (member, _) in is_said.into_iter().filter(|(_, is_said)| *is_said) {
        errors.forbidden(spec.path(member), "may not be set for ExternalName services");
    }
    let name = spec.str("externalName");
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        errors.required(spec.path("externalName"), "");
    } else {
        errors.each(&spec.path("externalName"), name, names::subdomain_errors(name));
    }
}

fn check_ports(spec: &Node<'_>, kind: &str, errors: &mut Errors) {
    let ports = spec.items("ports");
    let (mut names, mut of_nodes, mut of_services) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for port in &ports {
        let (name, number) = (port.str("name"), port.int("port").unwrap_or_default());
        if !name.is_empty() {
            check_label_name(name, &port.path("name"), errors);
            if !names.insert(name) {
                errors.duplicate(port.path("name"), name);
            }
        } else if ports.len() > 1 {
            errors.required(port.path("name"), "");
        }
        if !is_port(number) {
            errors.invalid_number(port.path("port"), number, PORT_RANGE);
        }
        errors.choice(port, "protocol", &["SCTP", "TCP", "UDP"]);
        check_target(port, number, errors);
        if port.has("appProtocol") {
            let protocol = port.str("appProtocol");
            errors.each(&port.path("appProtocol"), protocol, names::label_key_errors(protocol));
        }
        let protocol = port.str_or("protocol", "TCP");
        let of_node = port.int("nodePort").unwrap_or_default();
        if of_node != 0 && kind == "ClusterIP" {
            errors.forbidden(port.path("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
        if of_node != 0 && !of_nodes.insert((protocol, of_node)) {
            let shown = Some(of_node.to_string());
            errors.push(ErrorKind::Duplicate, port.path("nodePort"), shown, "");
        }
        if !of_services.insert((protocol, number)) {
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}",
                json_string(protocol)
            );
            errors.push(ErrorKind::Duplicate, port.path.clone(), Some(shown), "");
        }
    }
}

/// The port of the pods; without one, or with an empty or zero one, the port of the Service.
fn check_target(port: &Node<'_>, number: i64, errors: &mut Errors) {
    let says_none = port.raw("targetPort").as_str() == Some("") || port.int("targetPort") == Some(0);
    if says_none {
        if !is_port(number) {
            errors.invalid_number(port.path("targetPort"), number, PORT_RANGE);
        }
    } else {
        check_port_or(port, "targetPort", number, errors);
    }
}

fn check_affinity(spec: &Node<'_>, errors: &mut Errors) {
    errors.choice(spec, "sessionAffinity", &["ClientIP", "None"]);
    let config = spec.at("sessionAffinityConfig");
    if spec.str("sessionAffinity") == "ClientIP" {
        let client = config.at("clientIP");
        let seconds = client.int("timeoutSeconds").unwrap_or(AFFINITY);
        if !(1..=LONGEST_AFFINITY).contains(&seconds) {
            let detail = format!("must be greater than 0 and less than {LONGEST_AFFINITY}");
            errors.invalid_number(client.path("timeoutSeconds"), seconds, detail);
        }
    }
}

fn check_balancer(object: &Node<'_>, spec: &Node<'_>, kind: &str, errors: &mut Errors) {
    let is_balancer = kind == "LoadBalancer";
    let ranges = spec.list("loadBalancerSourceRanges");
    let annotations = object.at("metadata").at("annotations");
    if !ranges.is_empty() {
        // Upper case is the server's.
        let path = spec.path("LoadBalancerSourceRanges");
        if !is_balancer {
            errors.forbidden(&path, FOR_BALANCERS);
        }
        for (index, range) in ranges.iter().enumerate() {
            let range = range.as_str().unwrap_or_default().trim();
            network::check_network(range, &format!("{path}[{index}]"), errors);
        }
    } else if annotations.has(RANGES) {
        let path = annotations.key(RANGES);
        if !is_balancer {
            errors.forbidden(&path, FOR_BALANCERS);
        }
        let ranges = annotations.str(RANGES).trim();
        for range in ranges.split(',').filter(|_| !ranges.is_empty()) {
            network::check_network(range.trim(), &path, errors);
        }
    }
    if spec.has("allocateLoadBalancerNodePorts") && !is_balancer {
        errors.forbidden(spec.path("allocateLoadBalancerNodePorts"), FOR_BALANCERS);
    }
    if spec.has("loadBalancerClass") {
        let (class, path) = (spec.str("loadBalancerClass"), spec.path("loadBalancerClass"));
        if is_balancer {
            errors.each(&path, class, names::label_key_errors(class));
        } else {
            errors.forbidden(path, FOR_BALANCERS);
        }
    }
}

fn check_traffic(spec: &Node<'_>, kind: &str, errors: &mut Errors) {
    let policy = spec.str("externalTrafficPolicy");
    let has_addresses = !spec.list("externalIPs").is_empty();
    let is_external = matches!(kind, "LoadBalancer" | "NodePort") || kind == "ClusterIP" && has_addresses;
    if is_external {
        errors.choice(spec, "externalTrafficPolicy", &["Cluster", "Local"]);
    } else if !policy.is_empty() {
        let detail = "may only be set for externally-accessible services";
        errors.invalid_typed(spec.path("externalTrafficPolicy"), policy, detail);
    }
    let port = spec.int("healthCheckNodePort").unwrap_or_default();
    if kind == "LoadBalancer" && policy == "Local" {
        if port != 0 && !NODE_PORTS.contains(&port) {
            let path = spec.path("healthCheckNodePort");
            errors.not_foretold(path, "it depends on the node ports that the cluster gives out");
        }
    } else if port != 0 {
        let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        errors.invalid_number(spec.path("healthCheckNodePort"), port, detail);
    }
    errors.pointed_choice(spec, "internalTrafficPolicy", &["Cluster", "Local"]);
    let (member, chosen) = ("trafficDistribution", spec.str("trafficDistribution"));
    let ways = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if spec.has(member) && !ways.contains(&chosen) {
        errors.not_supported_shown(spec.path(member), quote(chosen), &ways);
    }
}
