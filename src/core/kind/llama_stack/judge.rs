//! The judge of LlamaStackDistributions.

use super::catalogue as rule;
use super::retired;
use crate::core::api_server::custom::{self, NoWebhooks, Request, Review};
use crate::core::kind::judge::{Children, Foresight, Judge};
use crate::core::kind::release::Release;
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json;
use crate::core::kubernetes::rule::Found;
use serde_json::Value;
use std::collections::HashMap;

/// The version that was released.
const RETIRED: &str = "llamastack.io/v1alpha1";

/// API types as `spec.providers` spells them, and as `spec.disabled` does.
const APIS: [(&str, &str); 5] = [
    ("inference", "inference"),
    ("safety", "safety"),
    ("vectorIo", "vector_io"),
    ("toolRuntime", "tool_runtime"),
    ("telemetry", "telemetry"),
];

pub(super) struct LlamaStackJudge(pub(super) &'static Release);

impl Judge for LlamaStackJudge {
    /// An object of the released version is not judged: its definition is of another operator.
    fn review(&self, request: &Request<'_>) -> Review {
        if json::text(request.object, &["apiVersion"]) != RETIRED {
            return custom::review(request, self.0.crd("llamastackdistributions.llamastack.io"), &NoWebhooks);
        }
        let stored = Some(request.object.clone());
        Review { stored, denial: None, warnings: Vec::new(), findings: vec![became(request.object)] }
    }

    fn foresee(&self, _: &Value, stored: &Value) -> Foresight {
        let is_retired = json::text(stored, &["apiVersion"]) == RETIRED;
        let advice = if is_retired { Vec::new() } else { advice(stored) };
        let children = Children::NotFollowed(
            "what the operator makes of a LlamaStackDistribution is not followed by this version".to_owned(),
        );
        Foresight { children, advice, ..Foresight::default() }
    }
}

/// What became of an object of the released version.
fn became(object: &Value) -> Finding {
    let moved = retired::moved(object);
    let mut hint = "write an OGXServer of ogx.io/v1beta1".to_owned();
    if !moved.is_empty() {
        hint = format!("{hint}: {}", moved.join(", "));
    }
    let text =
        "LlamaStackDistribution v1alpha1 became OGXServer of ogx.io/v1beta1; this object is not judged";
    rule::RETIRED.finding("apiVersion", text.to_owned(), Some(hint))
}

fn advice(stored: &Value) -> Vec<Finding> {
    let mut found = Found::default();
    let text = "a cluster cannot have this version: an API server refuses the definition";
    found.add(&rule::CRD_DOES_NOT_INSTALL, "apiVersion", text);
    both_ways(stored, &mut found);
    let ids = ids(stored, &mut found);
    for (index, model) in json::list_at(stored, "/spec/resources/models").iter().enumerate() {
        let provider = json::text(model, &["provider"]);
        // Without a list of its own the object rests on the base configuration.
        if !provider.is_empty() && !ids.is_empty() && !ids.contains_key(provider) {
            let path = format!("spec.resources.models[{index}].provider");
            found.add(&rule::MODEL_PROVIDER_UNKNOWN, path, format!("{provider} is not in spec.providers"));
        }
    }
    found.0
}

/// The pairs that the proposal's own rules overlook.
fn both_ways(stored: &Value, found: &mut Found) {
    let disabled = json::list_at(stored, "/spec/disabled");
    for (index, name) in disabled.iter().enumerate() {
        let api = APIS.iter().find(|(_, snake)| name == snake).map(|(camel, _)| *camel);
        let Some(api) = api.filter(|api| !json::list(stored, &["spec", "providers", api]).is_empty()) else {
            continue;
        };
        let path = format!("spec.disabled[{index}]");
        found.add(
            &rule::API_BOTH_WAYS,
            path,
            format!("spec.providers.{api} has providers of a disabled API"),
        );
    }
}

/// The ids of the providers of the object, with the API type that has each first.
fn ids<'a>(stored: &'a Value, found: &mut Found) -> HashMap<&'a str, &'static str> {
    let mut ids = HashMap::new();
    for (api, _) in APIS {
        for (index, provider) in json::list(stored, &["spec", "providers", api]).iter().enumerate() {
            let id = match json::text(provider, &["id"]) {
                "" => json::text(provider, &["provider"]),
                id => id,
            };
            let first = *ids.entry(id).or_insert(api);
            if first != api {
                let path = format!("spec.providers.{api}[{index}]");
                found.add(
                    &rule::SECOND_IDS,
                    path,
                    format!("{id} is the id of a provider of {first} as well"),
                );
            }
        }
    }
    ids
}
