//! A shell in which `kubectl airunway` is the program and every other command only says that it was called.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::{Run, Sandbox, program};

/// Commands of kubectl that hints may name, so that a misspelt one is seen.
const OF_KUBECTL: [&str; 12] = [
    "get",
    "describe",
    "create",
    "patch",
    "annotate",
    "scale",
    "delete",
    "logs",
    "kustomize",
    "config",
    "apply",
    "auth",
];

/// What stands for a word that only the user knows, and such a word.
const PLACEHOLDERS: [(&str, &str); 9] = [
    ("SECRET/KEY", "hf/token"),
    ("MODEL", "org/m"),
    ("IMAGE", "org/image:v1"),
    ("FILE", "ok.yaml"),
    ("DIR", "models"),
    ("NAME", "a"),
    ("VALUE", "b"),
    ("RULE", "provider-needs-gpu"),
    ("N", "1"),
];

/// A sandbox with the commands, and the files that the examples of the help speak of.
pub(super) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let kubectl = format!(
        "#!/bin/sh\n[ \"$1\" = airunway ] || {{ echo \"kubectl $*\"; exit 0; }}\nshift\nexec '{}' \"$@\"\n",
        program().display()
    );
    for (name, script) in [("kubectl", kubectl.as_str()), ("curl", "#!/bin/sh\ncat ok.yaml\n")] {
        let name = format!("bin/{name}");
        sandbox.write(&name, script);
        fs::set_permissions(sandbox.path().join(&name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let object = "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a}\nspec: {model: {id: org/m}, engine: {type: vllm}, provider: {name: vllm}, resources: {gpu: {count: 1}}}\n";
    for name in ["ok.yaml", "model.yaml", "new.yaml", "stored.yaml", "models/a.yaml"] {
        sandbox.write(name, object);
    }
    sandbox
}

/// Runs a line as somebody would who pasted it.
pub(super) fn paste(sandbox: &Sandbox, line: &str) -> Run {
    let mut shell = Command::new("/bin/sh");
    let path = format!("{}:/usr/bin:/bin", sandbox.path().join("bin").display());
    // No request may leave: what asks a registry or a site finds a proxy that is not there.
    shell.args(["-c", line]).env_clear().env("HOME", sandbox.path()).env("PATH", path);
    shell.env("HTTPS_PROXY", "http://127.0.0.1:9").env("HTTP_PROXY", "http://127.0.0.1:9");
    shell.current_dir(sandbox.path());
    sandbox.finish(shell, b"")
}

/// The command in a hint, with placeholders filled in.
pub(super) fn command_in(hint: &str) -> Option<String> {
    let start = ["curl ", "kubectl "].iter().filter_map(|word| hint.find(word)).min()?;
    let command = hint.get(start..)?.split(['`', ';']).next()?;
    let command = command.split(", or ").next()?.split(" shows ").next()?.trim_end();
    let words = command.split(' ').map(|word| {
        let filled = PLACEHOLDERS.iter().find(|(name, _)| *name == word);
        filled.map_or(word, |(_, value)| *value)
    });
    Some(words.collect::<Vec<_>>().join(" "))
}

/// What is wrong with a command that was pasted: a usage error, or a word that kubectl does not have.
pub(super) fn fault(sandbox: &Sandbox, command: &str) -> Option<String> {
    let run = paste(sandbox, command);
    // For `diff` every error ends with 2, as for kubectl's; that no cluster is there is none of the line's.
    let is_usage = run.code == Some(2) && !run.stderr.contains("no kubeconfig found");
    if is_usage || run.code == Some(127) {
        return Some(format!("$ {command}\n{run}"));
    }
    let other = run.stdout.lines().find_map(|line| line.strip_prefix("kubectl "));
    let verb = other.and_then(|line| line.split(' ').next())?;
    (!OF_KUBECTL.contains(&verb)).then(|| format!("$ {command}\nkubectl has no {verb}"))
}
