//! 504 selections of the real core controller under every set of ready providers.

use super::records;
use kubectl_airunway::core::kind::model_deployment::provider::{registrations, select};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use serde_json::{Value, json};

fn configs(ready: &Value) -> Vec<Value> {
    let mut configs = registrations(Release::newest());
    for config in &mut configs {
        let is_ready = ready.as_array().unwrap().contains(&config["metadata"]["name"]);
        config["status"] = if is_ready { json!({"ready": true}) } else { json!({}) };
    }
    configs
}

/// The provider that an engine's reason names is not predictable upstream.
fn without_provider(reason: &str) -> String {
    match reason.strip_prefix("auto-selected from provider ") {
        Some(_) => "auto-selected from provider ? capabilities".to_owned(),
        None => reason.to_owned(),
    }
}

#[test]
fn selections_as_recorded() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for record in records::read("selection.jsonl.gz") {
        count += 1;
        let selection = select(&record["stored"], &configs(&record["ready"]));
        let conditions: Vec<Value> = selection
            .conditions
            .iter()
            .map(|c| json!({"type": c.kind, "status": c.status, "reason": c.reason, "message": c.message}))
            .collect();
        let engine = selection.engine.as_ref().map(|engine| {
            json!({"type": engine, "selectedReason": without_provider(selection.engine_reason.as_deref().unwrap_or_default())})
        });
        let provider = selection
            .provider
            .as_ref()
            .map(|provider| json!({"name": provider, "selectedReason": selection.provider_reason}));
        let mut recorded_engine = record["engine"].clone();
        if let Some(reason) = recorded_engine["selectedReason"].as_str().map(without_provider) {
            recorded_engine["selectedReason"] = json!(reason);
        }
        let ours = json!({"engine": engine, "provider": provider, "failed": selection.failed, "message": selection.message, "conditions": conditions});
        let theirs = json!({"engine": recorded_engine, "provider": record["provider"], "failed": record["phase"] == "Failed",
            "message": record.get("message"), "conditions": record["conditions"]});
        if ours != theirs {
            wrong.push(format!(
                "seed {} ready {}\n  recorded {theirs}\n  selected {ours}\n  {}",
                record["seed"], record["ready"], record["stored"]["spec"]
            ));
        }
    }
    assert!(count > 500, "{count}");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ\n{}",
        wrong.len(),
        wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n")
    );
}
