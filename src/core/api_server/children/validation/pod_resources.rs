//! Resources of a whole pod against those of its containers.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Errors, Node};
use super::resources::{self, Of, amounts};
use crate::core::kubernetes::quantity::Quantity;

type Amounts<'a> = BTreeMap<&'a str, Quantity>;

pub(super) fn check(pod: &Node<'_>, claims: &BTreeSet<&str>, errors: &mut Errors) {
    let Some(resources) = pod.set("resources") else { return };
    if pod.at("os").str("name") == "windows" {
        return errors.forbidden(resources.path, "may not be set for a windows pod");
    }
    if resources.has("claims") {
        let detail = "claims may not be set for Resources at pod-level";
        errors.forbidden(resources.path("claims"), detail);
    }
    resources::check(&resources, Of::Pod, claims, errors);
    let (requests, limits) = (resources.at("requests"), resources.at("limits"));
    let requested = amounts(&requests);
    for (name, sum) in aggregate(pod, "requests") {
        if let Some(amount) = requested.get(name).filter(|amount| sum > **amount) {
            let detail = format!("must be greater than or equal to aggregate container requests of {sum}");
            errors.invalid(requests.key(name), &amount.to_string(), detail);
        }
    }
    let limited = amounts(&limits);
    for (name, sum) in aggregate(pod, "limits").into_iter().filter(|(name, _)| name.starts_with("hugepages-"))
    {
        if let Some(amount) = limited.get(name).filter(|amount| sum > **amount) {
            let detail = format!("must be greater than or equal to aggregate container limits of {sum}");
            errors.invalid(limits.key(name), &amount.to_string(), detail);
        }
    }
    for (index, container) in pod.items("containers").iter().enumerate() {
        for (name, limit) in amounts(&container.at("resources").at("limits")) {
            if let Some(amount) = limited.get(name).filter(|amount| limit > **amount) {
                // The server's own path.
                let path = format!("{}.containers[{index}][{name}].limits", resources.path);
                errors.invalid(
                    path,
                    &limit.to_string(),
                    format!("must be less than or equal to pod limits of {amount}"),
                );
            }
        }
    }
}

/// What all containers of a pod need together: the sum of those that run side by side, or the most that an init
/// container needs while it runs.
fn aggregate<'a>(pod: &Node<'a>, member: &str) -> Amounts<'a> {
    let of = |container: &Node<'a>| amounts(&container.at("resources").at(member));
    let mut sum = Amounts::new();
    for container in pod.items("containers") {
        add(&mut sum, &of(&container));
    }
    let (mut beside, mut highest) = (Amounts::new(), Amounts::new());
    for container in pod.items("initContainers") {
        let own = of(&container);
        let mut running = own.clone();
        if container.str("restartPolicy") == "Always" {
            add(&mut sum, &own);
            add(&mut beside, &own);
            running = beside.clone();
        } else {
            add(&mut running, &beside);
        }
        for (name, amount) in running {
            if highest.get(name).is_none_or(|known| amount > *known) {
                highest.insert(name, amount);
            }
        }
    }
    for (name, amount) in highest {
        if sum.get(name).is_none_or(|known| amount > *known) {
            sum.insert(name, amount);
        }
    }
    sum
}

fn add<'a>(sum: &mut Amounts<'a>, amounts: &Amounts<'a>) {
    for (name, amount) in amounts {
        let total = sum
            .get(name)
            .map_or_else(|| amount.clone(), |known| known.plus(amount).unwrap_or_else(|| known.clone()));
        sum.insert(name, total);
    }
}
