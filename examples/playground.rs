//! A place to try `kubectl airunway` on this machine, without a cluster and without
//! a GPU: a real Kubernetes control plane, AI Runway's behaviour on it, and one
//! model deployed by the real program.
//!
//! ```text
//! cargo run --release --example playground            # stays until Ctrl-C
//! cargo run --release --example playground -- --once  # shows it and ends
//! cargo run --release --example playground -- --break repins  # with a fault that `e2e` finds
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to the person who runs it")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the support of the tests, which this example shares"
)]

#[path = "../tests/support/cluster/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod cluster;
#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use cluster::airunway::Lapse;
use cluster::airunway::lapses::LAPSES;
use cluster::{Cluster, Namespace, Options};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// What is deployed.
const MODEL: &str = "Qwen/Qwen3-0.6B";
/// The name `deploy` gives it.
const NAME: &str = "qwen3-0-6b";
/// Where it is deployed.
const NAMESPACE: &str = "default";
/// How often the controllers look at everything.
const PERIOD: Duration = Duration::from_secs(2);
const USAGE: &str = "usage: cargo run --release --example playground [-- --once | --break NAME]";
/// Where `e2e` makes its objects.
const PLAN_NAMESPACE: &str = "vllm-test";
/// The checks that end soon here: nobody plays the operators that the others wait for.
const PLAN: &str = "S1 1 2 3 4 5 6 7 8 9 X";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (once, broken) = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => (false, None),
        ["--once"] => (true, None),
        ["--break", name] => match Lapse::named(name) {
            Some(lapse) => (false, Some(lapse)),
            None => {
                let names: Vec<&str> = LAPSES.iter().map(|row| row.name).collect();
                eprintln!("error: {name:?} is not one of {}", names.join(", "));
                return ExitCode::from(2);
            }
        },
        ["-h" | "--help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let Ok(runtime) = tokio::runtime::Runtime::new() else {
        eprintln!("error: cannot start");
        return ExitCode::FAILURE;
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = play(once, broken) => outcome,
            _ = tokio::signal::ctrl_c() => {
                println!("\nStopping; nothing is left behind.");
                Ok(())
            }
        }
    });
    // A build that is still going on is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that happens; dropping it stops the cluster and removes its directory.
async fn play(once: bool, broken: Option<Lapse>) -> Result<(), String> {
    let program = program().await?;
    heading("A Kubernetes cluster on this machine");
    println!(
        "Starting it. It is real (API server, scheduler, controllers), only its node has no machine behind it."
    );
    // The other providers are registered but have nothing behind them here.
    let options = Options { period: PERIOD, ready: Vec::new(), ..Options::default() };
    let cluster = Cluster::start(options).await?;
    println!("Running at {}, with one node of {} GPUs.", cluster.plane().server(), cluster::NODE_GPUS);
    println!(
        "AI Runway is in it: its resource types, its webhooks, its controller, and the Direct vLLM provider."
    );
    let namespace = cluster.open(NAMESPACE).await?;

    heading("One line deploys a model");
    println!("A registry on this machine stands in for Docker Hub; the image is pinned to its digest.");
    let arguments = ["deploy", MODEL, "--provider", "vllm"];
    run(&namespace, &program, &arguments, "kubectl airunway").await?;

    heading("What is in the cluster now");
    let kubectl = cluster.plane().kubectl();
    run(&namespace, kubectl, &["get", "modeldeployments,deployments,services,pods"], "kubectl").await?;

    heading("The endpoint answers");
    println!("A stand-in serves the model, as there is no GPU; everything up to it is real.");
    ask(&namespace, kubectl).await?;

    heading("Try it yourself");
    let config = namespace.kubeconfig("developer");
    println!("In another terminal:\n");
    println!("  export KUBECONFIG={}", config.display());
    println!("  export CONTAINERS_REGISTRIES_CONF={}", namespace.registries_conf().display());
    println!("  export PATH={}:{}:$PATH", directory(&program).display(), directory(kubectl).display());
    println!("  kubectl airunway deploy {MODEL} --name second --provider vllm");
    println!("  kubectl get modeldeployments");
    println!(
        "\nThe test plan of AI Runway runs here too, without those of its checks that need more than this:\n"
    );
    println!("  kubectl airunway e2e {PLAN} --yes");
    if let Some(lapse) = broken {
        let text = |error: kube::Error| error.to_string();
        cluster.reference().break_promise(PLAN_NAMESPACE, lapse).await.map_err(text)?;
        let row = lapse.row();
        println!(
            "\nSomething is broken on purpose ({}): check {} ends as {}.",
            row.name,
            row.check,
            row.verdict.word()
        );
    }
    if once {
        return Ok(());
    }
    println!("\nThe cluster runs until you press Ctrl-C here.");
    std::future::pending().await
}

