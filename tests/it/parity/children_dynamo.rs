//! What the records of Dynamo do not reach: prefill and decode apart, volumes that are awaited, overrides that are read.
//! Expected values follow airunway-providers.md sections 7.1 and 8.

use kubectl_airunway::core::kind::model_deployment::object::{self, ModelDeployment};
use kubectl_airunway::core::kind::model_deployment::provider::{self, ImageInput, Outcome, Phase, Versions};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use serde_json::{Value, json};

fn outcome(metadata: Value, spec: Value) -> Outcome {
    let mut object = json!({"metadata": {"name": "q", "namespace": "n"}, "spec": spec});
    for (name, value) in metadata.as_object().expect("metadata") {
        object["metadata"][name] = value.clone();
    }
    let deployment: ModelDeployment = object::read(&object).expect("it reads");
    let dynamo = provider::provider("dynamo").expect("known");
    provider::reconcile(dynamo, &deployment, &Versions::of(Release::newest()), &ImageInput::NotAsked)
}

fn apart(engine: &str) -> Value {
    json!({
        "model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": engine, "contextLength": 8},
        "serving": {"mode": "disaggregated"},
        "scaling": {"prefill": {"replicas": 0, "gpu": {"count": 2}, "memory": "8Gi"}, "decode": {"replicas": 3}},
    })
}

