//! Probes, and what runs when a container starts and stops.

use super::node::{Errors, Node};
use super::texts::{check_port, header_name};

/// What the server adds to a probe that does not say it.
const NUMBERS: [(&str, i64); 5] = [
    ("initialDelaySeconds", 0),
    ("timeoutSeconds", 1),
    ("periodSeconds", 10),
    ("successThreshold", 1),
    ("failureThreshold", 3),
];
const OF_PROBES: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];
const OF_LIFECYCLE: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

/// The probes and the lifecycle of a container.
pub(super) fn check(container: &Node<'_>, grace: i64, errors: &mut Errors) {
    let lifecycle = container.at("lifecycle");
    for handler in ["postStart", "preStop"].into_iter().filter_map(|name| lifecycle.set(name)) {
        check_handler(&handler, &OF_LIFECYCLE, grace, errors);
    }
    for member in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.set(member) else { continue };
        check_probe(&probe, grace, errors);
        if member == "readinessProbe" {
            if let Some(seconds) = probe.int("terminationGracePeriodSeconds") {
                let path = probe.path("terminationGracePeriodSeconds");
                errors.invalid_number(path, seconds, "must not be set for readinessProbes");
            }
        } else {
            let successes = number(&probe, "successThreshold", 1);
            if successes != 1 {
                errors.invalid_number(probe.path("successThreshold"), successes, "must be 1");
            }
        }
    }
}

/// Whether the lifecycle says more than a stop signal, which this server drops before it judges.
pub(super) fn has_lifecycle(container: &Node<'_>) -> bool {
    let lifecycle = container.at("lifecycle");
    let said = ["postStart", "preStop"].iter().any(|name| lifecycle.has(name));
    said || lifecycle.is_set() && !lifecycle.has("stopSignal")
}

/// A number that the server fills in when it is 0.
fn number(probe: &Node<'_>, name: &str, default: i64) -> i64 {
    probe.int(name).filter(|number| *number != 0).unwrap_or(default)
}

fn check_probe(probe: &Node<'_>, grace: i64, errors: &mut Errors) {
    check_handler(probe, &OF_PROBES, grace, errors);
    for (name, _) in NUMBERS {
        errors.not_negative(probe, name);
    }
    if let Some(seconds) = probe.int("terminationGracePeriodSeconds").filter(|seconds| *seconds <= 0) {
        errors.invalid_number(probe.path("terminationGracePeriodSeconds"), seconds, "must be greater than 0");
    }
}

/// What is run or asked: one way, and that right.
fn check_handler(handler: &Node<'_>, ways: &[&str], grace: i64, errors: &mut Errors) {
    let mut said = ways.iter().filter_map(|way| Some((*way, handler.set(way)?)));
    let Some((way, first)) = said.next() else {
        return errors.required(handler.path.clone(), "must specify a handler type");
    };
    match way {
        "exec" => {
            if first.list("command").is_empty() {
                errors.required(first.path("command"), "");
            }
        }
        "httpGet" => {
            check_port(&first, "port", errors);
            errors.choice(&first, "scheme", &["HTTP", "HTTPS"]);
            for header in first.items("httpHeaders") {
                let name = header.str("name");
                errors.each(&first.path("httpHeaders"), name, header_name(name));
            }
        }
        "sleep" => {
            let seconds = first.int("seconds").unwrap_or_default();
            if seconds < 0 || seconds > grace {
                let detail =
                    format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                errors.invalid_number(first.path, seconds, detail);
            }
        }
        _ => check_port(&first, "port", errors),
    }
    for (_, other) in said {
        errors.forbidden(other.path, "may not specify more than 1 handler type");
    }
}
