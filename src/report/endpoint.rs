//! Where a model answers, and how to call it.

use crate::core::rollout::Endpoint;
use crate::core::text::Lines;
use serde_json::json;
use std::borrow::Cow;

/// An endpoint in `namespace` and two commands that call it, `context` being the kubeconfig's that was named.
pub fn endpoint(endpoint: &Endpoint, namespace: &str, context: Option<&str>) -> String {
    let Endpoint { service, port, gateway, model } = endpoint;
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
    let body = body.to_string();
    let body = quoted(&body);
    let context = context.map(|context| format!(" --context {}", quoted(context))).unwrap_or_default();
    let mut lines = Lines::new();
    writeln!(lines, "endpoint: http://{service}.{namespace}.svc.cluster.local:{port}/v1");
    writeln!(lines, "model: {model}");
    if let Some(gateway) = gateway {
        writeln!(lines, "gateway: {gateway}");
    }
    writeln!(lines);
    writeln!(lines, "To call it from this machine:");
    let service = format!("service/{service}");
    let (namespace, service) = (quoted(namespace), quoted(&service));
    writeln!(lines, "  kubectl{context} port-forward -n {namespace} {service} 8000:{port}");
    writeln!(
        lines,
        "  curl http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json' -d {body}"
    );
    lines.into_string()
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> Cow<'_, str> {
    // No shell takes a NUL byte, and no kubeconfig or API server has one in a name.
    shlex::Quoter::new().allow_nul(true).quote(word).unwrap_or(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quoted("kind-kind"), "kind-kind");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted(r#"{"model":"Qwen/Qwen3-0.6B"}"#), r#"'{"model":"Qwen/Qwen3-0.6B"}'"#);
        let body = r#"{"model":"it's","content":"Hello!"}"#;
        assert_eq!(shlex::split(&quoted(body)), Some(vec![body.to_owned()]));
    }
}
