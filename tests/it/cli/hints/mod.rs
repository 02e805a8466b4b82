//! The way out works: what a hint or the help tells to type is typed.

mod paste;

use crate::support::{Run, Sandbox};

const VLLM: [&str; 3] = ["org/m", "--provider", "vllm"];
/// A deploy that asks nobody.
const ALONE: [&str; 2] = ["--dry-run", "--pin=never"];

/// Command lines that go wrong, each in its own way.
const WRONG: &[&[&str]] = &[
    &["check", "ok.yaml"],
    &["deploy", "./model"],
    &["deploy", "help"],
    &["get"],
    &["describe"],
    &["apply"],
    &["create"],
    &["run"],
    &["validate"],
    &["org/m"],
    &["ok.yaml"],
    &["depoly", "org/m"],
    &["check", "-f", "https://example.com/x.yaml"],
    &["check", "-f", "bin"],
    &["check", "--kustomize", "models"],
    &["check"],
    &["pin"],
    &["pin", "--verify"],
    &["pin", "--write", "ok.yaml"],
    &["pin", "-f", "ok.yaml", "--locked", "--lock", "no.lock"],
    &["e2e", "99z"],
    &["e2e", "--report", "xml"],
    &["recipe", "show", "x", "--recipes", "models"],
    &["recipe", "list", "--recipes", "models"],
    &["verify-version", "--platform", "linux/amd64"],
    &["check", "--explain", "provider-need-gpu"],
    &["check", "--follow", "-f", "ok.yaml"],
    &["check", "-f", "ok.yaml", "--airunway-version", "v9"],
];

/// Arguments behind a deploy of flags that must not be sent as it is.
const OF_FLAGS: &[&[&str]] = &[
    &[],
    &["--gpu", "1"],
    &["--gpus", "-1"],
    &["--seed", "-1"],
    &["--hf-token", "x"],
    &["--gpu-memory-utilization", "0.9"],
    &["--tensor-parallel-size", "2"],
    &["--served-model-name", "x"],
    &["--all-namespaces"],
    &["--wait", "false"],
    &["--preflight", "off"],
    &["--gpus", "0"],
    &["--memory", "lots"],
    &["--mode", "disaggregated"],
    &["--gpus", "1", "--mode", "disaggregated"],
    &["--engine", "vlm"],
    &["--engine", "sglang"],
    &["--name", "a.b"],
    &["--name", "A_B"],
    &["--gpus", "1", "--memory", "16"],
    &["--gpus", "1", "--name", "vllm"],
    &["--gpus", "1", "--context-length", "0"],
    &["--gpus", "1", "--replicas", "0"],
    &["--gpus", "1", "--image", "org/x:latest"],
    &["--gpus", "1", "--arg", "enforce-eager=true"],
    &["--gpus", "1", "--arg", "-x"],
    &["--gpus", "1", "--volume", "name=c"],
    &["--gpus", "1", "--volume", "name=c,size=1Gi,mode=x"],
    &["--gpus", "1", "--volume", "name=cache,purpose=modelCache,claim=models"],
    &["--gpus", "1", "--env", "HF_TOKEN=hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    &["--gpus", "1", "--", "--data-parallel-size", "2"],
    &["--gpus", "1", "--", "--api-key", "x"],
];

/// Verbs and verbs of verbs, each with a help of its own.
const VERBS: [&str; 15] = [
    "",
    "deploy",
    "apply-recipe",
    "recipe",
    "recipe list",
    "recipe show",
    "recipe diff",
    "render",
    "check",
    "diff",
    "pin",
    "verify-version",
    "e2e",
    "version",
    "completion",
];

fn hints(run: &Run) -> Vec<String> {
    let lines = run.stderr.lines().chain(run.stdout.lines());
    lines.filter_map(|line| line.trim().strip_prefix("hint: ")).map(str::to_owned).collect()
}

fn of_flags(sandbox: &Sandbox, more: &[&str]) -> Run {
    let line = [&["deploy"], &VLLM[..], &ALONE, more].concat();
    sandbox.airunway(&line)
}

#[test]
fn a_command_in_a_hint_works_when_pasted() {
    let sandbox = paste::sandbox();
    let mut pasted = 0;
    let mut faults = Vec::new();
    let runs = WRONG.iter().map(|line| (line, sandbox.airunway(line)));
    let runs = runs.chain(OF_FLAGS.iter().map(|more| (more, of_flags(&sandbox, more))));
    for (line, run) in runs {
        for command in hints(&run).iter().filter_map(|hint| paste::command_in(hint)) {
            pasted += 1;
            faults.extend(paste::fault(&sandbox, &command).map(|fault| format!("{line:?}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(pasted > 15, "only {pasted} hints hold a command");
}

#[test]
fn a_flag_in_a_hint_is_one_of_the_verb() {
    let sandbox = paste::sandbox();
    let help = sandbox.airunway(&["deploy", "--help"]).stdout;
    let has = |flag: &str| {
        let mut words = help.split([' ', ',', '\n', '=', '[']);
        words.any(|word| word == flag)
    };
    for more in OF_FLAGS {
        let run = of_flags(&sandbox, more);
        for hint in hints(&run) {
            // What stands behind `--` is the engine's.
            let own = hint.split(" -- ").next().unwrap_or_default();
            let words = own.split([' ', '=', ',', ')', ';', '?']);
            for flag in words.filter(|word| word.len() > 2 && word.starts_with("--")) {
                assert!(has(flag), "{more:?}: {hint}: deploy has no {flag}");
            }
        }
    }
}

/// Who wrote flags has no field to set.
#[test]
fn hints_about_flags_name_flags() {
    let sandbox = Sandbox::new();
    let mut said = String::new();
    for more in OF_FLAGS {
        let run = of_flags(&sandbox, more);
        for hint in hints(&run) {
            let named = hint.split("(flag: ").next().unwrap_or_default();
            let names_a_field = named.contains("spec.") && !hint.contains("(flag: ");
            assert!(!names_a_field, "{more:?}: {hint}");
            if hint != "run with --help for flags and examples" && !hint.starts_with("--force-invalid") {
                said.push_str(&format!("{}: {hint}\n", more.join(" ")));
            }
        }
    }
    insta::assert_snapshot!(said);
}

#[test]
fn examples_of_every_help_work_when_pasted() {
    let mut pasted = 0;
    for verb in VERBS {
        // One of them writes the file that others read.
        let sandbox = paste::sandbox();
        let words: Vec<&str> = verb.split(' ').filter(|word| !word.is_empty()).chain(["--help"]).collect();
        let help = sandbox.airunway(&words).stdout;
        let examples = help.split("\nExamples:\n").nth(1).unwrap_or_else(|| panic!("{verb} has no examples"));
        let examples = examples.split("\nExit codes").next().unwrap().replace("\\\n", " ");
        for line in examples.lines().map(str::trim) {
            // What fills in a running shell is read by that shell; the command in it is tried.
            let line = line.strip_prefix("source <(").and_then(|line| line.strip_suffix(')')).unwrap_or(line);
            if !line.starts_with("kubectl ") {
                continue;
            }
            pasted += 1;
            let fault = paste::fault(&sandbox, line);
            assert!(fault.is_none(), "{verb}: {}", fault.unwrap_or_default());
        }
    }
    assert!(pasted > 35, "only {pasted} examples");
}
