//! The recorded answers of AI Runway's own resolver: ours differ where it is known to be wrong, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use kubectl_airunway::core::recipe::{
    Documents, FeatureChoice, Found, ModelId, Request, Resolution, SitePath, Stop, resolve,
};
use serde_json::{Value, json};

use super::oracle::flags;
use super::site;
use crate::support::recipe_data;

/// Where the answers were recorded; only the annotation `source` says it.
const BASE: &str = "https://recipes.vllm.ai";
/// Before the members of the provenance.
const PREFIX: &str = "airunway.ai/recipe.";

/// What is wrong with the resolver's answers, one sentence a defect, by the numbers under which they are known.
const DEFECTS: [(Defect, &str); 15] = [
    (
        1,
        "hardware is not looked up: the recommended command is annotated with the hardware that was asked for",
    ),
    (
        2,
        "a generation or brand is taken for hardware, and what it overrides goes onto another hardware's command",
    ),
    (3, "the variant is not looked up: the default checkpoint's command is annotated with it"),
    (4, "prefill and decode apart falls back to one server, annotated as if it had not"),
    (5, "the mode is never disaggregated, because it looks for that word in the deployment type"),
    (
        6,
        "a strategy matches by substring, the recipe's own is not found, and an unknown one is annotated as applied",
    ),
    (7, "GPUs of one pod are the parallel sizes over all nodes"),
    (8, "of a server over several nodes one rank is deployed, its placeholders included"),
    (9, "flags of DeepSeek V4 replace those of any other DeepSeek"),
    (10, "a feature that the recipe does not have is annotated as applied"),
    (
        11,
        "the model that the command serves is thrown away, and the one asked for is deployed with its flags",
    ),
    (12, "precision and revision are looked up where nothing is"),
    (13, "a flag and its value in one token are not split, so that its repetition is not seen"),
    (15, "a recipe for vLLM-Omni, which has no command, becomes an object without one"),
    (17, "hardware that exists nowhere in the data is annotated"),
];

type Defect = u8;

/// Members of an answer that differ for one defect.
type Differs = (Defect, &'static [&'static str]);

