//! `pin` through the binary: on stdout, in files, in the lock, and verified.

use std::process::Command;

use crate::measuring::peak_of;
use crate::support::registry::{Auth, Fault, Registry};
use crate::support::{Run, Sandbox};

/// A run whose registry is shown as `[HOST]` and whose times are shown as `[TIME]`.
fn run(sandbox: &Sandbox, registry: &Registry, arguments: &[&str]) -> Run {
    shown(sandbox.airunway(arguments), registry)
}

fn shown(transcript: Run, registry: &Registry) -> Run {
    transcript.replace(&registry.host(), "[HOST]")
}

fn image(registry: &Registry, rest: &str) -> String {
    format!("{}/{rest}", registry.host())
}

#[test]
fn the_pinned_reference_alone_is_printed() {
    let registry = Registry::start();
    let digest = registry.add_image("vllm/vllm-openai", "nightly");
    let sandbox = Sandbox::new();
    let pinned = run(&sandbox, &registry, &["pin", &image(&registry, "vllm/vllm-openai:nightly")]);
    assert_eq!(pinned.stdout, format!("[HOST]/vllm/vllm-openai:nightly@{digest}\n"), "{pinned}");
    assert_eq!((pinned.code, pinned.stderr.as_str()), (Some(0), ""));
    assert_eq!(registry.requests().len(), 1);
    let why = run(&sandbox, &registry, &["pin", "--why", &image(&registry, "vllm/vllm-openai:nightly")]);
    assert_eq!(
        why.stderr,
        "[HOST]/vllm/vllm-openai:nightly: answered by [HOST], anonymous, no credentials found\n"
    );
}

#[test]
fn json_tells_platforms_age_and_class() {
    let registry = Registry::start();
    let digest = registry.add_index("a/b", "launch-1", &["amd64", "arm64"]);
    let sandbox = Sandbox::new();
    let report = run(&sandbox, &registry, &["pin", "-o", "json", &image(&registry, "a/b:launch-1")]);
    let report: serde_json::Value =
        serde_json::from_str(&report.stdout).unwrap_or_else(|_| panic!("{report}"));
    assert_eq!((&report["apiVersion"], &report["kind"]), (&"cli.airunway.ai/v1".into(), &"PinReport".into()));
    let item = &report["items"][0];
    assert_eq!(item["digest"], digest);
    assert_eq!(
        item["platforms"].as_object().map(|platforms| platforms.keys().cloned().collect::<Vec<_>>()).unwrap(),
        ["linux/amd64", "linux/arm64"]
    );
    assert_eq!(
        (&item["class"], &item["tag"], &item["created"]),
        (&"launch".into(), &"launch-1".into(), &"2026-11-01T00:00:00Z".into())
    );
    assert_eq!(item["revision"], "0123456789abcdef0123456789abcdef01234567");
    assert!(item["ageDays"].is_i64());
}

#[test]
fn manifests_are_pinned_in_place_and_only_there() {
    let registry = Registry::start();
    let digest = registry.add_image("a/b", "c");
    let other = registry.add_image("x/y", "latest");
    let host = registry.host();
    let text = format!(
        "# models\nkind: ModelDeployment\napiVersion: airunway.ai/v1alpha1\nspec:\n  engine:\n    image: '{host}/a/b:c' # the engine\n---\nkind: Pod\napiVersion: v1\nspec:\n  containers:\n  - {{name: a,   image: {host}/a/b:c}}\n  - image: {host}/x/y\n"
    );
    let expected =
        text.replace("a/b:c", &format!("a/b:c@{digest}")).replace("x/y\n", &format!("x/y:latest@{other}\n"));
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", &text).write("b.yaml", "kind: ConfigMap\napiVersion: v1\n");
    let printed = sandbox.airunway(&["pin", "-f", "a.yaml"]);
    assert_eq!((printed.stdout.as_str(), printed.code), (expected.as_str(), Some(0)), "{printed}");
    assert_eq!(registry.requests().len(), 2, "each image once");
    let written = sandbox.airunway(&["pin", "-f", ".", "--write"]);
    assert_eq!(
        written.stderr,
        "a.yaml: 3 images pinned\nb.yaml: unchanged\n"
            .replace("a.yaml", "./a.yaml")
            .replace("b.yaml", "./b.yaml"),
        "{written}"
    );
    assert_eq!(std::fs::read_to_string(sandbox.path().join("a.yaml")).unwrap(), expected);
    registry.forget_requests();
    let again = sandbox.airunway(&["pin", "-f", "a.yaml", "--write"]);
    assert_eq!((again.stderr.as_str(), registry.requests().len()), ("a.yaml: unchanged\n", 0));
    assert_eq!(std::fs::read_to_string(sandbox.path().join("a.yaml")).unwrap(), expected);
}

