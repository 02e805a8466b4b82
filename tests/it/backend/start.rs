//! How a backend starts, how it is watched, and that nothing of it is left.

use super::program::{command, program};
use kubectl_airunway::core::plan::{Act, Answer, HttpAsk};
use kubectl_airunway::io::backend::{Backend, BackendError, Launch};
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn launch(fault: &str) -> Launch {
    Launch::new(command(fault), "vllm-test")
}

fn ask(path: &str) -> Act {
    let within = Duration::from_secs(20);
    Act::Backend(HttpAsk { method: "GET", path: path.to_owned(), json: None, redirects: 0, within })
}

async fn answered(backend: &Backend, act: &Act) -> Value {
    match backend.act(act).await {
        Some(Answer::Done(value)) => value,
        other => panic!("{act}: {other:?}"),
    }
}

/// What the stand-in tells of its surroundings: process, port, kubeconfig, namespace.
fn told(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn telling(fault: &str, path: &Path) -> Launch {
    let mut launch = launch(fault);
    launch.command =
        format!("env TELL={} {}", shlex::try_quote(path.to_str().unwrap()).unwrap(), launch.command);
    launch
}

/// Whether nobody listens on a port, within ten seconds.
fn falls_silent(port: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port.parse().unwrap())).is_ok() {
        if Instant::now() > until {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

#[tokio::test]
async fn a_backend_starts_with_its_surroundings_and_ends_with_all_its_processes() {
    for fault in ["", "as-a-child", "as-a-child,stays"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("told");
        let mut launch = telling(fault, &file);
        launch.kubeconfig = Some("/nowhere/kubeconfig".into());
        launch.directory = Some(folder.path().to_owned());
        launch.grace = Duration::from_millis(300);
        let backend = Backend::start(&launch).await.unwrap();
        assert!(backend.has_origin());
        assert_eq!(answered(&backend, &ask("/api/health")).await["body"]["status"], "healthy");
        let memory = answered(&backend, &Act::BackendMemory).await;
        assert!(memory["bytes"].as_u64().unwrap() > 1 << 20, "{fault}: {memory}");
        let told = told(&file);
        assert_eq!(told[2..], ["/nowhere/kubeconfig", "vllm-test"]);
        backend.stop().await;
        assert!(falls_silent(&told[1]), "{fault}: it still listens");
        let Some(Answer::Failed(why)) = backend.act(&ask("/api/health")).await else { panic!("{fault}") };
        assert!(why.starts_with("the backend has ended ("), "{fault}: {why}");
    }
}

#[tokio::test]
async fn a_run_that_is_cancelled_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told");
    let backend = Backend::start(&telling("as-a-child,stays", &file)).await.unwrap();
    drop(backend);
    assert!(falls_silent(&told(&file)[1]));
}

#[tokio::test]
async fn a_backend_that_ends_early_is_told_with_its_last_words() {
    let error = Backend::start(&launch("no-kubeconfig")).await.unwrap_err();
    assert_eq!(error.to_string(), "the backend has ended (exit code 1): error: No active cluster!");
    // The port that it is given is taken.
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut launch = launch("");
    launch.command = format!("env PORT={port} {}", program().display());
    let error = Backend::start(&launch).await.unwrap_err().to_string();
    assert!(error.starts_with("the backend has ended (exit code 1): "), "{error}");
    assert!(error.contains("Fatal error") && error.contains("address already in use"), "{error}");
}

#[tokio::test]
async fn a_backend_that_never_answers_is_given_up() {
    let mut launch = launch("never-ready");
    launch.within = Duration::from_secs(1);
    let error = Backend::start(&launch).await.unwrap_err();
    assert!(matches!(error, BackendError::NotReady { .. }), "{error}");
    let text = error.to_string();
    assert_eq!(text, "the backend does not answer within 1 s: Waiting for better days");
}

#[tokio::test]
async fn what_cannot_be_started_is_an_error() {
    for (command, wanted) in [
        ("", "--backend-command is not a command: \"\""),
        ("'a b", "--backend-command is not a command: \"'a b\""),
        ("/nowhere/nothing x", "cannot start the backend with /nowhere/nothing: "),
    ] {
        let error = Backend::start(&Launch::new(command, "n")).await.unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
}

/// A server that is not of the group could be anybody's.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn another_program_on_the_port_is_not_taken_for_the_backend() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told");
    let mut launch = telling("", &file);
    launch.command =
        format!("env TELL={} sh -c 'setsid {} & sleep 600'", file.display(), program().display());
    let error = Backend::start(&launch).await.unwrap_err();
    let told = told(&file);
    let stranger = rustix::process::Pid::from_raw(told[0].parse().unwrap()).unwrap();
    rustix::process::kill_process(stranger, rustix::process::Signal::KILL).unwrap();
    assert_eq!(error.to_string(), format!("another program answers on port {}", told[1]));
}

#[tokio::test]
async fn a_backend_that_dies_says_so_instead_of_a_broken_connection() {
    let backend = Backend::start(&launch("dies")).await.unwrap();
    let Some(Answer::Failed(why)) = backend.act(&ask("/api/vllm/recipes")).await else { panic!() };
    assert!(why.starts_with("the backend has ended (exit code 7): "), "{why}");
    assert!(why.ends_with(" | panic: out of luck"), "{why}");
    backend.stop().await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let backend = Backend::start(&launch("hangs")).await.unwrap();
    let path = "/api/vllm/recipes/foo/bar%2Fbaz".to_owned();
    let within = Duration::from_millis(300);
    let act = Act::Backend(HttpAsk { method: "GET", path, json: None, redirects: 0, within });
    let Some(Answer::Failed(why)) = backend.act(&act).await else { panic!() };
    assert_eq!(why, "no answer from the backend: nothing within 0.3 s");
    backend.stop().await;
}

#[tokio::test]
async fn a_backend_elsewhere_is_asked_and_has_no_origin_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told");
    let started = Backend::start(&telling("", &file)).await.unwrap();
    let elsewhere = Backend::at(&format!("http://127.0.0.1:{}/", told(&file)[1])).unwrap();
    assert_eq!(answered(&elsewhere, &ask("/api/health")).await["status"], 200);
    assert!(!elsewhere.has_origin());
    assert!(answered(&elsewhere, &Act::OriginSeen).await["absent"].is_string());
    assert!(answered(&elsewhere, &Act::BackendMemory).await["unreadable"].is_string());
    started.stop().await;
    for (url, wanted) in [
        ("ftp://h", "it begins with \"ftp\""),
        ("http://me:secret@h", "it holds a user name or a password"),
        ("http://h/?x", "it has more than a path"),
        ("nonsense", "relative URL without a base"),
    ] {
        let error = Backend::at(url).unwrap_err().to_string();
        assert!(error.contains(wanted) && !error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn without_a_backend_whoever_asks_is_told() {
    let absent = answered(&Backend::absent(), &ask("/api/health")).await;
    assert_eq!(absent, json!({ "absent": "give --backend URL or --backend-command COMMAND" }));
    let broken = Backend::broken(&BackendError::Foreign { port: 80 });
    let Some(Answer::Failed(why)) = broken.act(&ask("/api/health")).await else { panic!() };
    assert_eq!(why, "another program answers on port 80");
}
