//! The rules of the house, read from the sources: which floor may know which, and what the pure floor may not touch.

mod krew;

use std::fs;
use std::path::{Path, PathBuf};

/// A floor: its folder or file, what it may import of ours, and the words that may not appear in its code.
struct Floor {
    folder: &'static str,
    may_use: &'static [&'static str],
    forbidden: &'static [&'static str],
}

const FLOORS: [Floor; 7] = [
    // The ground: what every floor but core may name, and what knows none of them.
    Floor { folder: "error.rs", may_use: &["exit"], forbidden: &[] },
    Floor { folder: "exit.rs", may_use: &[], forbidden: &[] },
    Floor {
        folder: "core",
        may_use: &["core"],
        forbidden: &[
            "kube::",
            "tokio::",
            "clap::",
            "reqwest::",
            "futures::",
            "indicatif::",
            "dialoguer::",
            "std::fs",
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "ToSocketAddrs",
            "std::env",
            "std::process",
            "std::io::std",
            "Instant::now",
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
            "async fn",
            ".await;",
            ".await?",
            ".await)",
        ],
    },
    Floor {
        folder: "io",
        may_use: &["io", "core", "error", "exit"],
        forbidden: &["clap::", "indicatif::", "dialoguer::"],
    },
    Floor {
        folder: "ui",
        may_use: &["ui", "core", "error", "exit"],
        forbidden: &["kube::", "reqwest::", "tokio::"],
    },
    Floor {
        folder: "report",
        may_use: &["report", "core", "error", "exit"],
        forbidden: &["kube::", "reqwest::", "tokio::", "clap::"],
    },
    Floor {
        folder: "commands",
        may_use: &["commands", "ui", "report", "io", "core", "error", "exit"],
        forbidden: &[
            "kube::",
            "reqwest::",
            "rustls::",
            "std::env",
            "std::fs",
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
        ],
    },
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of a source with their numbers, without comments and without the unit tests at its end.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim() == "#[cfg(test)]" {
            break;
        }
        let line = line.trim_start();
        if !line.starts_with("//") {
            lines.push((index + 1, line.to_owned()));
        }
    }
    lines
}

/// Modules of ours that a line names, `crate::io::x` giving `io`.
fn modules_named(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        // `$crate::` of a macro and `kubectl_airunway::` are ours as well; another crate's name never ends in `crate`.
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or_default();
            names.extend(
                list.split(',').map(|item| item.trim().split("::").next().unwrap_or_default().to_owned()),
            );
        } else {
            names.push(
                rest.chars()
                    .take_while(|character| character.is_alphanumeric() || *character == '_')
                    .collect(),
            );
        }
    }
    names
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn imports_go_down_only() {
    let mut breaches = Vec::new();
    for floor in &FLOORS {
        for path in sources(&root().join("src").join(floor.folder)) {
            for (number, line) in code(&path) {
                let up =
                    modules_named(&line).into_iter().filter(|name| !floor.may_use.contains(&name.as_str()));
                breaches.extend(up.map(|name| {
                    format!("{}:{number}: {} may not use crate::{name}", relative(&path), floor.folder)
                }));
                let words = floor.forbidden.iter().filter(|word| line.contains(**word));
                breaches.extend(words.map(|word| {
                    format!("{}:{number}: {} may not use {word}", relative(&path), floor.folder)
                }));
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn only_ui_writes_to_the_terminal() {
    let mut breaches = Vec::new();
    for path in sources(&root().join("src")) {
        if path.starts_with(root().join("src/ui")) {
            continue;
        }
        for (number, line) in code(&path) {
            for word in ["println!", "eprintln!", "print!(", "io::stdout()", "io::stderr()"] {
                if line.contains(word) {
                    breaches.push(format!("{}:{number}: {word} outside src/ui", relative(&path)));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn the_environment_is_read_in_one_place() {
    let readers = ["src/io/environment.rs", "src/io/world.rs", "src/main.rs"].map(|path| root().join(path));
    let mut breaches = Vec::new();
    for path in sources(&root().join("src")).into_iter().filter(|path| !readers.contains(path)) {
        for (number, line) in code(&path) {
            for word in ["env::var", "env::home_dir", "env::current_dir", "env::args"] {
                if line.contains(word) {
                    breaches.push(format!("{}:{number}: {word}, which the World hands in", relative(&path)));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn a_breach_is_seen() {
    assert_eq!(modules_named("use crate::io::files;"), ["io"]);
    assert_eq!(modules_named("use crate::{io::x, ui};"), ["io", "ui"]);
    assert_eq!(modules_named("crate::core::yaml::parse(crate::ui::x)"), ["core", "ui"]);
}

#[test]
fn every_fixture_folder_names_its_source_and_licence() {
    let fixtures = root().join("tests/fixtures");
    for entry in fs::read_dir(&fixtures).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let readme = fs::read_to_string(path.join("README.md"))
                .unwrap_or_else(|_| panic!("{} has no README.md with source and licence", relative(&path)));
            assert!(readme.to_lowercase().contains("licen"), "{}: no licence named", relative(&path));
        }
    }
}
