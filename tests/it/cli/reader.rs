//! A reader of stdout that goes away: a verdict is none of its business.

use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::support::Sandbox;

/// Refused objects whose findings are more than any pipe holds.
const MANY: usize = 1_000;

fn model(name: &str, gpus: usize) -> String {
    format!(
        "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata:\n  name: {name}\nspec:\n  model:\n    id: org/m\n  \
         engine:\n    type: vllm\n  provider:\n    name: vllm\n  resources:\n    gpu:\n      count: {gpus}\n"
    )
}

fn models(count: usize, gpus: usize) -> String {
    (0..count).map(|index| model(&format!("m{index}"), gpus)).collect::<Vec<_>>().join("---\n")
}

/// The exit code and stderr of a command whose reader is gone before it begins, so that no answer is short enough to be read.
fn unread(mut command: Command) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdin(Stdio::null()).stdout(writer).output().expect("the program ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The same where one byte is read first.
fn read_a_little(mut command: Command) -> (Option<i32>, String) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let child = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn();
    let child = child.expect("the program starts");
    // The command holds the other end, too.
    drop(command);
    reader.read_exact(&mut [0]).unwrap();
    drop(reader);
    let output = child.wait_with_output().expect("the program ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_verdict_survives_its_reader() {
    let sandbox = Sandbox::new();
    sandbox.write("bad.yaml", models(2, 65)).write("good.yaml", models(2, 1));
    for format in ["json", "junit", "sarif", "tap"] {
        let check = |file: &str| unread(sandbox.command(&["check", "-f", file, "-o", format]));
        let spoken = sandbox.airunway(&["check", "-f", "bad.yaml", "-o", format]);
        assert_eq!(check("bad.yaml").0, spoken.code, "{format}");
        assert_eq!(check("good.yaml").0, sandbox.airunway(&["check", "-f", "good.yaml", "-o", format]).code);
    }
    let plain = |file: &str| unread(sandbox.command(&["check", "-f", file]));
    assert_eq!((plain("bad.yaml").0, plain("good.yaml").0), (Some(3), Some(0)));
    sandbox.write("many.yaml", models(MANY, 65));
    assert_eq!(read_a_little(sandbox.command(&["check", "-f", "many.yaml"])), (Some(3), String::new()));
}

#[test]
fn every_verb_with_a_verdict_keeps_it() {
    let sandbox = Sandbox::new();
    let verify = &["verify-version", "--offline"];
    let alone = sandbox.airunway(verify);
    assert_eq!(unread(sandbox.command(verify)).0, alone.code, "{alone}");
    assert_ne!(alone.code, Some(0));
    // What is wrong is said on stderr, whoever reads stdout.
    let object = ["deploy", "org/m", "--name", "q", "--provider", "vllm", "--gpus", "65"];
    let (code, said) = unread(sandbox.command(&[&object[..], &["--dry-run=client", "--pin=never"]].concat()));
    assert!(code == Some(3) && said.contains("[gpu-ceiling]"), "{code:?} {said}");
}

#[test]
fn a_verb_that_only_prints_ends_as_kubectl_does() {
    let sandbox = Sandbox::new();
    sandbox.write("good.yaml", models(2, 1));
    for arguments in [
        &["render", "-f", "good.yaml", "--pin=never"][..],
        &["render", "-f", "good.yaml", "--pin=never", "--stage", "all"],
        &["completion", "bash"],
        &["version"],
        &["recipe", "list", "--help"],
        &["--help"],
        &[],
    ] {
        let (code, said) = unread(sandbox.command(arguments));
        assert_eq!(code, Some(141), "{arguments:?}: {said}");
        assert!(!said.contains("error"), "{arguments:?}: {said}");
    }
}
