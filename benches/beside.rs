//! The verdict beside other programs on the same 1,000 objects: kubeconform, which knows the schema alone, and
//! `kubectl apply --dry-run=server` at a real control plane with a reference AI Runway, which knows everything.
//!
//! `cargo bench --bench beside`. Times are of whole processes. kubeconform is taken from `target/kubeconform` or from PATH:
//! `GOBIN=$PWD/target/kubeconform go install github.com/yannh/kubeconform/cmd/kubeconform@v0.6.7`.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/cluster/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod cluster;
#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

mod process;

use cluster::Cluster;
use flate2::read::GzDecoder;
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::yaml;
use process::{Times, milliseconds};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Objects in the file.
const OBJECTS: usize = 1_000;
/// Runs of the quick programs.
const RUNS: usize = 20;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("airunway-beside-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("models.yaml");
    std::fs::write(&file, yaml::to_yaml_documents(&objects())).unwrap();
    let file_text = file.to_str().unwrap();

    let ours = Path::new(env!("CARGO_BIN_EXE_kubectl-airunway"));
    report("kubectl-airunway check", ours, &["check", "-f", file_text, "-o", "json"], RUNS);
    report(
        "kubectl-airunway check, one core",
        Path::new("taskset"),
        &["-c", "0", ours.to_str().unwrap(), "check", "-f", file_text, "-o", "json"],
        RUNS,
    );
    let schema = folder.join("modeldeployment.json");
    std::fs::write(&schema, schema_of_the_definition().to_string()).unwrap();
    let location = format!("{}/{{{{.ResourceKind}}}}.json", folder.display());
    for threads in ["1", "2"] {
        let title = format!("kubeconform, schema only, {threads} workers");
        let arguments = [
            "-schema-location",
            &location,
            "-n",
            threads,
            "-strict",
            "-output",
            "json",
            "-verbose",
            file_text,
        ];
        report(&title, &kubeconform(), &arguments, RUNS);
    }
    server(&file);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// `kubectl apply --dry-run=server` against the control plane of the tests, once.
fn server(file: &Path) {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("beside").await;
        std::fs::copy(file, namespace.kubeconfig("models.yaml")).unwrap();
        let start = Instant::now();
        let run = namespace.kubectl(&["apply", "--dry-run=server", "-f", "models.yaml", "-o", "name"]).await;
        let taken = start.elapsed();
        println!(
            "kubectl apply --dry-run=server: {:.0} ms once, {} of {OBJECTS} accepted",
            milliseconds(taken),
            run.stdout.lines().count()
        );
    });
}

fn kubeconform() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kubeconform/kubeconform");
    if built.exists() { built } else { PathBuf::from("kubeconform") }
}

fn schema_of_the_definition() -> Value {
    let definition = Release::newest().definition("modeldeployments.airunway.ai").unwrap();
    definition.pointer("/spec/versions/0/schema/openAPIV3Schema").cloned().unwrap()
}

/// Recorded objects of all five providers, each under a name of its own and without a namespace.
fn objects() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity/children.jsonl.gz");
    let text = std::io::read_to_string(GzDecoder::new(std::fs::File::open(path).unwrap())).unwrap();
    let object = |(index, line): (usize, &str)| {
        let mut object = serde_json::from_str::<Value>(line).unwrap()["object"].take();
        object["metadata"]["name"] = format!("m{index}").into();
        object["metadata"].as_object_mut().unwrap().shift_remove("namespace");
        object
    };
    let lines: Vec<&str> = text.lines().collect();
    lines.into_iter().cycle().take(OBJECTS).enumerate().map(object).collect()
}

fn report(title: &str, program: &Path, arguments: &[&str], runs: usize) {
    // A verdict of no about some of the objects is an answer.
    let Some(times) = Times::of(title, program, arguments, runs, &[0, 1, 3]) else { return };
    let (median, best) = (milliseconds(times.median()), milliseconds(times.best()));
    println!("{title}: median {median:.0} ms, best {best:.0} ms");
}
