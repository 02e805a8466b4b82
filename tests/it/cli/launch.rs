//! What starts and can never work, through the binary: objects and command lines of public reports, rewritten in small,
//! each with its source.

use crate::support::{Run, Sandbox};
use serde_json::Value;

/// What must be said.
enum Said {
    /// A finding of a rule at a field that begins so.
    Finding(&'static str, &'static str),
    /// No finding at a field that begins so.
    Nothing(&'static str),
}
use Said::{Finding, Nothing};

/// A case: where it comes from, the arguments behind `check`, what must be said.
type Case = (&'static str, &'static [&'static str], Said);

const VLLM: [&str; 5] = ["Qwen/Qwen3-0.6B", "--provider", "vllm", "--gpus", "1"];
const ENGINE: &str = "spec.engine.";

/// Direct vLLM on one GPU, with further arguments.
const ON_ONE_GPU: &[Case] = &[
    ("vllm-project/vllm issue 5450", &["--", "--tensor-parallel-size", "2"], Finding("launch-gpus", ENGINE)),
    (
        "vllm-project/vllm issue 18538",
        &["--", "vllm", "serve", "Qwen/Qwen3-0.6B", "--max-num-seqs", "8"],
        Finding("launch-word-stray", ENGINE),
    ),
    (
        "vllm-project/vllm issue 5867",
        &["--", "--", "--max-num-seqs", "8"],
        Finding("launch-word-stray", ENGINE),
    ),
    (
        "vllm/utils/argparse_utils.py",
        &["--arg", "tool-parser-plugin=-x.py"],
        Finding("launch-value-dash", ENGINE),
    ),
    (
        "volcano-sh/kthena pull 937",
        &["--", "--gpu-memory-utilization", "0.9", "--gpu_memory_utilization=0.8"],
        Finding("launch-argument-twice", ENGINE),
    ),
    (
        "eugr/spark-vllm-docker issue 163",
        &["--", "--speculative-config", "{method: mtp, num_speculative_tokens: 1}"],
        Finding("launch-value-json", ENGINE),
    ),
    (
        "eugr/spark-vllm-docker issue 111",
        &["--", "--port", "32651", "--host", "0.0.0.0"],
        Finding("launch-flag-reserved", "spec.engine.extraArgs[0]"),
    ),
    (
        "airunway-providers.md 3.1, probes",
        &["--arg", "ssl-keyfile=/tls/tls.key", "--arg", "ssl-certfile=/tls/tls.crt"],
        Finding("launch-endpoint-moved", ENGINE),
    ),
    (
        "airunway-providers.md 3.1, storage",
        &["--volume", "name=cache,purpose=modelCache,claim=models"],
        Finding("cache-unused", "spec.model.storage"),
    ),
    (
        "the same",
        &["--volume", "name=cache,purpose=modelCache,claim=models", "--env", "HF_HOME=/model-cache"],
        Nothing("spec."),
    ),
    (
        "opea-project/GenAIExamples pull 1642",
        &["--volume", "name=cache,purpose=modelCache,claim=models,path=/root/.cache/huggingface"],
        Nothing("spec."),
    ),
    ("vllm-project/vllm issue 34199", &["--name", "vllm"], Finding("name-sets-variable", "metadata.name")),
    ("the same", &["--name", "vllm-demo"], Nothing("")),
    (
        "docker and compose take 16g",
        &["--memory", "16"],
        Finding("quantity-without-unit", "spec.resources.memory"),
    ),
    (
        "volcano-sh/kthena pull 883",
        &["--env", "HF_TOKEN=hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
        Finding("secret-in-plain-text", "spec.env"),
    ),
    ("Python's argparse takes negative numbers as values", &["--arg", "seed=-1"], Nothing("")),
];

/// Whole lines.
const LINES: &[Case] = &[
    (
        "vllm-project/recipes pull 11",
        &["Qwen/x", "--provider", "vllm", "--gpus", "4", "--env", "CUDA_VISIBLE_DEVICES=4,5,6,7"],
        Finding("visible-devices", "spec.env"),
    ),
    (
        "airunway-providers.md 7.3",
        &[
            "Qwen/x",
            "--provider",
            "kuberay",
            "--gpus",
            "1",
            "--arg",
            "speculative-config={\"method\": \"mtp\", \"n\": 1}",
        ],
        Finding("launch-value-split", ENGINE),
    ),
    (
        "airunway-providers.md 6",
        &["Qwen/x", "--provider", "llmd", "--gpus", "1", "--", "--port", "9000"],
        Finding("launch-endpoint-moved", ENGINE),
    ),
    (
        "vllm-project/vllm issue 4462",
        &["/models/qwen", "--provider", "vllm", "--gpus", "1"],
        Nothing("spec.model.id"),
    ),
    (
        "vLLM's documentation, GGUF",
        &["Qwen/Qwen3-8B-GGUF:Q4_K_M", "--provider", "vllm", "--gpus", "1"],
        Nothing("spec.model.id"),
    ),
    (
        "the ids of Hugging Face",
        &["https://huggingface.co/Qwen/Qwen3-8B", "--provider", "vllm", "--gpus", "1"],
        Finding("model-id-invalid", "spec.model.id"),
    ),
];

/// Specifications on Direct vLLM, in YAML.
const OBJECTS: &[(&str, &str, Said)] = &[
    (
        "airunway docs/plans/vllm-provider-full-plan.md; GitM-Labs/runtime pull 76",
        "engine: {type: vllm, args: {data-parallel-size: \"4\"}, extraArgs: [--enable-expert-parallel]}\n  resources: {gpu: {count: 4}}",
        Finding("launch-gpus", ENGINE),
    ),
    (
        "vllm-project/vllm issue 18567",
        "engine: {type: vllm, args: {data-parallel-size: \"4\", tensor-parallel-size: \"1\"}}\n  resources: {gpu: {count: 4}}",
        Nothing(""),
    ),
    (
        "vllm-project/vllm issue 15217",
        "engine: {type: vllm, args: {pipeline-parallel-size: \"2\"}}\n  resources: {gpu: {count: 2}}",
        Finding("launch-gpus", ENGINE),
    ),
    (
        "vllm/utils/argparse_utils.py",
        "engine: {type: vllm, args: {max_num_seqs: \"8\"}, extraArgs: [--max-num-seqs, \"16\"]}\n  resources: {gpu: {count: 1}}",
        Finding("launch-argument-twice", ENGINE),
    ),
    (
        "eugr/spark-vllm-docker issue 163",
        "engine: {type: vllm, extraArgs: [--speculative-config, \"'{\\\"method\\\": \\\"mtp\\\"}'\"]}\n  resources: {gpu: {count: 1}}",
        Finding("launch-value-quoted", ENGINE),
    ),
    (
        "ai-dynamo/dynamo pull 2055",
        "engine: {type: vllm, extraArgs: [--max-num-seqs 8 --enforce-eager]}\n  resources: {gpu: {count: 1}}",
        Finding("launch-word-several", ENGINE),
    ),
    (
        "ai-dynamo/dynamo pull 1670",
        "engine: {type: vllm, args: {enable-prefix-caching: \"false\"}}\n  resources: {gpu: {count: 1}}",
        Finding("launch-switch-value", ENGINE),
    ),
    (
        "awslabs/ai-on-eks-charts pull 13",
        "engine: {type: vllm, args: {enforce-eager: \"true\"}}\n  resources: {gpu: {count: 1}}",
        Finding("launch-switch-value", ENGINE),
    ),
];

fn findings(run: &Run) -> Vec<Value> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
    report["items"][0]["findings"].as_array().expect("it has a verdict").clone()
}

fn judge(source: &str, run: &Run, said: &Said) {
    let findings = findings(run);
    let at = |finding: &Value, path: &str| finding["path"].as_str().is_some_and(|own| own.starts_with(path));
    let is_right = match said {
        Finding(rule, path) => findings.iter().any(|finding| finding["rule"] == *rule && at(finding, path)),
        Nothing(path) => !findings.iter().any(|finding| at(finding, path)),
    };
    assert!(is_right, "{source}: {run}");
    // What a status will say has the way out in the finding beside it.
    for finding in findings.iter().filter(|finding| finding["rule"] != "status-predicted") {
        assert!(finding["hint"].is_string(), "a way out is missing: {source}: {finding}");
    }
}

#[test]
fn what_can_never_work_is_said_with_a_way_out() {
    let sandbox = Sandbox::new();
    let check = |arguments: &[&str]| {
        let all: Vec<&str> = ["check", "-o", "json"].iter().chain(arguments).copied().collect();
        sandbox.airunway(&all)
    };
    for (source, arguments, said) in ON_ONE_GPU {
        let all: Vec<&str> = VLLM.iter().chain(*arguments).copied().collect();
        judge(source, &check(&all), said);
    }
    for (source, arguments, said) in LINES {
        judge(source, &check(arguments), said);
    }
    for (source, spec, said) in OBJECTS {
        let head = "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: demo}\nspec:\n";
        let text = format!("{head}  model: {{id: Qwen/Qwen3-0.6B}}\n  provider: {{name: vllm}}\n  {spec}\n");
        sandbox.write("in.yaml", &text);
        judge(source, &check(&["-f", "in.yaml"]), said);
    }
}

/// What reaches the container, for arguments that are right as they are.
#[test]
fn arguments_reach_the_engine_to_the_byte() {
    let template = "{% for m in messages %}\n{{ m }}\n{% endfor %}\n";
    let chat = format!("chat-template={template}");
    let reference = r#"{"engine_id":"$(POD_NAME)","x":"$HOME","y":"$$(A)"}"#;
    let reasoning = r#"{"reasoning_start_str":"<think>","reasoning_end_str": " -- Answer. <\think>"}"#;
    let speculative = r#"speculative_config={"method":"ngram","num_speculative_tokens":4}"#;
    let module = r#"{"name":"b","path":"/y"}"#;
    let sandbox = Sandbox::new();
    for (source, arguments, wanted) in [
        (
            "volcano-sh/kthena pull 937",
            &["--", "--kv-transfer-config", reference][..],
            &["--kv-transfer-config", reference][..],
        ),
        (
            "vllm/utils/argparse_utils.py",
            &["--", "--compilation-config.cudagraph_mode", "NONE"],
            &["--compilation-config.cudagraph_mode", "NONE"],
        ),
        (
            "vllm-project/vllm issue 42399",
            &["--", "--reasoning-config", reasoning],
            &["--reasoning-config", reasoning],
        ),
        (
            "vLLM's documentation, LoRA",
            &["--", "--enable-lora", "--lora-modules", "a=/x", module],
            &["--enable-lora", "--lora-modules", "a=/x", module],
        ),
        (
            "ai-dynamo/aiconfigurator pull 377",
            &["--", "--cudagraph-capture-sizes", "1", "2", "4", "8"],
            &["--cudagraph-capture-sizes", "1", "2", "4", "8"],
        ),
        ("vllm-project/vllm issue 17327", &["--arg", &chat], &["--chat-template", template]),
        (
            "vllm-project/vllm pull 10724",
            &["--no-prefix-caching", "--", "-O3"],
            &["--no-enable-prefix-caching", "-O3"],
        ),
        (
            "vllm-project/vllm-ascend pull 13285",
            &["--arg", "max_num_seqs=8", "--arg", speculative],
            &["--max_num_seqs", "8", "--speculative_config", &speculative["speculative_config=".len()..]],
        ),
    ] {
        let head = ["render", "--stage", "children", "-o", "json"];
        let all: Vec<&str> = head.iter().chain(&VLLM).chain(arguments).copied().collect();
        let run = sandbox.airunway(&all);
        let list: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
        let items = list["items"].as_array().expect("it is a list");
        let child = items.iter().find(|item| item["kind"] == "Deployment").expect("it has a Deployment");
        let args =
            child["spec"]["template"]["spec"]["containers"][0]["args"].as_array().expect("it has arguments");
        let generated =
            ["--host", "0.0.0.0", "--port", "8000", "--model", "Qwen/Qwen3-0.6B", "--enable-prefix-caching"];
        let wanted: Vec<&str> = generated.iter().chain(wanted).copied().collect();
        assert_eq!(args, &wanted, "{source}");
        let all: Vec<&str> = ["check", "-o", "json"].iter().chain(&VLLM).chain(arguments).copied().collect();
        assert_eq!(findings(&sandbox.airunway(&all)), [Value::Null; 0], "{source}");
    }
}

/// KAITO's shim asks for the older field (ai-runway/airunway pull 265).
#[test]
fn an_image_goes_where_its_provider_asks_for_it() {
    let sandbox = Sandbox::new();
    let image = "ghcr.io/example/aikit:v1";
    let line = ["ggml-org/demo", "--engine", "llamacpp", "--image", image, "--cpu", "4"];
    for provider in [&["--provider", "kaito"][..], &[]] {
        let render = ["render", "--stage", "children", "-o", "json"];
        let run = sandbox.airunway(&render.iter().chain(&line).chain(provider).copied().collect::<Vec<_>>());
        assert!(run.code == Some(0) && run.stdout.contains(image), "{run}");
        let check = ["check", "-o", "json", "--strict"];
        let run = sandbox.airunway(&check.iter().chain(&line).chain(provider).copied().collect::<Vec<_>>());
        assert_eq!(run.code, Some(0), "{run}");
    }
}

#[test]
fn what_a_flag_cannot_hold_or_would_lose_is_refused_with_the_way_out() {
    let sandbox = Sandbox::new();
    let render = |arguments: &[&str]| {
        sandbox.airunway(&["render"].iter().chain(&VLLM).chain(arguments).copied().collect::<Vec<_>>())
    };
    let run = render(&["--max-model-len", "auto"]);
    assert!(run.code == Some(2) && run.stderr.contains("-- --max-model-len auto"), "{run}");
    let run = render(&["--max-model-len", "32k"]);
    assert!(run.code == Some(0) && run.stdout.contains("contextLength: 32000"), "{run}");
    for twice in [["--arg", "max-num-seqs=8", "--arg", "max-num-seqs=16"], ["--env", "A=1", "--env", "A=2"]] {
        let run = render(&twice);
        assert!(run.code == Some(2) && run.stderr.contains("is given twice"), "{run}");
    }
    let run = render(&["--arg", "max-num-seqs=8", "--arg", "max-num-seqs=8"]);
    assert_eq!(run.code, Some(0), "{run}");
}
