//! What a user waits for before anything happens: start-up, one render, memory, size; kubectl in the same run.
//!
//! `cargo bench --bench startup`. Times are of whole processes, memory is the peak resident set as `/usr/bin/time` reports it.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod process;

use process::{Times, milliseconds, peak};
use std::path::{Path, PathBuf};

/// Runs of each command.
const RUNS: usize = 200;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let program = PathBuf::from(env!("CARGO_BIN_EXE_kubectl-airunway"));
    println!("binary: {:.2} MB", std::fs::metadata(&program).unwrap().len() as f64 / 1e6);
    let image = "vllm/vllm-openai:cu130-nightly";
    let render = ["render", "Qwen/Qwen3-0.6B", "--provider", "vllm", "--image", image];
    let all = [render.as_slice(), &["--stage", "all"]].concat();
    let kubectl = Path::new("kubectl");
    report("true (a bare process)", Path::new("true"), &[]);
    report("kubectl-airunway --version", &program, &["--version"]);
    report("kubectl-airunway render", &program, &render);
    report("kubectl-airunway render --stage all", &program, &all);
    report("kubectl version --client", kubectl, &["version", "--client"]);
    let create = ["create", "deployment", "q", "--image", image, "--dry-run=client", "-o", "yaml"];
    report("kubectl create deployment --dry-run=client", kubectl, &create);
}

fn report(title: &str, program: &Path, arguments: &[&str]) {
    let Some(times) = Times::of(title, program, arguments, RUNS, &[0]) else { return };
    let (median, late) = (milliseconds(times.median()), milliseconds(times.late()));
    println!("{title}: median {median:.2} ms, p95 {late:.2} ms, peak {}", peak(program, arguments));
}
