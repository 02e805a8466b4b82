//! Secrets are taken out of what leaves the program as a file.
//!
//! What is a secret by its place goes whole: the data of a Secret, the value of a variable or flag whose name looks like one.
//! Anywhere else a text loses what looks like a credential by itself. Too much is rather lost than too little.

use crate::core::kubernetes::json::text_at;
use regex::Regex;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands in place of a secret.
pub const REDACTED: &str = "(redacted)";
/// Deepest object that is gone into; below that everything goes.
const MAX_DEPTH: usize = 64;
/// Annotations that hold an object once more, as text, with all its secrets; and who wrote what, which tells nothing here.
const COPIES: [&str; 2] = ["kubectl.kubernetes.io/last-applied-configuration", "managedFields"];

/// An object without its secrets.
pub fn object(object: &Value) -> Value {
    let is_secret = text_at(object, "/kind") == "Secret" && text_at(object, "/apiVersion") == "v1";
    match object {
        Value::Object(members) if is_secret => {
            let member = |(name, value): (&String, &Value)| match name.as_str() {
                "data" | "stringData" => (name.clone(), whole(value)),
                _ => (name.clone(), value_of(name, value, 0)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => value_of("", other, 0),
    }
}

/// Every value of a map, its names kept.
fn whole(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.keys().map(|name| (name.clone(), REDACTED.into())).collect::<Map<_, _>>().into()
        }
        Value::Null => Value::Null,
        _ => REDACTED.into(),
    }
}

fn value_of(name: &str, value: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH || COPIES.contains(&name) {
        return REDACTED.into();
    }
    match value {
        Value::String(_) if is_secret_name(name) => REDACTED.into(),
        Value::String(said) => text(said).into(),
        Value::Array(entries) => list(entries, depth),
        Value::Object(members) => {
            // A list of objects may hold a Secret.
            if depth > 0 && text_at(value, "/kind") == "Secret" {
                return object(value);
            }
            let secret = members.get("name").and_then(Value::as_str).is_some_and(is_secret_name);
            let member = |(name, value): (&String, &Value)| match name.as_str() {
                "value" if secret => (name.clone(), whole(value)),
                _ => (name.clone(), value_of(name, value, depth + 1)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

/// A list, which may be a command line: the word after a flag whose name looks like a secret is one.
fn list(entries: &[Value], depth: usize) -> Value {
    let mut follows = false;
    let entry = |entry: &Value| {
        let word = entry.as_str();
        let redacted = match word {
            Some(word) if std::mem::take(&mut follows) && !word.starts_with('-') => REDACTED.into(),
            Some(word) => match word.split_once('=') {
                Some((flag, _)) if is_secret_name(flag) => format!("{flag}={REDACTED}").into(),
                _ => value_of("", entry, depth + 1),
            },
            None => value_of("", entry, depth + 1),
        };
        follows = word
            .is_some_and(|word| word.starts_with('-') && !word.contains([' ', '=']) && is_secret_name(word));
        redacted
    };
    entries.iter().map(entry).collect()
}

/// Whether what has this name is a secret: `HF_TOKEN`, `--api-key`, `dbPassword`. Names of Secrets are none, nor are counts of
/// tokens.
pub fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let words = [
        "password",
        "passwd",
        "passphrase",
        "apikey",
        "secret",
        "credential",
        "authorization",
        "accesskey",
        "privatekey",
        "bearer",
        "cookie",
        "dockerconfig",
    ];
    let names = plain.ends_with("name") || plain.ends_with("ref") || plain.ends_with("file");
    let token = plain.ends_with("token") && !plain.ends_with("maxtoken");
    (token || words.iter().any(|word| plain.contains(word))) && !names
}

/// A credential as it looks by itself, and what of it stays.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        // The keys of well-known services, and JSON web tokens.
        (r"\b(?:hf_|sk-|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abp]-|AKIA)[A-Za-z0-9_-]{8,}", REDACTED),
        (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", REDACTED),
        // Headers.
        (r"(?i)\b(authorization|proxy-authorization|cookie|set-cookie)(\W{1,3})[^\r\n]+", "$1$2(redacted)"),
        (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=_.~-]{8,}", "$1 (redacted)"),
        // A name and its value, in logs, queries and JSON.
        (
            r#"(?i)([a-z0-9_.-]*(?:password|passwd|passphrase|api[_-]?key|secret|credentials?|access[_-]?key|private[_-]?key|[a-z0-9]*[_-]token|\btoken)["']?\s*[=:]\s*)(?:"[^"\r\n]*"|'[^'\r\n]*'|[^\s,;&"']+)"#,
            "$1(redacted)",
        ),
        // A flag and its value.
        (r"(?i)(--?[a-z0-9_-]*(?:password|api[_-]?key|secret|token))(\s+)[^\s-]\S*", "$1$2(redacted)"),
        // A user's password in an address.
        (r"([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]*@", "$1(redacted)@"),
        (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", REDACTED),
    ];
    let compiled = patterns.into_iter().map(|(pattern, kept)| Some((Regex::new(pattern).ok()?, kept)));
    compiled.flatten().collect()
});

/// A text without what looks like a credential.
pub fn text(text: &str) -> String {
    let mut redacted = Cow::Borrowed(text);
    for (pattern, kept) in PATTERNS.iter() {
        if let Cow::Owned(changed) = pattern.replace_all(&redacted, *kept) {
            redacted = Cow::Owned(changed);
        }
    }
    redacted.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(PATTERNS.len(), 8);
    }

    #[test]
    fn a_secret_keeps_its_names_only() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "vllm-hf-token" },
            "data": { "HF_TOKEN": "aHVudGVyMg==" }, "stringData": { "b": "hunter2" },
        });
        let list = json!({ "kind": "List", "items": [secret] });
        for redacted in [object(&secret), object(&list)] {
            let text = redacted.to_string();
            assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
            assert!(text.contains("HF_TOKEN") && text.contains("vllm-hf-token"), "{text}");
        }
    }

    #[test]
    fn variables_flags_and_copies_lose_their_values() {
        let pod = json!({
            "kind": "Pod",
            "metadata": {
                "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{\"env\": \"hunter2\"}" },
                "managedFields": [{ "manager": "hunter2" }],
            },
            "spec": { "containers": [{
                "env": [
                    { "name": "HF_TOKEN", "value": "hunter2" },
                    { "name": "MAX_TOKENS", "value": "64" },
                    { "name": "KEY", "valueFrom": { "secretKeyRef": { "name": "kept", "key": "kept-too" } } },
                ],
                "args": ["--api-key", "hunter2", "--hf-token=hunter2", "--max-model-len", "4096", "--api-key", "--next"],
                "command": ["sh", "-c", "serve --token hunter2 --port 8000"],
            }], "volumes": [{ "secret": { "secretName": "kept" } }] },
        });
        let redacted = object(&pod);
        assert!(!redacted.to_string().contains("hunter2"), "{redacted}");
        let container = &redacted["spec"]["containers"][0];
        assert_eq!(container["env"][1]["value"], "64");
        assert_eq!(container["env"][2]["valueFrom"]["secretKeyRef"]["key"], "kept-too");
        assert_eq!(container["args"][4], "4096");
        assert_eq!(container["args"][6], "--next");
        assert_eq!(container["command"][2], "serve --token (redacted) --port 8000");
        assert_eq!(redacted["spec"]["volumes"][0]["secret"]["secretName"], "kept");
    }

    #[test]
    fn a_text_loses_what_looks_like_a_credential_and_keeps_the_rest() {
        for (said, kept) in [
            ("Authorization: Bearer abcdefghijk", "Authorization: (redacted)"),
            ("sent Bearer abcdefghijk.x to it", "sent Bearer (redacted) to it"),
            ("loaded hf_abcdefghijklmnop ok", "loaded (redacted) ok"),
            ("a eyJhbGciOiJSUzI1.eyJzdWIiOiJ4.c2ln b", "a (redacted) b"),
            ("HF_TOKEN=hunter2 next", "HF_TOKEN=(redacted) next"),
            (r#"{"password": "hunter 2", "a": 1}"#, r#"{"password": (redacted), "a": 1}"#),
            ("GET /a?token=hunter2&b=1", "GET /a?token=(redacted)&b=1"),
            ("proxy http://jane:hunter2@proxy.example/", "proxy http://(redacted)@proxy.example/"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb", "(redacted)\nb"),
            ("prompt_tokens: 12, max_tokens=64", "prompt_tokens: 12, max_tokens=64"),
            (
                "image quay.io/a/b:v1@sha256:4f4f, tokenizer ok",
                "image quay.io/a/b:v1@sha256:4f4f, tokenizer ok",
            ),
        ] {
            assert_eq!(text(said), kept);
        }
    }

    #[test]
    fn what_is_nested_too_deep_goes_whole() {
        let mut deep = json!("hunter2");
        (0..200).for_each(|_| deep = json!([deep]));
        assert!(!object(&deep).to_string().contains("hunter2"));
    }
}