/// What ours says to a request, and why it is not what the resolver says.
enum Ours {
    /// An object that differs in these members and no others.
    Object(&'static [Differs]),
    /// A refusal, by reason, where the resolver has an answer with these defects.
    Refused(&'static str, &'static [Defect]),
}

use Ours::{Object, Refused};

/// Differs in every answer that is right otherwise.
const LOOKED_UP: Differs = (12, &["precision", "revision"]);

/// Each request: its kind, the model, what else it says, and what ours says to it.
const CASES: [(&str, &str, &str, Ours); 38] = [
    ("default", "microsoft/Phi-4-mini-instruct", "", Object(&[LOOKED_UP])),
    ("default", "microsoft/Phi-4-mini-reasoning", "", Object(&[LOOKED_UP])),
    ("default", "deepseek-ai/DeepSeek-V4-Flash", "", Object(&[LOOKED_UP, (11, &["model"])])),
    ("default", "deepseek-ai/DeepSeek-R1", "", Object(&[LOOKED_UP])),
    ("default", "zai-org/GLM-OCR", "", Object(&[LOOKED_UP])),
    ("default", "zai-org/Glyph", "", Object(&[LOOKED_UP])),
    ("default", "XiaomiMiMo/MiMo-V2.5-Pro", "", Object(&[LOOKED_UP, (13, &["flags"])])),
    ("default", "Google/gemma-4-31B-it", "", Object(&[LOOKED_UP, (11, &["model"])])),
    ("default", "meta-llama/Llama-3.3-70B-Instruct", "", Object(&[LOOKED_UP])),
    ("default", "jinaai/jina-embeddings-v5-text-small", "", Object(&[LOOKED_UP, (11, &["model"])])),
    ("default", "moonshotai/Kimi-K2.5", "", Object(&[LOOKED_UP])),
    ("omni-no-recommended-command", "Qwen/Qwen-Image", "", Refused("omni", &[15])),
    ("hardware", "deepseek-ai/DeepSeek-V3.2", "h100", Refused("multi-node", &[1])),
    ("hardware", "deepseek-ai/DeepSeek-V3.2", "gb200", Refused("multi-node", &[1])),
    ("hardware", "deepseek-ai/DeepSeek-V3.2", "a100", Refused("unknown-hardware", &[1, 17])),
    ("hardware", "deepseek-ai/DeepSeek-V3.2", "blackwell", Refused("unknown-hardware", &[1, 2])),
    ("hardware", "openai/gpt-oss-120b", "amd", Refused("unknown-hardware", &[1, 2])),
    ("hardware", "openai/gpt-oss-120b", "blackwell", Refused("unknown-hardware", &[1, 2])),
    ("hardware", "microsoft/Phi-4-mini-instruct", "h200", Object(&[LOOKED_UP, (1, &["source"])])),
    ("hardware", "microsoft/Phi-4-mini-instruct", "mi300x", Refused("accelerator", &[1])),
    ("strategy", "deepseek-ai/DeepSeek-V3.2", "single_node_tp", Object(&[LOOKED_UP, (6, &["warnings"])])),
    ("strategy", "deepseek-ai/DeepSeek-V3.2", "single_node_tep", Object(&[LOOKED_UP])),
    ("strategy", "deepseek-ai/DeepSeek-V3.2", "multi_node_tp", Refused("multi-node", &[7, 8])),
    ("strategy", "deepseek-ai/DeepSeek-V3.2", "multi_node_tep", Refused("multi-node", &[7, 8])),
    ("strategy", "deepseek-ai/DeepSeek-V3.2", "multi_node_tp_pp", Refused("multi-node", &[7, 8])),
    ("strategy", "deepseek-ai/DeepSeek-V3.2", "pd_cluster", Refused("pd-cluster", &[4, 5])),
    ("strategy", "deepseek-ai/DeepSeek-V3.2", "nonexistent", Refused("unknown-strategy", &[6])),
    (
        "strategy-own-multi-node",
        "Qwen/Qwen3-Coder-480B-A35B-Instruct",
        "multi_node_tp",
        Refused("multi-node", &[6, 7, 8]),
    ),
    (
        "variant",
        "microsoft/Phi-4-mini-instruct",
        "mini_reasoning",
        Object(&[LOOKED_UP, (3, &["id", "model", "source"])]),
    ),
    (
        "variant",
        "deepseek-ai/DeepSeek-V3.2",
        "nvfp4",
        Object(&[LOOKED_UP, (3, &["id", "model", "source", "flags", "env", "hardware"])]),
    ),
    ("features", "deepseek-ai/DeepSeek-V3.2", "[]", Object(&[LOOKED_UP])),
    ("features", "deepseek-ai/DeepSeek-V3.2", r#"["tool_calling"]"#, Object(&[LOOKED_UP, (9, &["flags"])])),
    (
        "features",
        "deepseek-ai/DeepSeek-V4-Flash",
        r#"["spec_decoding"]"#,
        Object(&[LOOKED_UP, (11, &["model"])]),
    ),
    ("features", "deepseek-ai/DeepSeek-R1", r#"["tool_calling"]"#, Object(&[LOOKED_UP, (9, &["flags"])])),
    ("features", "microsoft/Phi-4-mini-instruct", r#"["nope"]"#, Refused("unknown-feature", &[10])),
    ("features", "openai/gpt-oss-120b", r#"["tool_calling"]"#, Object(&[LOOKED_UP])),
    (
        "image-custom",
        "microsoft/Phi-4-mini-instruct",
        r#"{"type":"custom","imageRef":"example.com/vllm:1"}"#,
        Object(&[LOOKED_UP]),
    ),
    ("mode", "microsoft/Phi-4-mini-instruct", "disaggregated", Object(&[LOOKED_UP])),
];

fn list() -> Vec<Value> {
    let text = std::fs::read_to_string(recipe_data::path("resolver-expected.jsonl")).expect("it is there");
    text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
}

fn documents(wanted: &BTreeSet<String>) -> Documents {
    let mut documents = site::recipes();
    for model in site::models().iter().filter(|model| wanted.contains(&model.recipe.0)) {
        for (path, content) in &model.renderings {
            let value: Value = serde_json::from_slice(content).expect("it is JSON");
            documents.insert(SitePath::new(path), value);
        }
    }
    documents
}

/// What a request says besides the model.
fn rest(request: &Value) -> String {
    let mut members =
        request.as_object().expect("it is an object").iter().filter(|(name, _)| *name != "modelId");
    let rest =
        members.next().map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    assert_eq!(members.next(), None, "{request}");
    rest.unwrap_or_default()
}

/// Members in which two answers differ.
fn differing<'a>(one: &'a Members, other: &'a Members) -> BTreeSet<&'a str> {
    let names = one.keys().chain(other.keys()).map(String::as_str);
    names.filter(|name| one.get(*name) != other.get(*name)).collect()
}

/// Each of the 38 recorded answers: what is not in the table as wrong is what ours says too.
#[test]
fn every_difference_to_the_old_resolver_is_one_of_its_defects() {
    let recorded = list();
    let path = |case: &Value| format!("/{}.json", case["request"]["modelId"].as_str().expect("it has one"));
    let documents = documents(&recorded.iter().map(path).collect());
    let mut used = BTreeSet::new();
    assert_eq!(recorded.len(), CASES.len());
    for (case, (kind, model, said, expected)) in recorded.iter().zip(&CASES) {
        let asked = &case["request"];
        assert_eq!((&case["case"], &asked["modelId"]), (&json!(kind), &json!(model)));
        assert_eq!(rest(asked), *said, "{model}");
        let answer = resolve(&request(asked, &documents), &documents);
        match (expected, answer) {
            (Object(differs), Ok(resolution)) => {
                let covered: BTreeSet<&str> =
                    differs.iter().flat_map(|(_, members)| members.iter().copied()).collect();
                assert_eq!(differing(&old(case), &ours(&resolution, asked)), covered, "{asked}");
                used.extend(differs.iter().map(|(defect, _)| *defect));
            }
            (Refused(reason, defects), Err(Stop::Refused(refusal))) => {
                assert_eq!(refusal.reason.id(), *reason, "{asked}");
                used.extend(defects.iter().copied());
            }
            (_, answer) => panic!("{asked}: {answer:?}"),
        }
    }
    assert_eq!(
        used,
        DEFECTS.iter().map(|(defect, _)| *defect).collect(),
        "a defect and an answer go together"
    );
}

/// The same request of ours: a list of features means these and no others.
fn request(old: &Value, documents: &Documents) -> Request {
    let text = |name: &str| old[name].as_str().map(str::to_owned);
    let model = ModelId::parse(old["modelId"].as_str().expect("it has one")).expect("it is one");
    let mut features = Vec::new();
    if let Some(chosen) = old["features"].as_array() {
        let chosen: Vec<&str> = chosen.iter().filter_map(Value::as_str).collect();
        let add = |name: &&str| FeatureChoice::Add { name: (*name).to_owned(), mode: None };
        features.extend(chosen.iter().map(add));
        let Found::Document(recipe) = documents.get(&SitePath::new(format!("/{model}.json"))) else {
            panic!("{model} is there")
        };
        let known = recipe["features"].as_object().into_iter().flatten().map(|(name, _)| name);
        let others = known.filter(|name| !chosen.contains(&name.as_str()));
        features.extend(others.map(|name| FeatureChoice::Remove { name: name.clone() }));
    }
    Request {
        hardware: text("hardware"),
        strategy: text("strategy"),
        variant: text("variant"),
        features,
        ..Request::new(model)
    }
}

type Members = BTreeMap<String, Value>;

fn provenance(annotations: impl IntoIterator<Item = (String, Value)>) -> Members {
    let members = annotations.into_iter();
    members.filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?.to_owned(), value))).collect()
}

fn old(case: &Value) -> Members {
    let result = &case["result"];
    let mut tokens = Vec::new();
    for (name, value) in result["engineArgs"].as_object().expect("it has some") {
        tokens.push(format!("--{name}"));
        tokens.extend(value.as_str().filter(|value| !value.is_empty()).map(str::to_owned));
    }
    let extra = result["engineExtraArgs"].as_array().into_iter().flatten();
    tokens.extend(extra.map(|token| token.as_str().expect("it is text").to_owned()));
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let annotations = result["annotations"].as_object().expect("it has some").clone();
    let mut members = provenance(annotations);
    members.extend([
        ("flags".to_owned(), json!(flags(&tokens))),
        ("env".to_owned(), result["env"].clone()),
        ("image".to_owned(), result["imageRef"].clone()),
        ("gpu".to_owned(), result["resources"]["gpu"].clone()),
        ("mode".to_owned(), result["mode"].clone()),
        ("warnings".to_owned(), result["warnings"].clone()),
        ("model".to_owned(), case["request"]["modelId"].clone()),
    ]);
    members
}

fn ours(resolution: &Resolution, request: &Value) -> Members {
    // What else `deploy` can say is written over the recipe's.
    let mut over = resolution.members(BASE);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    over.image = text(&request["imageChoice"]["imageRef"]).or(over.image);
    over.mode = text(&request["mode"]).or(over.mode);
    let mut tokens: Vec<String> = Vec::new();
    for (name, value) in over.args {
        tokens.push(format!("--{name}"));
        tokens.extend((!value.is_empty()).then_some(value));
    }
    tokens.extend(over.extra_args);
    tokens.extend(over.trust_remote_code.then(|| "--trust-remote-code".to_owned()));
    tokens.extend(over.enforce_eager.then(|| "--enforce-eager".to_owned()));
    tokens.extend(over.context_length.map(|length| format!("--max-model-len={length}")));
    tokens.extend(over.served_name.map(|name| format!("--served-model-name={name}")));
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let mut members = provenance(over.annotations.into_iter().map(|(key, value)| (key, json!(value))));
    // Features taken out are named as well; the resolver only names those put in.
    let added: Vec<&String> = resolution.features.iter().filter(|name| !name.starts_with("no-")).collect();
    members.remove("features");
    if !added.is_empty() {
        members.insert("features".to_owned(), json!(json!(added).to_string()));
    }
    let env: BTreeMap<&str, &str> =
        resolution.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    members.extend([
        ("flags".to_owned(), json!(flags(&tokens))),
        ("env".to_owned(), json!(env)),
        ("image".to_owned(), json!(over.image)),
        ("gpu".to_owned(), json!(over.gpus)),
        ("mode".to_owned(), json!(over.mode.unwrap_or_else(|| "aggregated".to_owned()))),
        ("model".to_owned(), json!(resolution.model)),
        // What would be worth one of the resolver's warnings is a refusal.
        ("warnings".to_owned(), json!([])),
    ]);
    members
}
