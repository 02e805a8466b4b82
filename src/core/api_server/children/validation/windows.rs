//! What holds for Windows: options of security contexts, host processes, and pods that say that they run there.

use super::node::{Errors, Node};
use crate::core::kubernetes::names;
use crate::core::schema::text;

/// Largest credentials, longest domain and longest user name, in bytes.
const CREDENTIALS_LIMIT: usize = 64 * 1024;
const DOMAIN_LIMIT: usize = 256;
const USER_LIMIT: usize = 104;
/// Longest NetBIOS name, in characters.
const NETBIOS_LIMIT: usize = 15;

/// All containers of a pod, in the server's order.
pub(super) fn all_containers<'a>(pod: &Node<'a>) -> Vec<Node<'a>> {
    ["initContainers", "containers", "ephemeralContainers"].iter().flat_map(|list| pod.items(list)).collect()
}

pub(super) fn check_options(options: &Node<'_>, errors: &mut Errors) {
    if options.has("gmsaCredentialSpecName") {
        let name = options.str("gmsaCredentialSpecName");
        for detail in names::subdomain_errors(name) {
            let path = options.path("gmsaCredentialSpecName");
            errors.invalid_shown(path, text::json_string(name), detail);
        }
    }
    if options.has("gmsaCredentialSpec") {
        let path = options.path("gmsaCredentialSpec");
        match options.str("gmsaCredentialSpec").len() {
            0 => {
                let detail = "gmsaCredentialSpec cannot be an empty string";
                errors.invalid_json(path, options.raw("gmsaCredentialSpec"), detail);
            }
            CREDENTIALS_LIMIT.. if options.str("gmsaCredentialSpec").len() > CREDENTIALS_LIMIT => {
                let detail = "gmsaCredentialSpec size must be under 64 KiB";
                errors.invalid_json(path, options.raw("gmsaCredentialSpec"), detail);
            }
            _ => {}
        }
    }
    if options.has("runAsUserName") {
        let name = options.str("runAsUserName");
        for detail in user_errors(name) {
            errors.invalid_shown(options.path("runAsUserName"), text::json_string(name), detail);
        }
    }
}

fn user_errors(name: &str) -> Vec<&'static str> {
    if name.is_empty() {
        return vec!["runAsUserName cannot be an empty string"];
    }
    if name.bytes().any(|byte| byte.is_ascii_control()) {
        return vec!["runAsUserName cannot contain control characters"];
    }
    let (domain, user) = match name.split('\\').collect::<Vec<_>>().as_slice() {
        [user] => (None, *user),
        [domain, user] => (Some(*domain), *user),
        _ => return vec!["runAsUserName cannot contain more than one backslash"],
    };
    let forbidden = "\"/\\:;|=,+*?<>@[]";
    let rules = [
        (
            domain.is_some_and(|domain| domain.len() >= DOMAIN_LIMIT),
            "runAsUserName's Domain length must be under 256 characters",
        ),
        (
            domain.is_some_and(|domain| !is_netbios(domain) && !is_dns(domain)),
            "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
        ),
        (user.is_empty(), "runAsUserName's User cannot be empty"),
        (user.len() > USER_LIMIT, "runAsUserName's User length must not be longer than 104 characters"),
        (
            !user.is_empty() && user.chars().all(|c| matches!(c, '.' | ' ')),
            "runAsUserName's User cannot contain only periods or spaces",
        ),
        (
            user.chars().any(|c| forbidden.contains(c)),
            r#"runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]"#,
        ),
    ];
    rules.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, detail)| detail).collect()
}

fn is_netbios(domain: &str) -> bool {
    let length = domain.chars().count();
    (1..=NETBIOS_LIMIT).contains(&length)
        && !domain.starts_with('.')
        && !domain.chars().any(|c| "\\/:*?\"<>|".contains(c))
}

fn is_dns(domain: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    domain.split('.').all(|label| {
        let bytes = label.as_bytes();
        let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        bytes.len() <= names::LABEL_LIMIT
            && is_end(bytes.first())
            && is_end(bytes.last())
            && bytes.iter().all(is_inner)
    })
}

/// Either all containers are processes of the host, or none is.
pub(super) fn check_host_processes(pod: &Node<'_>, errors: &mut Errors) {
    let of = |owner: &Node<'_>| owner.at("securityContext").at("windowsOptions").raw("hostProcess").as_bool();
    let whole = of(pod);
    let containers = all_containers(pod);
    let mut count = 0;
    for container in &containers {
        let own = of(container);
        if let (Some(whole), Some(own)) = (whole, own)
            && whole != own
        {
            let path = format!("{}.securityContext.windowsOptions.hostProcess", container.path);
            let detail =
                format!("pod hostProcess value must be identical if both are specified, was {whole}");
            errors.invalid_shown(path, own.to_string(), detail);
        }
        count += usize::from(own.or(whole).unwrap_or_default());
    }
    if count == 0 {
        return;
    }
    if count != containers.len() {
        let detail =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.invalid(pod.path.clone(), "", detail);
    }
    if !pod.flag("hostNetwork") {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.invalid_shown(pod.path("hostNetwork"), "false".to_owned(), detail);
    }
}

/// What a pod may not say for the operating system that it names.
pub(super) fn check_system(pod: &Node<'_>, errors: &mut Errors) {
    let Some(system) = pod.set("os") else { return };
    match system.str("name") {
        "" => errors.required(system.path("name"), ""),
        "linux" => check_linux(pod, errors),
        "windows" => check_windows(pod, errors),
        other => errors.not_supported(system.path, other, &["linux", "windows"]),
    }
}

fn check_linux(pod: &Node<'_>, errors: &mut Errors) {
    for owner in std::iter::once(pod.clone()).chain(all_containers(pod)) {
        if let Some(options) = owner.at("securityContext").set("windowsOptions") {
            errors.forbidden(options.path, "windows options cannot be set for a linux pod");
        }
    }
}

const OF_PODS: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
const OF_CONTAINERS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

fn check_windows(pod: &Node<'_>, errors: &mut Errors) {
    let detail = "cannot be set for a windows pod";
    for member in ["hostUsers", "shareProcessNamespace"].into_iter().filter(|member| pod.has(member)) {
        errors.forbidden(pod.path(member), detail);
    }
    for member in ["hostPID", "hostIPC"].into_iter().filter(|member| pod.flag(member)) {
        errors.forbidden(pod.path(member), detail);
    }
    let context = pod.at("securityContext");
    let is_said =
        |member: &&str| context.has(member) && (*member != "sysctls" || !context.list(member).is_empty());
    for member in OF_PODS.into_iter().filter(is_said) {
        errors.forbidden(context.path(member), detail);
    }
    for container in all_containers(pod) {
        let context = container.at("securityContext");
        for member in OF_CONTAINERS.into_iter().filter(|member| context.has(member)) {
            errors.forbidden(context.path(member), detail);
        }
    }
}
