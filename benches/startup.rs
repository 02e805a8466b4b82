//! What a user waits for before anything happens: start-up, one render, memory, size; kubectl in the same run.
//!
//! `cargo bench --bench startup`. Times are of whole processes, memory is the peak resident set as `/usr/bin/time` reports it.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        match quiet(program, arguments).status() {
            Ok(status) if status.success() => times.push(start.elapsed()),
            Ok(status) => panic!("{title}: {status}"),
            Err(error) => {
                println!("{title}: not measured ({error})");
                return;
            }
        }
    }
    times.sort();
    let (median, late) = (ms(times[RUNS / 2]), ms(times[RUNS * 95 / 100]));
    println!("{title}: median {median}, p95 {late}, peak {}", peak(program, arguments));
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
