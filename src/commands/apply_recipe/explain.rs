//! `--explain`: for every field of the object, the recipe line, flag or default it comes from.

use crate::core::recipe::{OriginKind, Resolution};
use crate::report::recipes::{ExplainRow, explain_table};
use crate::ui::Ui;
use serde_json::Value;
use std::collections::BTreeMap;

/// Maps whose keys are data, not fields.
const MAPS: [&str; 9] = [
    "metadata.annotations",
    "metadata.labels",
    "spec.engine.args",
    "spec.nodeSelector",
    "spec.podTemplate.metadata.labels",
    "spec.podTemplate.metadata.annotations",
    "spec.provider.overrides",
    "spec.tolerations",
    "spec.model.storage.volumes",
];

/// Prints the table on stderr, in the order of the object.
pub(super) fn print(resolution: &Resolution, authored: &Value, object: &Value, ui: &mut Ui) {
    let rows = rows(resolution, authored, object);
    for line in explain_table(&rows, ui.width()).lines() {
        ui.status(line);
    }
}

fn rows(resolution: &Resolution, authored: &Value, object: &Value) -> Vec<ExplainRow> {
    let before: BTreeMap<String, String> = fields(authored).into_iter().collect();
    fields(object)
        .into_iter()
        .map(|(field, value)| {
            let origin = resolution.origins.iter().find(|origin| origin.field == field);
            let from = match (fixed(&field), origin) {
                (Some(from), _) => from.to_owned(),
                // Where the recipe and a flag agree, it is the recipe's.
                (None, Some(origin)) if before.get(&field) == Some(&value) => words(&origin.from),
                (None, _) => flag(&field),
            };
            ExplainRow { field, value, from }
        })
        .collect()
}

fn words(from: &OriginKind) -> String {
    match from {
        OriginKind::Recipe { path, pointer } => format!("{path}#{pointer}"),
        OriginKind::Derived { path, pointer, how } => format!("{path}#{pointer}, {how}"),
        OriginKind::Flag(flag) => flag.clone(),
        OriginKind::Default(rule) => format!("default: {rule}"),
    }
}

/// Where fields come from that are the same for every recipe.
fn fixed(field: &str) -> Option<&'static str> {
    Some(match field {
        "apiVersion" | "kind" => "default: the kind that is deployed",
        "metadata.name" => "--name, else the model id",
        "metadata.namespace" => "--namespace, else the kubeconfig context's",
        "metadata.annotations[airunway.ai/generated-by]" => "default: how AI Runway recognizes recipes",
        "metadata.annotations[cli.airunway.ai/recipe-given]" => "default: the fields that flags set",
        "metadata.annotations[airunway.ai/recipe.source]" => "the address of the command's file",
        _ => return None,
    })
}

/// The flag that sets a field; the first whose field it is or lies in.
fn flag(field: &str) -> String {
    const FLAGS: [(&str, &str); 28] = [
        ("metadata.labels", "--label"),
        ("metadata.annotations", "--annotation"),
        ("spec.model.source", "--source"),
        ("spec.model.servedName", "--served-name"),
        ("spec.model.storage.volumes", "--volume"),
        ("spec.engine.image", "--image"),
        ("spec.engine.contextLength", "--context-length"),
        ("spec.engine.trustRemoteCode", "--trust-remote-code"),
        ("spec.engine.enforceEager", "--enforce-eager"),
        ("spec.engine.args[no-enable-prefix-caching]", "--no-prefix-caching or --arg"),
        ("spec.engine.args", "--arg"),
        ("spec.engine.extraArgs", "an argument after --"),
        ("spec.provider.overrides", "--override or --overrides"),
        ("spec.provider.name", "--provider"),
        ("spec.serving.mode", "--mode"),
        ("spec.scaling.replicas", "--replicas"),
        ("spec.scaling.prefill", "--prefill-gpus, --prefill-replicas or --prefill-memory"),
        ("spec.scaling.decode", "--decode-gpus, --decode-replicas or --decode-memory"),
        ("spec.resources.gpu.type", "--gpu-type"),
        ("spec.resources.memory", "--memory"),
        ("spec.resources.cpu", "--cpu"),
        ("spec.env", "--env"),
        ("spec.podTemplate.metadata.labels", "--pod-label"),
        ("spec.podTemplate.metadata.annotations", "--pod-annotation"),
        ("spec.secrets.huggingFaceToken", "--hf-token-secret"),
        ("spec.gateway.enabled", "--gateway"),
        ("spec.gateway.modelName", "--gateway-model-name"),
        ("spec.nodeSelector", "--node-selector"),
    ];
    let known = FLAGS.iter().find(|(prefix, _)| field.starts_with(prefix));
    known.map_or("a flag of this command", |(_, flag)| flag).to_owned()
}

/// The fields of an object with a value of their own: `spec.engine.args[max-model-len]`, `spec.env[NAME]`.
fn fields(object: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(object, String::new(), &mut found);
    found
}

fn walk(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) => {
            let is_map = MAPS.contains(&path.as_str());
            for (key, value) in entries {
                let place = match (is_map, path.is_empty()) {
                    (true, _) => format!("{path}[{key}]"),
                    (false, true) => key.clone(),
                    (false, false) => format!("{path}.{key}"),
                };
                if is_map { found.push((place, shown(value))) } else { walk(value, place, found) }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                match item.get("name").and_then(Value::as_str) {
                    Some(name) => {
                        let value = item.get("value").map_or_else(|| shown(item), shown);
                        found.push((format!("{path}[{name}]"), value));
                    }
                    None => found.push((format!("{path}[{index}]"), shown(item))),
                }
            }
        }
        scalar => found.push((path, shown(scalar))),
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_that_flags_set_name_the_flag() {
        assert_eq!(flag("spec.engine.args[x]"), "--arg");
        assert_eq!(
            flag("spec.scaling.prefill.gpu.count"),
            "--prefill-gpus, --prefill-replicas or --prefill-memory"
        );
        assert_eq!(flag("spec.tolerations[0]"), "a flag of this command");
        assert_eq!(fixed("spec.model.id"), None);
    }

    #[test]
    fn fields_are_named_as_origins_name_them() {
        let object = json!({"spec": {
            "engine": {"args": {"max-model-len": "5", "x": ""}, "extraArgs": ["--a.b", "1"]},
            "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {}}],
            "resources": {"gpu": {"count": 2}},
        }});
        let fields: Vec<(String, String)> = fields(&object);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect();
        assert_eq!(
            fields,
            [
                ("spec.engine.args[max-model-len]", "5"),
                ("spec.engine.args[x]", ""),
                ("spec.engine.extraArgs[0]", "--a.b"),
                ("spec.engine.extraArgs[1]", "1"),
                ("spec.env[A]", "1"),
                ("spec.env[B]", "{\"name\":\"B\",\"valueFrom\":{}}"),
                ("spec.resources.gpu.count", "2"),
            ]
        );
    }
}
