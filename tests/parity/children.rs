//! What the five shims make of a settled object, against what the real ones made.

use kubectl_airunway::core::api::{self, ModelDeployment};
use kubectl_airunway::core::provider::{self, ImageInput, Outcome, Versions};
use serde_json::{Value, json};

use crate::records;

fn versions() -> Versions {
    Versions {
        release: "dev".into(),
        api_formats: true,
        dynamo: "1.1.1".into(),
        kaito: "0.10.0".into(),
        llmd: "0.6.0".into(),
        vllm: "cu130-nightly".into(),
    }
}

/// The error of the registry that no record could reach, cut out of the recorded condition.
fn image_input(record: &Value) -> ImageInput {
    let conditions = record["conditions"].as_array().expect("conditions");
    let resolved = conditions.iter().find(|condition| condition["type"] == "ImageResolved");
    let Some(message) = resolved.and_then(|condition| condition["message"].as_str()) else {
        return ImageInput::NotAsked;
    };
    match message.split_once(" selection: ") {
        Some((_, rest)) => {
            let rest = rest.split(". Continuing").next().expect("split has a first part");
            ImageInput::Failed(rest.to_owned())
        }
        None => ImageInput::NotAsked,
    }
}

fn predicted(record: &Value) -> Outcome {
    let mut deployment: ModelDeployment = api::read(&record["stored"]).expect("stored objects are readable");
    let provider =
        provider::provider(record["provider"].as_str().expect("provider")).expect("known provider");
    let engine = record["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|condition| condition["type"] == "EngineSelected" && condition["reason"] == "AutoSelected")
        .and_then(|condition| condition["message"].as_str()?.split(' ').nth(1).map(str::to_owned));
    if let Some(engine) = engine {
        let status = deployment.status.get_or_insert_default();
        status.engine.get_or_insert_default().kind = Some(engine);
    }
    provider::reconcile(provider, &deployment, &versions(), &image_input(record))
}

/// The record without what pods report later: the phase and the conditions they decide.
fn recorded(record: &Value) -> Value {
    let shim = [
        "ProviderCompatible",
        "RecipeResolved",
        "UnsupportedImage",
        "ImageResolved",
        "ImageVerified",
        "StorageReady",
        "ModelDownloaded",
        "ResourceCreated",
    ];
    let conditions: Vec<_> = record["conditions"]
        .as_array()
        .expect("conditions")
        .iter()
        .filter(|condition| condition["type"].as_str().is_some_and(|kind| shim.contains(&kind)))
        .collect();
    let running = record["phase"] == "Running";
    let phase = if running { json!("Deploying") } else { record["phase"].clone() };
    let message = if running {
        json!("Deployments created, waiting for pods to be ready")
    } else {
        record["message"].clone()
    };
    json!({"children": record["children"], "phase": phase, "message": message, "conditions": conditions})
}

fn shown(outcome: &Outcome) -> Value {
    let conditions: Vec<_> =
        outcome.conditions.iter().filter(|condition| condition.kind != "Ready").collect();
    json!({
        "children": outcome.children,
        "phase": outcome.phase.as_str(),
        "message": outcome.message,
        "conditions": conditions,
    })
}

fn compare(provider: &str) {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for record in records::read("children.jsonl.gz") {
        if record["provider"] != provider || record["conditions"].as_array().expect("conditions").len() < 3 {
            continue;
        }
        compared += 1;
        let (expected, outcome) = (recorded(&record), shown(&predicted(&record)));
        if expected != outcome {
            wrong.push(format!(
                "seed {}\n  recorded {expected}\n  rendered {outcome}\n  stored {}",
                record["seed"], record["stored"]["spec"]
            ));
        }
    }
    assert!(compared > 70, "{compared} records of {provider}");
    assert!(
        wrong.is_empty(),
        "{} of {compared} records differ\n{}",
        wrong.len(),
        wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn kaito_as_recorded() {
    compare("kaito");
}

#[test]
fn kuberay_as_recorded() {
    compare("kuberay");
}

#[test]
fn llmd_as_recorded() {
    compare("llmd");
}

#[test]
fn vllm_as_recorded() {
    compare("vllm");
}

#[test]
fn registrations_as_recorded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/parity/registrations.json");
    let recorded: Value = serde_json::from_slice(&std::fs::read(path).expect("fixture")).expect("it is JSON");
    let registered = provider::registrations_of(&versions());
    assert_eq!(registered.len(), 5);
    for object in registered {
        let name = object["metadata"]["name"].as_str().expect("name");
        assert_eq!(object, recorded[name], "{name}");
        let read = api::read::<api::InferenceProviderConfig>(&object).expect("it reads");
        assert_eq!(serde_json::to_value(read).expect("it is JSON"), object, "{name}");
    }
}
