//! A bug ends the program with exit code 70, one line, and where to report it, wherever it happens.

use crate::support::terminal::Terminal;
use crate::support::{Run, Sandbox};
use std::process::{Command, Stdio};

fn command(sandbox: &Sandbox, place: &str) -> Command {
    let mut command = sandbox.command(&["version"]);
    command.env("AIRUNWAY_TEST_PANIC", place).env("CI", "true");
    command
}

fn run(place: &str) -> Run {
    let sandbox = Sandbox::new();
    let run = sandbox.finish(command(&sandbox, place), b"");
    // The line of the source is not what this is about.
    let line = run.stderr.split_once("src/app.rs:").and_then(|(_, rest)| rest.split_once(')'));
    let line = line.map(|(place, _)| place.to_owned()).expect("the place in the source");
    run.replace(&line, "[LINE]").replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
}

#[test]
fn a_bug_is_one_line_and_where_to_report_it() {
    insta::assert_snapshot!(run("main"));
}

#[test]
fn a_bug_in_another_thread_ends_the_program_too() {
    insta::assert_snapshot!(run("worker"));
}

#[test]
fn of_several_bugs_at_once_one_is_told() {
    let run = run("workers");
    assert_eq!(run.code, Some(70), "{run}");
    assert_eq!(run.stderr.matches("error: a bug in ").count(), 1, "{run}");
}

#[test]
fn a_backtrace_is_there_for_those_who_ask() {
    let sandbox = Sandbox::new();
    let mut command = command(&sandbox, "main");
    command.env("RUST_BACKTRACE", "1");
    let run = sandbox.finish(command, b"");
    assert_eq!(run.code, Some(70), "{run}");
    let (_, backtrace) = run.stderr.split_once("/issues\n").expect("where to report it");
    assert!(backtrace.contains("kubectl_airunway::app::"), "{run}");
}

#[test]
fn a_bug_without_anybody_to_tell_has_the_same_code() {
    let sandbox = Sandbox::new();
    let mut child = command(&sandbox, "main")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("the program ends").code(), Some(70));
}

#[test]
fn a_terminal_is_left_as_it_was() {
    let sandbox = Sandbox::new();
    let mut command = command(&sandbox, "main");
    command.env_remove("CI");
    let (code, _, screen) = Terminal::start(command).finish();
    assert_eq!(code, Some(70), "{screen}");
    let (_, told) = screen.rsplit_once("\r\u{1b}[2K\u{1b}[?25h").expect("the redrawn line is taken away");
    assert!(told.starts_with("\u{1b}[1;31merror:\u{1b}[0m a bug in the main thread"), "{screen:?}");
}
