//! Pages that name tests: each name is that of a test.

use std::collections::BTreeSet;
use std::fs;

use super::{files, root};

/// Names of functions that are tests, by their last word.
fn tests() -> BTreeSet<String> {
    let sources = ["src", "tests"].iter().flat_map(|folder| files(&root().join(folder)));
    let mut names = BTreeSet::new();
    for source in sources.filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let text = fs::read_to_string(&source).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let of_test = |pair: &[&str]| pair[0] == "#[test]" || pair[0].starts_with("#[tokio::test");
        for pair in lines.windows(2).filter(|pair| of_test(pair)) {
            let name = pair[1].trim_start_matches("async ").trim_start_matches("fn ");
            names.insert(name.split('(').next().unwrap_or_default().to_owned());
        }
    }
    names
}

#[test]
fn each_end_of_a_wait_names_a_test_that_exists() {
    let page = fs::read_to_string(root().join("docs/wait.md")).unwrap();
    let tests = tests();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && line.contains("::")).collect();
    assert!(rows.len() >= 20, "the table has {} rows", rows.len());
    for row in rows {
        let named = row.rsplit('`').nth(1).and_then(|path| path.rsplit("::").next()).unwrap_or_default();
        assert!(tests.contains(named), "{named} is no test: {row}");
    }
}
