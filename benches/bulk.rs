//! Many objects through the binary, as a pipeline runs it: reading, judging, printing; `kubectl kustomize` over the same file beside it.
//!
//! `cargo bench --bench bulk`. Times are of whole processes.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod process;

use flate2::read::GzDecoder;
use process::{Times, milliseconds};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Objects in the YAML file.
const DOCUMENTS: usize = 1_000;
/// Objects in the file of JSON lines.
const LINES: usize = 50_000;
/// Runs of each command over the YAML file.
const RUNS: usize = 20;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let program = PathBuf::from(env!("CARGO_BIN_EXE_kubectl-airunway"));
    let folder = std::env::temp_dir().join(format!("airunway-bulk-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let objects = objects();
    let yaml: Vec<Value> = objects
        .iter()
        .cycle()
        .take(DOCUMENTS)
        .enumerate()
        .map(|(index, object)| named(object, index))
        .collect();
    let file = folder.join("models.yaml");
    std::fs::write(&file, kubectl_airunway::core::yaml::to_yaml_documents(&yaml)).unwrap();
    let kustomization = "resources: [models.yaml]\n";
    std::fs::write(folder.join("kustomization.yaml"), kustomization).unwrap();
    let services: Vec<Value> = services()
        .iter()
        .cycle()
        .take(DOCUMENTS)
        .enumerate()
        .map(|(index, object)| named(object, index))
        .collect();
    let services_file = folder.join("services.jsonl");
    std::fs::write(&services_file, services.iter().map(|object| format!("{object}\n")).collect::<String>())
        .unwrap();
    let lines: String = objects.iter().cycle().take(LINES).map(|object| format!("{object}\n")).collect();
    let jsonl = folder.join("models.jsonl");
    std::fs::write(&jsonl, lines).unwrap();

    let (file, jsonl) = (file.to_str().unwrap(), jsonl.to_str().unwrap());
    report("check, 1,000 objects of one YAML file", &program, &["check", "-f", file, "-o", "json"], RUNS);
    report("render --stage all, the same file", &program, &["render", "-f", file, "--stage", "all"], RUNS);
    let services = services_file.to_str().unwrap();
    report("check, 1,000 ModelServices", &program, &["check", "-f", services, "-o", "json"], RUNS);
    report(
        "render --stage children, 1,000 ModelServices",
        &program,
        &["render", "-f", services, "--stage", "children"],
        RUNS,
    );
    let times = report("check, 50,000 JSON lines", &program, &["check", "-f", jsonl, "-o", "json"], 3);
    if let Some(median) = times {
        println!("  {:.0} objects a second", LINES as f64 / median.as_secs_f64());
    }
    report(
        "kubectl kustomize, the same YAML file",
        Path::new("kubectl"),
        &["kustomize", folder.to_str().unwrap()],
        RUNS,
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Recorded objects of all five providers.
fn objects() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity/children.jsonl.gz");
    let text = std::io::read_to_string(GzDecoder::new(std::fs::File::open(path).unwrap())).unwrap();
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["object"].take()).collect()
}

/// Recorded ModelServices.
fn services() -> Vec<Value> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/model_service/create-default.jsonl.gz");
    let text = std::io::read_to_string(GzDecoder::new(std::fs::File::open(path).unwrap())).unwrap();
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["object"].take()).collect()
}

/// The object under a name of its own: kustomize refuses doubled ones.
fn named(object: &Value, index: usize) -> Value {
    let mut object = object.clone();
    object["metadata"]["name"] = format!("m{index}").into();
    object
}

fn report(title: &str, program: &Path, arguments: &[&str], runs: usize) -> Option<Duration> {
    // 3 is a verdict of no about some of the objects.
    let times = Times::of(title, program, arguments, runs, &[0, 3])?;
    let (median, best) = (milliseconds(times.median()), milliseconds(times.best()));
    println!("{title}: median {median:.0} ms, best {best:.0} ms");
    Some(times.median())
}
