//! The providers that an OGXServer configures, with their ids (llama-stack.md section B2).

use crate::core::kubernetes::json;
use serde_json::Value;

/// API types as `spec.providers` spells them, each with its typed providers: remote, then inline, in the operator's order.
const APIS: [(&str, &[&str], &[&str]); 7] = [
    ("inference", &["vllm", "openai", "azure", "bedrock", "vertexai", "watsonx"], &[]),
    ("vectorIo", &["pgvector", "milvus", "qdrant"], &[]),
    ("toolRuntime", &["braveSearch", "tavilySearch", "modelContextProtocol"], &["fileSearch"]),
    ("files", &["s3"], &["localfs"]),
    ("batches", &[], &["reference"]),
    ("responses", &[], &["builtin"]),
    ("fileProcessors", &["doclingServe"], &["auto", "pypdf", "markitdown", "docling"]),
];

/// What `spec.providers` calls a provider of a type that it does not have a field for.
const CUSTOM: &str = "custom";

/// One configured provider.
#[derive(Debug)]
pub(super) struct Provider {
    /// Its id, given or of the type.
    pub(super) id: String,
    /// Field path of its entry.
    pub(super) path: String,
}

/// All configured providers: by API type, remote ones before inline ones, typed before custom.
pub(super) fn configured(object: &Value) -> Vec<Provider> {
    let mut found = Vec::new();
    for (api, remote, inline) in APIS {
        for (place, kinds) in [("remote", remote), ("inline", inline)] {
            for kind in kinds.iter().copied().chain([CUSTOM]) {
                let path = format!("spec.providers.{api}.{place}.{kind}");
                let Some(value) = json::at(object, &["spec", "providers", api, place, kind]) else {
                    continue;
                };
                let fixed = if kind == CUSTOM { None } else { Some(format!("{place}-{}", kebab(kind))) };
                match value.as_array() {
                    Some(entries) => found.extend(
                        entries
                            .iter()
                            .enumerate()
                            .map(|(index, entry)| provider(entry, format!("{path}[{index}]"), fixed.clone())),
                    ),
                    None => found.push(provider(value, path, fixed)),
                }
            }
        }
    }
    found
}

/// `fixed` is the id of the type where the field says the type.
fn provider(entry: &Value, path: String, fixed: Option<String>) -> Provider {
    let of_type = fixed.unwrap_or_else(|| json::text(entry, &["type"]).replace("::", "-"));
    let id = match json::text(entry, &["id"]) {
        "" => of_type,
        given => given.to_owned(),
    };
    Provider { id, path }
}

/// `braveSearch` as `brave-search`.
fn kebab(name: &str) -> String {
    name.chars().fold(String::new(), |mut text, letter| {
        if letter.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
        text
    })
}
