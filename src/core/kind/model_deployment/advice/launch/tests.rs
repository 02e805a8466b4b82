//! Command lines that people wrote, each kind with one that works beside it.

use crate::core::kind::model_deployment::advice::tests::{expect, found};
use serde_json::{Value, json};

/// The rules that speak of arguments on Direct vLLM.
fn rules(gpus: i64, tokens: &[&str]) -> Vec<&'static str> {
    let spec =
        json!({"engine": {"type": "vllm", "extraArgs": tokens}, "resources": {"gpu": {"count": gpus}}});
    found("m", "vllm", &spec).into_iter().map(|(rule, _)| rule).collect()
}

#[test]
fn what_works_earns_no_word() {
    for (gpus, tokens) in [
        (1, &["--seed", "-1", "--max-model-len", "auto", "--max-num-batched-tokens", "8k"][..]),
        (8, &["--tensor-parallel-size=4", "--data-parallel-size", "2", "--enable-expert-parallel"]),
        (
            4,
            &["--data-parallel-size", "16", "--data-parallel-size-local", "4", "--tensor-parallel-size", "1"],
        ),
        (2, &["--tensor-parallel-size", "16", "--nnodes", "8"]),
        (8, &["--distributed-executor-backend", "ray", "--tensor-parallel-size", "16"]),
        (2, &["--data-parallel-size", "2", "--data-parallel-rank", "1"]),
        (4, &["-dcp", "2"]),
        (1, &["--enable-chunked-prefill", "--no-enable-prefix-caching", "-O3", "-q", "awq"]),
        (1, &["--served-model-name", "a", "b", "--lora-modules", "a=/x", r#"{"name":"b","path":"/y"}"#]),
        (1, &["--limit-mm-per-prompt.image", "4", "-cc.mode=3", "--compilation-config.x", "1"]),
        (
            1,
            &[
                "--chat-template",
                "{% for m in messages %}{{ m }}{% endfor %}",
                "--hf-overrides",
                r#"{"a":1}"#,
            ],
        ),
        (1, &["--max-num-seqs", "8", "--max_num_seqs=8"]),
        (1, &["--middleware", "a.b", "--middleware", "c.d", "--allowed-origins", r#"["*"]"#]),
        (1, &["--api-key", "$(VLLM_API_KEY)", "--hf-token", "--quantization", "None"]),
        (1, &["--of-another-release", "x", "y", "--and-this", "{a}", "--root-path", "/x"]),
    ] {
        assert_eq!(rules(gpus, tokens), [""; 0], "{gpus} {tokens:?}");
    }
}

#[test]
fn what_the_engine_refuses_is_said() {
    for (rule, gpus, tokens) in [
        ("launch-gpus", 1, &["-tp", "2"][..]),
        ("launch-gpus", 2, &["-dp=2"]),
        ("launch-gpus", 4, &["--pipeline_parallel_size", "2"]),
        ("launch-gpus", 4, &["-dcp", "3"]),
        ("launch-switch-value", 1, &["--trust_remote_code", "True"]),
        ("launch-switch-value", 1, &["--enable-chunked-prefill=false"]),
        ("launch-value-missing", 1, &["--max-num-seqs", "--enforce-eager"]),
        ("launch-value-invalid", 1, &["--gpu-memory-utilization", "90%"]),
        ("launch-value-invalid", 1, &["--gpu-memory-utilization", "90"]),
        ("launch-value-invalid", 1, &["--tensor-parallel-size", "0"]),
        ("launch-value-json", 1, &["--speculative-config={'method': 'mtp'}"]),
        ("launch-value-json", 1, &["--speculative-config", "mtp"]),
        ("launch-value-json", 1, &["--of-another-release-config", "{a: 1}"]),
        ("launch-value-quoted", 1, &["--served-model-name", "'demo'"]),
        ("launch-shell-variable", 1, &["--max-num-seqs", "${SEQS}"]),
        ("launch-value-dash", 1, &["--tool-parser-plugin", "-x.py"]),
        ("launch-argument-twice", 1, &["--lora-modules", "a=/x", "--lora-modules", "b=/y"]),
        ("launch-argument-twice", 1, &["-q", "awq", "--quantization", "fp8"]),
        ("launch-argument-twice", 1, &["--enable-eplb", "--no-enable-eplb"]),
        ("launch-flag-alias", 4, &["-tp", "2"]),
        ("launch-word-stray", 1, &["python3", "-m", "vllm.entrypoints.openai.api_server", "--seed", "1"]),
        ("launch-word-stray", 1, &["--enforce-eager", "\\", "--seed", "1"]),
        ("launch-word-stray", 1, &["--enforce-eager", "--", "--seed", "1"]),
        ("launch-word-several", 1, &["--max-num-seqs\n8"]),
        ("launch-word-several", 1, &["--cudagraph-capture-sizes", "1 2 4"]),
        ("launch-argument-misspelt", 1, &["—max-num-seqs", "8"]),
        ("launch-argument-misspelt", 1, &["-max-num-seqs", "8"]),
        ("launch-endpoint-moved", 1, &["--uds", "/tmp/socket"]),
        ("launch-endpoint-moved", 1, &["--headless"]),
        ("secret-in-plain-text", 1, &["--api-key", "abcdefghijklmnop"]),
    ] {
        assert_eq!(rules(gpus, tokens), [rule], "{gpus} {tokens:?}");
    }
}

#[test]
fn releases_that_took_values_for_switches_are_told_by_their_tag() {
    let spec = |image: &str| {
        json!({"engine": {"type": "vllm", "image": image, "extraArgs": ["--enable-chunked-prefill=False"]},
            "resources": {"gpu": {"count": 1}}})
    };
    let at = "spec.engine.extraArgs[0]";
    expect("llmd", spec("vllm/vllm-openai:v0.8.5"), &[]);
    expect("llmd", spec("vllm/vllm-openai:v0.9.1"), &[("launch-switch-value", at)]);
}

#[test]
fn a_field_and_an_argument_that_differ() {
    let spec = |length: i64| {
        json!({"engine": {"type": "vllm", "contextLength": length, "enforceEager": true,
            "args": {"max-model-len": "8192", "enforce_eager": ""}}, "resources": {"gpu": {"count": 1}}})
    };
    expect("vllm", spec(8192), &[]);
    for provider in ["vllm", "llmd", "dynamo"] {
        expect(provider, spec(4096), &[("launch-argument-twice", "spec.engine.args.max-model-len")]);
    }
}

/// What an object out of a cluster looks like that switched prefix caching off.
#[test]
fn a_default_is_no_word_of_the_author() {
    let spec = json!({"engine": {"type": "vllm", "enablePrefixCaching": true, "args": {"no-enable-prefix-caching": ""}},
        "resources": {"gpu": {"count": 1}}});
    for provider in ["vllm", "llmd", "dynamo"] {
        expect(provider, spec.clone(), &[]);
    }
}

#[test]
fn each_provider_in_its_own_way() {
    let spec = |gpus: i64, tokens: &[&str]| json!({"engine": {"type": "vllm", "extraArgs": tokens}, "resources": {"gpu": {"count": gpus}}});
    let at = "spec.engine.extraArgs[0]";
    for tokens in
        [&["--port", "8000", "--host", "0.0.0.0"][..], &["--ssl-keyfile", "/x"], &["--model", "/m/x"]]
    {
        expect("llmd", spec(1, tokens), &[]);
    }
    for tokens in [&["--port=9000"][..], &["--host", "127.0.0.1"]] {
        expect("llmd", spec(1, tokens), &[("launch-endpoint-moved", at)]);
    }
    // The only way to set it there.
    expect("llmd", spec(4, &["--tensor-parallel-size", "1", "--data-parallel-size", "4"]), &[]);

    let args =
        |args: Value| json!({"engine": {"type": "vllm", "args": args}, "resources": {"gpu": {"count": 2}}});
    let path = "spec.engine.args.speculative-config";
    expect("kuberay", args(json!({"speculative-config": "{\"n\": 1}"})), &[("launch-value-split", path)]);
    expect("kuberay", args(json!({"tensor-parallel-size": "2"})), &[]);
    expect("dynamo", args(json!({"data-parallel-size": "2"})), &[]);
    let path = "spec.engine.args.tensor-parallel-size";
    expect("dynamo", args(json!({"tensor-parallel-size": "4"})), &[("launch-gpus", path)]);
    let mut nodes = args(json!({"tensor-parallel-size": "4"}));
    nodes["provider"] =
        json!({"overrides": {"spec": {"services": {"VllmWorker": {"multinode": {"nodeCount": 2}}}}}});
    expect("dynamo", nodes, &[]);
    // Its arguments go nowhere.
    let mut replaced = args(json!({"tensor-parallel-size": "4"}));
    replaced["provider"] =
        json!({"overrides": {"spec": {"template": {"spec": {"containers": [{"name": "vllm"}]}}}}});
    let path = "spec.provider.overrides.spec.template.spec.containers";
    expect("vllm", replaced, &[("override-containers", path)]);
}

#[test]
fn each_part_of_a_disaggregated_deployment_has_its_gpus() {
    let spec = json!({"serving": {"mode": "disaggregated"},
        "scaling": {"prefill": {"replicas": 1, "gpu": {"count": 2}}, "decode": {"replicas": 1, "gpu": {"count": 1}}},
        "engine": {"type": "vllm", "args": {"tensor-parallel-size": "2"}}});
    expect("dynamo", spec.clone(), &[("launch-gpus", "spec.engine.args.tensor-parallel-size")]);
    let mut other = spec;
    other["engine"]["args"] = json!({"kv-transfer-config": "{\"kv_connector\":\"X\"}"});
    expect("dynamo", other, &[("launch-argument-twice", "spec.engine.args.kv-transfer-config")]);
}
