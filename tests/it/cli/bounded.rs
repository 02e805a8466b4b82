//! What is read has an end: pipes, devices, certificates, and flags by the thousand.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::Sandbox;
use crate::support::registry::Registry;

/// Flags of one kind on one command line.
const MANY: usize = 50_000;

const MODEL: &str = "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: m}\nspec: {model: {id: org/m}, engine: {type: vllm}, provider: {name: vllm}, resources: {gpu: {count: 1}}}\n";

fn pipe(sandbox: &Sandbox, name: &str) {
    assert!(Command::new("mkfifo").arg(sandbox.path().join(name)).status().unwrap().success());
}

#[test]
fn a_pipe_or_device_in_a_directory_is_passed_over() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", MODEL);
    pipe(&sandbox, "m/z.yaml");
    symlink("/dev/zero", sandbox.path().join("m/y.yaml")).unwrap();
    for verb in
        [&["check"][..], &["render", "--pin=never"], &["pin"], &["deploy", "--dry-run", "--pin=never"]]
    {
        let run = sandbox.airunway(&[verb, &["-f", "m"]].concat());
        assert_eq!(run.code, Some(0), "{run}");
    }
    std::fs::remove_file(sandbox.path().join("m/a.yaml")).unwrap();
    let run = sandbox.airunway(&["check", "-f", "m"]);
    assert!(run.code == Some(1) && run.stderr.contains("no manifest in m"), "{run}");
}

#[test]
fn certificates_of_the_environment_have_an_end() {
    let registry = Registry::start();
    registry.add_image("a/b", "c");
    let sandbox = Sandbox::new();
    let image = format!("{}/a/b:c", registry.host());
    pipe(&sandbox, "roots");
    std::fs::File::create(sandbox.path().join("large")).unwrap().set_len(1 << 30).unwrap();
    std::fs::create_dir(sandbox.path().join("folder")).unwrap();
    symlink("../large", sandbox.path().join("folder/large.pem")).unwrap();
    for (name, value, said) in [
        ("SSL_CERT_FILE", "/dev/zero", "SSL_CERT_FILE: /dev/zero is not a regular file"),
        ("SSL_CERT_FILE", "roots", "SSL_CERT_FILE: roots is not a regular file"),
        ("SSL_CERT_FILE", "large", "SSL_CERT_FILE: large is larger than 16 MiB"),
        ("SSL_CERT_DIR", "folder", "SSL_CERT_DIR: folder has more than 10000 files or 16 MiB"),
    ] {
        for arguments in [
            &["pin", &image][..],
            &["recipe", "list", "--recipes-url", "https://127.0.0.1:1"],
            &["diff", "-f", "m.yaml", "--pin=never", "--server", "https://127.0.0.1:1"],
        ] {
            sandbox.write("m.yaml", MODEL);
            let mut command = sandbox.command(arguments);
            command.env(name, value);
            let run = sandbox.finish(command, b"");
            assert!(run.code != Some(0) && run.stderr.contains(said), "{name}={value} {arguments:?}: {run}");
        }
    }
}

#[test]
fn a_flag_may_be_given_by_the_thousand() {
    let sandbox = Sandbox::new();
    let mut arguments: Vec<String> =
        ["render", "org/m", "--provider", "vllm", "--gpus", "1", "--pin=never"].map(str::to_owned).into();
    (0..MANY).for_each(|index| arguments.push(format!("--env=A{index}=x")));
    let run = sandbox.airunway(&arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout.matches("- name: A").count(), MANY);
}

#[test]
fn a_password_in_an_address_is_never_printed() {
    let sandbox = Sandbox::new();
    sandbox.write("m.yaml", MODEL);
    let object = ["org/m", "--provider", "vllm", "--gpus", "1"];
    for (verb, last) in [
        (&["check", "-f"][..], "https://u:SECRETPASS@example.invalid/a.yaml"),
        (&["pin", "-f"], "http://u:SECRETPASS@example.invalid/a.yaml"),
        (&["pin"], "u:SECRETPASS@example.invalid/a/b:c"),
        (&["pin"], "https://u:SECRETPASS@example.invalid/a/b:c"),
        (&["pin", "a/b:c", "--plain-http"], "u:SECRETPASS@127.0.0.1:1"),
        (&["recipe", "list", "--recipes-url"], "https://u:SECRETPASS@127.0.0.1:1/"),
        (&["recipe", "list", "--recipes-url"], "ftp://u:SECRETPASS@127.0.0.1:1/"),
        (&["diff", "-f", "m.yaml", "--pin=never", "--server"], "https://u:SECRETPASS@127.0.0.1:1/?a=b"),
        (&["diff", "-f", "m.yaml", "--pin=never", "--server"], "https://u:SECRETPASS@127.0.0.1:1"),
        (&["diff", "-f", "m.yaml", "--pin=never", "--server"], "https://u:SECRETPASS@ 127.0.0.1:1"),
        (
            &[&["render"], &object[..], &["--pin=digest", "--image"]].concat(),
            "u:SECRETPASS@127.0.0.1:1/a/b:c",
        ),
        (&["verify-version", "--image"], "u:SECRETPASS@127.0.0.1:1/a/b:c"),
    ] {
        let mut command = sandbox.command(&[verb, &[last]].concat());
        command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("HTTP_PROXY", "http://127.0.0.1:1");
        let run = sandbox.finish(command, b"");
        assert_ne!(run.code, Some(0), "{run}");
        assert!(!format!("{run}").contains("SECRETPASS"), "{verb:?} {last}: {run}");
    }
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        for address in ["http://u:SECRETPASS@127.0.0.1:1", "http://u:SECRETPASS@127.0.0.1:2"] {
            for arguments in [
                &["pin", "example.invalid/a/b:c"][..],
                &["recipe", "list", "--recipes-url", "https://example.invalid"],
                &[
                    "diff",
                    "-f",
                    "m.yaml",
                    "--pin=never",
                    "--server",
                    "https://example.invalid",
                    "--request-timeout=2s",
                ],
            ] {
                // Each goes to a proxy on this machine, and no name is looked up.
                let mut command = sandbox.command(arguments);
                ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].iter().for_each(|other| {
                    command.env(other, "http://127.0.0.1:1");
                });
                command.env(name, address);
                let run = sandbox.finish(command, b"");
                assert!(!format!("{run}").contains("SECRETPASS"), "{name}={address} {arguments:?}: {run}");
            }
        }
    }
}
