//! The whole way of an object, from what is sent to what the shim creates and writes into the status, against what the
//! real API server, webhooks, core controller and shims did.

use kubectl_airunway::core::kind::model_deployment::object;
use kubectl_airunway::core::kind::model_deployment::provider::{
    self, ImageInput, Outcome, Selector, StageError, Versions, registrations, stages,
};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::Providers;
use serde_json::{Value, json};

use super::admission::all_five;
use super::records;
use super::settled::stored;

fn versions() -> Versions {
    Versions {
        release: "dev",
        api_formats: true,
        components: vec![
            ("DYNAMO_VERSION", "1.1.1"),
            ("KAITO_VERSION", "0.10.0"),
            ("LLMD_VERSION", "0.6.0"),
            ("VLLM_VERSION", "cu130-nightly"),
        ],
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

/// What the core controller and the shim wrote, in the records' words.
fn predicted(record: &Value, selector: &Selector, providers: &Providers) -> Value {
    let stored = stored(record, providers);
    let selection = selector.select(&stored);
    let mut conditions = selection.conditions.iter().map(|it| json!(it)).collect::<Vec<_>>();
    match stages(&stored, &selection, Release::newest(), &image_input(record)) {
        Ok(stages) => {
            let mut shown = shown(&stages.outcome);
            conditions.extend(shown["conditions"].as_array().expect("conditions").iter().cloned());
            shown["conditions"] = conditions.into();
            shown
        }
        Err(StageError::NotSelected(message)) => {
            let phase = if selection.failed { "Failed" } else { "Pending" };
            json!({"children": [], "phase": phase, "message": message, "conditions": conditions})
        }
        Err(error) => panic!("{}: {error}", record["seed"]),
    }
}

/// The record without what pods and the gateway report later.
fn recorded(record: &Value) -> Value {
    let conditions: Vec<_> = record["conditions"]
        .as_array()
        .expect("conditions")
        .iter()
        .filter(|condition| condition["type"] != "Ready" && condition["type"] != "GatewayReady")
        .collect();
    let running = record["phase"] == "Running";
    let phase = if running { json!("Deploying") } else { record["phase"].clone() };
    let message = if running {
        json!("Deployments created, waiting for pods to be ready")
    } else {
        record["message"].clone()
    };
    let mut children = record["children"].clone();
    children.as_array_mut().expect("children").iter_mut().for_each(without_selector);
    json!({"children": children, "phase": phase, "message": message, "conditions": conditions})
}

/// The API server makes a Job's selector and the labels of its pods out of a uid.
fn without_selector(child: &mut Value) {
    if child["kind"] == "Job" {
        child["spec"].as_object_mut().expect("spec").shift_remove("selector");
        child["spec"]["template"].as_object_mut().expect("template").shift_remove("metadata");
    }
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
    let providers = all_five();
    let selector = Selector::new(&registrations(Release::newest()));
    let mut compared = 0;
    let mut wrong = Vec::new();
    for record in records::children() {
        if record["provider"] != provider {
            continue;
        }
        compared += 1;
        let (expected, predicted) = (recorded(record), predicted(record, &selector, &providers));
        if expected != predicted {
            wrong.push(format!(
                "seed {}\n  recorded  {expected}\n  predicted {predicted}\n  stored {}",
                record["seed"], record["stored"]["spec"]
            ));
        }
    }
    assert!(compared > 70, "{compared} records of {provider}");
    let shown = wrong.len().min(12);
    assert!(wrong.is_empty(), "{} of {compared} records differ\n{}", wrong.len(), wrong[..shown].join("\n"));
}

#[test]
fn dynamo_as_recorded() {
    compare("dynamo");
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
        let read = object::read::<object::InferenceProviderConfig>(&object).expect("it reads");
        assert_eq!(serde_json::to_value(read).expect("it is JSON"), object, "{name}");
    }
}
