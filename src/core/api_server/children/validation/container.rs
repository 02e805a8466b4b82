//! One container.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    at, check_label_name, check_not_negative, duplicate, integer, invalid, items, not_supported, resources,
    string,
};
use crate::core::kubernetes::names;
use crate::core::schema::{ErrorKind, FieldError};

/// Longest name of a port, in bytes.
const PORT_NAME_LIMIT: usize = 15;
const ENV_NAME: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";
/// Longest key of a ConfigMap or a Secret, in bytes.
const KEY_LIMIT: usize = 253;
const PORT_RANGE: &str = "must be between 1 and 65535, inclusive";

pub(super) fn check(container: &Value, volumes: &HashSet<&str>, path: &str, errors: &mut Vec<FieldError>) {
    check_label_name(string(container, "name"), &format!("{path}.name"), errors);
    if string(container, "image").is_empty() {
        errors.push(FieldError::required(format!("{path}.image"), ""));
    }
    check_choice(container, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"], path, errors);
    check_ports(items(container, "ports"), &format!("{path}.ports"), errors);
    for (index, variable) in items(container, "env").iter().enumerate() {
        check_variable(variable, &format!("{path}.env[{index}]"), errors);
    }
    check_sources(items(container, "envFrom"), &format!("{path}.envFrom"), errors);
    check_mounts(items(container, "volumeMounts"), volumes, &format!("{path}.volumeMounts"), errors);
    check_choice(container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"], path, errors);
    resources::check(at(container, "resources"), &format!("{path}.resources"), errors);
}

fn check_choice(value: &Value, member: &str, choices: &[&str], path: &str, errors: &mut Vec<FieldError>) {
    let chosen = string(value, member);
    if !chosen.is_empty() && !choices.contains(&chosen) {
        errors.push(not_supported(format!("{path}.{member}"), chosen, choices));
    }
}

fn check_ports(ports: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    let mut names = HashSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let name = string(port, "name");
        if !name.is_empty() {
            let name_path = format!("{path}.name");
            let wrong = port_name_errors(name);
            if wrong.is_empty() && !names.insert(name) {
                errors.push(duplicate(name_path.clone(), name));
            }
            errors.extend(wrong.into_iter().map(|error| invalid(&name_path, name, error)));
        }
        for member in ["containerPort", "hostPort"] {
            match integer(port, member).unwrap_or(0) {
                0 if member == "hostPort" => {}
                0 => errors.push(FieldError::required(format!("{path}.{member}"), "")),
                1..=65_535 => {}
                other => errors.push(FieldError::invalid(
                    format!("{path}.{member}"),
                    other.to_string(),
                    PORT_RANGE,
                )),
            }
        }
        check_choice(port, "protocol", &["SCTP", "TCP", "UDP"], &path, errors);
    }
}

fn port_name_errors(name: &str) -> Vec<String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let rules = [
        (name.len() > PORT_NAME_LIMIT, "must be no more than 15 characters"),
        (
            !name.bytes().all(is_inner),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (!name.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)"),
        (name.contains("--"), "must not contain consecutive hyphens"),
        (name.starts_with('-') || name.ends_with('-'), "must not begin or end with a hyphen"),
    ];
    rules.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, error)| error.to_owned()).collect()
}

fn check_variable(variable: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let name = string(variable, "name");
    let name_path = format!("{path}.name");
    if name.is_empty() {
        errors.push(FieldError::required(name_path, ""));
    } else if !name.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=') {
        errors.push(invalid(&name_path, name, ENV_NAME));
    }
    let source = at(variable, "valueFrom");
    let Some(members) = source.as_object() else { return };
    let path = format!("{path}.valueFrom");
    for member in ["configMapKeyRef", "secretKeyRef"] {
        let reference = at(source, member);
        if !reference.is_null() {
            check_key_reference(reference, &format!("{path}.{member}"), errors);
        }
    }
    let sources = members.values().filter(|value| !value.is_null()).count();
    let detail = match sources {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        _ if !string(variable, "value").is_empty() => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    errors.push(invalid(&path, "", detail));
}

