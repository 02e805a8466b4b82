//! Secrets in plain text: who may read the object reads them.

use super::launch::Line;
use super::{Found, Situation, rule, view};

/// Variables of the Hugging Face token.
const HUGGING_FACE: [&str; 3] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN"];
/// How the names of variables end that hold a secret.
const ENDINGS: [&str; 9] = [
    "API_KEY",
    "APIKEY",
    "PASSWORD",
    "PASSWD",
    "PRIVATE_KEY",
    "SECRET",
    "SECRET_ACCESS_KEY",
    "SECRET_KEY",
    "_TOKEN",
];
/// Tokens of a text, which are no secrets.
const OF_TEXTS: [&str; 8] = [
    "BOS_TOKEN",
    "EOS_TOKEN",
    "IMPLICIT_TOKEN",
    "MASK_TOKEN",
    "PAD_TOKEN",
    "SEP_TOKEN",
    "STOP_TOKEN",
    "UNK_TOKEN",
];
/// How well-known tokens begin.
const BEGINNINGS: [&str; 7] = ["github_pat_", "ghp_", "glpat-", "hf_", "nvapi-", "sk-", "xoxb-"];
/// Arguments that hold a secret.
const ARGUMENTS: [&str; 2] = ["api-key", "hf-token"];
/// A secret is longer than this.
const SHORT: usize = 8;

pub(super) fn check(situation: &Situation<'_>, lines: &[Line], found: &mut Found) {
    for (index, entry) in view::list(situation.stored, &["spec", "env"]).iter().enumerate() {
        let (name, value) = (view::text(entry, &["name"]), view::text(entry, &["value"]));
        if is_secret(name, value) {
            let message = format!("{name} is readable by everyone who may read the object");
            let path = format!("spec.env[{index}].value");
            found.add_with_hint(&rule::SECRET_IN_PLAIN_TEXT, &path, message, way_out(name));
        }
    }
    let arguments = lines.iter().take(1).flat_map(Line::own);
    for (argument, path) in arguments.filter(|(argument, _)| ARGUMENTS.contains(&argument.name.as_str())) {
        if argument.values.iter().any(|value| !is_placeholder(value)) {
            let message =
                format!("the value of {} is readable by everyone who may read the object", argument.written);
            let name = if argument.name == "api-key" { "VLLM_API_KEY" } else { "HF_TOKEN" };
            found.add_with_hint(&rule::SECRET_IN_PLAIN_TEXT, &path, message, way_out(name));
        }
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    if value.len() <= SHORT || is_placeholder(value) {
        return false;
    }
    if BEGINNINGS.iter().any(|beginning| value.starts_with(beginning)) && !value.contains(['/', ' ']) {
        return true;
    }
    let name = name.to_ascii_uppercase();
    let is_named = ENDINGS.iter().any(|ending| name.ends_with(ending)) || name == "TOKEN";
    is_named && !OF_TEXTS.iter().any(|token| name.ends_with(token)) || has_password(value)
}

/// What stands for a secret and is none: a reference, a path, a word for nothing.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    const WORDS: [&str; 9] =
        ["", "changeme", "dummy", "empty", "false", "none", "null", "placeholder", "true"];
    WORDS.contains(&value.to_ascii_lowercase().as_str())
        || value.starts_with('$')
        || value.starts_with('/')
        || value.starts_with('<')
        || value.bytes().all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'-'))
}

/// An address with a login in it.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let login = authority.rsplit_once('@').map_or("", |(login, _)| login);
    login.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.starts_with('$'))
}

fn way_out(name: &str) -> String {
    if HUGGING_FACE.contains(&name) {
        return "keep it in a Secret under the key HF_TOKEN and name that in spec.secrets.huggingFaceToken \
                (flag: --hf-token-secret)"
            .to_owned();
    }
    format!(
        "keep it in a Secret and set {name} with valueFrom.secretKeyRef (flag: --env {name}=secret:SECRET/KEY)"
    )
}
