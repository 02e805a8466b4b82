//! V8: volumes.

use super::{Issues, rule, text, view};
use crate::core::kubernetes::names::SUBDOMAIN_LIMIT;
use crate::core::schema::{ErrorKind, FieldError};
use serde_json::Value;
use std::collections::HashSet;

const VOLUMES: &str = "spec.model.storage.volumes";
const ACCESS_MODES: [&str; 4] = ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"];
const SYSTEM_PATHS: [&str; 5] = ["/dev", "/proc", "/sys", "/etc", "/var/run"];

/// Values that may occur once among all volumes.
#[derive(Default)]
struct Seen<'a> {
    names: HashSet<&'a str>,
    paths: HashSet<&'a str>,
    claims: HashSet<&'a str>,
}

pub(super) fn check(object: &Value, issues: &mut Issues) {
    let volumes = view::volumes(object);
    let mut seen = Seen::default();
    let deployment = view::text(object, &["metadata", "name"]);
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{VOLUMES}[{index}]");
        check_claim(volume, deployment, &path, issues);
        check_wishes(volume, &path, issues);
        check_unique(volume, &mut seen, &path, issues);
        check_path(volume, &path, issues);
    }
    for (purpose, rule) in [
        ("modelCache", &rule::VOLUME_ONE_MODEL_CACHE),
        ("compilationCache", &rule::VOLUME_ONE_COMPILATION_CACHE),
    ] {
        let count = volumes.iter().filter(|volume| view::text(volume, &["purpose"]) == purpose).count();
        if count > 1 {
            let detail = format!("at most one volume with purpose={purpose} is allowed");
            issues.invalid(rule, VOLUMES, count.to_string(), detail);
        }
    }
    check_download_job(volumes, deployment, issues);
}

/// Size and claim, in the webhook's order.
fn check_claim(volume: &Value, deployment: &str, path: &str, issues: &mut Issues) {
    let name = view::text(volume, &["name"]);
    let claim = view::text(volume, &["claimName"]);
    if !view::is_managed(volume) {
        if claim.is_empty() {
            let detail = "claimName is required when size is not set (must reference a pre-existing PVC)";
            issues.required(&rule::VOLUME_CLAIM_REQUIRED, &format!("{path}.claimName"), detail);
        }
        return;
    }
    if view::flag(volume, &["readOnly"]) {
        let detail = "readOnly must not be true when size is set (controller-created PVCs need write access)";
        issues.invalid(&rule::VOLUME_READ_ONLY_MANAGED, &format!("{path}.readOnly"), "true", detail);
    }
    let generated = format!("{deployment}-{name}");
    if !claim.is_empty() && claim != generated {
        let detail = format!(
            "claimName must not be set when size is set (auto-generated as {})",
            text::quote(&generated)
        );
        issues.invalid(
            &rule::VOLUME_CLAIM_ON_MANAGED,
            &format!("{path}.claimName"),
            text::quote(claim),
            detail,
        );
    }
    let resolved = if claim.is_empty() { generated.as_str() } else { claim };
    if resolved.len() > SUBDOMAIN_LIMIT {
        let detail = format!(
            "auto-generated PVC claim name {} exceeds the {SUBDOMAIN_LIMIT}-character Kubernetes name limit (got {} \
             characters); use a shorter ModelDeployment or volume name",
            text::quote(resolved),
            resolved.len()
        );
        issues.invalid(&rule::VOLUME_CLAIM_TOO_LONG, &format!("{path}.name"), text::quote(name), detail);
    }
}

