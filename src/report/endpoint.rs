//! Where a model answers, and how to call it.

use crate::core::rollout::{Door, Endpoint};
use crate::core::text::{Lines, shell_word};
use serde_json::json;

/// An endpoint in `namespace`: a line for each thing that is known of it.
pub fn endpoint(endpoint: &Endpoint, namespace: &str) -> String {
    let Endpoint { door, port, gateway, model } = endpoint;
    let mut lines = Lines::new();
    let mut gateway = gateway.as_ref();
    match door {
        Door::Service(service) => {
            writeln!(lines, "endpoint: http://{service}.{namespace}.svc.cluster.local:{port}/v1");
        }
        Door::Deployment(_) => {
            if let Some(gateway) = gateway.take() {
                writeln!(lines, "endpoint: {gateway}");
            }
        }
    }
    writeln!(lines, "model: {model}");
    if let Some(gateway) = gateway {
        writeln!(lines, "gateway: {gateway}");
    }
    lines.into_string()
}

/// How to call an endpoint from this machine, a line each; `context` is the kubeconfig's that was named.
pub fn how_to_call(endpoint: &Endpoint, namespace: &str, context: Option<&str>) -> Vec<String> {
    let Endpoint { door, port, model, .. } = endpoint;
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] }).to_string();
    let body = shell_word(&body);
    let context = context.map(|context| format!(" --context {}", shell_word(context))).unwrap_or_default();
    let door = match door {
        Door::Service(name) => format!("service/{name}"),
        Door::Deployment(name) => format!("deployment/{name}"),
    };
    let (namespace, door) = (shell_word(namespace), shell_word(&door));
    vec![
        "to call it from this machine:".to_owned(),
        format!("  kubectl{context} port-forward -n {namespace} {door} 8000:{port}"),
        format!(
            "  curl http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json' -d {body}"
        ),
    ]
}
