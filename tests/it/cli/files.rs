//! Manifests that cannot be read: the place, the line, and nothing else.

use crate::support::Sandbox;

fn judged(content: impl AsRef<[u8]>) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("model.yaml", content);
    sandbox.airunway(&["deploy", "-f", "model.yaml", "--dry-run", "--pin=never"]).to_string()
}

#[test]
fn broken_yaml_shows_the_place() {
    insta::assert_snapshot!(judged(
        "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata:\n  name: a\n  labels: [x\nspec: {}\n"
    ));
}

#[test]
fn bytes_that_are_no_text() {
    insta::assert_snapshot!(judged(b"apiVersion: \xff\xfe\xfd\n"));
}

#[test]
fn a_file_that_does_not_exist() {
    insta::assert_snapshot!(Sandbox::new().airunway(&["deploy", "-f", "nowhere.yaml", "--dry-run"]));
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(judged("# nothing here\n"));
}

#[test]
fn a_document_without_a_kind() {
    insta::assert_snapshot!(judged("apiVersion: airunway.ai/v1alpha1\nmetadata: {name: a}\n"));
}

#[test]
fn only_objects_of_other_kinds() {
    insta::assert_snapshot!(judged("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"));
}

#[test]
fn nesting_without_end() {
    let deep = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let answer = judged(deep);
    assert!(answer.ends_with("[exit 3]"), "{}", &answer[..answer.len().min(500)]);
    assert!(answer.contains("model.yaml:1:"), "{}", &answer[..answer.len().min(500)]);
}

#[test]
fn aliases_that_multiply() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let answer = judged(text);
    assert!(answer.ends_with("[exit 3]"), "{}", &answer[..answer.len().min(500)]);
}

#[test]
fn an_overrides_file_must_hold_one_object() {
    let sandbox = Sandbox::new();
    sandbox.write("overrides.yaml", "[1, 2]\n");
    insta::assert_snapshot!(sandbox.airunway(&[
        "deploy",
        "org/m",
        "--provider",
        "vllm",
        "--overrides",
        "overrides.yaml",
        "--dry-run"
    ]));
}

#[test]
fn a_folder_is_read_in_order_and_an_empty_one_is_said() {
    let sandbox = Sandbox::new();
    let object = |name: &str| {
        format!(
            "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {{name: {name}}}\nspec: {{model: {{id: org/m}}, engine: {{type: vllm}}, provider: {{name: vllm}}}}\n"
        )
    };
    sandbox
        .write("all/b.yaml", object("b"))
        .write("all/a.yml", object("a"))
        .write("all/deep/c.json", "{}")
        .write("all/x.txt", "no");
    let run = sandbox.airunway(&["deploy", "-f", "all", "--dry-run", "--pin=never", "-o", "name"]);
    assert_eq!(run.stdout, "modeldeployment.airunway.ai/a\nmodeldeployment.airunway.ai/b\n", "{run}");
    sandbox.write("none/x.txt", "no");
    insta::assert_snapshot!(sandbox.airunway(&["deploy", "-f", "none", "--dry-run"]));
}

#[test]
fn a_url_is_refused_with_the_command_that_reads_it() {
    for verb in ["deploy", "check", "render", "diff", "pin"] {
        let run = Sandbox::new().airunway(&[verb, "-f", "https://example.invalid/a b.yaml"]);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains("URLs are not read"), "{run}");
        let hint = format!("curl -fsSL 'https://example.invalid/a b.yaml' | kubectl airunway {verb} -f -");
        assert!(run.stderr.contains(&hint), "{run}");
    }
}

#[test]
fn a_namespace_that_cannot_be_is_the_flags_fault() {
    let sandbox = Sandbox::new();
    sandbox
        .write("ok.yaml", "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a}\n");
    for verb in ["deploy", "check", "render"] {
        let run = sandbox.airunway(&[verb, "-f", "ok.yaml", "-n", "Bad_NS"]);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains("--namespace") && !run.stderr.contains("ok.yaml:"), "{run}");
    }
}
