//! Where pods may run: affinity, spread constraints, tolerations.

use std::collections::BTreeSet;

use super::node::{Errors, Node};
use super::selector;
use crate::core::kubernetes::names;

const NO_OPERATOR: &str = "not a valid selector operator";

pub(super) fn check_affinity(affinity: &Node<'_>, errors: &mut Errors) {
    let nodes = affinity.at("nodeAffinity");
    if let Some(required) = nodes.set("requiredDuringSchedulingIgnoredDuringExecution") {
        let terms = required.items("nodeSelectorTerms");
        if terms.is_empty() {
            let detail = "must have at least one node selector term";
            errors.required(required.path("nodeSelectorTerms"), detail);
        }
        for term in terms {
            check_node_term(&term, true, errors);
        }
    }
    for preferred in nodes.items("preferredDuringSchedulingIgnoredDuringExecution") {
        check_weight(&preferred, errors);
        check_node_term(&preferred.at("preference"), false, errors);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.at(kind);
        for term in pods.items("requiredDuringSchedulingIgnoredDuringExecution") {
            check_pod_term(&term, errors);
        }
        for preferred in pods.items("preferredDuringSchedulingIgnoredDuringExecution") {
            check_weight(&preferred, errors);
            check_pod_term(&preferred.at("podAffinityTerm"), errors);
        }
    }
}

fn check_weight(preferred: &Node<'_>, errors: &mut Errors) {
    let weight = preferred.int("weight").unwrap_or_default();
    if !(1..=100).contains(&weight) {
        errors.invalid_number(preferred.path("weight"), weight, "must be in the range 1-100");
    }
}

