//! The pod template.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    at, check_label_name, check_labels, container, duplicate, entries, integer, invalid, items,
    not_supported, string,
};
use crate::core::kubernetes::names;
use crate::core::schema::FieldError;

/// Kinds of volumes, and the member that each of them needs.
const SOURCES: [(&str, &str); 4] = [
    ("hostPath", "path"),
    ("secret", "secretName"),
    ("persistentVolumeClaim", "claimName"),
    ("configMap", "name"),
];

pub(super) fn check_template(template: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let metadata = at(template, "metadata");
    // The server leaves `metadata` out of these paths.
    check_labels(metadata, "labels", &format!("{path}.labels"), errors);
    for (key, _) in entries(metadata, "annotations") {
        let wrong = names::label_key_errors(&key.to_lowercase());
        let path = format!("{path}.annotations");
        errors.extend(wrong.into_iter().map(|error| invalid(&path, key, error)));
    }
    check_pod(at(template, "spec"), &format!("{path}.spec"), errors);
}

fn check_pod(pod: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let volumes = check_volumes(items(pod, "volumes"), &format!("{path}.volumes"), errors);
    check_containers(items(pod, "containers"), &volumes, &format!("{path}.containers"), errors);
    check_init_containers(pod, &volumes, &format!("{path}.initContainers"), errors);
    let restart = string(pod, "restartPolicy");
    let policies = ["Always", "OnFailure", "Never"];
    let restart_path = format!("{path}.restartPolicy");
    if !restart.is_empty() && !policies.contains(&restart) {
        errors.push(not_supported(restart_path.clone(), restart, &policies));
    }
    let dns = string(pod, "dnsPolicy");
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    if !dns.is_empty() && !policies.contains(&dns) {
        errors.push(not_supported(format!("{path}.dnsPolicy"), dns, &policies));
    }
    check_labels(pod, "nodeSelector", &format!("{path}.nodeSelector"), errors);
    for (member, judge) in [
        ("serviceAccountName", names::subdomain_errors as fn(&str) -> Vec<String>),
        ("nodeName", names::subdomain_errors),
    ] {
        check_name(pod, member, path, judge, errors);
    }
    if let Some(seconds) = integer(pod, "activeDeadlineSeconds")
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        let path = format!("{path}.activeDeadlineSeconds");
        errors.push(FieldError::invalid(
            path,
            seconds.to_string(),
            "must be between 1 and 2147483647, inclusive",
        ));
    }
    check_name(pod, "hostname", path, names::label_errors, errors);
    check_name(pod, "subdomain", path, names::label_errors, errors);
    for (index, toleration) in items(pod, "tolerations").iter().enumerate() {
        check_toleration(toleration, &format!("{path}.tolerations[{index}]"), errors);
    }
    check_name(pod, "priorityClassName", path, names::subdomain_errors, errors);
    check_name(pod, "runtimeClassName", path, names::subdomain_errors, errors);
    // A Deployment restarts its pods whatever happens to them.
    if !matches!(restart, "" | "Always") {
        errors.push(not_supported(restart_path, restart, &["Always"]));
    }
    if integer(pod, "activeDeadlineSeconds").is_some() {
        let detail = "activeDeadlineSeconds in ReplicaSet is not Supported";
        errors.push(FieldError::forbidden(format!("{path}.activeDeadlineSeconds"), detail));
    }
}

fn check_name(
    pod: &Value,
    member: &str,
    path: &str,
    judge: fn(&str) -> Vec<String>,
    errors: &mut Vec<FieldError>,
) {
    let name = string(pod, member);
    if !name.is_empty() {
        let path = format!("{path}.{member}");
        errors.extend(judge(name).into_iter().map(|error| invalid(&path, name, error)));
    }
}

/// The names of the volumes that are right.
fn check_volumes<'a>(volumes: &'a [Value], path: &str, errors: &mut Vec<FieldError>) -> HashSet<&'a str> {
    let mut known = HashSet::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let name = string(volume, "name");
        let mut wrong = Vec::new();
        for (source, member) in SOURCES {
            let found = at(volume, source);
            if !found.is_null() && string(found, member).is_empty() {
                wrong.push(FieldError::required(format!("{path}.{source}.{member}"), ""));
            }
        }
        let path = format!("{path}.name");
        check_label_name(name, &path, &mut wrong);
        if known.contains(name) {
            wrong.push(duplicate(path, name));
        }
        if wrong.is_empty() {
            known.insert(name);
        }
        errors.append(&mut wrong);
    }
    known
}

fn check_containers(containers: &[Value], volumes: &HashSet<&str>, path: &str, errors: &mut Vec<FieldError>) {
    if containers.is_empty() {
        errors.push(FieldError::required(path, ""));
    }
    let mut names = HashSet::new();
    for (index, container) in containers.iter().enumerate() {
        let path = format!("{path}[{index}]");
        container::check(container, volumes, &path, errors);
        let name = string(container, "name");
        if !names.insert(name) {
            errors.push(duplicate(format!("{path}.name"), name));
        }
        container::check_probes(container, &path, errors);
    }
}

fn check_init_containers(pod: &Value, volumes: &HashSet<&str>, path: &str, errors: &mut Vec<FieldError>) {
    let mut names: HashSet<&str> =
        items(pod, "containers").iter().map(|container| string(container, "name")).collect();
    for (index, container) in items(pod, "initContainers").iter().enumerate() {
        let path = format!("{path}[{index}]");
        container::check(container, volumes, &path, errors);
        let name = string(container, "name");
        if !name.is_empty() && !names.insert(name) {
            errors.push(duplicate(format!("{path}.name"), name));
        }
    }
}

fn check_toleration(toleration: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let (key, operator) = (string(toleration, "key"), string(toleration, "operator"));
    let (value, effect) = (string(toleration, "value"), string(toleration, "effect"));
    let (operator_path, effect_path) = (format!("{path}.operator"), format!("{path}.effect"));
    if key.is_empty() {
        if operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(invalid(&operator_path, operator, detail));
        }
    } else {
        let path = format!("{path}.key");
        errors.extend(names::label_key_errors(key).into_iter().map(|error| invalid(&path, key, error)));
    }
    if integer(toleration, "tolerationSeconds").is_some() && effect != "NoExecute" {
        errors.push(invalid(
            &effect_path,
            effect,
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ));
    }
    match operator {
        "" | "Equal" => {
            let wrong = names::label_value_errors(value);
            if !wrong.is_empty() {
                errors.push(invalid(&operator_path, value, wrong.join(";")));
            }
        }
        "Exists" if value.is_empty() => {}
        "Exists" => {
            errors.push(invalid(&operator_path, value, "value must be empty when `operator` is 'Exists'"))
        }
        "Lt" | "Gt" => {
            errors.push(not_supported(operator_path, operator, &["Equal", "Exists", "Lt", "Gt"]));
        }
        other => errors.push(not_supported(operator_path, other, &["Equal", "Exists"])),
    }
    let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if !effect.is_empty() && !effects.contains(&effect) {
        errors.push(not_supported(effect_path, effect, &effects));
    }
}
