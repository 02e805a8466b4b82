//! Kinds of volumes of single vendors and protocols.

use super::node::{Errors, Node};
use super::texts::check_label_name;
use super::volumes::all_of;
use crate::core::kubernetes::names;

/// Longest name of a volume, a colon and its portal, in bytes.
pub(super) const ISCSI_LIMIT: usize = 64;
/// Longest name of a driver, in bytes.
const DRIVER_LIMIT: usize = 63;
/// From how many bytes on a tenant is no UUID.
const TENANT_LIMIT: usize = 65;
const ANY_OF_A_DISK: &str = "must be between 0 and 255, inclusive";

fn is_byte(number: i64) -> bool {
    (0..=255).contains(&number)
}

pub(super) fn check_gce(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "pdName");
    check_partition(source, errors);
}

pub(super) fn check_aws(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "volumeID");
    check_partition(source, errors);
}

fn check_partition(source: &Node<'_>, errors: &mut Errors) {
    let partition = source.int("partition").unwrap_or_default();
    if !is_byte(partition) {
        // The words name 1, the rule begins at 0.
        errors.invalid_number(source.path("partition"), partition, "must be between 1 and 255, inclusive");
    }
}

pub(super) fn check_nfs(source: &Node<'_>, errors: &mut Errors) {
    all_of(source, &["server", "path"], errors);
    if !source.str("path").starts_with('/') {
        errors.invalid(source.path("path"), source.str("path"), "must be an absolute path");
    }
}

pub(super) fn check_iscsi(source: &Node<'_>, errors: &mut Errors) {
    all_of(source, &["targetPortal", "iqn"], errors);
    if !source.str("iqn").is_empty() {
        check_iqn(source.str("iqn"), &source.path("iqn"), errors);
    }
    let lun = source.int("lun").unwrap_or_default();
    if !is_byte(lun) {
        errors.invalid_number(source.path("lun"), lun, ANY_OF_A_DISK);
    }
    if (source.flag("chapAuthDiscovery") || source.flag("chapAuthSession")) && !source.has("secretRef") {
        errors.required(source.path("secretRef"), "");
    }
    if source.has("initiatorName") {
        check_iqn(source.str("initiatorName"), &source.path("initiatorname"), errors);
    }
}

fn check_iqn(name: &str, path: &str, errors: &mut Errors) {
    let is_form = |digits: usize| {
        // A byte of any kind stands between the prefix and the digits.
        let rest = name.get(4..).unwrap_or_default();
        rest.len() == digits && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let is_right = match name.get(..3) {
        Some("iqn") => is_qualified_iqn(name),
        Some("eui") => is_form(16),
        Some("naa") => is_form(32),
        _ => {
            return errors.invalid(path, name, "must be valid format starting with iqn, eui, or naa");
        }
    };
    if !is_right {
        errors.invalid(path, name, "must be valid format");
    }
}

/// `iqn.YYYY-MM.DOMAIN:NAME`, found anywhere in the text as long as it reaches to the end.
fn is_qualified_iqn(name: &str) -> bool {
    name.match_indices("iqn.").any(|(start, _)| {
        let rest = name.get(start + 4..).unwrap_or_default().as_bytes();
        let is_date = rest.len() > 8
            && rest.iter().take(7).enumerate().all(|(place, byte)| match place {
                4 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            })
            && rest.get(7) == Some(&b'.');
        let after = name.get(start + 12..).unwrap_or_default();
        let is_name = |text: &str| {
            !text.is_empty()
                && !text
                    .chars()
                    .any(|c| matches!(c, ',' | ';' | '*' | '&' | '$' | '|') || c.is_ascii_whitespace())
        };
        let is_domain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        };
        is_date && after.split_once(':').is_some_and(|(domain, name)| is_domain(domain) && is_name(name))
    })
}

pub(super) fn check_flocker(source: &Node<'_>, errors: &mut Errors) {
    let (name, uuid) = (source.str("datasetName"), source.str("datasetUUID"));
    match (name.is_empty(), uuid.is_empty()) {
        (true, true) => {
            errors.required(source.path.clone(), "one of datasetName and datasetUUID is required");
        }
        (false, false) => {
            let detail = "datasetName and datasetUUID can not be specified simultaneously";
            errors.invalid(source.path.clone(), "resource", detail);
        }
        _ => {}
    }
    if name.contains('/') {
        errors.invalid(source.path("datasetName"), name, "must not contain '/'");
    }
}

fn check_monitors(source: &Node<'_>, errors: &mut Errors) {
    if source.list("monitors").is_empty() {
        errors.required(source.path("monitors"), "");
    }
}

