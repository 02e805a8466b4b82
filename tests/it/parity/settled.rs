//! From what is sent to what the shim leaves behind, against what the real API server, webhooks and shims left.

use kubectl_airunway::core::kind::model_deployment::provider::{self, stages};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{Providers, Request, review};
use serde_json::{Value, json};

use super::admission::all_five;
use super::records;

/// The core controller hands an object to a shim only once it has found it valid and picked the provider.
fn reached_a_shim(record: &Value) -> bool {
    let conditions = record["conditions"].as_array().expect("conditions");
    conditions
        .iter()
        .any(|condition| condition["type"] == "ProviderSelected" && condition["status"] == "True")
}

/// The object as the API server stores it.
pub(crate) fn stored(record: &Value, providers: &Providers) -> Value {
    let request = Request {
        object: &record["object"],
        old: None,
        namespace: "children",
        providers,
        release: Release::newest(),
    };
    let answer = review(&request);
    answer.stored.unwrap_or_else(|| panic!("{}: {:?}", record["seed"], answer.denial))
}

#[test]
fn every_object_settles_as_recorded() {
    let providers = all_five();
    let mut differences = Vec::new();
    let (mut settled_objects, mut untouched) = (0, 0);
    for record in records::children() {
        let stored = stored(record, &providers);
        let settled = if reached_a_shim(record) {
            settled_objects += 1;
            let provider = provider::provider(record["provider"].as_str().expect("a name")).expect("known");
            let mut settled = provider::settle(&stored, provider, Release::newest());
            // The records leave the finalizers out.
            let finalizers =
                settled["metadata"].as_object_mut().expect("metadata").shift_remove("finalizers");
            assert_eq!(finalizers, Some(json!([provider.facts().finalizer()])), "{}", record["seed"]);
            settled
        } else {
            untouched += 1;
            stored
        };
        if settled != record["stored"] {
            differences.push(format!(
                "seed {}\n  recorded {}\n  settled  {settled}",
                record["seed"], record["stored"]
            ));
        }
    }
    assert!(settled_objects > 500 && untouched > 10, "{settled_objects} settled, {untouched} untouched");
    let shown = differences.len().min(8);
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences[..shown].join("\n"));
}

#[test]
fn an_object_that_no_shim_takes_up_says_why() {
    let selection = |provider: Option<&str>, message: Option<&str>| provider::Selection {
        provider: provider.map(str::to_owned),
        message: message.map(str::to_owned),
        ..Default::default()
    };
    let paused = json!({"metadata": {"annotations": {"airunway.ai/reconcile-paused": "true"}}});
    for (stored, selection, expected) in [
        (
            paused,
            selection(Some("vllm"), None),
            "reconciliation is paused by annotation airunway.ai/reconcile-paused",
        ),
        (
            json!({}),
            selection(None, Some("no healthy providers available")),
            "no healthy providers available",
        ),
        (json!({}), selection(Some("other"), None), "provider other is not one of those this program knows"),
        (
            json!({"spec": []}),
            selection(Some("vllm"), None),
            "spec: invalid type: sequence, expected an object",
        ),
    ] {
        let error = stages(&stored, &selection, Release::newest(), &provider::ImageInput::NotAsked)
            .expect_err("no shim takes it up");
        assert_eq!(error.to_string(), expected, "{stored}");
    }
}
