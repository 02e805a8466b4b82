use super::*;

fn object() -> Value {
    json!({
        "apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
        "metadata": {"name": "q", "annotations": {
            "airunway.ai/generated-by": "vllm-recipe-resolver",
            "airunway.ai/recipe.source": "https://recipes.vllm.ai/a/m.json",
            "airunway.ai/recipe.id": "a/m",
            "airunway.ai/recipe.hardware": "h200",
            "airunway.ai/recipe.strategy": "single_node_tp",
            "airunway.ai/recipe.variant": "default",
            "airunway.ai/recipe.revision": "2026-01-01",
            "airunway.ai/recipe.features": "[\"reasoning\",\"no-tool_calling\"]",
        }},
        "spec": {
            "model": {"id": "a/m"},
            "engine": {"type": "vllm", "image": "vllm/vllm-openai:latest", "args": {"b": "1", "a": "2"}},
            "provider": {"name": "vllm"},
            "resources": {"gpu": {"count": 2}},
            "env": [{"name": "B", "value": "1"}, {"name": "A", "value": "2"}],
        },
    })
}

#[test]
fn the_request_is_read_back_from_the_annotations() {
    let provenance = Provenance::read(&object()).unwrap();
    let request = provenance.request(&object());
    assert_eq!(request.model.as_str(), "a/m");
    assert_eq!(request.hardware.as_deref(), Some("h200"));
    assert_eq!(request.strategy.as_deref(), Some("single_node_tp"));
    assert_eq!(request.provider.as_deref(), Some("vllm"));
    let features: Vec<String> = request.features.iter().map(ToString::to_string).collect();
    assert_eq!(features, ["reasoning", "no-tool_calling"]);

    assert_eq!(Provenance::read(&json!({})).unwrap_err(), "it has no annotation airunway.ai/recipe.id");
    let mut odd = object();
    odd["metadata"]["annotations"]["airunway.ai/recipe.id"] = json!("../../x");
    assert!(Provenance::read(&odd).is_err());
    let mut odd = object();
    odd["metadata"]["annotations"]["airunway.ai/recipe.features"] = json!("x");
    assert!(Provenance::read(&odd).is_err());
}

