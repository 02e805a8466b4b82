//! The help of every verb, so that a change of it is seen.

use crate::support::Sandbox;

fn help(arguments: &[&str]) -> String {
    Sandbox::new().airunway(arguments).to_string()
}

#[test]
fn of_the_program() {
    insta::assert_snapshot!(help(&["--help"]));
}

#[test]
fn of_each_verb() {
    for verb in ["deploy", "render", "check", "diff", "pin", "verify-version", "e2e", "version", "completion"]
    {
        insta::assert_snapshot!(format!("{verb}-short"), help(&[verb, "-h"]));
        insta::assert_snapshot!(format!("{verb}-long"), help(&[verb, "--help"]));
    }
}

#[test]
fn of_recipes() {
    for verb in ["apply-recipe", "recipe"] {
        insta::assert_snapshot!(format!("{verb}-long"), help(&[verb, "--help"]));
    }
    insta::assert_snapshot!("apply-recipe-short", help(&["apply-recipe", "-h"]));
    for verb in ["list", "show", "diff"] {
        insta::assert_snapshot!(format!("recipe-{verb}-long"), help(&["recipe", verb, "--help"]));
    }
}

#[test]
fn no_arguments_show_the_help() {
    let run = Sandbox::new().airunway::<&str>(&[]);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("Usage: kubectl airunway"), "{run}");
    assert_eq!(run.stderr, "");
}

#[test]
fn the_version_is_one_line_on_stdout() {
    insta::assert_snapshot!(help(&["--version"]), @r"
    kubectl-airunway 0.1.0
    [exit 0]
    ");
}
