use super::*;
use crate::core::kind::model_deployment::webhook::{Request, review};
use serde_json::json;

fn providers() -> Providers {
    let config = |name: &str, engine: &str, cpu: bool| {
        json!({"metadata": {"name": name}, "spec": {"capabilities": {"engines": [
            {"name": engine, "servingModes": ["aggregated", "disaggregated"], "cpuSupport": cpu}]}}})
    };
    Providers::of(&[
        config("vllm", "vllm", false),
        config("llmd", "vllm", false),
        config("dynamo", "vllm", false),
        config("kuberay", "vllm", false),
        config("kaito", "llamacpp", true),
    ])
}

/// Rule and path of each finding about an accepted object.
pub(super) fn found(name: &str, provider: &str, spec: &Value) -> Vec<(&'static str, String)> {
    let mut object = json!({"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
        "metadata": {"name": name}, "spec": {"model": {"id": "q"}}});
    for (member, value) in spec.as_object().expect("a specification") {
        object["spec"][member] = value.clone();
    }
    let (providers, release) = (providers(), Release::newest());
    let answer =
        review(&Request { object: &object, old: None, namespace: "default", providers: &providers, release });
    let stored = answer.stored.unwrap_or_else(|| panic!("{:?}", answer.denial));
    let provider = Some(provider).filter(|provider| !provider.is_empty());
    let situation = Situation {
        authored: &object,
        stored: &stored,
        provider,
        engine: None,
        providers: &providers,
        release,
    };
    advice(&situation).into_iter().map(|finding| (finding.rule, finding.path)).collect()
}

pub(super) fn expect(provider: &str, spec: Value, findings: &[(&str, &str)]) {
    let found = found("m", provider, &spec);
    let found: Vec<(&str, &str)> = found.iter().map(|(rule, path)| (*rule, path.as_str())).collect();
    assert_eq!(found, findings, "{provider} {spec}");
}

#[test]
fn a_plain_object_earns_nothing() {
    for provider in ["vllm", "llmd", "dynamo", "kuberay", ""] {
        expect(provider, json!({"engine": {"type": "vllm"}, "resources": {"gpu": {"count": 1}}}), &[]);
    }
    expect("kaito", json!({"engine": {"type": "llamacpp"}, "image": "x/y:1"}), &[]);
}

#[test]
fn lost_values_are_named() {
    expect(
        "dynamo",
        json!({"engine": {"enablePrefixCaching": false}, "scaling": {"replicas": 0}}),
        &[("value-not-kept", "spec.engine.enablePrefixCaching"), ("value-not-kept", "spec.scaling.replicas")],
    );
}

#[test]
fn launch_flags_are_judged_as_the_shim_does() {
    let flags = |tokens: &[&str]| json!({"engine": {"extraArgs": tokens}});
    let at = "spec.engine.extraArgs[0]";
    for token in ["--host=10.0.0.1", "--port", "--port =9000"] {
        expect("vllm", flags(&[token]), &[("launch-flag-reserved", at)]);
    }
    for token in ["-port", "---port", "--PORT", "--Host=..", "--port 9000", "-port=9000", "--por=9000"] {
        expect("vllm", flags(&[token]), &[("launch-flag-disguised", at)]);
    }
    for token in ["--ports", "-O3", "--", "--=x"] {
        expect("vllm", flags(&[token]), &[]);
    }
    for token in ["port", "4"] {
        let spec = json!({"engine": {"type": "vllm", "extraArgs": [token]}});
        expect("vllm", spec, &[("launch-word-stray", at)]);
    }
    expect("llmd", flags(&["--port=8000"]), &[]);
    let args = |key: &str| json!({"engine": {"args": {key: "1"}}});
    for key in ["port", " port", "--port", "port=9000"] {
        let path = format!("spec.engine.args.{key}");
        expect("vllm", args(key), &[("launch-flag-reserved", &path)]);
    }
    expect("vllm", args("PORT"), &[("launch-flag-disguised", "spec.engine.args.PORT")]);
    for provider in ["vllm", "llmd", "dynamo"] {
        expect(provider, args("bad key"), &[("launch-flag-key", "spec.engine.args.bad key")]);
    }
    expect(
        "vllm",
        json!({"engine": {"type": "vllm", "args": {"tensor_parallel_size": "4"}}, "resources": {"gpu": {"count": 2}}}),
        &[
            ("launch-flag-alias", "spec.engine.args.tensor_parallel_size"),
            ("launch-gpus", "spec.engine.args.tensor_parallel_size"),
        ],
    );
    expect("vllm", json!({"engine": {"args": {"no-enable-prefix-caching": ""}}}), &[]);
}

