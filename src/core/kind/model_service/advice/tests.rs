use crate::core::kind::Kind;
use crate::core::kind::model_service::{ModelServiceKind, RELEASES};
use serde_json::{Value, json};

/// The rules that find something in an object with these members of the spec, by id.
fn found(name: &str, spec: Value) -> Vec<&'static str> {
    let mut object = json!({
        "apiVersion": "model.otterscale.io/v1alpha1", "kind": "ModelService",
        "metadata": {"name": name, "namespace": "a"},
        "spec": {"model": {"name": "m", "image": "r/m:1", "mountPath": "/models"}, "engine": {"port": 8000},
            "accelerator": {"type": "nvidia"}, "decode": {"replicas": 1},
            "httpRoute": {"gatewayRef": {"name": "g"}}},
    });
    let (Some(target), Value::Object(members)) = (object["spec"].as_object_mut(), spec) else {
        panic!("no spec")
    };
    target.extend(members);
    let judge = ModelServiceKind.judge(&RELEASES[0], Vec::new());
    judge.foresee(&object, &object).advice.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_plain_object_has_nothing_to_be_said_of() {
    assert_eq!(found("qwen", json!({})), [""; 0]);
}

#[test]
fn each_rule_finds_its_object() {
    let model = |member: &str, value: Value| {
        let mut model = json!({"name": "m", "image": "r/m:1", "mountPath": "/models"});
        model[member] = value;
        json!({"model": model})
    };
    let picker = |member: &str, value: Value| {
        let mut picker = json!({"failureMode": "FailOpen", "port": 9002});
        picker[member] = value;
        json!({"inferencePool": {"endpointPicker": picker}})
    };
    let env = |env: Value| json!({"engine": {"port": 8000, "env": env}});
    for (rule, name, spec) in [
        ("model-service-name-digit", "7b", json!({})),
        ("model-service-name-epp", "x-epp", json!({})),
        ("model-service-mount-path", "q", model("mountPath", json!("models"))),
        ("model-service-pull-secrets", "q", model("imagePullSecrets", json!([{"name": "a"}, {"name": "b"}]))),
        ("model-service-child-refused", "q", model("imagePullSecrets", json!([{"name": ""}]))),
        ("model-service-child-refused", "q", picker("port", json!(9090))),
        ("model-service-picker-port", "q", picker("port", json!(9003))),
        (
            "model-service-accelerator-overwritten",
            "q",
            json!({"decode": {"resources": {"limits": {"nvidia.com/gpu": "4"}}}}),
        ),
        ("model-service-env-twice", "q", env(json!([{"name": "TP_SIZE", "value": "2"}]))),
        ("model-service-side-port", "q", env(json!([{"name": "VLLM_NIXL_SIDE_CHANNEL_PORT", "value": "x"}]))),
        ("model-service-prefill-without-proxy", "q", json!({"prefill": {}})),
        ("model-service-gateway-assumed", "q", json!({"httpRoute": null})),
        ("model-service-failure-mode", "q", json!({"inferencePool": {"endpointPicker": {}}})),
        ("model-service-rewritten", "q", model("mountPath", json!(""))),
        ("model-service-pod-monitor-off", "q", json!({"monitoring": {"podMonitor": {"interval": "10s"}}})),
    ] {
        assert_eq!(found(name, spec.clone()), [rule], "{spec}");
    }
    let long = "a".repeat(60);
    assert_eq!(found(&long, json!({})), ["model-service-name-long"]);
    assert_eq!(found(&long[1..], json!({})), [""; 0]);
}
