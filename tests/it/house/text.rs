//! Text from outside is cleaned in one place: who writes a line for people lets `core::text` end it.

use super::house;

/// Who ends lines by hand, and why that is right there. Everyone else writes to `core::text::Lines`, through `Ui`, or a table.
const BY_HAND: [(&str, &str); 9] = [
    ("commands/check.rs", "the text of a rule is ours"),
    ("commands/pin/manifests.rs", "the user's own documents"),
    ("commands/render.rs", "YAML documents"),
    ("report/check/json.rs", "JSON"),
    ("report/check/sarif.rs", "a string in JSON"),
    ("report/json.rs", "JSON"),
    ("report/plan/github.rs", "commands of GitHub's runner"),
    ("report/suite/junit.rs", "XML"),
    ("report/suite/markdown.rs", "Markdown"),
];
/// Where the terminal is written to.
const PAINTERS: [&str; 3] = ["ui/bug.rs", "ui/mod.rs", "ui/talk.rs"];

#[test]
fn lines_for_people_are_ended_by_one_writer() {
    let mut breaches = Vec::new();
    let mut by_hand = Vec::new();
    for (path, source) in house() {
        if !["commands/", "report/"].iter().any(|floor| path.starts_with(floor)) {
            continue;
        }
        let ends = source.literals().iter().filter(|(_, text)| text.contains("\\n"));
        let formats = source.lines().filter(|(_, line)| line.contains("data(&format!"));
        let places: Vec<usize> = ends.map(|(line, _)| *line).chain(formats.map(|(line, _)| line)).collect();
        if places.is_empty() {
            continue;
        }
        by_hand.push(path.clone());
        if BY_HAND.iter().all(|(file, _)| *file != path) {
            breaches.extend(places.iter().map(|line| format!("src/{path}:{line}: a line is ended by hand")));
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
    let stale: Vec<_> = BY_HAND.iter().filter(|(file, _)| !by_hand.iter().any(|path| path == file)).collect();
    assert!(stale.is_empty(), "no longer needed: {stale:?}");
}

#[test]
fn only_the_painters_write_to_the_terminal() {
    for (path, source) in house() {
        if !path.starts_with("ui/") || PAINTERS.contains(&path.as_str()) {
            continue;
        }
        for (number, line) in source.lines() {
            let words = ["write_all(", "writeln!(", "write!(", "stderr()", "stdout()"];
            // indicatif draws its line itself, of a message that was cleaned.
            let draws = line.contains("ProgressDrawTarget::stderr()");
            assert!(draws || !words.iter().any(|word| line.contains(word)), "src/{path}:{number}: {line}");
        }
    }
}
