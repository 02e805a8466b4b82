//! Pins through the binary: what a registry can do to a deploy, and what is said about it.

use crate::support::registry::{Auth, Fault, Registry};
use crate::support::{Run, Sandbox};
use std::time::Duration;

fn deploy(sandbox: &Sandbox, registry: &Registry) -> Run {
    let image = format!("{}/team/vllm:v1", registry.host());
    sandbox
        .airunway(&[
            "deploy",
            "org/m",
            "--provider",
            "vllm",
            "--image",
            &image,
            "--dry-run",
            "-o",
            "jsonpath={.spec.engine.image}",
        ])
        .replace(&registry.host(), "[REGISTRY]")
}

fn failing(fault: Fault) -> String {
    let registry = Registry::start();
    registry.add_image("team/vllm", "v1");
    registry.fault(fault);
    deploy(&Sandbox::new(), &registry).to_string()
}

#[test]
fn a_tag_gets_the_digest_of_what_was_received() {
    let registry = Registry::start();
    let digest = registry.add_image("team/vllm", "v1");
    let run = deploy(&Sandbox::new(), &registry);
    assert_eq!(run.stdout, format!("[REGISTRY]/team/vllm:v1@{digest}"), "{run}");
    assert_eq!(registry.requests().len(), 1, "one request for an open registry: {:?}", registry.requests());
}

#[test]
fn credentials_of_the_docker_config_are_used_and_never_shown() {
    let registry = Registry::start();
    let digest = registry.add_image("team/vllm", "v1");
    registry.require(Auth::Basic { user: "robot".into(), password: "very-secret".into() });
    let sandbox = Sandbox::new();
    let refused = deploy(&sandbox, &registry);
    insta::assert_snapshot!("anonymous-refused", refused);

    use base64::Engine as _;
    let auth = base64::engine::general_purpose::STANDARD.encode("robot:very-secret");
    sandbox.write(
        ".docker/config.json",
        format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, registry.host()),
    );
    let run = deploy(&sandbox, &registry);
    assert_eq!(run.stdout, format!("[REGISTRY]/team/vllm:v1@{digest}"), "{run}");
    assert!(!run.to_string().contains("very-secret") && !run.to_string().contains(&auth), "{run}");
}

#[test]
fn a_registry_that_is_down() {
    insta::assert_snapshot!(failing(Fault::Down));
}

#[test]
fn a_registry_that_refuses() {
    insta::assert_snapshot!("401", failing(Fault::Unauthorized));
    insta::assert_snapshot!("403", failing(Fault::Forbidden));
}

#[test]
fn a_tag_or_repository_that_is_not_there() {
    insta::assert_snapshot!("no-tag", failing(Fault::NoTag));
    insta::assert_snapshot!("no-repository", failing(Fault::NoRepository));
}

#[test]
fn a_registry_that_limits() {
    insta::assert_snapshot!(failing(Fault::RateLimited { retry_after: Some(3600), times: usize::MAX }));
}

#[test]
fn a_registry_that_lies_about_the_digest() {
    let text = failing(Fault::LyingDigest);
    assert!(text.ends_with("[exit 1]"), "{text}");
    assert!(text.contains("digest"), "{text}");
}

#[test]
fn a_manifest_without_end_is_cut_off() {
    let text = failing(Fault::EndlessBody);
    assert!(text.ends_with("[exit 1]"), "{text}");
}

#[test]
fn a_pin_that_is_there_already_asks_nobody() {
    let digest = "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b";
    let image = format!("localhost:1/team/vllm:v1@{digest}");
    let run = Sandbox::new().airunway(&[
        "deploy",
        "org/m",
        "--provider",
        "vllm",
        "--image",
        &image,
        "--dry-run",
        "-o",
        "name",
    ]);
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn a_reference_that_is_none() {
    insta::assert_snapshot!(Sandbox::new().airunway(&[
        "deploy",
        "org/m",
        "--provider",
        "vllm",
        "--image",
        "Not An Image",
        "--dry-run"
    ]));
}

#[test]
fn a_slow_registry_is_not_waited_for_without_end() {
    // The limit is the client's own; the server would sleep an hour.
    let registry = Registry::start();
    registry.add_image("team/vllm", "v1");
    registry.fault(Fault::SlowHeaders(Duration::from_secs(3600)));
    let sandbox = Sandbox::new();
    let image = format!("{}/team/vllm:v1", registry.host());
    let mut child = sandbox
        .command(&["deploy", "org/m", "--provider", "vllm", "--image", &image, "--dry-run"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while registry.requests().is_empty() {
        std::thread::yield_now();
    }
    // Ctrl-C stops the wait for the registry, and nothing was sent.
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.ends_with("error: interrupted; nothing was changed in the cluster\n"), "{said}");
}
