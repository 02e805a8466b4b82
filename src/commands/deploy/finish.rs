//! The good end: the endpoint, and how to call it.

use super::args::ApplySettings;
use crate::core::rollout::Endpoint;
use crate::error::Result;
use crate::ui::Ui;
use serde_json::{Value, json};

/// Says where the model answers; with `-o` only the object is printed, later.
pub(super) fn say(object: &Value, settings: &ApplySettings, ui: &mut Ui) -> Result<()> {
    if settings.output.is_some() {
        return Ok(());
    }
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let Some(endpoint) = Endpoint::of(object) else {
        ui.status("ready, and the status names no endpoint");
        return Ok(());
    };
    let namespace = text("/metadata/namespace");
    let model = model_name(object);
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
    let context = settings
        .globals
        .context
        .as_ref()
        .map(|context| format!(" --context {}", quoted(context)))
        .unwrap_or_default();
    let mut lines = format!(
        "endpoint: http://{service}.{namespace}.svc.cluster.local:{port}/v1\nmodel: {model}\n",
        service = endpoint.service,
        port = endpoint.port
    );
    if let Some(gateway) = &endpoint.gateway {
        lines.push_str(&format!("gateway: {gateway}\n"));
    }
    lines.push_str(&format!(
        "\nTo call it from this machine:\n  kubectl{context} port-forward -n {namespace} service/{service} 8000:{port}\n  \
         curl http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json' -d {body}\n",
        service = endpoint.service,
        port = endpoint.port,
        body = quoted(&body.to_string()),
    ));
    ui.data(&lines)
}

/// The name requests must use: the served name, else the model id.
fn model_name(object: &Value) -> &str {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    [text("/spec/model/servedName"), text("/spec/model/id")]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quoted("kind-kind"), "kind-kind");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
