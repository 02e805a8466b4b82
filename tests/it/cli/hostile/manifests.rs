//! What stands in manifests, file names and on the command line.

use super::{HOSTILE, Run, ascii, hold, model, run};
use crate::support::Sandbox;
use serde_json::json;

fn with_model(sandbox: &Sandbox, spoil: fn(&mut serde_json::Value), arguments: &[&str]) -> Run {
    sandbox.write("model.yaml", model(spoil));
    run(sandbox, &[arguments, &["-f", "model.yaml"]].concat())
}

fn name(object: &mut serde_json::Value) {
    object["metadata"]["name"] = HOSTILE.into();
}

fn namespace(object: &mut serde_json::Value) {
    object["metadata"]["namespace"] = HOSTILE.into();
}

fn field(object: &mut serde_json::Value) {
    object["spec"][HOSTILE] = json!({HOSTILE: 1});
}

fn value(object: &mut serde_json::Value) {
    object["spec"]["engine"]["type"] = HOSTILE.into();
    object["spec"]["resources"]["memory"] = HOSTILE.into();
}

fn provider(object: &mut serde_json::Value) {
    object["spec"]["provider"]["name"] = HOSTILE.into();
}

fn image(object: &mut serde_json::Value) {
    object["spec"]["image"] = HOSTILE.into();
}

fn argument(object: &mut serde_json::Value) {
    object["spec"]["engine"]["args"] = json!({HOSTILE: HOSTILE});
}

/// An object of another kind; `render` passes it through, the others name it.
fn with_other(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let other = json!({
        "apiVersion": "v1", "kind": format!("Kind{HOSTILE}"), "metadata": {"name": HOSTILE}, HOSTILE: {"a": [HOSTILE]},
    });
    sandbox.write("all.yaml", format!("{}\n---\n{}\n", model(|_| {}), ascii(&other)));
    run(sandbox, &[arguments, &["-f", "all.yaml"]].concat())
}

#[test]
fn manifests_that_are_judged() {
    hold(&[
        ("check, name", |sandbox| with_model(sandbox, name, &["check"])),
        ("check, namespace", |sandbox| with_model(sandbox, namespace, &["check", "-o", "json"])),
        ("check, field", |sandbox| with_model(sandbox, field, &["check"])),
        ("check, value", |sandbox| with_model(sandbox, value, &["check"])),
        ("check, provider", |sandbox| with_model(sandbox, provider, &["check"])),
        ("check, image", |sandbox| with_model(sandbox, image, &["check"])),
        ("check, argument", |sandbox| with_model(sandbox, argument, &["check"])),
        ("check -o json", |sandbox| with_model(sandbox, field, &["check", "-o", "json"])),
        ("check -o junit", |sandbox| with_model(sandbox, field, &["check", "-o", "junit"])),
        ("check -o junit, name", |sandbox| with_model(sandbox, name, &["check", "-o", "junit"])),
        ("check -o sarif", |sandbox| with_model(sandbox, field, &["check", "-o", "sarif"])),
        ("check -o tap", |sandbox| with_model(sandbox, field, &["check", "-o", "tap"])),
        ("check -o tap, name", |sandbox| with_model(sandbox, name, &["check", "-o", "tap"])),
        ("check, another kind", |sandbox| with_other(sandbox, &["check"])),
        ("check --old", |sandbox| {
            sandbox.write("old.yaml", model(|_| {}));
            with_model(sandbox, name, &["check", "--old", "old.yaml"])
        }),
    ]);
}

#[test]
fn manifests_that_are_printed_or_sent() {
    hold(&[
        ("render, name", |sandbox| with_model(sandbox, name, &["render"])),
        ("render, provider", |sandbox| with_model(sandbox, provider, &["render", "--explain"])),
        ("render, argument", |sandbox| with_model(sandbox, argument, &["render", "--stage", "all"])),
        ("render, another kind", |sandbox| with_other(sandbox, &["render"])),
        ("render -o json", |sandbox| with_other(sandbox, &["render", "-o", "json"])),
        ("render -o name", |sandbox| with_other(sandbox, &["render", "-o", "name"])),
        ("deploy, name", |sandbox| with_model(sandbox, name, &["deploy", "--dry-run=client", "--pin=never"])),
        ("deploy, another kind", |sandbox| {
            with_other(sandbox, &["deploy", "--dry-run=client", "--pin=never"])
        }),
        ("deploy, twice", |sandbox| {
            sandbox.write("model.yaml", format!("{0}\n---\n{0}\n", model(name)));
            run(sandbox, &["deploy", "-f", "model.yaml", "--dry-run=client", "--pin=never"])
        }),
        ("deploy, image", |sandbox| with_model(sandbox, image, &["deploy", "--dry-run=client"])),
        ("deploy -o wide", |sandbox| {
            let flags = ["deploy", "--dry-run=client", "--pin=never", "-o", "wide"];
            with_model(sandbox, |object| object["status"] = json!({"phase": HOSTILE}), &flags)
        }),
        ("pin -f", |sandbox| with_model(sandbox, image, &["pin"])),
        ("a file's name that begins a line", |sandbox| {
            sandbox.write("::error::evil.yaml", model(|_| {}));
            run(sandbox, &["check", "-f", "::error::evil.yaml"])
        }),
        ("a file that is not there", |sandbox| run(sandbox, &["check", "-f", HOSTILE])),
        ("a file that is no YAML", |sandbox| {
            sandbox.write("broken.yaml", "kind: evil\u{202e}: \u{2066}x: y\n");
            run(sandbox, &["check", "-f", "broken.yaml"])
        }),
        ("a file with characters that YAML has not", |sandbox| {
            sandbox.write("broken.yaml", "kind: evil \u{1b}[2J\u{9b}1m\n");
            run(sandbox, &["check", "-f", "broken.yaml"])
        }),
        ("a lock file", |sandbox| {
            let entry = json!({
                "image": "a/b:c", "digest": HOSTILE, "mediaType": HOSTILE, "size": 1, "class": HOSTILE,
                "firstSeen": HOSTILE, "lastVerified": HOSTILE,
            });
            sandbox.write("x.lock", format!("version: 1\nimages:\n- {}\n", ascii(&entry)));
            run(sandbox, &["pin", "--verify", "--lock", "x.lock"])
        }),
    ]);
}

#[test]
fn command_lines() {
    hold(&[
        ("an unknown flag", |sandbox| run(sandbox, &["check", &format!("--{HOSTILE}")])),
        ("an unknown verb", |sandbox| run(sandbox, &[HOSTILE])),
        ("a wrong value", |sandbox| run(sandbox, &["check", "org/m", "-o", HOSTILE])),
        ("a wrong model", |sandbox| run(sandbox, &["apply-recipe", HOSTILE])),
        ("an unknown rule", |sandbox| run(sandbox, &["check", "--explain", HOSTILE])),
        ("an unknown provider", |sandbox| run(sandbox, &["check", "org/m", "--providers", HOSTILE])),
        ("a wrong image", |sandbox| run(sandbox, &["pin", HOSTILE])),
        ("a model id", |sandbox| run(sandbox, &["render", HOSTILE])),
        ("a wrong timeout", |sandbox| run(sandbox, &["diff", "org/m", "--request-timeout", HOSTILE])),
    ]);
}
