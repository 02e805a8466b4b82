//! Claims of volumes, of their own and in a pod.

use serde_json::{Map, Value};

use super::node::{Errors, Node};
use super::resources::amounts;
use super::selector;
use super::texts::check_labels;
use crate::core::kubernetes::names;

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// The specification of a claim of its own, as the server makes it before it judges: what is said in one of the two
/// places for the data to begin with is said in the other as well.
pub(super) fn prepared(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let Some(members) = spec.as_object_mut() else { return spec };
    let is_set = |members: &Map<String, Value>, name: &str| members.get(name).is_some_and(|it| !it.is_null());
    let text = |members: &Map<String, Value>, name: &str, field: &str| {
        members.get(name).and_then(|it| it.get(field)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    // References into other namespaces wait for a feature that is off in this release.
    if !text(members, "dataSourceRef", "namespace").is_empty() {
        members.shift_remove("dataSourceRef");
    }
    if !is_set(members, "dataSourceRef") {
        let source = (text(members, "dataSource", "apiGroup"), text(members, "dataSource", "kind"));
        let is_known = matches!(
            (source.0.as_str(), source.1.as_str()),
            ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
        );
        if !is_known {
            members.shift_remove("dataSource");
        }
    }
    let copied = |from: &Value| {
        let mut copy = from.clone();
        if let Some(members) = copy.as_object_mut() {
            members.shift_remove("namespace");
        }
        copy
    };
    for (from, to) in [("dataSource", "dataSourceRef"), ("dataSourceRef", "dataSource")] {
        if !is_set(members, to)
            && let Some(source) = members.get(from).filter(|source| !source.is_null()).map(copied)
        {
            members.insert(to.to_owned(), source);
        }
    }
    spec
}

pub(super) fn check(spec: &Node<'_>, errors: &mut Errors) {
    let (modes, path) = (spec.texts("accessModes"), spec.path("accessModes"));
    if modes.is_empty() {
        errors.required(&path, "at least 1 access mode is required");
    }
    selector::check(&spec.at("selector"), errors);
    for mode in modes.iter().filter(|mode| !MODES.contains(mode)) {
        errors.not_supported(&path, mode, &MODES);
    }
    let others = modes.iter().any(|mode| *mode != "ReadWriteOncePod" && MODES.contains(mode));
    if others && modes.contains(&"ReadWriteOncePod") {
        errors.forbidden(&path, "may not use ReadWriteOncePod with other access modes");
    }
    let resources = spec.at("resources");
    match amounts(&resources.at("requests")).get("storage") {
        None => errors.required(resources.key("storage"), ""),
        Some(amount) if amount.is_negative() || amount.is_zero() => {
            errors.invalid(resources.key("storage"), &amount.to_string(), "must be greater than zero");
        }
        Some(_) => {}
    }
    for member in ["storageClassName", "volumeAttributesClassName"] {
        let name = spec.str(member);
        if !name.is_empty() {
            errors.each(&spec.path(member), name, names::subdomain_errors(name));
        }
    }
    errors.pointed_choice(spec, "volumeMode", &["Block", "Filesystem"]);
    check_sources(spec, errors);
}

fn check_sources(spec: &Node<'_>, errors: &mut Errors) {
    for source in ["dataSource", "dataSourceRef"].into_iter().filter_map(|name| spec.set(name)) {
        check_source(&source, errors);
    }
    let (Some(source), Some(reference)) = (spec.set("dataSource"), spec.set("dataSourceRef")) else { return };
    let is_same = |member: &str| source.raw(member) == reference.raw(member);
    let is_text = |member: &str| source.str(member) == reference.str(member);
    let detail = if !reference.str("namespace").is_empty() {
        "may not be specified when dataSourceRef.namespace is specified"
    } else if is_same("apiGroup") && is_text("kind") && is_text("name") {
        return;
    } else {
        "must match dataSourceRef"
    };
    // What the server prints as the value is a path, of which nothing is to be seen.
    errors.invalid_shown(spec.path.clone(), "{}".to_owned(), detail);
}

fn check_source(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "name");
    errors.require(source, "kind");
    let (group, kind) = (source.str("apiGroup"), source.str("kind"));
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        errors.invalid(source.path.clone(), kind, detail);
    }
    if !group.is_empty() {
        errors.each(&source.path("apiGroup"), group, names::subdomain_errors(group));
    }
    let namespace = source.str("namespace");
    if source.path.ends_with("dataSourceRef") && !namespace.is_empty() {
        errors.each(&source.path("namespace"), namespace, names::label_errors(namespace));
    }
}

/// Members of the metadata that a claim in a pod may not have, with the server's spelling.
const NOT_IN_TEMPLATES: [(&str, &str); 13] = [
    ("name", "name"),
    ("generateName", "generateName"),
    ("namespace", "namespace"),
    ("selfLink", "selfLink"),
    ("uid", "uID"),
    ("resourceVersion", "resourceVersion"),
    ("generation", "generation"),
    ("creationTimestamp", "creationTimestamp"),
    ("deletionTimestamp", "deletionTimestamp"),
    ("deletionGracePeriodSeconds", "deletionGracePeriodSeconds"),
    ("ownerReferences", "ownerReferences"),
    ("finalizers", "finalizers"),
    ("managedFields", "managedFields"),
];

/// A claim that is made for each pod.
pub(super) fn check_template(template: &Node<'_>, errors: &mut Errors) {
    let metadata = template.at("metadata");
    super::template::check_annotation_keys(&metadata, &metadata.path("annotations"), errors);
    check_labels(&metadata, "labels", &metadata.path("labels"), errors);
    for (member, spelling) in NOT_IN_TEMPLATES {
        let is_said = match metadata.raw(member) {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Number(_) => member == "deletionGracePeriodSeconds" || metadata.int(member) != Some(0),
            _ => true,
        };
        if is_said {
            errors.forbidden(metadata.path(spelling), "cannot be set");
        }
    }
    check(&template.at("spec"), errors);
}
