//! Every rendering of the site, by the request that leads to it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use kubectl_airunway::core::api_server::custom::Review;
use kubectl_airunway::core::kind::model_deployment::advice::{Situation, advice};
use kubectl_airunway::core::kind::model_deployment::provider::{
    ImageInput, Phase, Selector, registrations, stages,
};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{self, Providers};
use kubectl_airunway::core::recipe::drift::{Drift, Provenance};
use kubectl_airunway::core::recipe::{Documents, ModelId, Request, Resolution, SitePath, Stop, resolve};
use serde_json::Value;

use super::oracle::{Expected, Wanted, expected, flags};
use super::site::{self, Model, ROOT};

/// Renderings of the whole site.
const RENDERINGS: usize = 15_686;

/// What judges an object as the cluster would.
pub(super) struct Judge {
    providers: Providers,
    selector: Selector,
}

impl Judge {
    pub(super) fn new() -> Self {
        let configs = registrations(Release::newest());
        Self { providers: Providers::of(&configs), selector: Selector::new(&configs) }
    }

    fn review(&self, object: &Value) -> Review {
        let (providers, release) = (&self.providers, Release::newest());
        webhook::review(&webhook::Request { object, old: None, namespace: "recipes", providers, release })
    }

    /// Why the object would not be admitted.
    pub(super) fn denial(&self, object: &Value) -> Option<String> {
        self.review(object).denial.map(|denial| format!("{denial:?}"))
    }

    /// What is said of the engine's command line and of what goes with it: nothing, for what a publisher runs.
    fn said(&self, object: &Value) -> Vec<String> {
        let stored = self.review(object).stored.expect("it is stored");
        let selection = self.selector.select(&stored);
        let situation = Situation {
            authored: object,
            stored: &stored,
            provider: selection.provider.as_deref(),
            engine: selection.engine.as_deref(),
            providers: &self.providers,
            release: Release::newest(),
        };
        let elsewhere = ["custom-image", "gpu-type-ignored", "image-tag-moves"];
        let findings = advice(&situation).into_iter().filter(|finding| !elsewhere.contains(&finding.rule));
        findings.map(|finding| format!("{} {}", finding.rule, finding.text())).collect()
    }

    /// The Deployment that Direct vLLM's shim makes of the object.
    fn child(&self, object: &Value) -> Value {
        let mut children = self.children(object, "vllm").into_iter();
        children.find(|child| child["kind"] == "Deployment").expect("it has a Deployment")
    }

    /// What the provider's shim makes of the object.
    pub(super) fn children(&self, object: &Value, provider: &str) -> Vec<Value> {
        let release = Release::newest();
        let review = self.review(object);
        assert_eq!(review.denial, None, "{object:#}");
        let stored = review.stored.expect("it is stored");
        let selection = self.selector.select(&stored);
        assert_eq!(selection.provider.as_deref(), Some(provider));
        assert_eq!(selection.engine.as_deref(), Some("vllm"));
        let stages = stages(&stored, &selection, release, &ImageInput::NotAsked).expect("it is taken up");
        assert_eq!(stages.outcome.phase, Phase::Deploying, "{object:#}");
        stages.outcome.children
    }
}

/// The request and what it must lead to: the rendering's path, and its JSON.
pub(super) type Case<'a> = (Request, String, &'a Value);

pub(super) fn cases<'a>(
    recipe: &'a Value,
    path: &str,
    renderings: &'a BTreeMap<String, Value>,
) -> Vec<Case<'a>> {
    let recommended = &recipe["recommended_command"];
    if !recommended.is_object() {
        return Vec::new();
    }
    let request = Request::new(ModelId::parse(recipe["hf_id"].as_str().unwrap()).unwrap());
    let references = |value: &'a Value| {
        let members = value.as_object().into_iter().flatten();
        members.map(|(key, path)| (key.clone(), path.as_str().unwrap().to_owned())).collect::<Vec<_>>()
    };
    let at = |path: &str| renderings.get(path).expect("what a recipe names is there");
    let mut cases = vec![(request.clone(), path.to_owned(), recommended)];
    for (strategy, path) in references(&recommended["alternatives"]) {
        let rendering = at(&path);
        cases.push((Request { strategy: Some(strategy), ..request.clone() }, path, rendering));
    }
    for (hardware, path) in references(&recommended["by_hardware"]) {
        let on = Request { hardware: Some(hardware.clone()), ..request.clone() };
        let rendering = at(&path);
        if recommended["hardware"] != *hardware {
            for (strategy, path) in references(&rendering["alternatives"]) {
                let rendering = at(&path);
                cases.push((Request { strategy: Some(strategy), ..on.clone() }, path, rendering));
            }
        }
        cases.push((on, path, rendering));
    }
    cases
}

pub(super) fn resolved(request: &Request, documents: &Documents) -> Result<Resolution, &'static str> {
    match resolve(request, documents) {
        Ok(resolution) => Ok(resolution),
        Err(Stop::Refused(refusal)) => Err(refusal.reason.id()),
        Err(Stop::Need(paths)) => panic!("everything is there, but {paths:?} is asked for"),
    }
}

