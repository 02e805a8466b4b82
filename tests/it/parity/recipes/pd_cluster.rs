//! Prefill and decode apart: no recipe of the site says it as llm-d's shim does, so one that would is made up here.

use kubectl_airunway::core::recipe::{Documents, ModelId, Request, SitePath};
use serde_json::{Value, json};

use super::oracle::flags;
use super::site;
use super::walk::{Judge, resolved};

const PHI: &str = "/microsoft/Phi-4-mini-instruct.json";
const CLUSTER: &str = "/microsoft/Phi-4-mini-instruct/strategies/pd_cluster.json";

fn role(kind: &str, tensor: &str, port: &str, more: &[&str]) -> Value {
    let transfer = format!(r#"{{"kv_role":"kv_{kind}","kv_connector":"PyNcclConnector"}}"#);
    let head = ["vllm", "serve", "org/model", "--max-model-len", "4096", "--tensor-parallel-size", tensor];
    let tail = ["--port", port, "--kv-transfer-config", transfer.as_str()];
    let argv: Vec<&str> = head.iter().chain(more).chain(&tail).copied().collect();
    json!({"argv": argv, "env": {"A": "b", "CUDA_VISIBLE_DEVICES": "0"}, "nodes": 1})
}

/// The small recipe with a strategy of these roles.
fn documents(prefill: Value, decode: Value) -> Documents {
    let mut documents = site::recipes();
    let model = site::models().iter().find(|model| model.recipe.0 == PHI).expect("it is there");
    let mut recipe: Value = serde_json::from_slice(&model.recipe.1).expect("it is JSON");
    recipe["recommended_command"]["alternatives"] = json!({"pd_cluster": CLUSTER});
    documents.insert(SitePath::new(PHI), recipe);
    let rendering = json!({"hardware": "h200", "strategy": "pd_cluster", "variant": "default", "node_count": 2,
        "deploy_type": "pd_cluster", "env": {}, "docker_image": "vllm/vllm-openai:v0.20.0", "prefill": prefill, "decode": decode});
    documents.insert(SitePath::new(CLUSTER), rendering);
    documents
}

fn request() -> Request {
    let model = ModelId::parse("microsoft/Phi-4-mini-instruct").expect("it is one");
    Request { strategy: Some("pd_cluster".to_owned()), ..Request::new(model) }
}

#[test]
fn roles_that_say_what_the_shim_does_become_its_pods() {
    let documents =
        documents(role("producer", "2", "8100", &["--b"]), role("consumer", "4", "8200", &["--b"]));
    let resolution = resolved(&request(), &documents).expect("it is an object");
    assert!(resolution.notes.iter().any(|note| note.kind.id() == "env-dropped"));
    let children = Judge::new().children(&resolution.object("pd", "https://recipes.example"), "llmd");
    for (kind, gpus) in [("producer", "2"), ("consumer", "4")] {
        let of_kind = |child: &&Value| {
            child["kind"] == "Deployment" && child.to_string().contains(&format!("kv_{kind}"))
        };
        let pods: Vec<&Value> = children.iter().filter(of_kind).collect();
        let [pod] = pods.as_slice() else { panic!("{kind}: {children:#?}") };
        let containers = pod["spec"]["template"]["spec"]["containers"].as_array().expect("it has some");
        let server =
            containers.iter().find(|it| it["args"].to_string().contains("kv_")).expect("it has a server");
        let args: Vec<&str> =
            server["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        let said = flags(&args);
        for flag in ["b", "max-model-len 4096", "model org/model", &format!("tensor-parallel-size {gpus}")] {
            assert_eq!(said.iter().filter(|it| *it == flag).count(), 1, "{flag}: {said:?}");
        }
        assert_eq!(server["resources"]["limits"]["nvidia.com/gpu"], gpus);
        assert_eq!(server["image"], "vllm/vllm-openai:v0.20.0");
        let env = server["env"].as_array().expect("it has some");
        assert!(env.contains(&json!({"name": "A", "value": "b"})), "{env:?}");
        assert!(!env.iter().any(|it| it["name"] == "CUDA_VISIBLE_DEVICES"));
    }
}

#[test]
fn roles_that_differ_otherwise_are_refused() {
    let documents =
        documents(role("producer", "2", "8100", &["--b", "1"]), role("consumer", "2", "8200", &["--b", "2"]));
    assert_eq!(resolved(&request(), &documents).err(), Some("pd-cluster"));
}
