//! Completion: what kubectl is answered, and the files in `completions/`.

use crate::support::{Run, Sandbox};

fn answers(words: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(words);
    command.env("AIRUNWAY_COMPLETE", "kubectl");
    sandbox.finish(command, b"")
}

#[test]
fn verbs_flags_and_values() {
    insta::assert_snapshot!(answers(&["de"]), @r"
    deploy	Deploy a model and wait for its endpoint
    :4
    [exit 0]
    ");
    insta::assert_snapshot!(answers(&["deploy", "org/m", "--engine", ""]), @r"
    vllm
    sglang
    trtllm
    llamacpp
    :4
    [exit 0]
    ");
    insta::assert_snapshot!(answers(&["deploy", "org/m", "--dry-run="]), @r"
    --dry-run=none	Apply
    --dry-run=client	Print the manifest
    --dry-run=server	Submit to the server without storing
    :4
    [exit 0]
    ");
}

#[test]
fn file_names_are_left_to_the_shell() {
    assert_eq!(answers(&["deploy", "-f", ""]).stdout, ":0\n");
}

#[test]
fn without_a_cluster_the_providers_of_ai_runway_are_offered_and_nothing_is_said() {
    let run = answers(&["deploy", "org/m", "--provider", ""]);
    assert_eq!(run.stdout, "dynamo\nkaito\nkuberay\nllmd\nvllm\n:4\n");
    assert_eq!(run.stderr, "");
}

#[test]
#[cfg(unix)]
fn started_under_kubectls_name_the_program_answers_kubectl() {
    let sandbox = Sandbox::new();
    let link = sandbox.path().join("kubectl_complete-airunway");
    std::os::unix::fs::symlink(sandbox.command::<&str>(&[]).get_program(), &link).unwrap();
    let mut command = std::process::Command::new(&link);
    command.env_clear().env("HOME", sandbox.path()).args(["vers"]);
    let run = sandbox.finish(command, b"");
    assert!(run.stdout.starts_with("version\t"), "{run}");
}

/// krew keeps the program in a store and puts a link to it on the PATH; the completer belongs beside the link.
#[test]
#[cfg(unix)]
fn the_completer_is_installed_where_kubectl_found_the_plugin() {
    let sandbox = Sandbox::new();
    let bin = sandbox.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let plugin = bin.join("kubectl-airunway");
    std::os::unix::fs::symlink(sandbox.command::<&str>(&[]).get_program(), &plugin).unwrap();
    let run = |program: &std::path::Path, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.env_clear().env("HOME", sandbox.path()).env("PATH", &bin).args(arguments);
        sandbox.finish(command, b"")
    };
    let installed = run(&plugin, &["completion", "install"]);
    assert!(
        installed.stderr.starts_with("installed [SANDBOX]/bin/kubectl_complete-airunway\n"),
        "{installed}"
    );
    let completer = bin.join("kubectl_complete-airunway");
    assert!(run(&completer, &["versi"]).stdout.starts_with("version\t"));
    let again = run(&plugin, &["completion", "install"]);
    assert_eq!(again.stderr, "[SANDBOX]/bin/kubectl_complete-airunway is already installed\n");
    assert_eq!((installed.code, again.code), (Some(0), Some(0)));
    std::fs::remove_file(&completer).unwrap();
    std::fs::write(&completer, "somebody else's").unwrap();
    let refused = run(&plugin, &["completion", "install"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("already exists and is a different file"), "{refused}");
    assert_eq!(std::fs::read_to_string(&completer).unwrap(), "somebody else's");
}

/// The files that are shipped; renewed with `UPDATE=1 cargo test --test it completion`.
#[test]
fn the_shipped_scripts_are_current() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (name, shell) in
        [("kubectl-airunway.bash", "bash"), ("_kubectl-airunway", "zsh"), ("kubectl-airunway.fish", "fish")]
    {
        let text = Sandbox::new().airunway(&["completion", shell]).stdout;
        assert!(text.len() > 100, "{text}");
        let path = folder.join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let shipped = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            shipped == text,
            "{} is not current: UPDATE=1 cargo test --test it completion",
            path.display()
        );
    }
}

/// kubectl runs this script, which is shipped too, from the PATH.
#[test]
#[cfg(unix)]
fn the_shipped_completer_of_kubectl_reaches_the_program() {
    let sandbox = Sandbox::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/kubectl_complete-airunway");
    let program = crate::support::program();
    let mut command = std::process::Command::new("/bin/sh");
    command.arg(script).arg("vers").env_clear().env("HOME", sandbox.path());
    command.env("PATH", program.parent().unwrap());
    assert!(sandbox.finish(command, b"").stdout.starts_with("version\t"));
}
