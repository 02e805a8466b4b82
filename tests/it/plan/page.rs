//! `docs/test-plan.md` is made from the plan and current.

use super::edits::names;
use kubectl_airunway::core::plan::{Check, Group, checks};
use std::fmt::Write as _;
use std::path::Path;

fn heading(group: Group) -> &'static str {
    match group {
        Group::Precondition => "Preconditions",
        Group::Provider => "The Direct vLLM provider",
        Group::Versions => "Versions",
        Group::Gpu => "Models on GPUs",
        Group::Controller => "The controller",
        Group::Gateway => "The gateway",
        Group::Mocker => "Dynamo without GPUs",
        Group::Beyond => "Beyond the plan",
    }
}

fn section(page: &mut String, check: &Check) {
    let needs = match check.needs {
        [] => "nothing".to_owned(),
        needs => needs.join(", "),
    };
    write!(page, "\n### {}: {}\n\n{}\n\nNeeds: {needs}.", check.id, check.title, check.proves).unwrap();
    if check.uses.disrupts {
        page.push_str(" Runs with `--disruptive` only.");
    }
    page.push_str("\n\n");
    for step in (check.script)(&names()) {
        let words = step.words();
        let Some((first, rest)) = words.split_first() else { continue };
        writeln!(page, "1. {}", code(first)).unwrap();
        for line in rest {
            writeln!(page, "   - {}", code(line)).unwrap();
        }
    }
    write!(page, "\nIf it fails: {}\n", check.failure).unwrap();
}

/// A line that Markdown leaves as it is.
fn code(line: &str) -> String {
    let fence = if line.contains('`') { "``" } else { "`" };
    format!("{fence}{line}{fence}")
}

fn page() -> String {
    let mut page = String::from(
        "# The test plan\n\nWhat `kubectl airunway e2e` does and asserts. The page is generated from the plan itself: \
         `UPDATE=1 cargo test --test it plan_page`. The namespace is `vllm-test` here, the run `t1`.\n\n\
         | check | asserts | needs |\n|---|---|---|\n",
    );
    for check in checks::all() {
        let needs = if check.needs.is_empty() { "-".to_owned() } else { check.needs.join(", ") };
        writeln!(page, "| {} | {} | {needs} |", check.id, check.title).unwrap();
    }
    let mut group = None;
    for check in checks::all() {
        if group != Some(check.group) {
            group = Some(check.group);
            write!(page, "\n## {}\n", heading(check.group)).unwrap();
        }
        section(&mut page, check);
    }
    page
}

#[test]
fn plan_page_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/test-plan.md");
    let expected = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "docs/test-plan.md is out of date: UPDATE=1 cargo test --test it plan_page");
}
