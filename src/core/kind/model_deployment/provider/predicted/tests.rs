use super::*;
use crate::core::kind::model_deployment::provider::{ImageInput, registrations, select, stages};
use crate::core::kind::model_deployment::release::Release;
use serde_json::{Value, json};

fn predicted(spec: Value) -> Option<Predicted> {
    let release = Release::newest();
    let stored = json!({"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
        "metadata": {"name": "m", "namespace": "default"}, "spec": spec});
    let selection = select(&stored, &registrations(release));
    Predicted::of(&selection, &stages(&stored, &selection, release, &ImageInput::NotAsked))
}

fn kinds(predicted: &Predicted) -> Vec<(&str, &str, &str)> {
    predicted
        .conditions
        .iter()
        .map(|condition| (condition.kind.as_str(), condition.status.as_str(), condition.reason.as_str()))
        .collect()
}

#[test]
fn a_refusal_by_the_shim_comes_with_the_conditions_of_both_controllers() {
    let refused = predicted(json!({
        "model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "vllm", "args": {"port": "1"}},
        "provider": {"name": "vllm"}, "resources": {"gpu": {"count": 1}}}))
    .expect("it is refused");
    assert_eq!((refused.phase, refused.later), (Phase::Failed, false));
    let kinds = kinds(&refused);
    assert_eq!(kinds.first(), Some(&("Validated", "True", "ValidationPassed")));
    assert_eq!(kinds.last(), Some(&("ResourceCreated", "False", "TransformFailed")));
    assert!(kinds.contains(&("ProviderCompatible", "True", "CompatibilityVerified")), "{kinds:?}");
    let start =
        "would become Failed (ResourceCreated=False/TransformFailed): Failed to generate vLLM resources: ";
    assert!(refused.sentence().starts_with(start), "{}", refused.sentence());
}

#[test]
fn a_stop_of_the_core_controller_is_told_with_its_condition() {
    let refused = predicted(json!({
        "model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "llamacpp"},
        "serving": {"mode": "disaggregated"}, "scaling": {"prefill": {"gpu": {"count": 1}}, "decode": {"gpu": {"count": 1}}}}))
    .expect("nobody takes it");
    assert_eq!(refused.phase, Phase::Pending);
    assert_eq!(
        refused.sentence(),
        "would stay Pending (ProviderSelected=False/SelectionFailed): \
         Provider selection failed: no compatible provider found for this configuration"
    );
}

#[test]
fn a_refusal_after_a_download_is_said_to_come_later() {
    let volume = json!({"name": "c", "purpose": "modelCache", "size": "1Gi", "mountPath": "/m"});
    let refused = predicted(json!({
        "model": {"id": "org/m", "source": "huggingface", "storage": {"volumes": [volume]}},
        "engine": {"type": "vllm", "args": {"a b": "1"}},
        "provider": {"name": "dynamo"}, "resources": {"gpu": {"count": 1}}}))
    .expect("it is refused");
    assert!(refused.later);
    let start = "would become Failed later (ResourceCreated=False/TransformFailed): ";
    assert!(refused.sentence().starts_with(start), "{}", refused.sentence());
    assert!(refused.conditions.iter().all(|condition| condition.kind != "ModelDownloaded"));
}

#[test]
fn what_will_be_served_has_no_prediction() {
    assert_eq!(
        predicted(json!({"model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "vllm"},
            "provider": {"name": "vllm"}, "resources": {"gpu": {"count": 1}}})),
        None
    );
}