#[test]
fn images_are_classified() {
    let image = |image: &str| json!({"engine": {"image": image}});
    let path = "spec.engine.image";
    expect("vllm", image("vllm/vllm-openai:v0.11.0"), &[("custom-image", path)]);
    expect("vllm", image("vllm/vllm-openai:latest"), &[("image-tag-moves", path)]);
    expect("vllm", image("vllm/vllm-openai:cu130-nightly"), &[("image-tag-frozen", path)]);
    expect("dynamo", image("x y"), &[("image-invalid", path)]);
    let digest = "a".repeat(64);
    expect("vllm", image(&format!("vllm/vllm-openai:latest@sha256:{digest}")), &[]);
    expect("kaito", json!({"engine": {"type": "llamacpp"}}), &[("kaito-image", "spec.image")]);
}

#[test]
fn volumes_and_members_that_come_to_nothing() {
    let volume = json!({"model": {"id": "q", "storage": {"volumes": [{"name": "c", "size": "1Gi", "purpose": "modelCache"}]}}});
    expect("vllm", volume.clone(), &[("managed-volume-not-created", "spec.model.storage.volumes[0].size")]);
    expect("dynamo", volume.clone(), &[]);
    expect("kuberay", volume, &[("volumes-ignored", "spec.model.storage.volumes")]);
    expect(
        "kuberay",
        json!({"provider": {"overrides": {"a": 1}}, "nodeSelector": {"a": "b"}, "engine": {"enforceEager": true}}),
        &[
            ("member-ignored", "spec.provider.overrides"),
            ("member-ignored", "spec.engine.enforceEager"),
            ("member-ignored", "spec.nodeSelector"),
        ],
    );
    expect("dynamo", json!({"env": [{"name": "A", "value": "b"}]}), &[("member-ignored", "spec.env")]);
    let amd = json!({"resources": {"gpu": {"count": 1, "type": "amd.com/gpu"}}});
    expect("vllm", amd.clone(), &[("gpu-type-ignored", "spec.resources.gpu.type")]);
    expect("kuberay", amd.clone(), &[]);
    expect("unknown", amd, &[]);
    expect("", json!({"resources": {"cpu": "-1"}}), &[("resources-negative", "spec.resources.cpu")]);
    expect("", json!({"scaling": {"prefill": {}}}), &[("component-ignored", "spec.scaling.prefill")]);
}

