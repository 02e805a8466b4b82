//! What it costs to look into a shim's binary of 75 MB: whole processes, and their peak memory.
//!
//! `cargo bench --bench shim`; needs Go. Memory is the peak resident set as `/usr/bin/time` reports it.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/it/shims/programs.rs"]
#[allow(dead_code)]
mod programs;

use programs::{Program, Source};

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
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        let status = quiet(plugin, &arguments).status().unwrap();
        times.push(start.elapsed());
        assert_eq!(status.code(), Some(code), "{title}");
    }
    times.sort();
    let size = std::fs::metadata(file).unwrap().len() as f64 / 1e6;
    let (median, late) = (ms(times[RUNS / 2]), ms(times[RUNS * 95 / 100]));
    println!("{title} ({size:.1} MB): median {median}, p95 {late}, peak {}", peak(plugin, &arguments));
}

fn quiet(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("KUBECONFIG", "/dev/null");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn peak(program: &Path, arguments: &[&str]) -> String {
    let mut words = vec!["-f", "%M", program.to_str().unwrap()];
    words.extend(arguments);
    let output = quiet(Path::new("/usr/bin/time"), &words).stderr(Stdio::piped()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    match text.lines().last().and_then(|line| line.trim().parse::<f64>().ok()) {
        Some(kilobytes) => format!("{:.1} MiB", kilobytes / 1024.0),
        None => "unknown (needs /usr/bin/time)".to_owned(),
    }
}
