//! Names of objects and label values that are derived from the name.

use super::{Found, Situation, rule, view};
use crate::core::kind::model_deployment::launch::grammar;
use crate::core::kubernetes::names::LABEL_LIMIT;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let name = view::text(situation.stored, &["metadata", "name"]);
    let services = situation.shim().map_or(&[""][..], |shim| shim.services(!situation.is_aggregated()));
    check_services(situation, name, services, found);
    let suffix = services.iter().max_by_key(|suffix| suffix.len()).copied().unwrap_or_default();
    let gateway =
        view::at(situation.stored, &["spec", "gateway", "enabled"]).and_then(serde_json::Value::as_bool);
    let suffix = if suffix.len() < 4 && gateway == Some(true) { "-epp" } else { suffix };
    let length = name.len() + suffix.len();
    if length > LABEL_LIMIT {
        let derived =
            if suffix.is_empty() { "its Service".to_owned() } else { format!("the Service <name>{suffix}") };
        let message =
            format!("the name of {derived} would have {length} characters; {LABEL_LIMIT} are allowed");
        found.add(&rule::NAME_TOO_LONG_DERIVED, "metadata.name", message);
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        let message = "a Service with this name is refused; its name must start with a letter";
        found.add(&rule::NAME_STARTS_WITH_DIGIT, "metadata.name", message);
    }
}

/// The Service of the API server, which is there before any other.
const API_SERVER: (&str, &str) = ("default", "kubernetes");

/// Names of Services that are taken, and those that Kubernetes makes into a variable that the engine reads.
fn check_services(situation: &Situation<'_>, name: &str, services: &[&str], found: &mut Found) {
    if situation.shim().is_none() {
        return;
    }
    let services = services.iter().map(|suffix| format!("{name}{suffix}"));
    for service in services {
        let namespace = view::text(situation.stored, &["metadata", "namespace"]);
        if (namespace, service.as_str()) == API_SERVER {
            let message =
                "the Service of the API server has this name, and the provider takes over nothing of others";
            found.add(&rule::NAME_TAKEN, "metadata.name", message);
        }
        let variable = format!("{}_PORT", service.to_uppercase().replace('-', "_"));
        let reads = grammar(situation.engine_name()).map_or(&[][..], |grammar| grammar.port_variables);
        if reads.contains(&variable.as_str()) && !is_spared(situation, &variable) {
            let message = format!(
                "for a Service {service} Kubernetes sets {variable} to an address, and the engine ends on it"
            );
            found.add(&rule::NAME_SETS_VARIABLE, "metadata.name", message);
        }
    }
}

/// Whether the object sets the variable itself, or keeps Kubernetes from setting any.
fn is_spared(situation: &Situation<'_>, variable: &str) -> bool {
    let links = "/spec/provider/overrides/spec/template/spec/enableServiceLinks";
    let is_off = situation.is_used("provider.overrides")
        && situation.stored.pointer(links) == Some(&serde_json::Value::Bool(false));
    let env = view::list(situation.stored, &["spec", "env"]);
    is_off || situation.is_used("env") && env.iter().any(|entry| view::text(entry, &["name"]) == variable)
}
