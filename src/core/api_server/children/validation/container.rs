//! One container, whatever list it is in.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Errors, Node};
use super::resources::{self, Of};
use super::texts::{PORT_RANGE, check_descending, check_label_name, has_backsteps, is_port, port_name};
use super::{env, security};

/// What the containers of a pod share.
#[derive(Debug)]
pub(super) struct Pod<'a> {
    /// The volumes that are right, and whether each can be a block device.
    pub(super) volumes: BTreeMap<&'a str, bool>,
    /// The names of its claims of devices.
    pub(super) claims: BTreeSet<&'a str>,
    pub(super) restart: &'a str,
    pub(super) host_users: bool,
    /// The seconds that it has to end.
    pub(super) grace: i64,
}

pub(super) fn check(container: &Node<'_>, pod: &Pod<'_>, errors: &mut Errors) {
    check_label_name(container.str("name"), &container.path("name"), errors);
    errors.require(container, "image");
    errors.choice(container, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"]);
    check_ports(container, errors);
    env::check(container, errors);
    check_mounts(container, pod, errors);
    check_devices(container, pod, errors);
    errors.choice(container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"]);
    resources::check(&container.at("resources"), Of::Container, &pod.claims, errors);
    check_resize(container, pod, errors);
    if let Some(context) = container.set("securityContext") {
        security::check_container(&context, pod.host_users, errors);
    }
}

fn check_ports(container: &Node<'_>, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for port in container.items("ports") {
        let (name, path) = (port.str("name"), port.path("name"));
        if !name.is_empty() {
            let wrong = port_name(name);
            if wrong.is_empty() && !names.insert(name) {
                errors.duplicate(path, name);
            } else {
                errors.each(&path, name, wrong);
            }
        }
        for member in ["containerPort", "hostPort"] {
            match port.int(member).unwrap_or(0) {
                0 if member == "hostPort" => {}
                0 => errors.required(port.path(member), ""),
                number if is_port(number) => {}
                number => errors.invalid_number(port.path(member), number, PORT_RANGE),
            }
        }
        errors.choice(&port, "protocol", &["SCTP", "TCP", "UDP"]);
    }
}

/// Name and place of each; of several with one name the last.
fn by_name<'a>(container: &Node<'a>, list: &str, place: &str) -> BTreeMap<&'a str, &'a str> {
    container.items(list).iter().map(|item| (item.str("name"), item.str(place))).collect()
}

fn check_mounts(container: &Node<'_>, pod: &Pod<'_>, errors: &mut Errors) {
    let devices = by_name(container, "volumeDevices", "devicePath");
    let list = container.at("volumeMounts");
    let mut places = BTreeSet::new();
    for mount in container.items("volumeMounts") {
        let (name, place) = (mount.str("name"), mount.str("mountPath"));
        errors.require(&mount, "name");
        if !pod.volumes.contains_key(name) {
            errors.not_found(mount.path("name"), name, "");
        }
        errors.require(&mount, "mountPath");
        if !places.insert(place) {
            errors.invalid(mount.path("mountPath"), place, "must be unique");
        }
        if devices.contains_key(name) {
            errors.invalid(mount.path("name"), name, "must not already exist in volumeDevices");
        }
        if devices.values().any(|path| *path == place) {
            let detail = "must not already exist as a path in volumeDevices";
            errors.invalid(mount.path("mountPath"), place, detail);
        }
        // From here on the server's paths have no index.
        let (below, expression) = (mount.str("subPath"), mount.str("subPathExpr"));
        check_descending(below, &list.path("subPath"), errors);
        if !below.is_empty() && !expression.is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            errors.invalid(mount.path("subPathExpr"), expression, detail);
        }
        check_descending(expression, &list.path("subPathExpr"), errors);
        let mount = Node::new(mount.value, list.path.clone());
        check_propagation(&mount, container, errors);
        check_recursion(&mount, errors);
    }
}

fn check_propagation(mount: &Node<'_>, container: &Node<'_>, errors: &mut Errors) {
    errors.pointed_choice(mount, "mountPropagation", &["Bidirectional", "HostToContainer", "None"]);
    if mount.str("mountPropagation") == "Bidirectional" && !container.at("securityContext").flag("privileged")
    {
        let detail = "Bidirectional mount propagation is available only to privileged containers";
        errors.forbidden(mount.path("mountPropagation"), detail);
    }
}

fn check_recursion(mount: &Node<'_>, errors: &mut Errors) {
    let path = mount.path("recursiveReadOnly");
    match mount.str("recursiveReadOnly") {
        _ if !mount.has("recursiveReadOnly") => {}
        "Disabled" => {}
        "Enabled" | "IfPossible" => {
            if !mount.flag("readOnly") {
                errors.forbidden(&path, "may only be specified when readOnly is true");
            }
            if mount.has("mountPropagation") && mount.str("mountPropagation") != "None" {
                let detail = "may only be specified when mountPropagation is None or not specified";
                errors.forbidden(&path, detail);
            }
        }
        other => errors.not_supported(path, other, &["Disabled", "Enabled", "IfPossible"]),
    }
}

fn check_devices(container: &Node<'_>, pod: &Pod<'_>, errors: &mut Errors) {
    let mounts = by_name(container, "volumeMounts", "mountPath");
    let (mut names, mut places) = (BTreeSet::new(), BTreeSet::new());
    for device in container.items("volumeDevices") {
        let (name, place) = (device.str("name"), device.str("devicePath"));
        let (name_path, place_path) = (device.path("name"), device.path("devicePath"));
        errors.require(&device, "name");
        if names.contains(name) {
            errors.invalid(&name_path, name, "must be unique");
        }
        match pod.volumes.get(name) {
            Some(true) => {}
            Some(false) => {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid(&name_path, name, detail);
            }
            None => errors.not_found(&name_path, name, ""),
        }
        errors.require(&device, "devicePath");
        if places.contains(place) {
            errors.invalid(&place_path, place, "must be unique");
        }
        if has_backsteps(place) {
            errors.invalid(&place_path, place, "can not contain backsteps ('..')");
        } else {
            places.insert(place);
        }
        if mounts.contains_key(name) {
            errors.invalid(&name_path, name, "must not already exist in volumeMounts");
        }
        if mounts.values().any(|path| *path == place) {
            let detail = "must not already exist as a path in volumeMounts";
            errors.invalid(&place_path, place, detail);
        }
        if !name.is_empty() {
            names.insert(name);
        }
    }
}

fn check_resize(container: &Node<'_>, pod: &Pod<'_>, errors: &mut Errors) {
    let path = container.path("resizePolicy");
    let mut seen = BTreeSet::new();
    for policy in container.items("resizePolicy") {
        let (resource, restart) = (policy.str("resourceName"), policy.str("restartPolicy"));
        if !seen.insert(resource) {
            errors.duplicate_typed(policy.path.clone(), resource);
        }
        for (value, supported) in
            [(resource, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])]
        {
            match value {
                "" => errors.required(&path, ""),
                value if supported.contains(&value) => {}
                value => errors.not_supported(&path, value, &supported),
            }
        }
        if pod.restart == "Never" && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.invalid_typed(&path, restart, detail);
        }
    }
}
