//! What a recipe costs: one resolution, one dry run from the cache on disk, and every rendering of the whole site.
//!
//! `cargo bench --bench recipes`. The aims: 10 ms for a dry run from the cache, 5 s for all 15,686 renderings on two cores,
//! reading of their JSON included, unpacking of the archive not.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kubectl_airunway::core::image::Digest;
use kubectl_airunway::core::recipe::{Documents, ModelId, Request, SitePath, Stop, resolve};
use serde_json::{Value, json};

#[path = "../tests/support/recipe_data.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests use the rest")]
mod recipe_data;

/// Runs of each measurement but the walk.
const RUNS: usize = 200;
/// Threads of the walk.
const THREADS: usize = 2;
/// The model of the single measurements: a large one.
const MODEL: &str = "deepseek-ai/DeepSeek-V3.2";
/// Another, of which the recommended command fits one node.
const SMALL: &str = "microsoft/Phi-4-mini-instruct";

/// One file: path from the root, and content.
type File = (String, Vec<u8>);

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let slash = |(name, content): File| (format!("/{name}"), content);
    let recipes: Vec<File> = recipe_data::models().into_iter().map(slash).collect();
    let renderings: Vec<File> = recipe_data::renderings().into_iter().map(slash).collect();
    for model in [MODEL, SMALL] {
        resolve_one(model, &recipes, &renderings);
    }
    for model in [MODEL, SMALL] {
        from_cache(model, &recipes, &renderings);
    }
    walk(&recipes, &renderings);
}

fn value(content: &[u8]) -> Arc<Value> {
    Arc::new(serde_json::from_slice(content).expect("it is JSON"))
}

/// Index and taxonomy.
fn common() -> Documents {
    let mut documents = Documents::new();
    documents.insert(SitePath::index(), value(&recipe_data::root("models.json")));
    documents.insert(SitePath::taxonomy(), value(&recipe_data::root("taxonomy.json")));
    documents
}

fn request(model: &str) -> Request {
    let model = ModelId::parse(model).expect("an id");
    Request { hardware: Some("h200".to_owned()), ..Request::new(model) }
}

/// From documents that are read already to the object.
fn resolve_one(model: &str, recipes: &[File], renderings: &[File]) {
    let mut documents = common();
    for (path, content) in of_model(model, recipes, renderings) {
        documents.insert(SitePath::new(path), value(content));
    }
    let request = request(model);
    let object = || resolve(&request, &documents).expect("an object").object("m", "https://recipes.example");
    let times = times(|| {
        black_box(object());
    });
    println!("{model}: resolved and written from documents in memory: {times}");
}

fn of_model<'a>(
    model: &str,
    recipes: &'a [File],
    renderings: &'a [File],
) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    let (recipe, below) = (format!("/{model}.json"), format!("/{model}/"));
    let all = recipes.iter().chain(renderings);
    all.filter(move |(path, _)| *path == recipe || path.starts_with(&below))
        .map(|(path, content)| (path.as_str(), content.as_slice()))
}

/// Whole processes, with the site's files in the cache of a user of their own.
fn from_cache(model: &str, recipes: &[File], renderings: &[File]) {
    const SITE: &str = "https://recipes.example";
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("kubectl-airunway/recipes");
    std::fs::create_dir_all(&folder).expect("a folder");
    let root = ["models.json", "taxonomy.json"].map(|name| (format!("/{name}"), recipe_data::root(name)));
    let root = root.iter().map(|(path, content)| (path.as_str(), content.as_slice()));
    for (path, content) in root.chain(of_model(model, recipes, renderings)) {
        keep(&folder, &format!("{SITE}{path}"), content);
    }
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-airunway"));
        command.args([
            "apply-recipe",
            model,
            "--hardware",
            "h200",
            "--offline",
            "--dry-run=client",
            "--pin=never",
        ]);
        command.args(["--recipes-url", SITE]);
        command.env("XDG_CACHE_HOME", home.path()).env("KUBECONFIG", "/dev/null");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().expect("it starts").success(), "{model} is in the cache");
    };
    println!("{model}: apply-recipe --offline --dry-run=client, whole process: {}", times(run));
}