#[test]
fn an_aliased_image_is_pinned_at_its_anchor_or_not_at_all() {
    let registry = Registry::start();
    let digest = registry.add_image("a/b", "c");
    let name = image(&registry, "a/b:c");
    let sandbox = Sandbox::new();
    let text = format!("kind: Pod\nspec:\n  containers:\n  - image: &i {name}\n  - image: *i\n");
    sandbox.write("a.yaml", &text);
    let pinned = sandbox.airunway(&["pin", "-f", "a.yaml"]);
    assert_eq!(pinned.stdout, text.replace("a/b:c\n", &format!("a/b:c@{digest}\n")), "{pinned}");
    sandbox.write("b.yaml", format!("x: &i {name}\nkind: Pod\nspec:\n  containers:\n  - image: *i\n"));
    let refused = sandbox.airunway(&["pin", "-f", "b.yaml"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(
        refused.stderr.contains("b.yaml:5:5: spec.containers[0].image cannot be pinned in place"),
        "{refused}"
    );
}

#[test]
fn nothing_is_written_unless_everything_can_be() {
    let registry = Registry::start();
    registry.add_image("a/b", "c");
    let host = registry.host();
    let text =
        format!("kind: Pod\nspec:\n  containers:\n  - image: {host}/a/b:c\n  - image: {host}/a/b:gone\n");
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", &text);
    let failed = run(&sandbox, &registry, &["pin", "-f", "a.yaml", "--write"]);
    insta::assert_snapshot!(failed, @r"
    --- stderr ---
    error: cannot pin image [HOST]/a/b:gone
      caused by: [HOST] has no tag gone in a/b

    hint: check the tag; nightly builds are deleted after about two weeks
    [exit 1]
    ");
    assert_eq!(std::fs::read_to_string(sandbox.path().join("a.yaml")).unwrap(), text);
    sandbox.write("bad.yaml", "kind: Pod\nspec:\n  containers:\n  - image: A/b\n");
    insta::assert_snapshot!(run(&sandbox, &registry, &["pin", "-f", "bad.yaml"]), @r#"
    --- stderr ---
    error: bad.yaml:4:5: image "A/b": image repository `A/b` has upper-case letters; registries accept lower case only
    [exit 3]
    "#);
}

#[test]
fn the_lock_answers_without_a_network() {
    let registry = Registry::start();
    let digest = registry.add_image("a/b", "c");
    let name = image(&registry, "a/b:c");
    let sandbox = Sandbox::new();
    let written = run(&sandbox, &registry, &["pin", "--lock", "airunway.lock", &name]);
    assert_eq!(written.stderr, "airunway.lock: 1 verified (1 new, 0 moved); 1 in total\n", "{written}");
    registry.fault(Fault::Down);
    let pinned = run(&sandbox, &registry, &["pin", &name]);
    assert_eq!(pinned.stdout, format!("[HOST]/a/b:c@{digest}\n"), "{pinned}");
    sandbox.write("a.yaml", format!("kind: Pod\nspec:\n  containers:\n  - image: {name}\n"));
    let locked = run(&sandbox, &registry, &["pin", "--locked", "-f", "a.yaml"]);
    assert!(locked.stdout.ends_with(&format!("[HOST]/a/b:c@{digest}\n")), "{locked}");
    insta::assert_snapshot!(run(&sandbox, &registry, &["pin", "--locked", "other/image:1"]), @r"
    --- stderr ---
    error: image other/image:1 is not in airunway.lock

    hint: add it with `kubectl airunway pin --lock airunway.lock other/image:1`
    [exit 1]
    ");
    // Another verb with the same flags: the default of render is not to pin, and the lock still counts.
    let deployed = run(
        &sandbox,
        &registry,
        &["deploy", "org/model", "--provider", "vllm", "--image", &name, "--dry-run=client", "--locked"],
    );
    assert!(deployed.stdout.contains(&format!("image: [HOST]/a/b:c@{digest}\n")), "{deployed}");
    registry.clear_faults();
    let newer = registry.add_image_for("a/b", "c", "arm64", "2026-11-02T00:00:00Z");
    let moved = run(&sandbox, &registry, &["pin", "--lock", "airunway.lock", &name]);
    assert!(moved.stderr.contains(&format!("moved from {digest} to {newer}")), "{moved}");
    let pruned =
        run(&sandbox, &registry, &["pin", "--lock", "airunway.lock", "--prune", &image(&registry, "a/b:c")]);
    assert!(pruned.stderr.ends_with("1 in total\n"), "{pruned}");
}

#[test]
fn verify_tells_what_moved_and_what_is_gone() {
    let registry = Registry::start();
    let sandbox = Sandbox::new();
    let tags = ["same", "moved", "gone", "untagged"];
    let digests = tags.map(|tag| registry.add_image("a/b", tag));
    let names = tags.map(|tag| image(&registry, &format!("a/b:{tag}")));
    let mut arguments = vec!["pin", "--lock", "airunway.lock"];
    arguments.extend(names.iter().map(String::as_str));
    sandbox.airunway(&arguments);
    let fine = run(&sandbox, &registry, &["pin", "--verify", "-o", "json"]);
    assert_eq!(fine.code, Some(0), "{fine}");
    let newer = registry.add_image_for("a/b", "moved", "arm64", "2026-11-02T00:00:00Z");
    registry.remove("a/b", "gone");
    registry.remove("a/b", &digests[2]);
    registry.remove("a/b", "untagged");
    registry.forget_requests();
    let verified = run(&sandbox, &registry, &["pin", "--verify"]);
    let rows: Vec<Vec<&str>> =
        verified.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let states: Vec<_> = rows.iter().skip(1).map(|row| (row[0], row[1])).collect();
    assert_eq!(
        states,
        [
            ("[HOST]/a/b:gone", "gone"),
            ("[HOST]/a/b:moved", "moved"),
            ("[HOST]/a/b:same", "pullable"),
            ("[HOST]/a/b:untagged", "moved")
        ]
    );
    assert!(verified.stdout.contains(&format!("the tag now points to {newer}")), "{verified}");
    assert_eq!(verified.code, Some(3));
    assert_eq!(registry.requests().len(), 7, "one for what is the same, two for the rest");
    registry.fault(Fault::Down);
    let unreachable = run(&sandbox, &registry, &["pin", "--verify"]);
    assert_eq!(unreachable.code, Some(4), "{unreachable}");
    assert!(unreachable.stdout.contains("refused the connection"), "{unreachable}");
}

#[test]
fn verify_warns_of_rotation_and_age() {
    let registry = Registry::start();
    let sandbox = Sandbox::new();
    // Only the repository of vLLM itself rotates, so this registry takes the place of its own.
    sandbox.write(
        "registries.conf",
        format!("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\n", registry.host()),
    );
    let run = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command.env("CONTAINERS_REGISTRIES_CONF", sandbox.path().join("registries.conf"));
        sandbox.finish(command, b"")
    };
    for day in 1..=14 {
        let created = format!("2026-10-{day:02}T00:00:00Z");
        registry.add_image_for("vllm/vllm-openai", &format!("nightly-{day:02}"), "amd64", &created);
    }
    let written = run(&[
        "pin",
        "--lock",
        "airunway.lock",
        "vllm/vllm-openai:nightly-13",
        "vllm/vllm-openai:nightly-02",
    ]);
    assert_eq!(written.code, Some(0), "{written}");
    assert!(
        written.stderr.contains("warning: image vllm/vllm-openai:nightly-13: vLLM keeps its newest 14"),
        "{written}"
    );
    let old = run(&["pin", "--verify"]);
    assert_eq!(old.code, Some(0), "{old}");
    let row = |tag: &str| old.stdout.lines().find(|line| line.contains(tag)).unwrap_or_default().to_owned();
    assert!(row("nightly-02").contains("build 13 of the 14 that are kept"), "{old}");
    assert!(!row("nightly-13").contains("that are kept"), "{old}");
    let aged = run(&["pin", "--verify", "--max-age", "1"]);
    assert_eq!(aged.code, Some(3), "{aged}");
    assert!(aged.stdout.contains("days ago, limit 1"), "{aged}");
}

#[test]
fn bad_lock_files_say_where() {
    let sandbox = Sandbox::new();
    sandbox.write("airunway.lock", "<<<<<<< HEAD\nversion: 1\n");
    insta::assert_snapshot!(sandbox.airunway(&["pin", "nginx"]), @r"
    --- stderr ---
    error: airunway.lock: line 1, column 1: an unresolved merge conflict

    hint: remove the file and write it again with `kubectl airunway pin --lock airunway.lock IMAGE`
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.airunway(&["pin", "--verify", "--lock", "none.lock"]), @r"
    --- stderr ---
    error: lock file none.lock does not exist

    hint: create it with `kubectl airunway pin --lock none.lock IMAGE`
    [exit 1]
    ");
}

#[test]
fn wrong_command_lines() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["pin"][..],
        &["pin", "nginx", "-f", "a.yaml"],
        &["pin", "nginx", "--write"],
        &["pin", "-f", "-", "--write"],
        &["pin", "nginx", "--prune"],
        &["pin", "nginx", "--max-age", "3"],
        &["pin", "--verify", "nginx"],
        &["pin", "A/b"],
        &["pin", "nginx", "--platform", "linux"],
    ] {
        assert_eq!(sandbox.airunway(arguments).code, Some(2), "{arguments:?}");
    }
}

#[cfg(unix)]
fn executable(sandbox: &Sandbox, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    sandbox.write(name, format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(sandbox.path().join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A command that finds credential helpers in the sandbox.
#[cfg(unix)]
fn with_helpers(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(arguments);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = vec![sandbox.path().join("bin")];
    folders.extend(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).unwrap());
    command
}

#[cfg(unix)]
#[test]
fn credential_helpers_and_stores_are_asked() {
    let registry = Registry::start();
    let digest = registry.add_image("a/b", "c");
    registry.require(Auth::TokenFor { user: "user".to_owned(), password: "pass-word".to_owned() });
    let sandbox = Sandbox::new();
    let name = image(&registry, "a/b:c");
    let answer = "read server; [ \"$1\" = get ] && echo \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"user\\\",\\\"Secret\\\":\\\"pass-word\\\"}\"";
    executable(&sandbox, "bin/docker-credential-good", answer);
    executable(
        &sandbox,
        "bin/docker-credential-empty",
        "echo credentials not found in native keychain; exit 1",
    );
    executable(&sandbox, "bin/docker-credential-broken", "echo pass-word; exit 3");
    let token = answer.replace("user", "<token>");
    executable(&sandbox, "bin/docker-credential-token", &token);
    let run = |config: String| {
        sandbox.write(".docker/config.json", config);
        shown(sandbox.finish(with_helpers(&sandbox, &["pin", "--why", &name]), b""), &registry)
    };
    for config in [
        format!("{{\"credHelpers\": {{\"{}\": \"good\"}}, \"credsStore\": \"broken\"}}", registry.host()),
        "{\"credsStore\": \"good\"}".to_owned(),
        "{\"credsStore\": \"token\"}".to_owned(),
    ] {
        let pinned = run(config);
        assert_eq!(pinned.stdout, format!("[HOST]/a/b:c@{digest}\n"), "{pinned}");
        assert!(pinned.stderr.contains("credentials from docker-credential-"), "{pinned}");
    }
    let refused = run("{\"credsStore\": \"empty\"}".to_owned());
    assert!(
        refused.stderr.contains("no token from [HOST]: it gives no token without a login (401)"),
        "{refused}"
    );
    let broken = run("{\"credsStore\": \"broken\"}".to_owned());
    assert!(
        broken.stderr.contains("caused by: docker-credential-broken failed (exit status: 3)"),
        "{broken}"
    );
    assert!(!broken.to_string().contains("pass-word"), "{broken}");
}

#[test]
fn a_trusted_authority_and_proxies_come_from_the_environment() {
    let key = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let registry = Registry::start_tls(key.cert.der().to_vec(), key.signing_key.serialize_der());
    let digest = registry.add_image("a/b", "c");
    let sandbox = Sandbox::new();
    sandbox.write("ca.pem", key.cert.pem());
    let name = image(&registry, "a/b:c");
    let mut trusted = sandbox.command(&["pin", &name]);
    trusted.env("SSL_CERT_FILE", sandbox.path().join("ca.pem"));
    // A proxy is never used for this machine, so one that does not exist does no harm.
    trusted.env("HTTPS_PROXY", "http://127.0.0.1:1").env("HTTP_PROXY", "http://127.0.0.1:1");
    let pinned = shown(sandbox.finish(trusted, b""), &registry);
    assert_eq!(pinned.stdout, format!("[HOST]/a/b:c@{digest}\n"), "{pinned}");
    let mut proxied = sandbox.command(&["pin", "registry.invalid/a/b:c"]);
    proxied.env("HTTPS_PROXY", "http://user:pass-word@127.0.0.1:1");
    let failed = sandbox.finish(proxied, b"");
    assert!(
        failed.stderr.contains("caused by: the proxy 127.0.0.1:1 did not connect to registry.invalid"),
        "{failed}"
    );
    assert!(!failed.stderr.contains("pass-word"), "{failed}");
    let mut direct = sandbox.command(&["pin", "registry.invalid/a/b:c"]);
    direct.env("HTTPS_PROXY", "http://127.0.0.1:1").env("NO_PROXY", "registry.invalid");
    let failed = sandbox.finish(direct, b"");
    assert!(failed.stderr.contains("the host name registry.invalid cannot be resolved"), "{failed}");
}

/// What a manifest of the largest size that is read may cost: 4 MiB in a buffer that doubles as it grows.
const MEMORY_FOR_A_HUGE_ANSWER: u64 = 16 << 20;
/// What an answer may cost more than a smaller one that is just as refused.
const MEMORY_FOR_MORE_OF_IT: u64 = 4 << 20;

#[test]
fn a_huge_manifest_is_refused_and_its_size_does_not_matter() {
    let sandbox = Sandbox::new();
    let peak_of = |fault: Option<Fault>| {
        let registry = Registry::start();
        registry.add_image("a/b", "c");
        let refused = fault.is_some();
        fault.into_iter().for_each(|fault| registry.fault(fault));
        let run = run(&sandbox, &registry, &["pin", &image(&registry, "a/b:c")]);
        assert_eq!(run.code, Some(i32::from(refused)), "{run}");
        if refused {
            assert!(run.stderr.contains("larger than 4 MiB") || run.stderr.contains("4194304"), "{run}");
        }
        peak_of(&sandbox.command(&["pin", &image(&registry, "a/b:c")]))
    };
    let usual = peak_of(None);
    for fault in [Fault::Huge as fn(usize) -> Fault, Fault::HugeUnannounced] {
        let [small, medium, large] = [8, 32, 128].map(|mebibytes| peak_of(Some(fault(mebibytes << 20))));
        assert!(small < usual + MEMORY_FOR_A_HUGE_ANSWER, "{small} bytes, usually {usual}");
        assert!(medium.max(large) < small + MEMORY_FOR_MORE_OF_IT, "{small}, {medium}, {large} bytes");
    }
}