/// A term over nodes; a wish may name values that no label can have.
fn check_node_term(term: &Node<'_>, is_strict: bool, errors: &mut Errors) {
    for expression in term.items("matchExpressions") {
        let (values, path) = (expression.texts("values"), expression.path("values"));
        match expression.str("operator") {
            "In" | "NotIn" if values.is_empty() => {
                errors.required(&path, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                errors.forbidden(&path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if values.len() != 1 => {
                errors.required(&path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => errors.invalid_typed(expression.path("operator"), other, NO_OPERATOR),
        }
        let key = expression.str("key");
        errors.each(&expression.path("key"), key, names::label_key_errors(key));
        for (index, value) in values.into_iter().enumerate().filter(|_| is_strict) {
            errors.each(&format!("{path}[{index}]"), value, names::label_value_errors(value));
        }
    }
    for field in term.items("matchFields") {
        check_node_field(&field, errors);
    }
}

fn check_node_field(field: &Node<'_>, errors: &mut Errors) {
    let (values, path) = (field.texts("values"), field.path("values"));
    match field.str("operator") {
        "In" | "NotIn" if values.len() == 1 => {}
        "In" | "NotIn" => {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(&path, detail);
        }
        other => errors.invalid_typed(field.path("operator"), other, NO_OPERATOR),
    }
    if field.str("key") != "metadata.name" {
        return errors.invalid(field.path("key"), field.str("key"), "not a valid field selector key");
    }
    for (index, value) in values.into_iter().enumerate() {
        errors.each(&format!("{path}[{index}]"), value, names::subdomain_errors(value));
    }
}

fn check_pod_term(term: &Node<'_>, errors: &mut Errors) {
    for member in ["labelSelector", "namespaceSelector"] {
        selector::check(&term.at(member), errors);
    }
    for namespace in term.texts("namespaces") {
        errors.each(&term.path("namespace"), namespace, names::label_errors(namespace));
    }
    check_label_keys(term, errors);
    let topology = term.str("topologyKey");
    if topology.is_empty() {
        errors.required(term.path("topologyKey"), "can not be empty");
    }
    errors.each(&term.path("topologyKey"), topology, names::label_key_errors(topology));
}

/// `matchLabelKeys` and `mismatchLabelKeys` beside a label selector.
fn check_label_keys(owner: &Node<'_>, errors: &mut Errors) {
    let chosen = owner.at("labelSelector");
    for member in ["matchLabelKeys", "mismatchLabelKeys"] {
        let keys = owner.items(member);
        if !keys.is_empty() && !chosen.is_set() {
            errors.forbidden(owner.path(member), "must not be specified when labelSelector is not set");
            continue;
        }
        for key in keys {
            let text = key.value.as_str().unwrap_or_default();
            errors.each(&key.path, text, names::label_key_errors(text));
        }
    }
    let (same, other) = (owner.texts("matchLabelKeys"), owner.texts("mismatchLabelKeys"));
    let mut selected: BTreeSet<&str> =
        chosen.entries("matchLabels").into_iter().map(|(key, _)| key).collect();
    for expression in chosen.items("matchExpressions") {
        let key = expression.str("key");
        if let Some(index) = same.iter().rposition(|same| *same == key).filter(|_| selected.contains(key)) {
            let detail = "exists in both matchLabelKeys and labelSelector";
            errors.invalid(format!("{}[{index}]", owner.path), key, detail);
        }
        selected.insert(key);
    }
    let path = owner.path("matchLabelKeys");
    for (index, key) in same.into_iter().enumerate().filter(|(_, key)| other.contains(key)) {
        let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
        errors.invalid(format!("{path}[{index}]"), key, detail);
    }
}

pub(super) fn check_spread(pod: &Node<'_>, errors: &mut Errors) {
    let constraints = pod.items("topologySpreadConstraints");
    let identity = |constraint: &Node<'_>| {
        (constraint.str("topologyKey").to_owned(), constraint.str("whenUnsatisfiable").to_owned())
    };
    for (index, constraint) in constraints.iter().enumerate() {
        let (topology, action) = identity(constraint);
        errors.positive(constraint.path("maxSkew"), constraint.int("maxSkew").unwrap_or_default());
        if topology.is_empty() {
            errors.required(constraint.path("topologyKey"), "can not be empty");
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        if !actions.contains(&action.as_str()) {
            errors.not_supported(constraint.path("whenUnsatisfiable"), &action, &actions);
        }
        if constraints
            .iter()
            .skip(index + 1)
            .any(|other| identity(other) == (topology.clone(), action.clone()))
        {
            let path = constraint.path("{topologyKey, whenUnsatisfiable}");
            errors.duplicate(path, &format!("{{{topology}, {action}}}"));
        }
        if let Some(domains) = constraint.int("minDomains") {
            let path = constraint.path("minDomains");
            errors.positive(path.clone(), domains);
            if action != "DoNotSchedule" {
                let detail =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.invalid_number(path, domains, detail);
            }
        }
        errors.pointed_choice(constraint, "nodeAffinityPolicy", &["Honor", "Ignore"]);
        errors.pointed_choice(constraint, "nodeTaintsPolicy", &["Honor", "Ignore"]);
        check_label_keys(constraint, errors);
        selector::check(&constraint.at("labelSelector"), errors);
    }
}

pub(super) fn check_tolerations(pod: &Node<'_>, errors: &mut Errors) {
    for toleration in pod.items("tolerations") {
        let (key, operator) = (toleration.str("key"), toleration.str("operator"));
        let (value, effect) = (toleration.str("value"), toleration.str("effect"));
        let path = toleration.path("operator");
        if !key.is_empty() {
            errors.each(&toleration.path("key"), key, names::label_key_errors(key));
        } else if operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid_typed(&path, operator, detail);
        }
        if toleration.has("tolerationSeconds") && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid_typed(toleration.path("effect"), effect, detail);
        }
        match operator {
            "" | "Equal" => {
                let wrong = names::label_value_errors(value);
                if !wrong.is_empty() {
                    errors.invalid(&path, value, wrong.join(";"));
                }
            }
            "Exists" if value.is_empty() => {}
            "Exists" => errors.invalid(&path, value, "value must be empty when `operator` is 'Exists'"),
            // Comparisons wait for a feature that is off in this release.
            "Lt" | "Gt" => errors.not_supported(&path, operator, &["Equal", "Exists", "Lt", "Gt"]),
            other => errors.not_supported(&path, other, &["Equal", "Exists"]),
        }
        errors.choice(&toleration, "effect", &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
}
