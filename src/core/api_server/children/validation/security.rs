//! Security contexts, of containers and of pods.

use std::collections::BTreeSet;

use super::node::{Errors, Node};
use super::shown::{self, SECCOMP, SECURITY_CONTEXT};
use super::texts::{check_descending, check_id};
use super::windows;

/// Longest name of a profile of AppArmor, in bytes.
const PROFILE_LIMIT: usize = 4095;
/// Longest name of a kernel parameter, in bytes.
const SYSCTL_LIMIT: usize = 253;
const PROFILE_TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

pub(super) fn check_container(context: &Node<'_>, host_users: bool, errors: &mut Errors) {
    check_id(context.path("runAsUser"), context.int("runAsUser"), errors);
    check_id(context.path("runAsGroup"), context.int("runAsGroup"), errors);
    errors.pointed_choice(context, "procMount", &["Default", "Unmasked"]);
    if host_users && context.str("procMount") == "Unmasked" {
        let detail = "`hostUsers` must be false to use `Unmasked`";
        errors.invalid(context.path("procMount"), "Unmasked", detail);
    }
    check_seccomp(context, errors);
    if context.has("allowPrivilegeEscalation") && !context.flag("allowPrivilegeEscalation") {
        let mut refuse = |detail: &str| {
            let shown = shown::shown(context.value, &SECURITY_CONTEXT);
            errors.invalid_shown(context.path.clone(), shown, detail);
        };
        if context.flag("privileged") {
            refuse("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        for capability in context.at("capabilities").texts("add") {
            if capability == "CAP_SYS_ADMIN" {
                refuse("cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
            }
        }
    }
    windows::check_options(&context.at("windowsOptions"), errors);
    check_apparmor(context, errors);
}

/// The security context of a pod, and what of the pod's own fields the server keeps with it.
pub(super) fn check_pod(pod: &Node<'_>, errors: &mut Errors) {
    let context = pod.at("securityContext");
    for member in ["fsGroup", "runAsUser", "runAsGroup"] {
        check_id(context.path(member), context.int(member), errors);
    }
    for group in context.items("supplementalGroups") {
        check_id(group.path.clone(), super::node::whole(group.value), errors);
    }
    if pod.flag("hostPID") && pod.flag("shareProcessNamespace") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid_shown(context.path("shareProcessNamespace"), "true".to_owned(), detail);
    }
    check_sysctls(pod, &context, errors);
    errors.pointed_choice(&context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"]);
    check_seccomp(&context, errors);
    windows::check_options(&context.at("windowsOptions"), errors);
    check_apparmor(&context, errors);
    errors.pointed_choice(&context, "supplementalGroupsPolicy", &["Merge", "Strict"]);
    // `MountOption` waits for a feature that is off in this release.
    errors.pointed_choice(&context, "seLinuxChangePolicy", &["Recursive"]);
}

fn check_seccomp(context: &Node<'_>, errors: &mut Errors) {
    let Some(profile) = context.set("seccompProfile") else { return };
    let path = profile.path("localhostProfile");
    match profile.str("type") {
        "" => errors.required(profile.path("type"), "type is required when seccompProfile is set"),
        kind if PROFILE_TYPES.contains(&kind) => {}
        kind => errors.not_supported(profile.path("type"), kind, &PROFILE_TYPES),
    }
    match (profile.str("type"), profile.has("localhostProfile")) {
        ("Localhost", true) => check_descending(profile.str("localhostProfile"), &path, errors),
        ("Localhost", false) => errors.required(path, "must be set when seccomp type is Localhost"),
        (_, true) => {
            let shown = shown::shown(profile.value, &SECCOMP);
            errors.invalid_shown(path, shown, "can only be set when seccomp type is Localhost");
        }
        (_, false) => {}
    }
}

fn check_apparmor(context: &Node<'_>, errors: &mut Errors) {
    let Some(profile) = context.set("appArmorProfile") else { return };
    let (path, name) = (profile.path("localhostProfile"), profile.str("localhostProfile"));
    let missing = "must be set when AppArmor type is Localhost";
    match profile.str("type") {
        "Localhost" if !profile.has("localhostProfile") => errors.required(path, missing),
        "Localhost" => {
            if name.trim() != name {
                errors.invalid(&path, name, "must not be padded with whitespace");
            } else if name.is_empty() {
                errors.required(&path, missing);
            }
            if name.len() > PROFILE_LIMIT {
                errors.too_long(path, PROFILE_LIMIT);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if profile.has("localhostProfile") {
                let detail = "can only be set when AppArmor type is Localhost";
                errors.invalid_json(path, profile.raw("localhostProfile"), detail);
            }
        }
        "" => errors.required(profile.path("type"), "type is required when appArmorProfile is set"),
        kind => errors.not_supported(profile.path("type"), kind, &PROFILE_TYPES),
    }
}

fn check_sysctls(pod: &Node<'_>, context: &Node<'_>, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for sysctl in context.items("sysctls") {
        let (name, path) = (sysctl.str("name"), sysctl.path("name"));
        if name.is_empty() {
            errors.required(&path, "");
        } else if !is_sysctl(name) {
            let detail = format!(
                "must have at most {SYSCTL_LIMIT} characters and match regex \
                 ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
            );
            errors.invalid(&path, name, detail);
        } else if names.contains(name) {
            errors.duplicate(&path, name);
        }
        match namespace(name) {
            Some("Net") if pod.flag("hostNetwork") => {
                errors.invalid(path, name, "may not be specified when 'hostNetwork' is true");
            }
            Some("IPC") if pod.flag("hostIPC") => {
                errors.invalid(path, name, "may not be specified when 'hostIPC' is true");
            }
            _ => {}
        }
        names.insert(name);
    }
}

fn is_sysctl(name: &str) -> bool {
    let is_end =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_segment = |segment: &str| {
        let bytes = segment.as_bytes();
        let is_inner = |byte: &u8| is_end(Some(byte)) || matches!(byte, b'-' | b'_');
        is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(is_inner)
    };
    name.len() <= SYSCTL_LIMIT && name.split(['.', '/']).all(is_segment)
}

/// The namespace of the kernel that a parameter belongs to.
fn namespace(name: &str) -> Option<&'static str> {
    let swapped = match name.find(['.', '/']) {
        Some(place) if name.as_bytes().get(place) == Some(&b'/') => name
            .chars()
            .map(|c| {
                if c == '.' {
                    '/'
                } else if c == '/' {
                    '.'
                } else {
                    c
                }
            })
            .collect(),
        _ => name.to_owned(),
    };
    let name = swapped.split('*').next().unwrap_or_default();
    let of_ipc = [
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "kernel.shm",
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.msg",
    ];
    if of_ipc.contains(&name) || name.starts_with("fs.mqueue.") {
        return Some("IPC");
    }
    name.starts_with("net.").then_some("Net")
}
