//! `pin` beside `crane digest` and `skopeo inspect`: requests and wall time, whole processes, cold, one loopback registry with tokens.
//!
//! `cargo bench --bench pin`. The peers are looked for in `target/peers`, then in `PATH`; crane comes with
//! `GOBIN=$PWD/target/peers go install github.com/google/go-containerregistry/cmd/crane@v0.20.6`.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/support/registry/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod registry;

use registry::{Auth, Registry};

/// Runs of each command.
const RUNS: usize = 30;
/// Tags of one repository.
const TAGS: usize = 20;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = Registry::start();
    let images: Vec<String> = (0..TAGS)
        .map(|number| {
            server.add_index("team/vllm", &format!("v{number}"), &["amd64", "arm64"]);
            format!("{}/team/vllm:v{number}", server.host())
        })
        .collect();
    server.require(Auth::Token);
    let home = tempfile::tempdir().unwrap();
    let ours = Some(PathBuf::from(env!("CARGO_BIN_EXE_kubectl-airunway")));
    for images in [&images[..1], &images[..]] {
        println!("{} of one repository:", if images.len() == 1 { "one tag" } else { "20 tags" });
        // One process for all where the program takes several images, else one for each.
        let together = vec![[vec!["pin".to_owned()], images.to_vec()].concat()];
        let each = |words: &[&str], prefix: &str| -> Vec<Vec<String>> {
            let words = |image: &String| {
                words.iter().map(|word| (*word).to_owned()).chain([format!("{prefix}{image}")]).collect()
            };
            images.iter().map(words).collect()
        };
        report("kubectl airunway pin", ours.as_deref(), &together, &server, home.path());
        report("crane digest", find("crane").as_deref(), &each(&["digest"], ""), &server, home.path());
        let inspect = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}"];
        let skopeo = each(&inspect, "docker://");
        report("skopeo inspect", find("skopeo").as_deref(), &skopeo, &server, home.path());
    }
}

/// A program of `target/peers` or `PATH`.
fn find(name: &str) -> Option<PathBuf> {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(peers).chain(std::env::split_paths(&path));
    folders.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()))
}

fn report(title: &str, program: Option<&Path>, runs: &[Vec<String>], server: &Registry, home: &Path) {
    let Some(program) = program else {
        println!("  {title}: not measured (not installed)");
        return;
    };
    let mut times = Vec::with_capacity(RUNS);
    let mut requests = 0;
    for _ in 0..RUNS {
        server.forget_requests();
        let start = Instant::now();
        for arguments in runs {
            let mut command = Command::new(program);
            command.args(arguments).env_clear().env("HOME", home);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            assert!(command.status().unwrap().success(), "{title}: {arguments:?}");
        }
        times.push(start.elapsed());
        requests = server.requests().len();
    }
    times.sort();
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let processes = runs.len();
    let (median, late) = (ms(times[RUNS / 2]), ms(times[RUNS * 95 / 100]));
    println!("  {title}: {requests} requests, {processes} processes, median {median}, p95 {late}");
}