/// The pod must carry exactly what the rendering says.
pub(super) fn check(judge: &Judge, resolution: &Resolution, wanted: &Wanted, case: &Case<'_>) {
    let (request, path, rendering) = case;
    assert_eq!(resolution.document.as_str(), path);
    for (member, value) in [
        ("hardware", &resolution.hardware),
        ("strategy", &resolution.strategy),
        ("variant", &resolution.variant),
    ] {
        assert_eq!(rendering[member], **value, "{request:?}");
    }
    assert_eq!(resolution.model, wanted.model);
    let object = resolution.object("walk", "https://recipes.example");
    let annotations = &object["metadata"]["annotations"];
    assert_eq!(annotations["airunway.ai/recipe.source"], format!("https://recipes.example{path}"));
    assert_eq!(annotations["airunway.ai/recipe.hardware"], rendering["hardware"]);
    assert!(annotations.get("airunway.ai/recipe.precision").is_some(), "{request:?}");
    let child = judge.child(&object);
    let container = &child["spec"]["template"]["spec"]["containers"][0];
    let args: Vec<&str> =
        container["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(flags(&args), wanted.flags, "{request:?}");
    assert_eq!(container["image"], wanted.image);
    let env = container["env"].as_array().into_iter().flatten();
    let env: BTreeMap<String, String> = env
        .map(|it| (it["name"].as_str().unwrap().to_owned(), it["value"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(env, wanted.env, "{request:?}");
    assert_eq!(container["resources"]["limits"]["nvidia.com/gpu"], wanted.gpus.to_string(), "{request:?}");
    assert!(wanted.gpus <= resolution.node_gpus.unwrap());
}

/// What was just deployed, as the cluster stores it, is what the recipe gives when it is asked again by the annotations.
fn check_no_drift(judge: &Judge, resolution: &Resolution, documents: &Documents) {
    let base = "https://recipes.example";
    let deployed = judge.review(&resolution.object("walk", base)).stored.expect("it is stored");
    let request = Provenance::read(&deployed).expect("it is of a recipe").request(&deployed);
    let again = resolved(&request, documents).unwrap_or_else(|reason| panic!("{request:?}: {reason}"));
    let drift = Drift::between(&deployed, &again.object("walk", base));
    assert!(!drift.is_any(), "{request:?}: {drift:#?}");
    assert_eq!(drift.given, [""; 0]);
}

pub(super) type Counts = BTreeMap<&'static str, usize>;

fn walk(judge: &Judge, model: &Model, recipes: &Documents, counts: &mut Counts) {
    let read = |content: &[u8]| -> Value { serde_json::from_slice(content).expect("it is JSON") };
    let recipe = read(&model.recipe.1);
    let renderings: BTreeMap<String, Value> =
        model.renderings.iter().map(|(path, content)| (path.clone(), read(content))).collect();
    let cases = cases(&recipe, &model.recipe.0, &renderings);
    let mut documents = recipes.clone();
    for (path, rendering) in &renderings {
        documents.insert(SitePath::new(path), rendering.clone());
    }
    let reached: std::collections::BTreeSet<&str> = cases.iter().map(|(_, path, _)| path.as_str()).collect();
    for path in renderings.keys() {
        assert!(reached.contains(path.as_str()), "no request leads to {path}");
    }
    for case in &cases {
        let answer = resolved(&case.0, &documents);
        let outcome = match (expected(case.2, &ROOT.1), answer) {
            (Expected::Object(wanted), Ok(resolution)) if wanted.is_nvidia => {
                check(judge, &resolution, &wanted, case);
                check_no_drift(judge, &resolution, &documents);
                let object = resolution.object("walk", "https://recipes.example");
                assert_eq!(judge.said(&object), [""; 0], "{:?}", case.0);
                "object"
            }
            (Expected::Object(wanted), Err("accelerator")) if !wanted.is_nvidia => {
                let forced = Request { force: true, ..case.0.clone() };
                let resolution = resolved(&forced, &documents).expect("it is written when forced");
                assert!(resolution.notes.iter().any(|note| note.kind.id() == "forced"));
                check(judge, &resolution, &wanted, case);
                check_no_drift(judge, &resolution, &documents);
                "accelerator"
            }
            (Expected::Refused(reason), Err(got)) if reason == got => reason,
            (expected, answer) => panic!("{:?}: expected {expected:?}, got {answer:?}", case.0),
        };
        *counts.entry(outcome).or_default() += 1;
    }
}

/// Every rendering becomes an object whose pod is exactly the recipe's, or is refused for one of few reasons.
#[test]
fn all_renderings() {
    let models = site::models();
    let (judge, recipes) = (Judge::new(), site::recipes());
    let queue = Mutex::new(models.iter());
    let counts = std::thread::scope(|scope| {
        let work = || {
            let mut counts = Counts::new();
            loop {
                let next = queue.lock().expect("no thread failed").next();
                let Some(model) = next else { return counts };
                walk(&judge, model, &recipes, &mut counts);
            }
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        let mut all = Counts::new();
        for thread in threads {
            for (outcome, count) in thread.join().expect("no rendering is wrong") {
                *all.entry(outcome).or_default() += count;
            }
        }
        all
    });
    let expected = Counts::from([
        ("object", 3_461),
        ("accelerator", 1_383),
        ("image", 3),
        ("kv-store", 4_888),
        // The 5,238 of that deployment type, and one of a single node whose command spans two.
        ("multi-node", 5_239),
        ("node-too-small", 18),
        ("pd-cluster", 682),
        ("placeholder", 12),
    ]);
    assert_eq!(counts.values().sum::<usize>(), RENDERINGS);
    assert_eq!(counts, expected);
}
