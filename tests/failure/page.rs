//! `docs/reliability.md` is written from the tables, and a test keeps it current.

use std::fmt::Write as _;
use std::path::Path;

use crate::bench::{DEPLOY, Row};

const HEAD: &str = "# Under failure

What `deploy` does while something goes wrong. Each row is a test: a proxy in front of a real Kubernetes control plane, or \
the cluster behind it, does what the first column says, and the command has to end as the others say. The page is generated \
from the tests' own tables: `UPDATE=1 cargo test --test failure page`.
";

fn page() -> String {
    let mut text = format!("{HEAD}\nThe command: `kubectl airunway {}`.\n", DEPLOY.join(" "));
    for (title, rows) in crate::rows::tables() {
        let _ = write!(
            text,
            "\n## {title}\n\n| What is done to it | Exit code | It says | It ends | Requests at most |\n|---|---|---|---|---|\n"
        );
        for row in rows {
            line(&mut text, &row);
        }
    }
    text
}

fn line(text: &mut String, row: &Row) {
    let says: Vec<String> = row.says.iter().map(|words| format!("`{}`", words.trim())).collect();
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} | {} |",
        row.done,
        row.exit,
        says.join(", "),
        row.ends.words(),
        row.most
    );
}

#[test]
fn the_page_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let expected = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &expected).expect("a writable tree");
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "docs/reliability.md is out of date: UPDATE=1 cargo test --test failure page");
}
