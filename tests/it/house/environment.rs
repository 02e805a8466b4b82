//! Every variable that the program reads is on the page that lists them, and the page lists no other.

use std::collections::BTreeSet;
use std::fs;

use super::{house, root};

/// Words in capitals that stand beside the environment and are no variables that are read.
const OTHERS: &[&str] = &["AIRUNWAY_TEST_PANIC", "CARGO_PKG_VERSION", "GET", "HTTPS", "SHELL", "TLS"];
/// Variables that a library or the system reads for the program.
const OF_LIBRARIES: &[&str] = &["ALL_PROXY", "all_proxy", "TMPDIR", "TEMP", "USERPROFILE"];
/// Variables that are named as not being read.
const WRITTEN: &[&str] = &["KUBERNETES_EXEC_INFO", "PORT", "LOG_LEVEL"];

fn is_name(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        || matches!(word, "https_proxy" | "http_proxy" | "no_proxy")
}

/// What stands in quotes where the environment is at hand, or is the value of a constant named so.
fn read() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, source) in house() {
        let lines: Vec<(usize, &str)> = source.lines().collect();
        let asks =
            ["environment.get(", "environment.text(", "environment.path(", "&Environment", "variable(\""];
        let beside = !path.starts_with("core/")
            && lines.iter().any(|(_, line)| asks.iter().any(|ask| line.contains(ask.trim_end_matches('"'))));
        for (number, word) in source.literals() {
            let line = lines.iter().find(|(at, _)| at == number).map_or("", |(_, line)| line);
            let named = line.contains("VARIABLE: &str") || line.contains("SUMMARY: &str");
            if is_name(word) && (named || beside) && !OTHERS.contains(&word.as_str()) {
                found.insert(word.clone());
            }
        }
    }
    found
}

#[test]
fn every_variable_is_on_its_page() {
    let page = fs::read_to_string(root().join("docs/environment.md")).unwrap();
    let words: BTreeSet<String> =
        page.split('`').skip(1).step_by(2).filter(|word| is_name(word)).map(str::to_owned).collect();
    let read = read();
    let missing: Vec<&String> = read.difference(&words).collect();
    assert!(missing.is_empty(), "read, and not in docs/environment.md: {missing:?}");
    let known = |word: &&String| {
        let word = word.as_str();
        !OF_LIBRARIES.contains(&word) && !WRITTEN.contains(&word)
    };
    let stale: Vec<&String> = words.difference(&read).filter(known).collect();
    assert!(stale.is_empty(), "in docs/environment.md, and never read: {stale:?}");
}

#[test]
fn variables_are_read_in_one_place() {
    for (path, source) in house() {
        if path == "io/environment.rs" {
            continue;
        }
        for (number, line) in source.lines() {
            let ambient = ["env::var", "env::vars", "env::home_dir", "env::set_var"];
            assert!(!ambient.iter().any(|word| line.contains(word)), "src/{path}:{number}: {line}");
        }
    }
}