/// A key of a ConfigMap or a Secret.
fn check_key_reference(reference: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let (name, key) = (string(reference, "name"), string(reference, "key"));
    let name_path = format!("{path}.name");
    errors.extend(names::subdomain_errors(name).into_iter().map(|error| invalid(&name_path, name, error)));
    let key_path = format!("{path}.key");
    if key.is_empty() {
        errors.push(FieldError::required(key_path, ""));
    } else {
        errors.extend(key_errors(key).into_iter().map(|error| invalid(&key_path, key, error)));
    }
}

fn key_errors(key: &str) -> Vec<String> {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let rules = [
        (key.len() > KEY_LIMIT, "must be no more than 253 characters"),
        (
            !key.bytes().all(is_inner),
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
        (key == ".", "must not be '.'"),
        (key == "..", "must not be '..'"),
        (key.starts_with("..") && key != "..", "must not start with '..'"),
    ];
    rules.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, error)| error.to_owned()).collect()
}

fn check_mounts(mounts: &[Value], volumes: &HashSet<&str>, path: &str, errors: &mut Vec<FieldError>) {
    let mut places = HashSet::new();
    for (index, mount) in mounts.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let (name, place) = (string(mount, "name"), string(mount, "mountPath"));
        if name.is_empty() {
            errors.push(FieldError::required(format!("{path}.name"), ""));
        }
        if !volumes.contains(name) {
            let value = Some(crate::core::schema::text::quote(name));
            let path = format!("{path}.name");
            errors.push(FieldError { kind: ErrorKind::NotFound, path, value, detail: String::new() });
        }
        if place.is_empty() {
            errors.push(FieldError::required(format!("{path}.mountPath"), ""));
        }
        if !places.insert(place) {
            errors.push(invalid(&format!("{path}.mountPath"), place, "must be unique"));
        }
    }
}

/// The numbers of the probes, and that each has a way to ask.
pub(super) fn check_probes(container: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for member in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = at(container, member);
        if probe.is_null() {
            continue;
        }
        let path = format!("{path}.{member}");
        let handlers =
            ["exec", "httpGet", "tcpSocket", "grpc"].map(|name| (name, !at(probe, name).is_null()));
        for (name, _) in handlers.iter().filter(|(_, is_there)| *is_there).skip(1) {
            errors.push(FieldError::forbidden(
                format!("{path}.{name}"),
                "may not specify more than 1 handler type",
            ));
        }
        if !handlers.iter().any(|(_, is_there)| *is_there) {
            errors.push(FieldError::required(&path, "must specify a handler type"));
        }
        check_handler(probe, &path, errors);
        for number in
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            check_not_negative(probe, number, &path, errors);
        }
        // The server makes 1 of an absent one and of 0.
        let successes = integer(probe, "successThreshold").filter(|number| *number != 0).unwrap_or(1);
        if member != "readinessProbe" && successes != 1 {
            errors.push(FieldError::invalid(
                format!("{path}.successThreshold"),
                successes.to_string(),
                "must be 1",
            ));
        }
    }
}

/// What a probe asks.
fn check_handler(probe: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let exec = at(probe, "exec");
    if !exec.is_null() && items(exec, "command").is_empty() {
        errors.push(FieldError::required(format!("{path}.exec.command"), ""));
    }
    for member in ["httpGet", "tcpSocket"] {
        let asked = at(probe, member);
        if asked.is_null() {
            continue;
        }
        let port = format!("{path}.{member}.port");
        match (integer(asked, "port"), string(asked, "port")) {
            (Some(1..=65_535), _) => {}
            (Some(other), _) => errors.push(FieldError::invalid(port, other.to_string(), PORT_RANGE)),
            (None, "") => errors.push(FieldError::invalid(port, "0", PORT_RANGE)),
            (None, name) => {
                errors.extend(port_name_errors(name).into_iter().map(|error| invalid(&port, name, error)));
            }
        }
    }
}

fn check_sources(sources: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    for (index, source) in sources.iter().enumerate() {
        let (config, secret) = (at(source, "configMapRef"), at(source, "secretRef"));
        for (member, reference) in [("configMapRef", config), ("secretRef", secret)] {
            if !reference.is_null() && string(reference, "name").is_empty() {
                errors.push(FieldError::required(format!("{path}[{index}].{member}.name"), ""));
            }
        }
        match (config.is_null(), secret.is_null()) {
            (true, true) => {
                errors.push(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
            }
            (false, false) => {
                errors.push(invalid(path, "", "may not have more than one field specified at a time"))
            }
            _ => {}
        }
    }
}
