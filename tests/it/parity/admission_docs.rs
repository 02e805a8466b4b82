//! `docs/rules.md` is made from the table of rules and current.

use kubectl_airunway::core::kubernetes::finding::Severity;
use kubectl_airunway::core::kubernetes::rule::{Rule, Stage};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

fn heading(stage: Stage) -> &'static str {
    match stage {
        Stage::Input => "The whole input",
        Stage::Decode => "Reading the object (the server answers 400)",
        Stage::Schema => "Schema and metadata (422)",
        Stage::Webhook => "AI Runway's validating webhook (403)",
        Stage::Warning => "Warnings of the server",
        Stage::Advice => "Beyond the server: accepted, then failing or changed",
        Stage::Preflight => {
            "Preflight: what the cluster lacks, looked at by `deploy` and `apply-recipe` before the write"
        }
    }
}

fn page() -> String {
    let mut page = String::from(
        "# Rules\n\nEvery finding of `kubectl airunway check` names one of these rules. Ids never change. The page is \
         generated from the program's own table: `UPDATE=1 cargo test --test it rules_page`.\n",
    );
    let mut stage = None;
    for rule in Rule::all() {
        if stage != Some(rule.stage) {
            stage = Some(rule.stage);
            write!(page, "\n## {}\n", heading(rule.stage)).expect("a String takes text");
        }
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        write!(page, "\n### {}\n\n{} ({severity})\n\n{}\n", rule.id, rule.title, rule.about).expect("text");
        if !rule.hint.is_empty() {
            write!(page, "\nFix: {}\n", rule.hint).expect("text");
        }
    }
    page
}

#[test]
fn rules_page_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let expected = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("a writable tree");
        std::fs::write(&file, &expected).expect("a writable tree");
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "docs/rules.md is out of date: UPDATE=1 cargo test --test it rules_page");
}

#[test]
fn rules_are_well_formed() {
    let mut ids = HashSet::new();
    for rule in Rule::all() {
        assert!(ids.insert(rule.id), "{} twice", rule.id);
        assert!(rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.id);
        assert!(!rule.title.is_empty() && !rule.title.ends_with('.'), "{}", rule.id);
        assert!(rule.about.ends_with('.'), "{}", rule.id);
        assert!(!rule.hint.ends_with('.'), "{}", rule.id);
        assert_eq!(Rule::named(rule.id), Some(rule));
    }
}
