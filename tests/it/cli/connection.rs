//! Connections that cannot be: one message with the way out, exit code 1, nothing sent.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Run, Sandbox};

const DEPLOY: [&str; 8] = [
    "deploy",
    "--quiet",
    "org/model",
    "--provider",
    "vllm",
    "--image",
    "vllm/vllm-openai:v0.11.0",
    "--pin=never",
];

const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
current-context: kind-airunway
contexts:
- {name: kind-airunway, context: {cluster: kind, user: jane}}
- {name: production, context: {cluster: gone, user: jane}}
clusters:
- {name: kind, cluster: {server: 'https://127.0.0.1:1'}}
users:
- {name: jane, user: {token: hunter2}}
";

fn deploy(sandbox: &Sandbox, further: &[&str]) -> Run {
    let answer = sandbox.airunway(&[&DEPLOY, further].concat());
    assert!(!answer.stderr.contains("hunter2"), "{answer}");
    assert_eq!(answer.stdout, "", "{answer}");
    answer
}

fn with_kubeconfig(content: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".kube/config", content);
    sandbox
}

/// A port that nobody listens on once this has returned.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that reads the start of a request and answers with `reply`, or keeps silent without one. Its address.
fn server(reply: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut start = [0; 4096];
            let read = stream.read(&mut start);
            if let (Ok(1..), Some(reply)) = (read, reply) {
                let _ = stream.write_all(reply.as_bytes());
            } else {
                open.push(stream);
            }
        }
    });
    address
}

#[test]
fn no_kubeconfig_at_all() {
    insta::assert_snapshot!(deploy(&Sandbox::new(), &[]));
}

#[test]
fn a_kubeconfig_that_does_not_exist() {
    insta::assert_snapshot!(deploy(&Sandbox::new(), &["--kubeconfig", "nowhere/config"]));
}

#[test]
fn a_kubeconfig_that_is_broken() {
    insta::assert_snapshot!(deploy(
        &with_kubeconfig(&KUBECONFIG.replace("{token: hunter2}", "{token: hunter2")),
        &[]
    ));
}

#[test]
fn a_context_that_does_not_exist() {
    insta::assert_snapshot!(deploy(&with_kubeconfig(KUBECONFIG), &["--context", "kind-airnway"]));
}

#[test]
fn a_context_whose_cluster_does_not_exist() {
    insta::assert_snapshot!(deploy(&with_kubeconfig(KUBECONFIG), &["--context", "production"]));
}

#[test]
fn no_current_context() {
    insta::assert_snapshot!(deploy(
        &with_kubeconfig(&KUBECONFIG.replace("current-context: kind-airunway", "")),
        &[]
    ));
}

#[test]
fn a_server_that_nobody_serves() {
    let port = free_port();
    let answer = deploy(&Sandbox::new(), &["--server", &format!("https://127.0.0.1:{port}")]);
    insta::assert_snapshot!(answer.replace(&port.to_string(), "[PORT]"));
}

#[test]
fn a_server_that_never_answers() {
    let address = server(None);
    let answer = deploy(&Sandbox::new(), &["--server", &address, "--request-timeout=200ms"]);
    insta::assert_snapshot!(answer.replace(&address, "[SERVER]"));
}

#[test]
fn a_login_page_in_place_of_the_server() {
    let page = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/html\r\ncontent-length: 28\r\n\r\n<html>Please log in</html>\r\n";
    let address = server(Some(page));
    let answer = deploy(&Sandbox::new(), &["--server", &address]);
    insta::assert_snapshot!(answer.replace(&address, "[SERVER]"));
}

#[test]
fn a_credential_plugin_that_is_not_installed() {
    let exec = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-login, installHint: 'brew install no-such-login'}}";
    insta::assert_snapshot!(deploy(&with_kubeconfig(&KUBECONFIG.replace("{token: hunter2}", exec)), &[]));
}

#[test]
fn a_credential_plugin_that_fails() {
    let exec = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}}";
    let sandbox = with_kubeconfig(&KUBECONFIG.replace("{token: hunter2}", exec));
    sandbox.write(".kube/login", "#!/bin/sh\necho 'your session has expired' >&2\nexit 1\n");
    let script = sandbox.path().join(".kube/login");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    insta::assert_snapshot!(deploy(&sandbox, &[]));
}

#[test]
fn a_certificate_authority_that_is_none() {
    let sandbox = with_kubeconfig(KUBECONFIG);
    sandbox.write("ca.crt", "not a certificate\n");
    insta::assert_snapshot!(deploy(&sandbox, &["--certificate-authority", "ca.crt"]));
}

#[test]
fn without_a_cluster_the_namespace_is_that_of_the_kubeconfig_or_default() {
    let sandbox = with_kubeconfig(&KUBECONFIG.replace("user: jane}}", "user: jane, namespace: team-a}}"));
    let dry =
        ["deploy", "org/model", "--pin=never", "--dry-run=client", "-o", "jsonpath={.metadata.namespace}"];
    let answer = sandbox.airunway(&dry);
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(0), "team-a"), "{answer}");
    let answer = Sandbox::new().airunway(&dry);
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(0), "default"), "{answer}");
    let broken = deploy(&with_kubeconfig("contexts: 7"), &["--dry-run=client"]);
    insta::assert_snapshot!(broken);
}

#[test]
fn names_of_the_kubeconfig_are_completed_without_a_cluster() {
    let sandbox = with_kubeconfig(KUBECONFIG);
    let complete = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.env("AIRUNWAY_COMPLETE", "kubectl");
        let answer = sandbox.finish(command, b"");
        assert_eq!(answer.stderr, "", "{answer}");
        answer.stdout
    };
    assert_eq!(complete(&["deploy", "org/m", "--context", ""]), "kind-airunway\nproduction\n:4\n");
    assert_eq!(complete(&["deploy", "org/m", "--context", "pro"]), "production\n:4\n");
    assert_eq!(complete(&["deploy", "org/m", "--cluster", ""]), "kind\n:4\n");
    assert_eq!(complete(&["deploy", "org/m", "--user", ""]), "jane\n:4\n");
    // Nobody answers at the cluster's address, and nothing is said about that.
    assert_eq!(complete(&["deploy", "org/m", "--namespace", ""]), ":4\n");
}
