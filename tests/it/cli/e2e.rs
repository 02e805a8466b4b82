//! `e2e` without a cluster: what there is, and command lines that mean nothing.

use crate::support::Sandbox;

#[test]
fn the_list_has_every_check() {
    let run = Sandbox::new().airunway(&["e2e", "--list"]);
    assert_eq!(run.code, Some(0), "{run}");
    for check in ["S1 ", "1a ", "5d ", "14 ", "X1 "] {
        assert!(run.stdout.lines().any(|line| line.starts_with(check)), "{check}\n{run}");
    }
    let some = Sandbox::new().airunway(&["e2e", "--list", "5"]);
    assert_eq!(some.stdout.lines().filter(|line| line.starts_with('5')).count(), 4, "{some}");
    let json = Sandbox::new().airunway(&["e2e", "--list", "-o", "json", "1a"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok(), "{json}");
}

#[test]
fn what_is_not_a_check_is_a_usage_error() {
    let run = Sandbox::new().airunway(&["e2e", "5e"]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("error: there is no check \"5e\"\n"), "{run}");
    assert!(run.stderr.contains("hint: did you mean 5a?"), "{run}");
    let hostile = Sandbox::new().airunway(&["e2e", "\u{1b}[2J\n::error::x"]);
    assert_eq!(hostile.code, Some(2), "{hostile}");
    assert!(!hostile.stderr.contains('\u{1b}') && !hostile.stderr.contains("\n::"), "{hostile}");
}

#[test]
fn nothing_to_run_is_not_a_success() {
    let run = Sandbox::new().airunway(&["e2e", "5", "--skip", "5=slow"]);
    assert_eq!(run.code, Some(4), "{run}");
}

#[test]
fn without_a_cluster_it_says_so() {
    let run = Sandbox::new().airunway(&["e2e", "4"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("kubeconfig"), "{run}");
}