#[test]
fn what_people_and_the_cluster_add_is_no_drift() {
    let mut deployed = object();
    deployed["metadata"]["annotations"]["airunway.ai/recipe.revision"] = json!("2025-01-01");
    deployed["metadata"]["annotations"]["team"] = json!("x");
    deployed["spec"]["engine"]["image"] = json!(format!("vllm/vllm-openai:latest@sha256:{}", "0".repeat(64)));
    deployed["spec"]["engine"]["args"] = json!({"a": "2", "b": "1"});
    deployed["spec"]["engine"]["enablePrefixCaching"] = json!(true);
    deployed["spec"]["engine"]["trustRemoteCode"] = json!(false);
    deployed["spec"]["env"] = json!([{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]);
    deployed["spec"]["scaling"] = json!({"replicas": 3});
    deployed["spec"]["resources"]["gpu"]["type"] = json!("nvidia.com/gpu");
    deployed["status"] = json!({"phase": "Running"});
    let drift = Drift::between(&deployed, &object());
    assert!(!drift.is_any(), "{drift:#?}");
}

#[test]
fn every_member_of_a_recipe_is_compared() {
    for (pointer, value) in [
        ("/spec/model/id", json!("a/other")),
        ("/spec/engine/image", json!("vllm/vllm-openai:v0.12.0")),
        ("/spec/engine/args", json!({"a": "2"})),
        ("/spec/engine/args", json!({"a": "2", "b": "1", "c": ""})),
        ("/spec/engine/extraArgs", json!(["--x"])),
        ("/spec/engine/trustRemoteCode", json!(true)),
        ("/spec/resources/gpu/count", json!(4)),
        ("/spec/env", json!([{"name": "A", "value": "2"}])),
        ("/metadata/annotations/airunway.ai~1recipe.strategy", json!("single_node_tep")),
    ] {
        let mut other = object();
        put(&mut other, "/spec/engine/extraArgs", Some(json!([])));
        put(&mut other, "/spec/engine/trustRemoteCode", Some(json!(false)));
        *other.pointer_mut(pointer).unwrap() = value;
        assert!(Drift::between(&object(), &other).is_any(), "{pointer}");
        assert!(Drift::between(&other, &object()).is_any(), "{pointer}");
    }
}

/// An object with what flags set in it, as `apply-recipe` sends it.
fn with_given() -> Value {
    let mut deployed = object();
    deployed["spec"]["engine"]["image"] = json!("registry.example/vllm:mine");
    deployed["spec"]["engine"]["contextLength"] = json!(4096);
    deployed["spec"]["engine"]["trustRemoteCode"] = json!(true);
    deployed["spec"]["engine"]["args"] = json!({"b": "9", "c": ""});
    deployed["spec"]["engine"]["extraArgs"] = json!(["--typed", "1"]);
    deployed["spec"]["env"] = json!([{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]);
    mark_given(&mut deployed, &object());
    deployed
}

#[test]
fn what_flags_set_is_no_drift_and_is_named() {
    let deployed = with_given();
    let mut today = object();
    let drift = Drift::between(&deployed, &today);
    assert!(!drift.is_any(), "{drift:#?}");
    assert_eq!(
        drift.given,
        [
            "spec.engine.image",
            "spec.engine.contextLength",
            "spec.engine.trustRemoteCode",
            "spec.engine.args[a]",
            "spec.engine.args[b]",
            "spec.engine.args[c]",
            "spec.env[A]",
            "spec.env[B]",
            "spec.env[C]",
            "spec.engine.extraArgs[+2]",
        ]
    );
    // What the recipe changes besides is drift, and only that.
    today["spec"]["engine"]["args"] = json!({"a": "7", "b": "7", "new": "1"});
    today["spec"]["engine"]["extraArgs"] = json!(["--own"]);
    today["spec"]["engine"]["image"] = json!("vllm/vllm-openai:v2");
    let drift = Drift::between(&deployed, &today);
    assert_eq!(drift.today["spec"]["engine"]["args"], json!({"b": "9", "c": "", "new": "1"}));
    assert_eq!(drift.today["spec"]["engine"]["extraArgs"], json!(["--own", "--typed", "1"]));
    assert_eq!(drift.today["spec"]["engine"]["image"], drift.deployed["spec"]["engine"]["image"]);
}

#[test]
fn an_object_without_given_fields_is_not_marked_and_odd_marks_are_ignored() {
    let mut deployed = object();
    deployed["spec"]["scaling"] = json!({"replicas": 4});
    deployed["metadata"]["name"] = json!("other");
    let before = deployed.clone();
    mark_given(&mut deployed, &object());
    assert_eq!(deployed, before);
    for odd in ["x", "[1]", "[\"metadata.name\",\"spec\",\"]\",\"spec.engine.extraArgs[+99999]\",\"a[b]\"]"] {
        deployed["metadata"]["annotations"]["cli.airunway.ai/recipe-given"] = json!(odd);
        assert!(!Drift::between(&deployed, &object()).is_any(), "{odd}");
    }
}

#[test]
fn sizes_that_the_api_server_fills_in_are_no_drift() {
    let mut today = object();
    today["spec"]["scaling"] = json!({
        "prefill": {"gpu": {"count": 2}, "replicas": 1}, "decode": {"gpu": {"count": 4}, "replicas": 1},
    });
    let mut deployed = today.clone();
    deployed["spec"]["scaling"]["prefill"]["gpu"]["type"] = json!("nvidia.com/gpu");
    deployed["spec"]["scaling"]["decode"]["replicas"] = json!(3);
    assert!(!Drift::between(&deployed, &today).is_any());
    deployed["spec"]["scaling"]["decode"]["gpu"]["count"] = json!(2);
    assert!(Drift::between(&deployed, &today).is_any());
}