#[test]
fn prefill_and_decode_run_apart() {
    let outcome = outcome(json!({}), apart("vllm"));
    assert_eq!(outcome.phase, Phase::Deploying);
    let services = &outcome.children[0]["spec"]["services"];
    let names: Vec<&String> = services.as_object().expect("services").keys().collect();
    assert_eq!(names, ["Epp", "VllmPrefillWorker", "VllmDecodeWorker"]);
    let container = |role: &str| {
        json!({
            "image": "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.1.1",
            "command": ["python3", "-m", "dynamo.vllm"],
            "args": ["--model", "org/m", "--max-model-len", "8", "--disaggregation-mode", role,
                "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\"}"],
            "env": [{"name": "VLLM_NIXL_SIDE_CHANNEL_HOST", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        })
    };
    let sidecar =
        json!({"image": "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.1.1", "args": ["-m", "dynamo.frontend"]});
    assert_eq!(
        services["VllmPrefillWorker"],
        json!({
            "componentType": "worker", "subComponentType": "prefill", "replicas": 0,
            "resources": {"limits": {"gpu": "2", "memory": "8Gi"}, "requests": {"gpu": "2"}},
            "extraPodSpec": {"mainContainer": container("prefill")}, "frontendSidecar": sidecar,
        })
    );
    assert_eq!(
        services["VllmDecodeWorker"],
        json!({
            "componentType": "worker", "subComponentType": "decode", "replicas": 3,
            "resources": {"limits": {}, "requests": {}},
            "extraPodSpec": {"mainContainer": container("decode")}, "frontendSidecar": sidecar,
        })
    );
    let epp = &services["Epp"];
    let plugins = epp["eppConfig"]["config"]["plugins"].as_array().expect("plugins");
    let of_type: Vec<_> = plugins.iter().map(|plugin| plugin["type"].as_str().unwrap_or_default()).collect();
    let expected = [
        "disagg-profile-handler",
        "label-filter",
        "label-filter",
        "max-score-picker",
        "dyn-prefill-scorer",
        "dyn-decode-scorer",
    ];
    assert_eq!(of_type, expected);
    assert_eq!(plugins[2]["parameters"]["allowsNoLabel"], false);
    assert_eq!(epp["eppConfig"]["config"]["schedulingProfiles"][0]["name"], "prefill");
    let env = json!([{"name": "DYN_DECODE_FALLBACK", "value": "false"}, {"name": "DYN_ENFORCE_DISAGG", "value": "true"}]);
    assert_eq!(epp["extraPodSpec"]["mainContainer"]["env"], env);
}

#[test]
fn other_engines_transfer_nothing() {
    let outcome = outcome(json!({}), apart("sglang"));
    let main = &outcome.children[0]["spec"]["services"]["VllmDecodeWorker"]["extraPodSpec"]["mainContainer"];
    let args = json!(["--model-path", "org/m", "--context-length", "8", "--disaggregation-mode", "decode"]);
    assert_eq!((&main["args"], main.get("env")), (&args, None));
}

#[test]
fn the_test_backend_needs_no_gpu_and_one_image() {
    let mocker = json!({"annotations": {"airunway.ai/dynamo-test-backend": "mocker"}});
    let mut spec = apart("vllm");
    spec["engine"]["image"] = json!("mine:1");
    spec["scaling"]["prefill"]["gpu"]["count"] = json!(0);
    let outcome = outcome(mocker.clone(), spec.clone());
    let services = &outcome.children[0]["spec"]["services"];
    let main = &services["VllmPrefillWorker"]["extraPodSpec"]["mainContainer"];
    assert_eq!(main["image"], "nvcr.io/nvidia/ai-dynamo/dynamo-planner:1.1.1");
    assert_eq!((&main["args"][12], &main["args"][13]), (&json!("--disaggregation-mode"), &json!("prefill")));
    assert!(
        services["Frontend"].is_object() && services["VllmPrefillWorker"].get("frontendSidecar").is_none()
    );
    let text =
        |metadata: &Value, spec: Value| self::outcome(metadata.clone(), spec).message.unwrap_or_default();
    assert_eq!(text(&json!({}), spec), "Dynamo requires GPU (set resources.gpu.count > 0)");
    assert_eq!(text(&mocker, apart("trtllm")), "Dynamo mocker mode only supports the vllm engine");
    let mut half = apart("vllm");
    half["scaling"].as_object_mut().expect("scaling").remove("decode");
    let expected = "Dynamo mocker disaggregated mode requires spec.scaling.prefill and spec.scaling.decode";
    assert_eq!(text(&mocker, half.clone()), expected);
    let expected = "Failed to generate Dynamo resources: failed to build services: spec.scaling.decode is required for disaggregated serving mode";
    assert_eq!(text(&json!({}), half), expected);
    assert_eq!(text(&json!({}), apart("llamacpp")), "Dynamo does not support llamacpp engine");
}

fn with_volumes(volumes: Value) -> Value {
    json!({
        "model": {"id": "org/m", "source": "huggingface", "storage": {"volumes": volumes}},
        "engine": {"type": "vllm"}, "resources": {"gpu": {"count": 1}}, "secrets": {"huggingFaceToken": "hf"},
    })
}

fn kinds_and_names(children: &[Value]) -> Vec<String> {
    let text =
        |child: &Value, pointer: &str| child.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    children
        .iter()
        .filter_map(|child| Some(format!("{}/{}", text(child, "/kind")?, text(child, "/metadata/name")?)))
        .collect()
}

#[test]
fn the_graph_comes_after_the_download() {
    let outcome = outcome(
        json!({}),
        with_volumes(json!([
            {"name": "z", "purpose": "custom", "mountPath": "/z", "size": 1024, "storageClassName": "", "accessMode": "ReadWriteOnce"},
            {"name": "c", "purpose": "modelCache", "mountPath": "/c", "size": "1024Mi", "claimName": "shared"},
        ])),
    );
    assert_eq!(outcome.phase, Phase::Pending);
    let expected = ["Job/q-model-download", "PersistentVolumeClaim/q-z", "PersistentVolumeClaim/shared"];
    assert_eq!(kinds_and_names(&outcome.children), expected);
    let claim = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024"}}, "volumeMode": "Filesystem", "storageClassName": ""});
    assert_eq!(outcome.children[1]["spec"], claim);
    assert_eq!(outcome.children[2]["spec"]["resources"]["requests"]["storage"], "1Gi");
    let later = outcome.later.expect("the graph follows");
    assert_eq!(kinds_and_names(&later.children), ["DynamoGraphDeployment/q"]);
    assert_eq!(later.phase, Phase::Deploying);
    let worker = &later.children[0]["spec"]["services"]["VllmWorker"];
    assert_eq!(worker["extraPodSpec"]["mainContainer"]["env"], json!([{"name": "HF_HOME", "value": "/c"}]));
    assert_eq!(worker["volumeMounts"][1], json!({"name": "shared", "mountPoint": "/c"}));
}

#[test]
fn a_claim_that_is_there_is_mounted_and_not_downloaded_into() {
    let outcome = outcome(
        json!({}),
        with_volumes(json!([
            {"name": "b", "purpose": "modelCache", "mountPath": "/b", "claimName": "there", "readOnly": true},
            {"name": "c", "purpose": "compilationCache", "mountPath": "/c", "size": "1Gi", "claimName": "q-c"},
        ])),
    );
    assert_eq!((outcome.phase, &outcome.later), (Phase::Deploying, &None));
    let expected = ["DynamoGraphDeployment/q", "PersistentVolumeClaim/q-c"];
    assert_eq!(kinds_and_names(&outcome.children), expected);
    let mounts = json!([
        {"name": "there", "mountPoint": "/b", "readOnly": true},
        {"name": "q-c", "mountPoint": "/c", "useAsCompilationCache": true},
    ]);
    assert_eq!(outcome.children[0]["spec"]["services"]["VllmWorker"]["volumeMounts"], mounts);
}

#[test]
fn overrides_are_read_and_merged() {
    let spec = |overrides: Value| {
        json!({"model": {"id": "m"}, "engine": {"type": "trtllm"}, "resources": {"gpu": {"count": 1}}, "gateway": {"enabled": false},
            "provider": {"overrides": overrides}})
    };
    let outcome = outcome(
        json!({}),
        spec(json!({"routerMode": "kv", "spec": {"services": {"VllmWorker": {"replicas": null}}}})),
    );
    let graph = &outcome.children[0];
    assert_eq!(graph["routerMode"], "kv");
    assert_eq!(
        graph["spec"]["services"]["Frontend"]["extraPodSpec"]["mainContainer"]["env"][0]["value"],
        "kv"
    );
    assert_eq!(graph["spec"]["services"]["VllmWorker"]["replicas"], Value::Null);
    for (overrides, text) in [
        (
            json!({"epp": 1}),
            "failed to parse provider overrides: failed to unmarshal overrides: json: cannot unmarshal number into Go struct field DynamoOverrides.epp of type dynamo.EPPOverrides",
        ),
        (
            json!({"status": {}, "kind": 1}),
            "failed to apply provider overrides: overriding \"kind\" is not allowed",
        ),
    ] {
        let message = self::outcome(json!({}), spec(overrides)).message;
        assert_eq!(message, Some(format!("Failed to generate Dynamo resources: {text}")));
    }
}
