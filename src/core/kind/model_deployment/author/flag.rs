//! The flag that writes a field: for whoever has to repeat what was applied before.

use crate::core::kubernetes::json::text;
use serde_json::Value;

/// Flags with a value, by the field that each writes.
pub(super) const OF_FIELDS: [(&str, &str); 23] = [
    ("spec.model.source", "--source"),
    ("spec.model.servedName", "--served-name"),
    ("spec.engine.type", "--engine"),
    ("spec.engine.image", "--image"),
    ("spec.image", "--image"),
    ("spec.engine.contextLength", "--context-length"),
    ("spec.provider.name", "--provider"),
    ("spec.serving.mode", "--mode"),
    ("spec.scaling.replicas", "--replicas"),
    ("spec.scaling.prefill.replicas", "--prefill-replicas"),
    ("spec.scaling.prefill.gpu.count", "--prefill-gpus"),
    ("spec.scaling.prefill.memory", "--prefill-memory"),
    ("spec.scaling.decode.replicas", "--decode-replicas"),
    ("spec.scaling.decode.gpu.count", "--decode-gpus"),
    ("spec.scaling.decode.memory", "--decode-memory"),
    ("spec.resources.gpu.count", "--gpus"),
    ("spec.resources.gpu.type", "--gpu-type"),
    ("spec.resources.memory", "--memory"),
    ("spec.resources.cpu", "--cpu"),
    ("spec.secrets.huggingFaceToken", "--hf-token-secret"),
    ("spec.gateway.enabled", "--gateway"),
    ("spec.gateway.modelName", "--gateway-model-name"),
    ("metadata.name", "--name"),
];

/// Flags without a value.
pub(super) const SWITCHES: [(&str, &str); 2] =
    [("spec.engine.trustRemoteCode", "--trust-remote-code"), ("spec.engine.enforceEager", "--enforce-eager")];

/// Flags `KEY=VALUE`, by the map that each writes into.
pub(super) const OF_MAPS: [(&str, &str); 6] = [
    ("spec.engine.args", "--arg"),
    ("spec.nodeSelector", "--node-selector"),
    ("spec.podTemplate.metadata.labels", "--pod-label"),
    ("spec.podTemplate.metadata.annotations", "--pod-annotation"),
    ("metadata.labels", "--label"),
    ("metadata.annotations", "--annotation"),
];

/// The words of a command line that write `value` into the field; `None` where no flag does. A variable is named without
/// its value, which may be a secret.
pub fn flag_of(path: &str, value: &Value) -> Option<Vec<String>> {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some((_, flag)) = OF_FIELDS.iter().find(|(field, _)| *field == path) {
        let joined = *flag == "--gateway";
        return Some(if joined { vec![format!("{flag}={shown}")] } else { vec![(*flag).to_owned(), shown] });
    }
    if let Some((_, flag)) = SWITCHES.iter().find(|(field, _)| *field == path) {
        return Some(vec![(*flag).to_owned()]);
    }
    if path.starts_with("spec.env[") {
        let name = text(value, &["name"]);
        return (!name.is_empty()).then(|| vec!["--env".to_owned(), format!("{name}=...")]);
    }
    let in_map = |(map, flag): &(&str, &str)| {
        let rest = path.strip_prefix(map)?;
        let bracketed = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let key = rest.strip_prefix('.').or(bracketed)?;
        Some(vec![
            (*flag).to_owned(),
            if shown.is_empty() { key.to_owned() } else { format!("{key}={shown}") },
        ])
    };
    OF_MAPS.iter().find_map(in_map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_have_the_flags_that_write_them() {
        let flag = |path: &str, value: Value| flag_of(path, &value).map(|words| words.join(" "));
        assert_eq!(flag("spec.resources.gpu.count", json!(2)).as_deref(), Some("--gpus 2"));
        assert_eq!(flag("spec.engine.enforceEager", json!(true)).as_deref(), Some("--enforce-eager"));
        assert_eq!(
            flag("spec.engine.args.max-num-seqs", json!("4")).as_deref(),
            Some("--arg max-num-seqs=4")
        );
        assert_eq!(flag("spec.nodeSelector[a.b/c]", json!("d")).as_deref(), Some("--node-selector a.b/c=d"));
        assert_eq!(flag("spec.gateway.enabled", json!(false)).as_deref(), Some("--gateway=false"));
        let variable = json!({"name": "HF_TOKEN", "value": "hf_0123456789"});
        assert_eq!(flag("spec.env[HF_TOKEN]", variable).as_deref(), Some("--env HF_TOKEN=..."));
        assert_eq!(flag("spec.engine.extraArgs", json!(["--x"])), None);
    }
}
