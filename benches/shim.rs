//! What it costs to look into a shim's binary of 75 MB: whole processes, and their peak memory.
//!
//! `cargo bench --bench shim`; needs Go. Memory is the peak resident set as `/usr/bin/time` reports it.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod process;
#[path = "../tests/it/shims/programs.rs"]
#[allow(dead_code)]
mod programs;

use process::{Times, milliseconds, peak};
use programs::{Program, Source};
use std::path::{Path, PathBuf};

/// Runs of each command.
const RUNS: usize = 50;
/// Bytes that make a program as large as upstream's shims.
const BALLAST: usize = 73 << 20;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let plugin = PathBuf::from(env!("CARGO_BIN_EXE_kubectl-airunway"));
    let good = Program::vllm("v9.9.9-citest").ballast(BALLAST);
    let lost = Program::new("vllm", Source::Renamed).set("shimVersion", "v9.9.9-citest").ballast(BALLAST);
    report("a shim with symbols", &plugin, &good.build(), 0);
    report("the same without symbols", &plugin, &good.stripped().build(), 0);
    report("a flag that did nothing, without symbols", &plugin, &lost.stripped().build(), 3);
    // The largest Go program at hand that has as many functions and modules as a real shim, if the tests have built it.
    let mut real = plugin.clone();
    real.pop();
    real.pop();
    let real = real.join("controlplane/controlplane");
    if real.is_file() {
        report("a Kubernetes control plane, which is no shim", &plugin, &real, 4);
    }
}

fn report(title: &str, plugin: &Path, file: &Path, code: i32) {
    let arguments = ["verify-version", "--binary", file.to_str().unwrap()];
    let Some(times) = Times::of(title, plugin, &arguments, RUNS, &[code]) else { return };
    let size = std::fs::metadata(file).unwrap().len() as f64 / 1e6;
    let (median, late) = (milliseconds(times.median()), milliseconds(times.late()));
    let peak = peak(plugin, &arguments);
    println!("{title} ({size:.1} MB): median {median:.2} ms, p95 {late:.2} ms, peak {peak}");
}
