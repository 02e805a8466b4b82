//! The validating webhook of the OGX operator (llama-stack.md section B1).

use super::catalogue as rule;
use super::providers::configured;
use crate::core::api_server::custom::{Issue, WebhookAnswer, Webhooks};
use crate::core::kubernetes::json;
use crate::core::kubernetes::rule::Rule;
use crate::core::nearest::nearest;
use crate::core::schema::FieldError;
use crate::core::schema::text::quote;
use serde_json::Value;
use std::collections::BTreeSet;

/// The distributions that are built into the operator, sorted (`distributions.json` at `1784464`).
pub(super) const DISTRIBUTIONS: [&str; 4] = ["meta-reference-gpu", "postgres-demo", "remote-vllm", "starter"];

/// Annotations that name another server, from which storage or network are taken over.
pub(super) const ADOPTIONS: [&str; 2] = ["ogx.io/adopt-storage", "ogx.io/adopt-networking"];

/// The webhook, for the distributions that are built in.
pub(super) struct Admission;

impl Webhooks for Admission {
    fn validate(&self, object: &Value, _: Option<&Value>) -> WebhookAnswer {
        let mut issues = Vec::new();
        distribution(object, &mut issues);
        let ids = ids(object, &mut issues);
        models(object, &ids, &mut issues);
        adoptions(object, &mut issues);
        WebhookAnswer { issues, cautions: Vec::new() }
    }

    fn validating(&self) -> &'static str {
        "vogxserver.kb.io"
    }
}

fn issue(rule: &'static Rule, path: String, value: &str, detail: String) -> Issue {
    Issue { rule, error: FieldError::invalid(path, quote(value), detail), hint: None }
}

fn distribution(object: &Value, issues: &mut Vec<Issue>) {
    let name = json::text(object, &["spec", "distribution", "name"]);
    if name.is_empty() || DISTRIBUTIONS.contains(&name) {
        return;
    }
    let detail = format!(
        "unknown distribution {}; available distributions: {}",
        quote(name),
        DISTRIBUTIONS.join(", ")
    );
    let meant = nearest(name, DISTRIBUTIONS.into_iter()).map(|meant| format!("did you mean {meant}?"));
    let path = "spec.distribution.name".to_owned();
    issues.push(Issue { hint: meant, ..issue(&rule::DISTRIBUTION_UNKNOWN, path, name, detail) });
}

/// The ids of all providers; an id is told as often as it comes again.
fn ids(object: &Value, issues: &mut Vec<Issue>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for provider in configured(object) {
        if seen.contains(&provider.id) {
            let detail = format!("duplicate provider ID {}", quote(&provider.id));
            let hint = Some(format!("give the provider at {} an id of its own", provider.path));
            let path = "spec.providers".to_owned();
            issues.push(Issue { hint, ..issue(&rule::PROVIDER_ID_TWICE, path, &provider.id, detail) });
        }
        seen.insert(provider.id);
    }
    seen
}

/// A provider that a model names is looked for among those of the object alone, and only where it has any block of them.
fn models(object: &Value, ids: &BTreeSet<String>, issues: &mut Vec<Issue>) {
    if json::object(object, &["spec", "providers"]).is_none() {
        return;
    }
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    for (index, model) in json::list(object, &["spec", "resources", "models"]).iter().enumerate() {
        let provider = json::text(model, &["provider"]);
        if provider.is_empty() || ids.contains(provider) {
            continue;
        }
        let detail = format!("references unknown provider ID; available: [{}]", known.join(" "));
        let path = format!("spec.resources.models[{index}].provider");
        issues.push(issue(&rule::MODEL_PROVIDER_UNKNOWN, path, provider, detail));
    }
}

fn adoptions(object: &Value, issues: &mut Vec<Issue>) {
    let name = json::text(object, &["metadata", "name"]);
    for annotation in ADOPTIONS {
        let value = json::text(object, &["metadata", "annotations", annotation]);
        if !value.is_empty() && value == name {
            let detail = "adoption annotation value must not equal the CR name; same-name adoption causes resource conflicts";
            let path = format!("metadata.annotations[{annotation}]");
            issues.push(issue(&rule::ADOPTS_ITSELF, path, value, detail.to_owned()));
        }
    }
}
