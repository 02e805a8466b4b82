//! The rules of the house, read from the sources: which floor may know which, what the pure floor may not touch, and which
//! names live in one folder.

mod environment;
mod krew;
mod names;
mod pages;
mod source;
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

/// A floor: its folder or file, what it may import of ours, and the words that may not appear in its code.
struct Floor {
    place: &'static str,
    may_use: &'static [&'static str],
    forbidden: &'static [&'static str],
}

const PURE: &[&str] = &[
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
];

const FLOORS: [Floor; 10] = [
    Floor { place: "core/", may_use: &["core"], forbidden: PURE },
    Floor {
        place: "io/",
        may_use: &["io", "core", "error", "exit"],
        forbidden: &["clap::", "indicatif::", "dialoguer::"],
    },
    Floor {
        place: "ui/",
        may_use: &["ui", "core", "error", "exit"],
        forbidden: &["kube::", "reqwest::", "tokio::"],
    },
    Floor {
        place: "report/",
        may_use: &["report", "core", "error", "exit"],
        forbidden: &["kube::", "reqwest::", "tokio::", "clap::"],
    },
    Floor {
        place: "commands/",
        may_use: &["commands", "ui", "report", "io", "core", "error", "exit"],
        forbidden: &[
            "kube::",
            "reqwest::",
            "rustls::",
            "std::env",
            "std::fs",
            "Instant::now",
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
        ],
    },
    // The ground: every floor above `core` may know how the program ends and what an error is.
    Floor { place: "exit.rs", may_use: &[], forbidden: &["kube::", "reqwest::", "tokio::", "clap::"] },
    Floor { place: "error.rs", may_use: &["exit"], forbidden: &["kube::", "reqwest::", "tokio::", "clap::"] },
    // The door.
    Floor {
        place: "app.rs",
        may_use: &["commands", "ui", "report", "io", "core", "error", "exit"],
        forbidden: &["kube::", "reqwest::", "tokio::"],
    },
    Floor {
        place: "lib.rs",
        may_use: &[],
        forbidden: &["kube::", "reqwest::", "tokio::", "clap::", "std::", "fn "],
    },
    Floor {
        place: "main.rs",
        may_use: &[],
        forbidden: &["kube::", "reqwest::", "tokio::", "clap::", "std::fs"],
    },
];

/// Imports that go up and are to be turned round: file, and what it names.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// All sources below `src`, by their path from there, without those that are unit tests.
fn house() -> BTreeMap<String, Source> {
    let root = root().join("src");
    let mut sources: BTreeMap<String, Source> = files(&root)
        .into_iter()
        .map(|path| {
            let source = Source::read(&fs::read_to_string(&path).unwrap());
            (path.strip_prefix(&root).unwrap().display().to_string(), source)
        })
        .collect();
    let tests: Vec<String> = sources.iter().flat_map(|(path, source)| files_of_tests(path, source)).collect();
    sources.retain(|path, _| !tests.iter().any(|test| path == test || path.starts_with(test)));
    sources
}

/// Where the unit tests of a source are that have a file or folder of their own.
fn files_of_tests(path: &str, source: &Source) -> Vec<String> {
    let folder = match path.rsplit_once('/') {
        Some((folder, "mod.rs")) => format!("{folder}/"),
        Some(_) => format!("{}/", path.trim_end_matches(".rs")),
        None if matches!(path, "lib.rs" | "main.rs") => String::new(),
        None => format!("{}/", path.trim_end_matches(".rs")),
    };
    let files = |name: &String| [format!("{folder}{name}.rs"), format!("{folder}{name}/")];
    source.test_modules().iter().flat_map(files).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How many modules a file is below the root of the crate: `core/yaml/mod.rs` two, `app.rs` one.
fn depth(path: &str) -> usize {
    let path = path.trim_end_matches("/mod.rs");
    if matches!(path, "lib.rs" | "main.rs") { 0 } else { path.split('/').count() }
}

#[test]
fn every_source_is_on_one_floor() {
    for path in house().keys() {
        let floors = FLOORS.iter().filter(|floor| path.starts_with(floor.place)).count();
        assert_eq!(floors, 1, "src/{path} is on {floors} floors");
    }
}

#[test]
fn imports_go_down_only() {
    let mut breaches = Vec::new();
    let mut excepted = Vec::new();
    for (path, source) in house() {
        let Some(floor) = FLOORS.iter().find(|floor| path.starts_with(floor.place)) else { continue };
        for (number, name) in source.modules_named(depth(&path)) {
            if let Some(exception) = EXCEPTIONS.iter().find(|exception| **exception == (&*path, &*name)) {
                excepted.push(exception);
            } else if !floor.may_use.contains(&name.as_str()) {
                breaches.push(format!("src/{path}:{number}: {} may not use crate::{name}", floor.place));
            }
        }
        for (number, line) in source.lines() {
            let words = floor.forbidden.iter().filter(|word| line.contains(**word));
            breaches
                .extend(words.map(|word| format!("src/{path}:{number}: {} may not use {word}", floor.place)));
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
    let stale: Vec<_> = EXCEPTIONS.iter().filter(|exception| !excepted.contains(exception)).collect();
    assert!(stale.is_empty(), "no longer needed: {stale:?}");
}

#[test]
fn only_ui_writes_to_the_terminal() {
    let mut breaches = Vec::new();
    for (path, source) in house() {
        if path.starts_with("ui/") {
            continue;
        }
        for (number, line) in source.lines() {
            for word in
                ["println!", "eprintln!", "print!(", "io::stdout()", "io::stderr()", "io::{stdout", "dbg!"]
            {
                if line.contains(word) {
                    breaches.push(format!("src/{path}:{number}: {word} outside src/ui"));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn files_of_unit_tests_are_found() {
    let with = |path: &str| files_of_tests(path, &Source::read("#[cfg(test)]\nmod tests;\n"));
    assert_eq!(with("core/yaml/mod.rs"), ["core/yaml/tests.rs", "core/yaml/tests/"]);
    assert_eq!(with("core/names.rs"), ["core/names/tests.rs", "core/names/tests/"]);
    assert_eq!(with("lib.rs"), ["tests.rs", "tests/"]);
    assert_eq!(with("app.rs"), ["app/tests.rs", "app/tests/"]);
    assert_eq!(
        [depth("lib.rs"), depth("app.rs"), depth("core/mod.rs"), depth("core/yaml/parse.rs")],
        [0, 1, 1, 3]
    );
}

#[test]
fn every_fixture_folder_names_its_source_and_licence() {
    let fixtures = root().join("tests/fixtures");
    for entry in fs::read_dir(&fixtures).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let shown = path.strip_prefix(root()).unwrap().display().to_string();
            let readme = fs::read_to_string(path.join("README.md"))
                .unwrap_or_else(|_| panic!("{shown} has no README.md with source and licence"));
            assert!(readme.to_lowercase().contains("licen"), "{shown}: no licence named");
        }
    }
}
