//! Variables of a container and where their values come from.

use super::node::{Errors, Node};
use super::texts::{check_backsteps, check_label_name, config_key, env_name};
use crate::core::kubernetes::names;
use crate::core::schema::text::quote;
use crate::core::schema::typed::read_quantity;

/// What a variable may hold of its pod, in the server's order.
pub(super) const OF_POD: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// What a file may hold of its pod.
pub(super) const OF_POD_IN_FILES: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Every field that can be named at all; `spec.host` is read as `spec.nodeName`.
const KNOWN_FIELDS: [&str; 14] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const OF_CONTAINER: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
const DIVISORS: [&str; 13] =
    ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

pub(super) fn check(container: &Node<'_>, errors: &mut Errors) {
    for variable in container.items("env") {
        let name = variable.str("name");
        if name.is_empty() {
            errors.required(variable.path("name"), "");
        } else {
            errors.each(&variable.path("name"), name, env_name(name));
        }
        check_source(&variable, errors);
    }
    check_from(container, errors);
}

fn check_source(variable: &Node<'_>, errors: &mut Errors) {
    let Some(source) = variable.set("valueFrom") else { return };
    if let Some(field) = source.set("fieldRef") {
        check_field(&field, &OF_POD, errors);
    }
    if let Some(resource) = source.set("resourceFieldRef") {
        check_resource(&resource, false, errors);
    }
    for member in ["configMapKeyRef", "secretKeyRef"] {
        if let Some(reference) = source.set(member) {
            check_key(&reference, errors);
        }
    }
    if let Some(reference) = source.set("fileKeyRef") {
        check_file(&reference, errors);
    }
    let detail = match SOURCES.iter().filter(|member| source.has(member)).count() {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        _ if !variable.str("value").is_empty() => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    errors.invalid(source.path, "", detail);
}

/// A key of a ConfigMap or a Secret.
fn check_key(reference: &Node<'_>, errors: &mut Errors) {
    let (name, key) = (reference.str("name"), reference.str("key"));
    errors.each(&reference.path("name"), name, names::subdomain_errors(name));
    if key.is_empty() {
        errors.required(reference.path("key"), "");
    } else {
        errors.each(&reference.path("key"), key, config_key(key));
    }
}

/// A key of a file in a volume.
fn check_file(reference: &Node<'_>, errors: &mut Errors) {
    let (key, path) = (reference.str("key"), reference.str("path"));
    if key.is_empty() {
        errors.required(reference.path("key"), "");
    } else {
        errors.each(&reference.path("key"), key, env_name(key));
    }
    check_label_name(reference.str("volumeName"), &reference.path("volumeName"), errors);
    if path.is_empty() {
        errors.required(reference.path("path"), "");
    } else {
        check_backsteps(path, &reference.path("path"), errors);
    }
}

/// The key in `metadata.labels['key']`.
fn subscript(path: &str) -> Option<(&str, &str)> {
    let (field, key) = path.strip_suffix("']")?.split_once("['")?;
    (!field.is_empty()).then_some((field, key))
}

/// A field of the pod; those that fit here.
pub(super) fn check_field(reference: &Node<'_>, allowed: &[&str], errors: &mut Errors) {
    let (version, path) = (reference.str_or("apiVersion", "v1"), reference.str("fieldPath"));
    let place = reference.path("fieldPath");
    if path.is_empty() {
        return errors.required(place, "");
    }
    let unknown = |why: String| format!("error converting fieldPath: {why}");
    if version != "v1" {
        return errors.invalid(place, path, unknown(format!("unsupported pod version: {version}")));
    }
    match subscript(path) {
        Some(("metadata.annotations", key)) => {
            let key = key.to_lowercase();
            errors.each(&reference.path, &key, names::label_key_errors(&key));
        }
        Some(("metadata.labels", key)) => {
            errors.each(&reference.path, key, names::label_key_errors(key));
        }
        Some(_) => {
            errors.invalid(place, path, unknown(format!("field label does not support subscript: {path}")));
        }
        None => {
            let field = if path == "spec.host" { "spec.nodeName" } else { path };
            if !KNOWN_FIELDS.contains(&field) {
                errors.invalid(place, path, unknown(format!("field label not supported: {path}")));
            } else if !allowed.contains(&field) {
                errors.not_supported_shown(place, quote(field), allowed);
            }
        }
    }
}

/// A resource of a container; in files the container has to be named.
pub(super) fn check_resource(reference: &Node<'_>, in_files: bool, errors: &mut Errors) {
    let resource = reference.str("resource");
    let is_huge =
        ["requests.hugepages-", "limits.hugepages-"].iter().any(|prefix| resource.starts_with(prefix));
    if in_files && reference.str("containerName").is_empty() {
        errors.required(reference.path("containerName"), "");
    } else if resource.is_empty() {
        errors.required(reference.path("resource"), "");
    } else if !OF_CONTAINER.contains(&resource) && !is_huge {
        errors.not_supported_shown(reference.path("resource"), quote(resource), &OF_CONTAINER);
    }
    let Some(divisor) = read_quantity(reference.raw("divisor")).ok().filter(|divisor| !divisor.is_zero())
    else {
        return;
    };
    let divisor = divisor.to_string();
    let kind = match resource {
        "limits.cpu" | "requests.cpu" => {
            if !matches!(divisor.as_str(), "1m" | "1") {
                let detail = "only divisor's values 1m and 1 are supported with the cpu resource";
                errors.invalid(reference.path("divisor"), resource, detail);
            }
            return;
        }
        "limits.memory" | "requests.memory" => "memory",
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => "local ephemeral storage",
        _ if is_huge => "hugepages",
        _ => return,
    };
    if !DIVISORS.contains(&divisor.as_str()) {
        let listed = DIVISORS.join(", ");
        let detail = format!("only divisor's values {listed} are supported with the {kind} resource");
        errors.invalid(reference.path("divisor"), resource, detail);
    }
}

fn check_from(container: &Node<'_>, errors: &mut Errors) {
    for source in container.items("envFrom") {
        let prefix = source.str("prefix");
        errors.each(&source.path("prefix"), prefix, env_name(prefix));
        for reference in ["configMapRef", "secretRef"].into_iter().filter_map(|name| source.set(name)) {
            let name = reference.str("name");
            if name.is_empty() {
                errors.required(reference.path("name"), "");
            } else {
                let wrong = names::subdomain_errors(&names::with_masked_dash(name));
                errors.each(&reference.path("name"), name, wrong);
            }
        }
        // The server's path has no index.
        let detail = match (source.has("configMapRef"), source.has("secretRef")) {
            (false, false) => "must specify one of: `configMapRef` or `secretRef`",
            (true, true) => "may not have more than one field specified at a time",
            _ => continue,
        };
        errors.invalid(container.path("envFrom"), "", detail);
    }
}
