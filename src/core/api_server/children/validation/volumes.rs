//! The volumes of a pod.

use std::collections::BTreeMap;

use super::node::{Errors, Node};
use super::texts::{check_backsteps, check_descending, check_label_name, check_local, check_mode};
use super::{claim, env, projected, rare_volumes};

/// The kinds of volumes in the order in which the server looks at them: the member, the path at which a second one is
/// refused, the path below which the first is judged (both as the server spells them), and its rule.
type Kind = (&'static str, &'static str, &'static str, fn(&Node<'_>, &mut Errors));

static KINDS: [Kind; 30] = [
    ("emptyDir", "emptyDir", "emptyDir", check_empty),
    ("hostPath", "hostPath", "hostPath", check_host_path),
    ("gitRepo", "gitRepo", "gitRepo", check_git),
    ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk", rare_volumes::check_gce),
    ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore", rare_volumes::check_aws),
    ("secret", "secret", "secret", check_secret),
    ("nfs", "nfs", "nfs", rare_volumes::check_nfs),
    ("iscsi", "iscsi", "iscsi", rare_volumes::check_iscsi),
    ("glusterfs", "glusterfs", "glusterfs", |it, errors| all_of(it, &["endpoints", "path"], errors)),
    ("flocker", "flocker", "flocker", rare_volumes::check_flocker),
    ("persistentVolumeClaim", "persistentVolumeClaim", "persistentVolumeClaim", |it, errors| {
        all_of(it, &["claimName"], errors);
    }),
    ("rbd", "rbd", "rbd", rare_volumes::check_rbd),
    ("cinder", "cinder", "cinder", rare_volumes::check_cinder),
    ("cephfs", "cephFS", "cephfs", rare_volumes::check_cephfs),
    ("quobyte", "quobyte", "quobyte", rare_volumes::check_quobyte),
    ("downwardAPI", "downwarAPI", "downwardAPI", check_downward),
    ("fc", "fc", "fc", rare_volumes::check_fc),
    ("flexVolume", "flexVolume", "flexVolume", rare_volumes::check_flex),
    ("configMap", "configMap", "configMap", check_config_map),
    ("azureFile", "azureFile", "azureFile", |it, errors| all_of(it, &["secretName", "shareName"], errors)),
    ("vsphereVolume", "vsphereVolume", "vsphereVolume", |it, errors| all_of(it, &["volumePath"], errors)),
    ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk", |it, errors| {
        all_of(it, &["pdID"], errors);
    }),
    ("portworxVolume", "portworxVolume", "portworxVolume", |it, errors| all_of(it, &["volumeID"], errors)),
    ("azureDisk", "azureDisk", "azureDisk", rare_volumes::check_azure),
    ("storageos", "storageos", "storageos", rare_volumes::check_storageos),
    ("projected", "projected", "projected", projected::check),
    ("scaleIO", "scaleIO", "scaleIO", |it, errors| {
        all_of(it, &["gateway", "system", "volumeName"], errors);
    }),
    ("csi", "csi", "csi", rare_volumes::check_csi),
    ("ephemeral", "ephemeral", "ephemeral", check_ephemeral),
    ("image", "image", "image", |it, errors| {
        errors.choice(it, "pullPolicy", &["Always", "IfNotPresent", "Never"]);
    }),
];

/// Checks all; those that are right by name, and whether each can be a block device.
pub(super) fn check<'a>(pod: &Node<'a>, errors: &mut Errors) -> BTreeMap<&'a str, bool> {
    let mut known = BTreeMap::new();
    for volume in pod.items("volumes") {
        let before = errors.list.len();
        check_sources(&volume, errors);
        let (name, path) = (volume.str("name"), volume.path("name"));
        check_label_name(name, &path, errors);
        if known.contains_key(name) {
            errors.duplicate(path, name);
        }
        if errors.list.len() == before {
            known.insert(name, volume.has("persistentVolumeClaim") || volume.has("ephemeral"));
        }
    }
    known
}

fn check_sources(volume: &Node<'_>, errors: &mut Errors) {
    let mut is_first = true;
    for (member, second, first, rule) in KINDS.iter().filter(|(member, ..)| volume.has(member)) {
        if is_first {
            is_first = false;
            rule(&Node::new(volume.raw(member), volume.path(first)), errors);
        } else {
            errors.forbidden(volume.path(second), "may not specify more than 1 volume type");
        }
        let source = volume.at(member);
        if *member == "iscsi"
            && source.has("initiatorName")
            && volume.str("name").len() + 1 + source.str("targetPortal").len() > rare_volumes::ISCSI_LIMIT
        {
            let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                          iscsi.initiatorName is specified.";
            errors.invalid(volume.path("name"), volume.str("name"), detail);
        }
    }
}

/// Members that must not be empty.
pub(super) fn all_of(source: &Node<'_>, members: &[&str], errors: &mut Errors) {
    members.iter().for_each(|member| errors.require(source, member));
}

fn check_empty(source: &Node<'_>, errors: &mut Errors) {
    let limit = crate::core::schema::typed::read_quantity(source.raw("sizeLimit"));
    if limit.is_ok_and(|limit| limit.is_negative()) {
        errors.forbidden(source.path("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
}

fn check_host_path(source: &Node<'_>, errors: &mut Errors) {
    let types =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    let path = source.str("path");
    if path.is_empty() {
        return errors.required(source.path("path"), "");
    }
    check_backsteps(path, &source.path("path"), errors);
    errors.choice(source, "type", &types);
}

fn check_git(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "repository");
    check_descending(source.str("directory"), &source.path("directory"), errors);
}

fn check_secret(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "secretName");
    check_mode(source, "defaultMode", errors);
    source.items("items").iter().for_each(|item| check_key(item, errors));
}

fn check_config_map(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "name");
    check_mode(source, "defaultMode", errors);
    source.items("items").iter().for_each(|item| check_key(item, errors));
}

/// A key and the file that it becomes.
pub(super) fn check_key(item: &Node<'_>, errors: &mut Errors) {
    all_of(item, &["key", "path"], errors);
    check_local(item.str("path"), &item.path("path"), errors);
    check_mode(item, "mode", errors);
}

fn check_downward(source: &Node<'_>, errors: &mut Errors) {
    check_mode(source, "defaultMode", errors);
    for file in source.items("items") {
        check_downward_file(&Node::new(file.value, source.path.clone()), errors);
    }
}

/// A file with a field of the pod; the server's path has no index.
pub(super) fn check_downward_file(file: &Node<'_>, errors: &mut Errors) {
    errors.require(file, "path");
    check_local(file.str("path"), &file.path("path"), errors);
    match (file.set("fieldRef"), file.set("resourceFieldRef")) {
        (Some(field), other) => {
            env::check_field(&field, &env::OF_POD_IN_FILES, errors);
            if other.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(file.path.clone(), "resource", detail);
            }
        }
        (None, Some(resource)) => env::check_resource(&resource, true, errors),
        (None, None) => {
            errors.required(file.path.clone(), "one of fieldRef and resourceFieldRef is required");
        }
    }
    check_mode(file, "mode", errors);
}

fn check_ephemeral(source: &Node<'_>, errors: &mut Errors) {
    match source.set("volumeClaimTemplate") {
        Some(template) => claim::check_template(&template, errors),
        None => errors.required(source.path("volumeClaimTemplate"), ""),
    }
}
