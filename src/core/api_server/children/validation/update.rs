//! What may not change in a stored object.

use serde_json::Value;

use super::node::{Errors, Node};
use super::shown;

const IMMUTABLE: &str = "field is immutable";

pub(super) fn check(kind: &str, object: &Value, stored: &Value, errors: &mut Errors) {
    let (new, old) = (Node::new(object, ""), Node::new(stored, ""));
    match kind {
        "Deployment" => {
            let (new, old) = (new.at("spec").at("selector"), old.at("spec").at("selector"));
            if shown::selector(new.value) != shown::selector(old.value) {
                errors.invalid_shown(new.path, shown::selector(new.value), IMMUTABLE);
            }
        }
        "ConfigMap" => check_config_map(&new, &old, errors),
        "Service" => check_service(&new.at("spec"), &old.at("spec"), errors),
        other => {
            if new.raw("spec") != old.raw("spec") {
                errors.not_foretold("spec", format!("changes of a {other} are not modelled"));
            }
        }
    }
}

fn check_config_map(new: &Node<'_>, old: &Node<'_>, errors: &mut Errors) {
    if !old.flag("immutable") {
        return;
    }
    let detail = "field is immutable when `immutable` is set";
    if !new.flag("immutable") {
        errors.forbidden("immutable", detail);
    }
    for member in ["data", "binaryData"] {
        if new.members(member) != old.members(member) {
            errors.forbidden(member, detail);
        }
    }
}

/// The first address and the first family of a Service stay, unless it is or was a name of another host.
fn check_service(new: &Node<'_>, old: &Node<'_>, errors: &mut Errors) {
    let is_name = |spec: &Node<'_>| spec.str("type") == "ExternalName";
    if is_name(new) || is_name(old) {
        return;
    }
    for member in ["clusterIP", "ipFamilies", "ipFamilyPolicy"] {
        if new.has(member) && old.has(member) && new.raw(member) != old.raw(member) {
            errors.not_foretold(new.path(member), "changes of addresses are not modelled");
        }
    }
    let class = "loadBalancerClass";
    if new.str("type") == "LoadBalancer"
        && old.str("type") == "LoadBalancer"
        && new.raw(class) != old.raw(class)
    {
        errors.invalid_json(new.path(class), new.raw(class), "may not change once set");
    }
}
