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

/// One word has one meaning in all verbs; what it was called before still works and is shown nowhere.
#[test]
fn old_names_of_flags_work_and_are_not_shown() {
    let sandbox = Sandbox::new();
    for (verb, old, new, more) in [
        ("render", "--explain", "--scores", &["org/m", "--provider", "vllm"][..]),
        ("apply-recipe", "--explain", "--provenance", &["org/m", "--dry-run", "--recipes", "nowhere"]),
        (
            "apply-recipe",
            "--force",
            "--allow-unsupported-hardware",
            &["org/m", "--dry-run", "--recipes", "nowhere"],
        ),
        ("verify-version", "--offline", "--no-registry", &["--image-archive", "nowhere"]),
    ] {
        let with = |flag: &str| {
            let words: Vec<&str> = [verb, flag].into_iter().chain(more.iter().copied()).collect();
            sandbox.airunway(&words).to_string()
        };
        assert_eq!(with(old), with(new));
        assert!(!with(old).contains("unexpected argument"), "{}", with(old));
        let help = help(&[verb, "--help"]);
        let shown = |flag: &str| help.lines().any(|line| line.trim() == flag);
        assert!(shown(new) && !shown(old), "{help}");
    }
}

#[test]
fn short_help_counts_what_it_leaves_out() {
    for verb in [&["deploy"][..], &["check"], &["recipe", "list"]] {
        let of = |flag: &str| help(&[verb, &[flag]].concat());
        let flags = |text: &str| text.lines().filter(|line| line.trim_start().starts_with('-')).count();
        let (short, long) = (of("-h"), of("--help"));
        // In the long help a value that may be chosen begins with a dash, too, and so may examples in neither.
        let said = short.lines().find_map(|line| {
            line.strip_suffix(&format!(" more flags: kubectl airunway {} --help", verb.join(" ")))
        });
        let choices = long.lines().filter(|line| line.trim_start().starts_with("- ")).count();
        assert_eq!(
            said.map(str::to_owned),
            Some((flags(&long) - choices - flags(&short)).to_string()),
            "{short}"
        );
    }
}