pub(super) fn check_rbd(source: &Node<'_>, errors: &mut Errors) {
    check_monitors(source, errors);
    errors.require(source, "image");
}

pub(super) fn check_cephfs(source: &Node<'_>, errors: &mut Errors) {
    check_monitors(source, errors);
}

fn check_secret(source: &Node<'_>, errors: &mut Errors) {
    if let Some(secret) = source.set("secretRef") {
        errors.require(&secret, "name");
    }
}

pub(super) fn check_cinder(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "volumeID");
    check_secret(source, errors);
}

pub(super) fn check_quobyte(source: &Node<'_>, errors: &mut Errors) {
    let (registry, path) = (source.str("registry"), source.path("registry"));
    let detail = "must be a host:port pair or multiple pairs separated by commas";
    if registry.is_empty() {
        errors.required(path, detail);
    } else if source.str("tenant").len() >= TENANT_LIMIT {
        let detail = "must be a UUID and may not exceed a length of 64 characters";
        errors.required(source.path("tenant"), detail);
    } else {
        for _ in registry.split(',').filter(|pair| !is_host_and_port(pair)) {
            errors.invalid(&path, registry, detail);
        }
    }
    errors.require(source, "volume");
}

/// `HOST:PORT` or `[HOST]:PORT`, either of which may be empty.
fn is_host_and_port(pair: &str) -> bool {
    let Some((host, port)) = pair.rsplit_once(':') else { return false };
    let host = match host.strip_prefix('[') {
        Some(rest) => match rest.strip_suffix(']') {
            Some(inner) => return !inner.contains(['[', ']']) && !port.contains(['[', ']']),
            None => return false,
        },
        None => host,
    };
    !host.contains([':', '[', ']']) && !port.contains(['[', ']'])
}

pub(super) fn check_fc(source: &Node<'_>, errors: &mut Errors) {
    let (targets, ids) = (source.list("targetWWNs"), source.list("wwids"));
    let path = source.path("targetWWNs");
    if targets.is_empty() && ids.is_empty() {
        errors.required(&path, "must specify either targetWWNs or wwids, but not both");
    }
    if targets.is_empty() {
        return;
    }
    if !ids.is_empty() {
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        errors.invalid_json(&path, source.raw("targetWWNs"), detail);
    }
    match source.int("lun") {
        None => errors.required(source.path("lun"), "lun is required if targetWWNs is specified"),
        Some(lun) if is_byte(lun) => {}
        Some(lun) => errors.invalid_number(source.path("lun"), lun, ANY_OF_A_DISK),
    }
}

pub(super) fn check_flex(source: &Node<'_>, errors: &mut Errors) {
    errors.require(source, "driver");
    for (key, _) in source.entries("options") {
        let domain = format!(".{}", key.split('/').next().unwrap_or_default().to_lowercase());
        if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            errors.invalid(source.at("options").key(key), key, detail);
        }
    }
}

pub(super) fn check_azure(source: &Node<'_>, errors: &mut Errors) {
    all_of(source, &["diskName", "diskURI"], errors);
    errors.pointed_choice(source, "cachingMode", &["None", "ReadOnly", "ReadWrite"]);
    errors.pointed_choice(source, "kind", &["Dedicated", "Managed", "Shared"]);
    let (kind, place) =
        (if source.has("kind") { source.str("kind") } else { "Shared" }, source.str("diskURI"));
    let (prefix, form) = if kind == "Managed" {
        (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        )
    } else {
        ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd")
    };
    if !place.starts_with(prefix) {
        let shown = crate::core::schema::text::quote(place);
        errors.not_supported_shown(source.path("diskURI"), shown, &[form]);
    }
}

pub(super) fn check_storageos(source: &Node<'_>, errors: &mut Errors) {
    check_label_name(source.str("volumeName"), &source.path("volumeName"), errors);
    let namespace = source.str("volumeNamespace");
    if !namespace.is_empty() {
        errors.each(&source.path("volumeNamespace"), namespace, names::label_errors(namespace));
    }
    check_secret(source, errors);
}

pub(super) fn check_csi(source: &Node<'_>, errors: &mut Errors) {
    let (driver, path) = (source.str("driver"), source.path("driver"));
    if driver.is_empty() {
        errors.required(path, "");
    } else {
        if driver.len() > DRIVER_LIMIT {
            errors.too_long(&path, DRIVER_LIMIT);
        }
        errors.each(&path, driver, names::subdomain_errors(&driver.to_lowercase()));
    }
    if let Some(secret) = source.set("nodePublishSecretRef") {
        errors.require(&secret, "name");
        let name = secret.str("name");
        if !name.is_empty() {
            // The server leaves the reference out of this path.
            errors.each(&source.path("name"), name, names::subdomain_errors(name));
        }
    }
}
