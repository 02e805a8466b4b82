//! Environment variables.

use super::{Found, Situation, rule, view};
use crate::core::kind::model_deployment::provider::{Environment, Facts};
use serde_json::Value;
use std::collections::HashSet;

const TOKEN: &str = "HF_TOKEN";

/// What the shim does with variables, as far as it is known.
struct Ways<'a> {
    provider: &'a str,
    environment: Option<Environment>,
    /// Whether the API server refuses a name that is there twice.
    names_are_keys: bool,
}

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    if !situation.is_used("env") {
        return; // Which another rule says.
    }
    let facts = situation.shim().map(|shim| shim.facts());
    let ways = Ways {
        provider: situation.provider_name(),
        environment: facts.map(|facts| facts.environment),
        names_are_keys: facts.is_some_and(Facts::applies_server_side),
    };
    let has_secret = !view::text(situation.stored, &["spec", "secrets", "huggingFaceToken"]).is_empty();
    let mut seen = HashSet::new();
    for (index, entry) in view::list(situation.stored, &["spec", "env"]).iter().enumerate() {
        let path = format!("spec.env[{index}]");
        let name = view::text(entry, &["name"]);
        if name.is_empty() || name.contains('=') || !name.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            found.add(&rule::ENV_NAME, format!("{path}.name"), format!("{name:?} is refused in a pod"));
            continue;
        }
        if name == TOKEN && has_secret {
            found.add(&rule::ENV_TOKEN_TWICE, &path, ways.token_twice());
        } else if ways.names_are_keys && !seen.insert(name) {
            let message = format!("{name} is set already; the Deployment is refused with a duplicate name");
            found.add(&rule::ENV_DUPLICATE, format!("{path}.name"), message);
        }
        ways.check_source(entry, &path, found);
    }
}

impl Ways<'_> {
    fn token_twice(&self) -> &'static str {
        match self.environment {
            Some(Environment::Whole) => "the shim drops this entry in favor of spec.secrets.huggingFaceToken",
            Some(Environment::SecretKeys) if self.names_are_keys => {
                "HF_TOKEN is rendered twice, and the Deployment is refused"
            }
            _ => "spec.secrets.huggingFaceToken sets HF_TOKEN as well",
        }
    }

    fn check_source(&self, entry: &Value, path: &str, found: &mut Found) {
        let Some(source) = view::object(entry, &["valueFrom"]) else { return };
        let path = format!("{path}.valueFrom");
        if !view::text(entry, &["value"]).is_empty()
            && let Some(message) = self.value_and_source()
        {
            found.add(&rule::ENV_VALUE_AND_SOURCE, &path, message);
        }
        if self.environment == Some(Environment::SecretKeys) {
            for name in source.keys().filter(|name| *name != "secretKeyRef") {
                let message = format!("provider {} renders values and secretKeyRef only", self.provider);
                found.add(&rule::ENV_SOURCE_IGNORED, format!("{path}.{name}"), message);
            }
        }
    }

    fn value_and_source(&self) -> Option<&'static str> {
        match self.environment {
            Some(Environment::Whole) => Some("the shim drops the value"),
            Some(_) if self.names_are_keys => Some("a pod may not have both a value and a source"),
            None if self.provider.is_empty() => Some("a pod may not have both a value and a source"),
            _ => None,
        }
    }
}
