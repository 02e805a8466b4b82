//! What holds for every command and every document: exact flags or a refusal, and never a panic.

use std::sync::{Arc, LazyLock};

use kubectl_airunway::core::recipe::{
    Documents, FeatureChoice, ModelId, Reason, Request, Resolution, SitePath, Stop, resolve,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::oracle::{Expected, expected};
use super::site::{self, ROOT};
use super::walk::{Judge, check, resolved};

/// A small recipe, whose command is replaced.
const PHI: &str = "/microsoft/Phi-4-mini-instruct.json";
/// Recipes that are damaged: modes of features, another checkpoint on small hardware, prefill and decode apart.
const DAMAGED: [&str; 4] =
    [PHI, "/Qwen/Qwen3.6-27B.json", "/deepseek-ai/DeepSeek-V3.2.json", "/deepseek-ai/DeepSeek-V4-Flash.json"];
/// Rounds of fetching after which a resolution has to be over.
const ROUNDS: usize = 8;

struct Stage {
    judge: Judge,
    /// The recipes to damage, each with all its documents.
    models: Vec<(Value, Vec<(String, Value)>)>,
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let read = |content: &[u8]| -> Value { serde_json::from_slice(content).expect("it is JSON") };
    let damaged =
        |path: &&str| site::models().iter().find(|model| model.recipe.0 == **path).expect("it is there");
    let whole = |model: &site::Model| {
        let mut recipe = read(&model.recipe.1);
        // Text for people; it would take most of the damage.
        recipe.as_object_mut().expect("it is an object").remove("guide");
        let renderings = model.renderings.iter().map(|(path, content)| (path.clone(), read(content)));
        let own = [(model.recipe.0.clone(), recipe.clone())];
        (recipe, own.into_iter().chain(renderings).collect())
    };
    Stage { judge: Judge::new(), models: DAMAGED.iter().map(damaged).map(whole).collect() }
});

fn request(recipe: &Value) -> Request {
    Request::new(ModelId::parse(recipe["hf_id"].as_str().expect("it has one")).expect("it is one"))
}

/// Flags that AI Runway has members for or writes itself, and any other.
fn any_flag() -> impl Strategy<Value = String> {
    let known = [
        "max-model-len",
        "max_model_len",
        "served-model-name",
        "enable-prefix-caching",
        "kv-cache-dtype",
        "tokenizer_mode",
        "compilation-config",
        "gpu-memory-utilization",
    ];
    // The words in front keep clear of what the shim writes itself (`host`, `port`, `model`) and of `no-`.
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        "x[a-z0-9]{0,4}([-_][a-z0-9]{1,4}){0,2}(\\.[a-z][a-z_]{0,4}){0,2}",
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[0-9]{1,6}",
        "[a-z0-9_.:/]{1,12}",
        "[a-z ='\",{}\\[\\]]{1,12}".prop_filter("a flag's value is no flag", |text| !text.starts_with('-')),
        Just(r#"{"method":"mtp","n":1}"#.to_owned()),
        "[äß漢🙂a-z]{1,4}",
    ]
}

/// One flag in one of its forms.
fn any_piece() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        any_flag().prop_map(|flag| vec![format!("--{flag}")]),
        (any_flag(), any_text()).prop_map(|(flag, value)| vec![format!("--{flag}"), value]),
        (any_flag(), any_text()).prop_map(|(flag, value)| vec![format!("--{flag}={value}")]),
        (any_flag(), "-[a-z0-9-]{0,5}").prop_map(|(flag, value)| vec![format!("--{flag}={value}")]),
        prop::sample::select(vec![
            "--trust-remote-code",
            "--trust_remote_code",
            "--enforce-eager",
            "--no-enable-prefix-caching"
        ])
        .prop_map(|flag| vec![flag.to_owned()]),
        (
            prop::sample::select(vec!["tensor", "pipeline", "data"]),
            prop::sample::select(vec!["1", "2", "4", "8", "16"])
        )
            .prop_map(|(kind, size)| vec![format!("--{kind}-parallel-size"), size.to_owned()]),
        Just(vec!["--max-model-len auto".to_owned()]),
    ]
}