#[test]
fn environment_variables_that_pods_refuse() {
    let twice = json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "1"}, {"name": "a=b"}]});
    expect("vllm", twice, &[("env-duplicate", "spec.env[1].name"), ("env-name", "spec.env[2].name")]);
    let token = json!({"env": [{"name": "HF_TOKEN", "value": "x"}], "secrets": {"huggingFaceToken": "hf"}});
    expect("llmd", token, &[("env-token-twice", "spec.env[0]")]);
    let source = json!({"env": [{"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]});
    expect("llmd", source.clone(), &[("env-source-ignored", "spec.env[0].valueFrom.fieldRef")]);
    expect("vllm", source, &[]);
}

#[test]
fn overrides_that_no_deployment_holds() {
    let overrides = |overrides: Value| json!({"provider": {"overrides": overrides}});
    let path = |rest: &str| format!("spec.provider.overrides{rest}");
    expect(
        "vllm",
        overrides(json!({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 9}}}})),
        &[],
    );
    expect("vllm", overrides(json!({"routerMode": "kv"})), &[("override-unknown", &path(".routerMode"))]);
    expect(
        "vllm",
        overrides(json!({"metadata": {}, "spec": {"minReadySecond": 5}})),
        &[("override-at-top", &path(".metadata")), ("override-unknown", &path(".spec.minReadySecond"))],
    );
    expect(
        "vllm",
        overrides(json!({"spec": {"paused": "yes"}})),
        &[("override-unknown", &path(".spec.paused"))],
    );
    expect(
        "vllm",
        overrides(json!({"spec": {"template": {"spec": {"volumes": [{"name": "a", "empty": {}}, "b"]}}}})),
        &[
            ("override-unknown", &path(".spec.template.spec.volumes[0].empty")),
            ("override-unknown", &path(".spec.template.spec.volumes[1]")),
        ],
    );
    expect(
        "llmd",
        overrides(json!({"spec": {"template": {"spec": {"hostname": "h"}}}})),
        &[("override-at-top", &path(".spec.template.spec"))],
    );
    expect("dynamo", overrides(json!({"routerMode": "kv"})), &[]);
    expect(
        "vllm",
        overrides(json!({"spec": {"progressDeadlineSeconds": 300}})),
        &[("startup-window", &path(".spec.progressDeadlineSeconds"))],
    );
    // Its containers have no start-up probe.
    expect("llmd", overrides(json!({"spec": {"progressDeadlineSeconds": 300}})), &[]);
    expect(
        "vllm",
        overrides(json!({"spec": {"template": {"spec": {"containers": [{"name": "vllm",
            "startupProbe": {"failureThreshold": 120, "periodSeconds": 10}}]}}}})),
        &[
            ("override-containers", &path(".spec.template.spec.containers")),
            ("startup-window", &path(".spec.progressDeadlineSeconds")),
        ],
    );
}

#[test]
fn names_pods_and_providers() {
    let long = "a".repeat(60);
    assert_eq!(found(&long, "kuberay", &json!({})), [("name-too-long-derived", "metadata.name".to_owned())]);
    assert_eq!(found(&long, "vllm", &json!({})), []);
    assert_eq!(found("0a", "vllm", &json!({})), [("name-starts-with-digit", "metadata.name".to_owned())]);
    expect("", json!({"provider": {"name": "vlm"}}), &[("provider-unknown", "spec.provider.name")]);
    expect(
        "vllm",
        json!({"tolerations": [{"operator": "Exists", "key": "k", "value": "v"}], "nodeSelector": {"a b": "c"},
            "podTemplate": {"metadata": {"labels": {"x.y/z": "a b"}}}}),
        &[
            ("pod-metadata-refused", "spec.podTemplate.metadata.labels[x.y/z]"),
            ("pod-metadata-refused", "spec.nodeSelector.a b"),
            ("toleration-refused", "spec.tolerations[0]"),
        ],
    );
}

#[test]
fn model_ids_that_are_none() {
    let id = |id: &str, source: &str| json!({"model": {"id": id, "source": source}});
    for wrong in [
        "https://huggingface.co/Qwen/Qwen3-8B",
        "huggingface.co/Qwen/Qwen3-8B/tree/main",
        " a/b",
        "a/b c",
        "C:\\models",
        "~/models/x",
        "file:///models",
    ] {
        expect("llmd", id(wrong, "huggingface"), &[("model-id-invalid", "spec.model.id")]);
        expect("llmd", id(wrong, "custom"), &[]);
    }
    for right in ["gpt2", "a/b", "/models/x", "./x", "a/b:Q4_K_M", "s3://bucket/x"] {
        expect("llmd", id(right, "huggingface"), &[]);
    }
}

#[test]
fn names_that_become_variables_of_the_engine() {
    let engine = json!({"engine": {"type": "vllm"}});
    let rules = |name: &str, provider: &str, spec: &Value| -> Vec<&'static str> {
        found(name, provider, spec).into_iter().map(|(rule, _)| rule).collect()
    };
    for provider in ["vllm", "llmd"] {
        assert_eq!(rules("vllm", provider, &engine), ["name-sets-variable"]);
        assert_eq!(rules("vllm-demo", provider, &engine), [""; 0]);
    }
    assert_eq!(rules("vllm", "dynamo", &engine), [""; 0], "its Service is vllm-frontend");
    for spared in [
        json!({"env": [{"name": "VLLM_PORT", "value": "5000"}]}),
        json!({"provider": {"overrides": {"spec": {"template": {"spec": {"enableServiceLinks": false}}}}}}),
    ] {
        let mut spec = spared;
        spec["engine"] = json!({"type": "vllm"});
        assert_eq!(rules("vllm", "vllm", &spec), [""; 0], "{spec}");
    }
}

