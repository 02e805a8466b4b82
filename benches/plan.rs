//! The test plan as a whole, without the check that waits five minutes: `kubectl airunway e2e` against the reference AI
//! Runway on a real control plane. How long it takes, where the time goes, and what the runner itself costs a check.
//!
//! `cargo bench --bench plan`. The processor time is that of the runner's own process, all its threads.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/cluster/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod cluster;
#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use cluster::Cluster;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4 as _;

/// How often the whole plan is run.
const RUNS: usize = 3;
/// How many of the longest checks are named.
const LONGEST: usize = 6;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let cluster = Cluster::shared();
    let home = cluster.run(async {
        let namespace = cluster.namespace("plan").await;
        namespace.kubeconfig("developer")
    });
    for number in 1..=RUNS {
        measure(number, &home);
    }
}

fn measure(number: usize, kubeconfig: &Path) {
    let namespace = format!("plan-run-{number}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-airunway"));
    command
        .args(["e2e", "--skip", "10", "--yes", "-o", "json", "--namespace", &namespace])
        .env("KUBECONFIG", kubeconfig)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let report: Value = serde_json::from_reader(stdout).unwrap();
    let used = child.wait4().unwrap().rusage;
    let whole = start.elapsed();
    let mut checks: Vec<(f64, &str)> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["verdict"] != "SKIP")
        .map(|check| (check["seconds"].as_f64().unwrap(), check["id"].as_str().unwrap()))
        .collect();
    checks.sort_by(|one, other| other.0.total_cmp(&one.0));
    let cost = (used.utime + used.stime).as_secs_f64() * 1e3 / checks.len() as f64;
    println!(
        "run {number}: {:.1} s for {} checks and preconditions; {cost:.1} ms of processor time each",
        whole.as_secs_f64(),
        checks.len()
    );
    let longest: Vec<String> =
        checks.iter().take(LONGEST).map(|(seconds, id)| format!("{id} {seconds:.1} s")).collect();
    println!("  longest: {}", longest.join(", "));
}