fn any_command() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any_piece(), 0..10).prop_map(|pieces| pieces.concat())
}

/// The small recipe with another command, and another feature.
fn with(command: &[String], feature: &[String]) -> (Value, Documents) {
    let mut recipe = STAGE.models[0].0.clone();
    let argv = recipe["recommended_command"]["argv"].as_array_mut().expect("it has one");
    argv.truncate(3);
    argv.extend(command.iter().map(|token| json!(token)));
    recipe["features"] = json!({"extra": {"description": "x", "args": feature}});
    let mut documents = site::common();
    documents.insert(SitePath::new(PHI), recipe.clone());
    (recipe, documents)
}

fn object(request: &Request, documents: &Documents) -> Value {
    let resolution = resolved(request, documents).expect("it is an object");
    let mut object = resolution.object("m", "");
    object["metadata"]["annotations"]
        .as_object_mut()
        .expect("it has some")
        .remove("airunway.ai/recipe.features");
    // The order of tokens that stand for different flags means nothing.
    let extra = object["spec"]["engine"]["extraArgs"].as_array_mut();
    extra.into_iter().for_each(|tokens| tokens.sort_by_key(Value::to_string));
    object
}

/// Any value, also absurd ones.
fn any_value() -> impl Strategy<Value = Value> {
    let deep = |levels: usize| (0..levels).fold(json!([]), |inner, _| json!([inner]));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["vllm", "serve"])),
        Just(json!(["vllm", "serve", "a/b", 7])),
        Just(json!("x".repeat(70_000))),
        Just(json!(vec!["--a"; 1_100])),
        Just(deep(60)),
        Just(json!("$HEAD_IP")),
        Just(json!("/../../etc/passwd")),
        Just(json!("single_node")),
        Just(json!("omni")),
        Just(json!("\u{0}\n\u{1b}[31m")),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Z./_]{0,9}|args|modes|json|h200|default", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Puts a value at the `index`-th place, counted through all members.
fn put(target: &mut Value, index: &mut usize, value: &Value) -> bool {
    if *index == 0 {
        *target = value.clone();
        return true;
    }
    *index -= 1;
    match target {
        Value::Array(items) => items.iter_mut().any(|item| put(item, index, value)),
        Value::Object(members) => members.values_mut().any(|member| put(member, index, value)),
        _ => false,
    }
}

/// Asks until there is an answer; what nobody has is missing.
fn ask(request: &Request, documents: &mut Documents) -> Result<Resolution, Stop> {
    for _ in 0..ROUNDS {
        match resolve(request, documents) {
            Err(Stop::Need(paths)) => {
                assert!(!paths.is_empty(), "{request:?}");
                paths.into_iter().for_each(|path| documents.insert_missing(path));
            }
            answer => return answer,
        }
    }
    panic!("{request:?} never ends");
}

/// Requests that look into every part of a recipe.
fn requests(recipe: &Value) -> Vec<Request> {
    let base = Request { force: true, ..request(recipe) };
    let text = |text: &str| Some(text.to_owned());
    let add = |name: &str| FeatureChoice::Add { name: name.to_owned(), mode: None };
    let remove = |name: &str| FeatureChoice::Remove { name: name.to_owned() };
    vec![
        base.clone(),
        Request { hardware: text("h200"), features: vec![add("spec_decoding")], ..base.clone() },
        Request { hardware: text("rtx_5090"), ..base.clone() },
        Request { strategy: text("pd_cluster"), ..base.clone() },
        Request { strategy: text("single_node_tep"), features: vec![add("tool_calling")], ..base.clone() },
        Request { variant: text("nvfp4"), ..base.clone() },
        Request { precision: text("fp8"), features: vec![remove("tool_calling")], ..base },
    ]
}

