//! Requests and limits, of containers and of whole pods.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Errors, NOT_NEGATIVE, Node};
use super::texts::check_label_name;
use crate::core::kubernetes::names;
use crate::core::kubernetes::quantity::Quantity;
use crate::core::schema::text::json_string;
use crate::core::schema::typed::read_quantity;

/// Names that any resource may have without a domain; containers ask for the first three only.
const STANDARD: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];
const FOR_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// Names without a domain that count things.
const COUNTS: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const HUGE_PAGES: &str = "hugepages-";

/// Whose resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Container,
    Pod,
}

/// Checks `limits`, `requests` and `claims`; the claims that the pod has.
pub(super) fn check(resources: &Node<'_>, of: Of, claims: &BTreeSet<&str>, errors: &mut Errors) {
    let limits = check_list(&resources.at("limits"), of, errors);
    let requests = check_list(&resources.at("requests"), of, errors);
    compare(resources, &requests, &limits, errors);
    let has = |test: fn(&str) -> bool| limits.keys().chain(requests.keys()).any(|name| test(name));
    if has(is_huge) && !has(|name| matches!(name, "cpu" | "memory")) {
        errors.forbidden(resources.path.clone(), "HugePages require cpu or memory");
    }
    check_claims(resources, claims, errors);
}

/// The overhead of a runtime, which is judged as the limits of a container.
pub(super) fn check_overhead(overhead: &Node<'_>, errors: &mut Errors) {
    let limits = check_list(&Node::new(overhead.value, overhead.path("limits")), Of::Container, errors);
    if limits.keys().any(|name| is_huge(name)) && !limits.keys().any(|name| matches!(*name, "cpu" | "memory"))
    {
        errors.forbidden(overhead.path.clone(), "HugePages require cpu or memory");
    }
}

fn compare(
    resources: &Node<'_>,
    requests: &BTreeMap<&str, Quantity>,
    limits: &BTreeMap<&str, Quantity>,
    errors: &mut Errors,
) {
    let path = resources.path("requests");
    for (name, wanted) in requests {
        match limits.get(name) {
            Some(limit) if wanted != limit && !may_overcommit(name) => {
                let detail = format!("must be equal to {name} limit of {limit}");
                errors.invalid(&path, &wanted.to_string(), detail);
            }
            Some(limit) if wanted > limit => {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                errors.invalid(&path, &wanted.to_string(), detail);
            }
            None if !may_overcommit(name) => {
                errors
                    .required(resources.path("limits"), "Limit must be set for non overcommitable resources");
            }
            _ => {}
        }
    }
}

/// Checks names and amounts; the amounts.
fn check_list<'a>(list: &Node<'a>, of: Of, errors: &mut Errors) -> BTreeMap<&'a str, Quantity> {
    let amounts = amounts(list);
    for (name, amount) in &amounts {
        let path = list.key(name);
        match of {
            Of::Container => check_container_name(name, &path, errors),
            Of::Pod => check_pod_name(name, &path, errors),
        }
        check_amount(name, amount, &path, errors);
        if is_huge(name) && !is_whole_pages(name, amount) {
            let detail = format!("{amount} is not positive integer multiple of {name}");
            errors.invalid(&path, &amount.to_string(), detail);
        }
    }
    amounts
}

/// The amounts of a list of resources, as the server rounds them: up to thousandths.
pub(super) fn amounts<'a>(list: &Node<'a>) -> BTreeMap<&'a str, Quantity> {
    let members = list.value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    members
        .filter_map(|(name, value)| Some((name.as_str(), read_quantity(value).ok()?.rounded_to_milli())))
        .collect()
}

fn check_name(name: &str, path: &str, errors: &mut Errors) -> bool {
    let wrong = names::label_key_errors(name);
    let is_named = wrong.is_empty();
    for detail in wrong {
        errors.invalid_shown(path, json_string(name), detail);
    }
    if is_named && !name.contains('/') && !is_standard(name) {
        let detail = "must be a standard resource type or fully qualified";
        errors.invalid_shown(path, json_string(name), detail);
        return false;
    }
    is_named
}

fn check_container_name(name: &str, path: &str, errors: &mut Errors) {
    check_name(name, path, errors);
    if !name.contains('/') {
        if !FOR_CONTAINERS.contains(&name) && !is_huge(name) {
            errors.invalid_shown(path, json_string(name), "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid_shown(path, json_string(name), "doesn't follow extended resource name standard");
    }
}

fn check_pod_name(name: &str, path: &str, errors: &mut Errors) {
    if check_name(name, path, errors) && !matches!(name, "cpu" | "memory") && !is_huge(name) {
        errors.not_supported(path, name, &["cpu", HUGE_PAGES, "memory"]);
    }
}

/// An amount that is not negative, and whole where the resource is counted.
pub(super) fn check_amount(name: &str, amount: &Quantity, path: &str, errors: &mut Errors) {
    if amount.is_negative() {
        errors.invalid(path, &amount.to_string(), NOT_NEGATIVE);
    }
    let is_counted = COUNTS.contains(&name) || is_extended(name);
    if is_counted && amount.to_milli().is_some_and(|milli| milli % 1000 != 0) {
        errors.invalid(path, &amount.to_string(), "must be an integer");
    }
}

fn is_huge(name: &str) -> bool {
    name.starts_with(HUGE_PAGES)
}

fn is_whole_pages(name: &str, amount: &Quantity) -> bool {
    let Some(size) = name.strip_prefix(HUGE_PAGES).and_then(|size| Quantity::parse(size).ok()) else {
        return false;
    };
    let is_whole = size.to_milli().is_none_or(|milli| milli % 1000 == 0);
    match (amount.to_i64(), size.to_i64()) {
        (Some(amount), Some(size)) => size > 0 && is_whole && amount % size == 0,
        _ => false,
    }
}

fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || is_huge(name) || name.starts_with("requests.hugepages-")
}

/// Resources of Kubernetes itself; others, such as GPUs, are whole and given out once.
fn may_overcommit(name: &str) -> bool {
    is_native(name) && !is_huge(name)
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Quota counts an extended resource under this prefix, so the whole has to be a name.
fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::label_key_errors(&format!("requests.{name}")).is_empty()
}

/// The claims of devices that a container uses: each once, and one that the pod has.
fn check_claims(resources: &Node<'_>, known: &BTreeSet<&str>, errors: &mut Errors) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for claim in resources.items("claims") {
        let (name, request) = (claim.str("name"), claim.str("request"));
        if name.is_empty() {
            errors.required(claim.path, "");
            continue;
        }
        if used.contains(name) {
            errors.duplicate(claim.path.clone(), name);
        } else {
            let mut key = name.to_owned();
            if !request.is_empty() {
                check_label_name(request, &claim.path("request"), errors);
                key = format!("{name}/{request}");
            }
            if used.contains(&key) {
                errors.duplicate(claim.path.clone(), &key);
            } else if request.is_empty() {
                let begins = format!("{name}/");
                used.iter()
                    .filter(|key| key.starts_with(&begins))
                    .for_each(|_| errors.duplicate(claim.path.clone(), name));
            }
            used.insert(key);
        }
        if !known.contains(name) {
            let listed = match known.len() {
                0 => " which is empty".to_owned(),
                _ => format!(": {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{listed}");
            errors.not_found(claim.path, name, detail);
        }
    }
}
