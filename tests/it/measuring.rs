//! What a run costs in memory, whatever this test process holds at that moment.
//!
//! Linux charges a process with the memory of the one that starts it: `exec` carries the largest resident set over. A test
//! process that many tests share is large, so a fresh one starts the program and says what that took.

use std::process::Command;

use serde_json::{Value, json};
use wait4::Wait4 as _;

/// Set in the fresh test process: what it has to start.
const TASK: &str = "AIRUNWAY_TEST_MEASURES";

/// Runs a command once more, and gives its largest resident set in bytes.
pub(crate) fn peak_of(command: &Command) -> u64 {
    let text = |part: &std::ffi::OsStr| part.to_str().expect("a text").to_owned();
    let variables = command.get_envs().filter_map(|(name, value)| Some((text(name), json!(text(value?)))));
    let task = json!({
        "program": text(command.get_program()),
        "arguments": command.get_args().map(text).collect::<Vec<_>>(),
        "folder": command.get_current_dir().map(|folder| text(folder.as_os_str())),
        "variables": variables.collect::<serde_json::Map<String, Value>>(),
    });
    let here = module_path!().split_once("::").map_or("", |(_, path)| path);
    let here = format!("{here}::a_fresh_process_measures_what_it_is_told_to");
    let fresh = Command::new(std::env::current_exe().expect("this test program"))
        .args(["--exact", &here, "--nocapture"])
        .env(TASK, task.to_string())
        .output()
        .expect("the fresh process starts");
    let said = String::from_utf8_lossy(&fresh.stdout);
    let peak = said.lines().find_map(|line| line.split_once("peak=")?.1.parse().ok());
    peak.unwrap_or_else(|| panic!("no figure: {said}{}", String::from_utf8_lossy(&fresh.stderr)))
}

#[test]
fn a_fresh_process_measures_what_it_is_told_to() {
    let Ok(task) = std::env::var(TASK) else {
        // Told nothing, it measures itself being told: the figure is that of a small program.
        let own = peak_of(Command::new(crate::support::program()).arg("--version").env_clear());
        assert!((1 << 20..64 << 20).contains(&own), "{own} bytes");
        return;
    };
    let task: Value = serde_json::from_str(&task).unwrap();
    let mut command = Command::new(task["program"].as_str().unwrap());
    command.args(task["arguments"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()));
    command.env_clear();
    for (name, value) in task["variables"].as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    if let Some(folder) = task["folder"].as_str() {
        command.current_dir(folder);
    }
    let null = std::process::Stdio::null;
    let mut child = command.stdin(null()).stdout(null()).stderr(null()).spawn().unwrap();
    println!("\npeak={}", child.wait4().unwrap().rusage.maxrss);
}