/// A damaged document gives a refusal that can be read, or an object that would be admitted.
fn is_sound(answer: Result<Resolution, Stop>, request: &Request) {
    match answer {
        Ok(resolution) => {
            let object = resolution.object("hostile", "https://recipes.example");
            let denial = STAGE.judge.denial(&object);
            assert_eq!(denial, None, "{request:?} {object:#}");
        }
        Err(Stop::Refused(refusal)) => {
            assert!(Reason::ALL.contains(&refusal.reason));
            let told =
                [Some(refusal.message), refusal.hint].into_iter().flatten().chain(refusal.alternatives);
            for text in told {
                assert!(!text.is_empty() && text.chars().count() < 4_096, "{text}");
            }
        }
        Err(Stop::Need(paths)) => panic!("{paths:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_command_is_rendered_with_exactly_its_flags(command in any_command()) {
        let (recipe, documents) = with(&command, &[]);
        let rendering = &recipe["recommended_command"];
        let request = request(&recipe);
        match (expected(rendering, &ROOT.1), resolved(&request, &documents)) {
            (Expected::Object(wanted), Ok(resolution)) => {
                check(&STAGE.judge, &resolution, &wanted, &(request, PHI.to_owned(), rendering));
            }
            (Expected::Refused(reason), Err(got)) => prop_assert_eq!(reason, got),
            (expected, answer) => prop_assert!(false, "expected {:?}, got {:?}", expected, answer),
        }
    }

    #[test]
    fn what_goes_in_comes_out(
        command in prop::collection::vec(("--x[a-z]{1,5}", "[a-z0-9]{1,5}"), 0..6),
        feature in prop::collection::btree_map("--y[a-z_]{1,5}(\\.[a-z]{1,3})?", "[a-z0-9]{0,5}", 1..4),
    ) {
        let command: Vec<String> = command.into_iter().flat_map(|(flag, value)| [flag, value]).collect();
        let pair = |(flag, value): (String, String)| [Some(flag), Some(value).filter(|value| !value.is_empty())];
        // Of a flag and its part only one is there.
        let plain = |flag: &str| flag.split('.').next().map(|flag| flag.replace('_', "-"));
        let mut seen = std::collections::BTreeSet::new();
        let feature = feature.into_iter().filter(|(flag, _)| seen.insert(plain(flag)));
        let feature: Vec<String> = feature.flat_map(pair).flatten().collect();
        let both = [command.clone(), feature.clone()].concat();
        let ((recipe, without), (_, having)) = (with(&command, &feature), with(&both, &feature));
        let request = request(&recipe);
        let add = FeatureChoice::Add { name: "extra".to_owned(), mode: None };
        let remove = FeatureChoice::Remove { name: "extra".to_owned() };
        let asked = |choice: FeatureChoice| Request { features: vec![choice], ..request.clone() };
        prop_assert_eq!(object(&asked(add.clone()), &without), object(&request, &having));
        prop_assert_eq!(object(&asked(remove.clone()), &having), object(&request, &without));
        prop_assert_eq!(object(&asked(add), &having), object(&request, &having));
        prop_assert_eq!(object(&asked(remove), &without), object(&request, &without));
    }

    #[test]
    fn damaged_documents_are_refused_or_become_sound_objects(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_value()), 1..4),
    ) {
        let (recipe, files) = which.get(&STAGE.models);
        // The documents that the requests read, before any other.
        let read = |path: &str| path.matches('/').count() == 2 || path.ends_with("/h200.json")
            || path.ends_with("/rtx_5090.json") || path.ends_with("strategies/pd_cluster.json")
            || path.ends_with("strategies/single_node_tep.json");
        let mut files: Vec<(String, Value)> =
            files.iter().filter(|(path, _)| read(path)).cloned().collect();
        files.push((SitePath::index().as_str().to_owned(), json!([{"hf_id": recipe["hf_id"], "json": files[0].0}])));
        files.push((SitePath::taxonomy().as_str().to_owned(), Value::clone(&ROOT.1)));
        let length = files.len();
        for (file, place, value) in &damage {
            let (_, document) = &mut files[file.index(length)];
            let mut place = place.index(count(document));
            put(document, &mut place, value);
        }
        let mut documents = Documents::new();
        for (path, document) in files {
            documents.insert(SitePath::new(path), Arc::new(document));
        }
        for request in requests(recipe) {
            is_sound(ask(&request, &mut documents.clone()), &request);
        }
    }
}
