//! Pod templates: labels, annotations that mean something, and the pod.

use super::node::{Errors, Node};
use super::texts::{check_descending, check_labels};
use super::windows::all_containers;
use super::{pod, selector};
use crate::core::kubernetes::names;
use crate::core::schema::metadata::ANNOTATIONS_LIMIT;

const MIRROR: &str = "kubernetes.io/config.mirror";
const TOLERATIONS: &str = "scheduler.alpha.kubernetes.io/tolerations";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const LOCALHOST: &str = "localhost/";

pub(super) fn check(template: &Node<'_>, errors: &mut Errors) {
    let (metadata, pod) = (template.at("metadata"), template.at("spec"));
    // The server leaves `metadata` out of these paths.
    check_labels(&metadata, "labels", &template.path("labels"), errors);
    let annotations = Node::new(metadata.raw("annotations"), template.path("annotations"));
    check_annotation_keys(&metadata, &annotations.path, errors);
    check_annotations(&annotations, &pod, errors);
    pod::check(&pod, errors);
    check_seccomp(&annotations, &pod, errors);
    check_apparmor(&annotations, &pod, errors);
    if !pod.list("ephemeralContainers").is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        errors.forbidden(pod.path("ephemeralContainers"), detail);
    }
}

/// The keys of annotations, and their size.
pub(super) fn check_annotation_keys(metadata: &Node<'_>, path: &str, errors: &mut Errors) {
    let annotations = metadata.entries("annotations");
    for (key, _) in &annotations {
        errors.each(path, key, names::label_key_errors(&key.to_lowercase()));
    }
    if annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > ANNOTATIONS_LIMIT {
        errors.too_long(path, ANNOTATIONS_LIMIT);
    }
}

/// Whether the labels of a template are those that a selector takes; the server's words when they are not.
pub(super) fn check_selected(selector: &Node<'_>, template: &Node<'_>, errors: &mut Errors) {
    let metadata = template.at("metadata");
    if !selector::takes(selector, &metadata.entries("labels")) {
        let detail = "`selector` does not match template `labels`";
        errors.invalid_shown(metadata.path("labels"), pod::shown_labels(&metadata), detail);
    }
}

fn check_annotations(annotations: &Node<'_>, pod: &Node<'_>, errors: &mut Errors) {
    if annotations.has(MIRROR) && pod.str("nodeName").is_empty() {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.invalid(annotations.key(MIRROR), annotations.str(MIRROR), detail);
    }
    if !annotations.str(TOLERATIONS).is_empty() {
        errors.not_foretold(annotations.key(TOLERATIONS), "tolerations in an annotation are not modelled");
    }
    if annotations.has(DELETION_COST) && !is_cost(annotations.str(DELETION_COST)) {
        let path = annotations.key(DELETION_COST);
        errors.invalid(path, annotations.str(DELETION_COST), "must be a 32bit integer");
    }
    let entries = annotations.value.as_object().into_iter().flatten();
    for (key, value) in entries {
        let value = value.as_str().unwrap_or_default();
        if key == SECCOMP_OF_POD || key.starts_with(SECCOMP_OF_CONTAINER) {
            check_seccomp_profile(value, &annotations.path(key), errors);
        }
        let Some(name) = key.strip_prefix(APPARMOR) else { continue };
        if !all_containers(pod).iter().any(|container| container.str("name") == name) {
            errors.invalid(annotations.key(key), name, "container not found");
        }
        if !matches!(value, "" | "runtime/default" | "unconfined") && !value.starts_with(LOCALHOST) {
            let quoted = crate::core::schema::text::quote(value);
            errors.invalid(annotations.key(key), value, format!("invalid AppArmor profile name: {quoted}"));
        }
    }
}

/// A whole number without a plus sign or zeros in front.
fn is_cost(text: &str) -> bool {
    let begins = text.starts_with('-') || text == "0" || text.starts_with(|c: char| matches!(c, '1'..='9'));
    begins && text.parse::<i32>().is_ok()
}

fn check_seccomp_profile(profile: &str, path: &str, errors: &mut Errors) {
    match profile.strip_prefix(LOCALHOST) {
        Some(file) => check_descending(file, path, errors),
        None if matches!(profile, "runtime/default" | "docker/default" | "unconfined") => {}
        None => errors.invalid(path, profile, "must be a valid seccomp profile"),
    }
}

/// A profile that is said in a field and in an annotation is the same in both.
fn check_seccomp(annotations: &Node<'_>, pod: &Node<'_>, errors: &mut Errors) {
    let keyed = all_containers(pod)
        .into_iter()
        .map(|container| (format!("{SECCOMP_OF_CONTAINER}{}", container.str("name")), container));
    for (key, owner) in std::iter::once((SECCOMP_OF_POD.to_owned(), pod.clone())).chain(keyed) {
        let Some(profile) = owner.at("securityContext").set("seccompProfile") else { continue };
        if !annotations.has(&key) {
            continue;
        }
        let said = annotations.str(&key);
        let is_same = match profile.str("type") {
            "Unconfined" => said == "unconfined",
            "RuntimeDefault" => matches!(said, "runtime/default" | "docker/default"),
            "Localhost" => said.starts_with(LOCALHOST),
            _ => continue,
        };
        if !is_same {
            errors.forbidden(profile.path("type"), "seccomp type in annotation and field must match");
        } else if profile.str("type") == "Localhost" && !names_profile(&profile, said) {
            let detail = "seccomp profile in annotation and field must match";
            errors.forbidden(profile.path("localhostProfile"), detail);
        }
    }
}

fn names_profile(profile: &Node<'_>, said: &str) -> bool {
    profile.has("localhostProfile") && said.strip_prefix(LOCALHOST) == Some(profile.str("localhostProfile"))
}

fn check_apparmor(annotations: &Node<'_>, pod: &Node<'_>, errors: &mut Errors) {
    if pod.at("os").str("name") == "windows" {
        return;
    }
    let whole = pod.at("securityContext").set("appArmorProfile");
    for container in all_containers(pod) {
        let key = format!("{APPARMOR}{}", container.str("name"));
        let path = format!("{}.securityContext.appArmorProfile", container.path);
        let own = container.at("securityContext").set("appArmorProfile").or_else(|| whole.clone());
        let Some(profile) = own.filter(|_| annotations.has(&key)) else { continue };
        let said = annotations.str(&key);
        let is_same = match profile.str("type") {
            "Unconfined" => said == "unconfined",
            "RuntimeDefault" => said == "runtime/default",
            "Localhost" => said.starts_with(LOCALHOST),
            _ => continue,
        };
        if !is_same {
            errors.forbidden(format!("{path}.type"), "apparmor type in annotation and field must match");
        } else if profile.str("type") == "Localhost" && !names_profile(&profile, said) {
            let detail = "apparmor profile in annotation and field must match";
            errors.forbidden(format!("{path}.localhostProfile"), detail);
        }
    }
}
