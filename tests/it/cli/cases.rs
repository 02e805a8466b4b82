//! The cases of `tests/fixtures/cases`: what people met, in small, each with its command and what must come out. The
//! README there says what the members of a `case.json` mean.

mod server;
mod wishes;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value;

use crate::support::{Run, Sandbox};
use server::Server;

/// Cases that ask for the wrong thing, with the reason; each must go on failing, or its line here is out of date.
const WRONG: [(&str, &str); 1] =
    [("a-env-number", "it wants the finding at line 17, but the value without quotes stands in line 18")];
/// Cases that run beside each other: most wait for a process.
const BESIDE: usize = 4;

#[test]
fn of_objects() {
    pass('a');
}

#[test]
fn of_launch_commands() {
    pass('b');
}

#[test]
fn of_files() {
    pass('c');
}

#[test]
fn of_flags_and_connections() {
    pass('d');
}

#[test]
fn of_registries() {
    pass('e');
}

#[test]
fn of_recipes() {
    pass('f');
}

#[test]
fn of_hostile_input() {
    pass('h');
}

#[test]
fn every_case_is_of_a_group_that_is_run() {
    for name in names() {
        assert!(name.starts_with(['a', 'b', 'c', 'd', 'e', 'f', 'h']), "no test runs {name}");
    }
    for (name, _) in WRONG {
        assert!(folder().join(name).exists(), "{name} is gone");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases")
}

fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().join("case.json").exists());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// All cases of a group do what they want, those of [`WRONG`] apart.
fn pass(group: char) {
    let waiting = Mutex::new(names().into_iter().filter(|name| name.starts_with(group)).collect::<Vec<_>>());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..BESIDE {
            scope.spawn(|| {
                loop {
                    let Some(name) = waiting.lock().unwrap().pop() else { break };
                    let wrong = WRONG.iter().find(|(wrong, _)| *wrong == name);
                    match (outcome(&name), wrong) {
                        (bad, None) if !bad.is_empty() => {
                            failed.lock().unwrap().push(format!("{name}:\n  {}", bad.join("\n  ")));
                        }
                        (bad, Some(_)) if bad.is_empty() => {
                            failed.lock().unwrap().push(format!("{name} passes: take it off the list"));
                        }
                        _ => {}
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Runs a case; what is not as it wants.
fn outcome(name: &str) -> Vec<String> {
    let source = folder().join(name);
    let case: Value = serde_json::from_slice(&fs::read(source.join("case.json")).unwrap()).unwrap();
    let sandbox = Sandbox::new();
    let work = sandbox.path().join("case");
    copy(&source, &work);
    // It is no input: commands may read the whole directory.
    fs::remove_file(work.join("case.json")).unwrap();
    let server = case.get("serve").map(|answers| Server::start(answers.clone(), work.clone()));
    let port = server.as_ref().map_or(1, |server| server.port);
    let fill =
        |text: &str| text.replace("{port}", &port.to_string()).replace("{dir}", &work.display().to_string());
    fill_in(&work, &fill);
    let run = run(&case, &sandbox, &work, &fill);
    let mut bad = wishes::unmet(&case["want"], &run);
    if !bad.is_empty() {
        bad.push(format!("stderr: {}", run.stderr.lines().take(3).collect::<Vec<_>>().join(" | ")));
    }
    bad
}

fn run(case: &Value, sandbox: &Sandbox, work: &Path, fill: &dyn Fn(&str) -> String) -> Run {
    let words = case["command"].as_array().unwrap();
    let words: Vec<String> = words.iter().map(|word| fill(word.as_str().unwrap())).collect();
    let (home, none) = (sandbox.path().join("home"), sandbox.path().join("none"));
    fs::create_dir_all(&home).unwrap();
    let mut command = sandbox.command(&words);
    command
        .current_dir(work)
        .env_remove("COLUMNS")
        .env("HOME", home)
        .env("KUBECONFIG", &none)
        .env("DOCKER_CONFIG", &none)
        .env("CONTAINERS_REGISTRIES_CONF", &none)
        .env("NO_COLOR", "1")
        .env("TMPDIR", sandbox.path());
    for (name, value) in case.get("env").and_then(Value::as_object).into_iter().flatten() {
        command.env(name, fill(value.as_str().unwrap()));
    }
    let stdin = case.get("stdin").map(|name| fs::read(work.join(name.as_str().unwrap())).unwrap());
    sandbox.finish(command, &stdin.unwrap_or_default())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Writes each `name.tmpl` as `name` with the port and the directory in it.
fn fill_in(folder: &Path, fill: &dyn Fn(&str) -> String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fill_in(&path, fill);
        } else if path.extension().is_some_and(|ending| ending == "tmpl") {
            fs::write(path.with_extension(""), fill(&fs::read_to_string(&path).unwrap())).unwrap();
        }
    }
}