/// Access mode and storage class: wishes for a claim that is created.
fn check_wishes(volume: &Value, path: &str, issues: &mut Issues) {
    let mode = view::text(volume, &["accessMode"]);
    if !mode.is_empty() && !ACCESS_MODES.contains(&mode) {
        let supported: Vec<String> = ACCESS_MODES.iter().map(|mode| text::quote(mode)).collect();
        issues.add(
            &rule::VOLUME_ACCESS_MODE,
            FieldError {
                kind: ErrorKind::NotSupported,
                path: format!("{path}.accessMode"),
                value: Some(text::json_string(mode)),
                detail: format!("supported values: {}", supported.join(", ")),
            },
        );
    }
    if view::is_managed(volume) {
        return;
    }
    if !mode.is_empty() {
        let detail = "accessMode is only applicable when size is set (controller-created PVCs)";
        let shown = text::json_string(mode);
        issues.invalid(&rule::VOLUME_ACCESS_MODE_UNMANAGED, &format!("{path}.accessMode"), shown, detail);
    }
    if let Some(class) = view::at(volume, &["storageClassName"]) {
        let detail = "storageClassName is only applicable when size is set (controller-created PVCs)";
        let shown = text::value(class);
        issues.invalid(
            &rule::VOLUME_STORAGE_CLASS_UNMANAGED,
            &format!("{path}.storageClassName"),
            shown,
            detail,
        );
    }
}

fn check_unique<'a>(volume: &'a Value, seen: &mut Seen<'a>, path: &str, issues: &mut Issues) {
    let name = view::text(volume, &["name"]);
    if !seen.names.insert(name) {
        issues.invalid(
            &rule::VOLUME_DUPLICATE_NAME,
            &format!("{path}.name"),
            text::quote(name),
            "duplicate volume name",
        );
    }
    let mount = view::text(volume, &["mountPath"]);
    if !mount.is_empty() && !seen.paths.insert(mount) {
        let shown = text::quote(mount);
        issues.invalid(
            &rule::VOLUME_DUPLICATE_PATH,
            &format!("{path}.mountPath"),
            shown,
            "duplicate mount path",
        );
    }
    let claim = view::text(volume, &["claimName"]);
    if !claim.is_empty() && !seen.claims.insert(claim) {
        let shown = text::quote(claim);
        issues.invalid(
            &rule::VOLUME_DUPLICATE_CLAIM,
            &format!("{path}.claimName"),
            shown,
            "duplicate claim name",
        );
    }
}

fn check_path(volume: &Value, path: &str, issues: &mut Issues) {
    let mount = view::text(volume, &["mountPath"]);
    let path = format!("{path}.mountPath");
    if mount.is_empty() {
        if matches!(view::text(volume, &["purpose"]), "" | "custom") {
            let detail = "mountPath is required when purpose is custom";
            issues.required(&rule::VOLUME_PATH_REQUIRED, &path, detail);
        }
        return;
    }
    if !mount.starts_with('/') {
        let detail = "mountPath must be an absolute path (start with /)";
        issues.invalid(&rule::VOLUME_PATH_RELATIVE, &path, text::quote(mount), detail);
    }
    let is_below = |system: &&&str| {
        mount.strip_prefix(**system).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if let Some(system) = SYSTEM_PATHS.iter().find(is_below) {
        let detail = format!("mountPath must not overlap with system path {system}");
        issues.invalid(&rule::VOLUME_PATH_SYSTEM, &path, text::quote(mount), detail);
    }
}

fn check_download_job(volumes: &[Value], deployment: &str, issues: &mut Issues) {
    let is_filled = |volume: &Value| {
        view::text(volume, &["purpose"]) == "modelCache"
            && view::is_managed(volume)
            && !view::flag(volume, &["readOnly"])
    };
    let job = format!("{deployment}-model-download");
    if job.len() > SUBDOMAIN_LIMIT && volumes.iter().any(is_filled) {
        let detail = format!(
            "auto-generated download Job name {} exceeds the {SUBDOMAIN_LIMIT}-character Kubernetes name limit (got {} \
             characters); use a shorter ModelDeployment name",
            text::quote(&job),
            job.len()
        );
        issues.invalid(&rule::DOWNLOAD_JOB_TOO_LONG, "metadata.name", text::quote(deployment), detail);
    }
}
