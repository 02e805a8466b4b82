//! The typed objects against recorded ones, and their errors.

use kubectl_airunway::core::kind::model_deployment::object::{
    self, InferenceProviderConfig, ModelDeployment,
};
use serde_json::{Value, json};

use super::records;

/// `null` members are absent ones; nothing else may differ after a round trip.
fn without_nulls(value: &Value, free_form: bool) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| free_form || !value.is_null());
            Value::Object(
                kept.map(|(key, value)| (key.clone(), without_nulls(value, free_form || key == "overrides")))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(|item| without_nulls(item, free_form)).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_recorded_object_survives_a_round_trip() {
    let mut objects = 0;
    for record in records::children().iter().chain(&records::read("selection.jsonl.gz")) {
        for member in ["object", "stored"] {
            let Some(object) = record.get(member) else { continue };
            let typed: ModelDeployment =
                object::read(object).unwrap_or_else(|error| panic!("{error}: {object}"));
            let mut expected = without_nulls(object, false);
            for (key, value) in [("apiVersion", typed.api_version.clone()), ("kind", typed.kind.clone())] {
                expected[key] = json!(value);
            }
            assert_eq!(serde_json::to_value(&typed).expect("it is JSON"), expected);
            objects += 1;
        }
    }
    assert!(objects > 2000, "{objects} objects read");
}

#[test]
fn members_of_a_newer_release_are_kept_at_every_level() {
    let object = json!({
        "apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment", "new": 1,
        "metadata": {"name": "q", "managedFields": [{"manager": "x"}]},
        "spec": {
            "model": {"id": "org/m", "new": {"a": [1]}, "storage": {"volumes": [{"name": "v", "size": 5, "new": true}], "new": 2}},
            "engine": {"type": "vllm", "new": "x"}, "provider": {"name": "vllm", "new": null}, "scaling": {"replicas": 0, "new": 1},
            "env": [{"name": "A", "new": 1}], "tolerations": [{"new": 1}], "new": false,
            "podTemplate": {"metadata": {"labels": {}, "new": 1}, "new": 1},
        },
        "status": {"phase": "Running", "new": 1, "conditions": [{"type": "Ready", "status": "True", "reason": "X", "message": "", "new": 1}]},
    });
    let typed: ModelDeployment = object::read(&object).expect("it reads");
    assert_eq!(serde_json::to_value(&typed).expect("it is JSON"), object);
}

#[test]
fn a_wrong_member_is_named_by_its_path() {
    for (spec, path) in [
        (json!({"spec": {"model": {"id": 5}}}), "spec.model.id"),
        (json!({"spec": {"env": [{"name": "A"}, {"name": []}]}}), "spec.env[1].name"),
        (json!({"spec": {"scaling": {"prefill": {"replicas": 1.5}}}}), "spec.scaling.prefill.replicas"),
        (json!({"spec": {"scaling": {"replicas": 2_147_483_648_u32}}}), "spec.scaling.replicas"),
        (json!({"spec": {"engine": {"args": {"a": true}}}}), "spec.engine.args.a"),
        (json!([]), ""),
    ] {
        let error = object::read::<ModelDeployment>(&spec).expect_err("it must be refused");
        assert_eq!(error.path, path, "{error}");
    }
}

#[test]
fn null_is_absent_and_a_whole_float_is_an_integer() {
    let object = json!({"metadata": null, "spec": {"model": null, "env": null, "scaling": {"replicas": 2.0}, "engine": {"args": {"a": null}}}, "status": null});
    let typed: ModelDeployment = object::read(&object).expect("it reads");
    assert_eq!(typed.replicas(), 2);
    assert_eq!(typed.engine_args().get("a").map(String::as_str), Some(""));
    assert!(typed.status.is_none() && typed.spec.model.is_none() && typed.env().is_empty());
}

#[test]
fn engines_of_old_are_read() {
    let old = json!({"metadata": {"name": "p"}, "spec": {"capabilities": {
        "engines": ["vllm", "sglang"], "servingModes": ["aggregated"], "gpuSupport": true, "gateway": {"managesInferencePool": true}, "note": 1}}});
    let typed: InferenceProviderConfig = object::read(&old).expect("it reads");
    let new = json!([
        {"name": "vllm", "servingModes": ["aggregated"], "gpuSupport": true, "gateway": {"managesInferencePool": true}},
        {"name": "sglang", "servingModes": ["aggregated"], "gpuSupport": true, "gateway": {"managesInferencePool": true}},
    ]);
    let written = serde_json::to_value(&typed).expect("it is JSON");
    assert_eq!(written["spec"]["capabilities"], json!({"engines": new, "note": 1}));
    assert!(typed.engine("sglang").is_some_and(|engine| engine.fits(true) && !engine.fits(false)));
}
