//! Recipes on llm-d: one server, and prefill and decode apart as far as one object can say it.

use kubectl_airunway::core::kind::model_deployment::provider::{
    ImageInput, Phase, Selector, registrations, stages,
};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{self, Providers};
use kubectl_airunway::core::recipe::{Documents, Found, ModelId, Request, SitePath, Sizes, Stop, resolve};
use serde_json::{Value, json};

use super::oracle::{Expected, expected, in_order, last_of_each};
use super::site::{self, ROOT};

/// The Deployments that llm-d's shim makes of the object: name and arguments, and GPUs.
fn pods(object: &Value) -> Vec<(String, Vec<String>, String, Value)> {
    let release = Release::newest();
    let configs = registrations(release);
    let (providers, selector) = (Providers::of(&configs), Selector::new(&configs));
    let request =
        webhook::Request { object, old: None, namespace: "recipes", providers: &providers, release };
    let review = webhook::review(&request);
    assert_eq!(review.denial, None, "{object:#}");
    let stored = review.stored.expect("it is stored");
    let selection = selector.select(&stored);
    assert_eq!(selection.provider.as_deref(), Some("llmd"));
    let stages = stages(&stored, &selection, release, &ImageInput::NotAsked).expect("it is taken up");
    assert_eq!(stages.outcome.phase, Phase::Deploying);
    let deployments = stages.outcome.children.into_iter().filter(|child| child["kind"] == "Deployment");
    let pod = |child: Value| {
        let container = &child["spec"]["template"]["spec"]["containers"][0];
        let args: Vec<&str> =
            container["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        let gpus = container["resources"]["limits"]["nvidia.com/gpu"].as_str().unwrap_or_default().to_owned();
        let name = child["metadata"]["name"].as_str().unwrap().to_owned();
        (name, last_of_each(in_order(&args)), gpus, container["env"].clone())
    };
    deployments.map(pod).collect()
}

/// Sorted; llm-d says prefix caching either way, and what counts is the last word.
fn without_caching(mut flags: Vec<String>) -> Vec<String> {
    flags.retain(|flag| flag != "enable-prefix-caching");
    flags.sort();
    flags
}

#[test]
fn every_recommended_command_of_one_server() {
    let documents = site::recipes();
    let mut count = 0;
    for row in ROOT.0.as_array().unwrap() {
        let path = SitePath::new(row["json"].as_str().unwrap());
        let Found::Document(recipe) = documents.get(&path) else { panic!("{path} is there") };
        let rendering = &recipe["recommended_command"];
        if !rendering.is_object() {
            continue;
        }
        let Expected::Object(wanted) = expected(rendering, &ROOT.1) else { continue };
        if !wanted.is_nvidia {
            continue;
        }
        let model = ModelId::parse(row["hf_id"].as_str().unwrap()).unwrap();
        let request = Request { provider: Some("llmd".to_owned()), ..Request::new(model) };
        let object =
            resolve(&request, &documents).expect("it is an object").object("q", "https://recipes.example");
        let pods = pods(&object);
        assert_eq!(pods.len(), 1);
        let networking = ["host 0.0.0.0", "port 8000"];
        let flags = wanted.flags.into_iter().filter(|flag| !networking.contains(&flag.as_str())).collect();
        assert_eq!(without_caching(pods[0].1.clone()), without_caching(flags), "{path}");
        assert_eq!(pods[0].2, wanted.gpus.to_string());
        count += 1;
    }
    assert!(count > 280, "only {count} recipes are of one server");
}

/// A made-up recipe of llm-d's own way: the site has none today.
fn apart(change: impl Fn(&mut Value)) -> Result<Value, String> {
    let role = |kind: &str, port: &str, size: &str| {
        let transfer = format!(r#"{{"kv_role": "kv_{kind}", "kv_connector": "PyNcclConnector"}}"#);
        let argv = [
            "vllm",
            "serve",
            "o/m",
            "--port",
            port,
            "--max-model-len",
            "4096",
            "--kv-transfer-config",
            &transfer,
        ];
        let mut argv: Vec<&str> = argv.to_vec();
        argv.extend(["--tensor-parallel-size", size, "--b.c", "1"]);
        json!({"argv": argv, "env": {"A": "1", "CUDA_VISIBLE_DEVICES": "0"}, "nodes": 1})
    };
    let mut rendering = json!({
        "hardware": "h200", "strategy": "pd_cluster", "variant": "default", "node_count": 1, "deploy_type": "pd_cluster",
        "docker_image": "vllm/vllm-openai:v0.20.0", "env": {},
        "prefill": role("producer", "8001", "2"), "decode": role("consumer", "8002", "4"),
        "hardware_profile": {"brand": "NVIDIA", "generation": "hopper", "gpu_count": 8, "vram_gb": 1128},
    });
    change(&mut rendering);
    let recipe = json!({
        "hf_id": "o/m", "meta": {"tasks": ["text"], "date_updated": "2026-08-01"}, "guide": "",
        "model": {}, "variants": {"default": {"precision": "bf16"}}, "recommended_command": rendering,
    });
    let mut documents = Documents::new();
    documents.insert(SitePath::index(), json!([{"hf_id": "o/m", "json": "/o/m.json"}]));
    documents.insert(SitePath::new("/o/m.json"), recipe);
    match resolve(&Request::new(ModelId::parse("o/m").unwrap()), &documents) {
        Ok(resolution) => {
            assert!(matches!(resolution.sizes, Sizes::Disaggregated { .. }));
            assert!(resolution.notes.iter().any(|note| note.kind.id() == "env-dropped"));
            Ok(resolution.object("q", "https://recipes.example"))
        }
        Err(Stop::Refused(refusal)) => Err(format!("{}: {}", refusal.reason.id(), refusal.message)),
        Err(Stop::Need(paths)) => panic!("{paths:?}"),
    }
}

#[test]
fn prefill_and_decode_as_the_shim_runs_them() {
    let pods = pods(&apart(|_| ()).expect("it can be said"));
    let names: Vec<&str> = pods.iter().map(|pod| pod.0.as_str()).collect();
    assert_eq!(names, ["q-decode", "q-prefill"]);
    for (pod, kind, gpus) in [(&pods[0], "consumer", "4"), (&pods[1], "producer", "2")] {
        let transfer =
            format!(r#"kv-transfer-config {{"kv_connector":"PyNcclConnector","kv_role":"kv_{kind}"}}"#);
        let size = format!("tensor-parallel-size {gpus}");
        let expected = ["b.c 1", &transfer, "max-model-len 4096", "model o/m", &size];
        assert_eq!(without_caching(pod.1.clone()), expected);
        assert_eq!(pod.2, gpus);
        assert_eq!(pod.3, json!([{"name": "A", "value": "1"}]));
    }
}

#[test]
fn what_one_object_cannot_say_for_both_is_refused() {
    let argv = |role: &str| format!("/{role}/argv");
    let push = |rendering: &mut Value, role: &str, tokens: &[&str]| {
        let list = rendering.pointer_mut(&argv(role)).and_then(Value::as_array_mut).unwrap();
        list.extend(tokens.iter().map(|token| json!(token)));
    };
    let refused = |change: &dyn Fn(&mut Value)| apart(change).expect_err("it cannot be said");
    let both = "for prefill and decode, and a ModelDeployment has one for both";
    let text = refused(&|it| push(it, "prefill", &["--compilation-config", "{}"]));
    assert!(
        text.starts_with("pd-cluster: ") && text.contains(both) && text.contains("--compilation-config"),
        "{text}"
    );
    let text = refused(&|it| it["decode"]["env"]["B"] = json!("2"));
    assert!(text.contains("different variables") && text.contains(both), "{text}");
    let text = refused(&|it| it["decode"]["argv"][2] = json!("o/other"));
    assert!(text.contains("different models"), "{text}");
    let nixl = r#"{"kv_connector":"NixlConnector","kv_role":"kv_both"}"#;
    let text = refused(&|it| push(it, "prefill", &["--kv-transfer-config", nixl]));
    assert!(text.contains("NixlConnector") && text.contains("llm-d's shim"), "{text}");
    let text = refused(&|it| it["prefill"]["nodes"] = json!(2));
    assert!(text.contains("prefill runs over 2 nodes"), "{text}");
    // Every word that keeps it from an object, not the first alone.
    let text = refused(&|it| {
        it["decode"]["nodes"] = json!(2);
        it["decode"]["env"]["B"] = json!("2");
        push(it, "prefill", &["--max-num-seqs", "8"]);
        push(it, "decode", &["--max-num-seqs", "64"]);
        push(it, "prefill", &["--kv-transfer-config", nixl]);
    });
    for word in [
        "decode runs over 2 nodes",
        r#""kv_connector" is "NixlConnector", llm-d's shim says "PyNcclConnector""#,
        r#""kv_role" is "kv_both""#,
        "different variables (B)",
        r#"different values of --max-num-seqs ("8" and "64")"#,
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let text = refused(&|it| it["hardware_profile"]["gpu_count"] = json!(2));
    assert!(text.starts_with("node-too-small: "), "{text}");
    let text = refused(&|it| it["hardware_profile"]["brand"] = json!("AMD"));
    assert!(text.starts_with("accelerator: "), "{text}");
    let text = refused(&|it| it["prefill"] = json!(null));
    assert!(text.starts_with("malformed: "), "{text}");
}