#[test]
fn values_that_are_almost_certainly_wrong() {
    let memory = |memory: &str| json!({"resources": {"memory": memory, "gpu": {"count": 1}}});
    for small in ["16", "512", "16m", "0.5"] {
        expect("vllm", memory(small), &[("quantity-without-unit", "spec.resources.memory")]);
    }
    for right in ["16Gi", "16G", "17179869184", "1e9"] {
        expect("vllm", memory(right), &[]);
    }
    let variable = |name: &str, value: &str| json!({"engine": {"type": "vllm"}, "env": [{"name": name, "value": value}], "resources": {"gpu": {"count": 2}}});
    let at = "spec.env[0].value";
    for (name, value) in [
        ("CUDA_VISIBLE_DEVICES", "4,5"),
        ("CUDA_VISIBLE_DEVICES", "0"),
        ("HIP_VISIBLE_DEVICES", "2"),
        ("NVIDIA_VISIBLE_DEVICES", "2,3"),
    ] {
        expect("vllm", variable(name, value), &[("visible-devices", at)]);
    }
    for (name, value) in [
        ("CUDA_VISIBLE_DEVICES", "0,1"),
        ("CUDA_VISIBLE_DEVICES", "GPU-1"),
        ("NVIDIA_VISIBLE_DEVICES", "all"),
        ("HF_TOKEN_PATH", "/var/run/secrets/token"),
        ("OPENAI_API_KEY", "EMPTY"),
        ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"),
        ("HTTPS_PROXY", "http://proxy:3128"),
    ] {
        expect("vllm", variable(name, value), &[]);
    }
    for (name, value) in [
        ("HF_TOKEN", "hf_abcdefghijklmnop"),
        ("OPENAI_API_KEY", "sk-abcdefghijk"),
        ("DB_PASSWORD", "hunter2hunter2"),
        ("HTTPS_PROXY", "http://user:password@proxy:3128"),
    ] {
        expect("vllm", variable(name, value), &[("secret-in-plain-text", at)]);
    }
}

#[test]
fn caches_that_nothing_uses() {
    let spec = |purpose: &str, path: &str, env: Value, tokens: Value| {
        json!({"engine": {"type": "vllm", "extraArgs": tokens}, "env": env, "resources": {"gpu": {"count": 1}},
            "model": {"id": "a/b", "storage": {"volumes": [
                {"name": "c", "purpose": purpose, "claimName": "c", "mountPath": path}]}}})
    };
    let at = "spec.model.storage.volumes[0]";
    let env = |name: &str, value: &str| json!([{"name": name, "value": value}]);
    for (purpose, path, env, tokens) in [
        ("modelCache", "/data", json!([]), json!([])),
        ("modelCache", "/data", env("HF_HOME", "/data2"), json!([])),
        ("modelCache", "/root/.cache/huggingface", env("HF_HOME", "/x"), json!([])),
        ("compilationCache", "/data", env("HF_HOME", "/x"), json!([])),
    ] {
        expect("vllm", spec(purpose, path, env, tokens), &[("cache-unused", at)]);
    }
    for (purpose, path, env, tokens) in [
        ("modelCache", "/data", env("HF_HOME", "/data/hf"), json!([])),
        ("modelCache", "/data", json!([]), json!(["--download-dir=/data"])),
        ("modelCache", "/home/u/.cache/huggingface/", json!([]), json!([])),
        ("compilationCache", "/root/.cache/vllm", json!([]), json!([])),
        ("custom", "/data", json!([]), json!([])),
    ] {
        expect("vllm", spec(purpose, path, env, tokens), &[]);
    }
}