fn heading(text: &str) {
    println!("\n== {text}");
}

fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// The real program, built now so that it is the one of these sources.
async fn program() -> Result<PathBuf, String> {
    let program = support::program();
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--bin", "kubectl-airunway"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let status = build.status().await.map_err(|error| format!("cannot run cargo: {error}"))?;
        if !status.success() {
            return Err("cannot build kubectl-airunway".to_owned());
        }
    }
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!("{} is missing; run this with cargo", program.display()))
    }
}

/// Shows a command, runs it with its output on the terminal, and expects success.
async fn run(
    namespace: &Namespace<'_>,
    program: &Path,
    arguments: &[&str],
    shown: &str,
) -> Result<(), String> {
    println!("$ {shown} {}\n", arguments.join(" "));
    let mut command = namespace.hermetic(program, "developer", arguments);
    let status = command
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .status()
        .await
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if status.success() { Ok(()) } else { Err(format!("{shown} ended with {status}")) }
}

/// Asks the endpoint through a port-forward, as a person would.
async fn ask(namespace: &Namespace<'_>, kubectl: &Path) -> Result<(), String> {
    let target = format!("service/{NAME}");
    println!("$ kubectl port-forward {target} :8000");
    let mut forward = namespace.hermetic(kubectl, "developer", &["port-forward", &target, ":8000"]);
    let mut forward = forward.spawn().map_err(|error| error.to_string())?;
    let output = forward.stdout.take().ok_or("no output")?;
    // Forwarding from 127.0.0.1:PORT -> 8000
    // The reader stays: kubectl would end with its output closed.
    let mut lines = BufReader::new(output).lines();
    let line = lines.next_line().await.map_err(|error| error.to_string())?.unwrap_or_default();
    let Some(address) = line.split_whitespace().nth(2) else {
        let rest = forward.wait_with_output().await.map_err(|error| error.to_string())?;
        return Err(format!("port-forward failed: {}", String::from_utf8_lossy(&rest.stderr)));
    };
    let client = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
    for path in ["/health", "/v1/models", "/metrics"] {
        let answer =
            client.get(format!("http://{address}{path}")).send().await.map_err(|error| error.to_string())?;
        show(&format!("GET {path}"), answer).await?;
    }
    let question =
        serde_json::json!({"model": MODEL, "messages": [{"role": "user", "content": "Are you there?"}]});
    let answer = client
        .post(format!("http://{address}/v1/chat/completions"))
        .header("content-type", "application/json")
        .body(question.to_string())
        .send()
        .await
        .map_err(|error| error.to_string())?;
    show("POST /v1/chat/completions", answer).await?;
    forward.kill().await.map_err(|error| error.to_string())
}

async fn show(request: &str, answer: reqwest::Response) -> Result<(), String> {
    let status = answer.status();
    let body = answer.text().await.map_err(|error| error.to_string())?;
    println!("  {request}\n    {status} {}", body.trim().replace('\n', "\n    "));
    if status.is_success() { Ok(()) } else { Err(format!("{request} was refused")) }
}
