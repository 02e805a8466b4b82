//! Wrong command lines: one message, the way out, exit code 2.

use crate::support::{Run, Sandbox};

fn run(arguments: &[&str]) -> Run {
    Sandbox::new().airunway(arguments)
}

#[test]
fn a_mistyped_flag_names_the_nearest() {
    insta::assert_snapshot!(run(&["deploy", "org/model", "--provder", "vllm"]));
}

#[test]
fn a_mistyped_verb_names_the_nearest() {
    insta::assert_snapshot!(run(&["depoly"]));
}

#[test]
fn a_model_or_a_file_is_needed() {
    insta::assert_snapshot!(run(&["deploy"]));
}

#[test]
fn values_that_do_not_fit_their_flag() {
    let cases: [&[&str]; 16] = [
        &["--env", "A"],
        &["--env", "A=secret:x"],
        &["--volume", "size=1Gi"],
        &["--volume", "name=a,colour=red"],
        &["--toleration", "key"],
        &["--toleration", "key:Sometimes"],
        &["--label", "key"],
        &["--override", "a"],
        &["--override", "a..b=1"],
        &["--arg", "--max-num-seqs=4"],
        &["--gpus", "many"],
        &["--timeout", "soon"],
        &["--request-timeout", "soon"],
        &["-o", "table"],
        &["--platform", "linux"],
        &["--airunway-version", "v9.9.9"],
    ];
    let mut text = String::new();
    for case in cases {
        let mut arguments =
            vec!["deploy", "org/model", "--provider", "vllm", "--dry-run=client", "--pin=never"];
        arguments.extend(case);
        let answer = run(&arguments);
        assert_eq!(answer.code, Some(2), "{case:?}: {answer}");
        assert_eq!(answer.stdout, "", "{case:?}");
        text.push_str(&format!("$ {}\n{answer}\n\n", case.join(" ")));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn prefix_caching_cannot_be_switched_off_where_nothing_would_carry_it() {
    insta::assert_snapshot!(run(&[
        "deploy",
        "org/model",
        "--provider",
        "kaito",
        "--no-prefix-caching",
        "--dry-run"
    ]));
}

#[test]
fn no_name_can_be_made_of_some_model_ids() {
    insta::assert_snapshot!(run(&["deploy", "@/@", "--dry-run"]));
}

#[test]
fn flags_cannot_change_several_objects() {
    let sandbox = Sandbox::new();
    let one = |name: &str| {
        format!(
            "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {{name: {name}}}\nspec: {{model: {{id: org/m}}}}\n"
        )
    };
    sandbox.write("two.yaml", format!("{}---\n{}", one("a"), one("b")));
    insta::assert_snapshot!(sandbox.airunway(&["deploy", "-f", "two.yaml", "--gpus", "2", "--dry-run"]));
}

#[test]
fn a_namespace_that_contradicts_the_file() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "a.yaml",
        "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a, namespace: team}\nspec: {model: {id: org/m}}\n",
    );
    insta::assert_snapshot!(sandbox.airunway(&["deploy", "-f", "a.yaml", "-n", "other", "--dry-run"]));
}