/// Writes a copy as the cache has it: a line that says what it is, then the bytes.
fn keep(folder: &Path, url: &str, content: &[u8]) {
    let head = json!({"layout": 1, "url": url, "digest": Digest::of(content).as_str()});
    let mut copy = head.to_string().into_bytes();
    copy.push(b'\n');
    copy.extend_from_slice(content);
    let name = Digest::of(url.as_bytes());
    let name = name.as_str().rsplit(':').next().expect("a digest");
    std::fs::write(folder.join(name), copy).expect("it is written");
}

/// Reads and resolves every rendering of the site.
fn walk(recipes: &[File], renderings: &[File]) {
    let mut models: BTreeMap<&str, (&[u8], Vec<&File>)> = BTreeMap::new();
    for (path, content) in recipes {
        models.insert(path.trim_end_matches(".json"), (content, Vec::new()));
    }
    for file in renderings {
        let end = file.0.match_indices('/').nth(2).map_or(file.0.len(), |(at, _)| at);
        if let Some((_, below)) = models.get_mut(&file.0[..end]) {
            below.push(file);
        }
    }
    let start = Instant::now();
    // A promoted variant may be served by another recipe's, so all of them are there.
    let mut all = common();
    for (path, content) in recipes {
        all.insert(SitePath::new(path), value(content));
    }
    let queue = Mutex::new(models.into_iter());
    let (objects, refusals) = std::thread::scope(|scope| {
        let work = || {
            let mut counts = (0, 0);
            loop {
                let next = queue.lock().expect("no thread failed").next();
                let Some((_, (recipe, below))) = next else { return counts };
                let (objects, refusals) = walk_model(&all, recipe, &below);
                counts = (counts.0 + objects, counts.1 + refusals);
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        let counts = threads.into_iter().map(|thread| thread.join().expect("no thread failed"));
        counts.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    });
    let (time, count) = (start.elapsed(), objects + refusals);
    println!(
        "the whole site on {THREADS} threads: {count} renderings read and resolved in {:.2} s ({objects} objects, \
         {refusals} refusals)",
        time.as_secs_f64()
    );
}

/// Objects and refusals of one model.
fn walk_model(all: &Documents, recipe: &[u8], below: &[&File]) -> (usize, usize) {
    let mut documents = all.clone();
    let read: BTreeMap<&str, Arc<Value>> =
        below.iter().map(|(path, content)| (path.as_str(), value(content))).collect();
    for (path, rendering) in &read {
        documents.insert(SitePath::new(*path), Arc::clone(rendering));
    }
    let (recipe, mut counts) = (value(recipe), (0, 0));
    for request in requests(&recipe, &read) {
        match resolve(&request, &documents) {
            Ok(resolution) => {
                black_box(resolution.object("m", "https://recipes.example"));
                counts.0 += 1;
            }
            Err(Stop::Refused(_)) => counts.1 += 1,
            Err(Stop::Need(paths)) => panic!("{paths:?} is missing"),
        }
    }
    counts
}

/// The request that leads to each rendering of a recipe.
fn requests(recipe: &Value, read: &BTreeMap<&str, Arc<Value>>) -> Vec<Request> {
    let recommended = &recipe["recommended_command"];
    if !recommended.is_object() {
        return Vec::new();
    }
    let base = Request::new(ModelId::parse(recipe["hf_id"].as_str().expect("an id")).expect("an id"));
    let names = |value: &Value| -> Vec<String> {
        value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let with = |hardware: Option<&String>, strategy: Option<String>| Request {
        hardware: hardware.cloned(),
        strategy,
        ..base.clone()
    };
    let mut requests = vec![base.clone()];
    requests
        .extend(names(&recommended["alternatives"]).into_iter().map(|strategy| with(None, Some(strategy))));
    for (hardware, path) in recommended["by_hardware"].as_object().into_iter().flatten() {
        requests.push(with(Some(hardware), None));
        if recommended["hardware"] != *hardware {
            let rendering = &read[path.as_str().expect("a path")];
            let strategies = names(&rendering["alternatives"]).into_iter();
            requests.extend(strategies.map(|strategy| with(Some(hardware), Some(strategy))));
        }
    }
    requests
}

/// Median and 95th percentile of [`RUNS`] runs.
fn times(mut run: impl FnMut()) -> String {
    let mut times: Vec<Duration> = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        run();
        times.push(start.elapsed());
    }
    times.sort();
    let shown = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
    format!("median {}, p95 {}", shown(times[RUNS / 2]), shown(times[RUNS * 95 / 100]))
}
