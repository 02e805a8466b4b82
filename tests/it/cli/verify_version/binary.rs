//! `verify-version --binary`: transcripts, exit codes, and what it costs.

use crate::measuring::peak_of;
use crate::shims::programs::{Program, Source};
use crate::support::{Run, Sandbox};
use serde_json::Value;

const TAG: &str = "v9.9.9-citest";

/// Memory that a binary of any size may cost, beyond what the program needs anyway.
const PEAK_LIMIT: u64 = 24 << 20;

fn verify(program: &Program, more: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    // A name of its own, so that no column is as wide as the path of this checkout.
    std::os::unix::fs::symlink(program.build(), sandbox.path().join("provider")).unwrap();
    sandbox.airunway(&[&["verify-version", "--binary", "provider"], more].concat())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"))
}

/// What is the same for every version of Go.
fn shown(run: &Run) -> String {
    let lines: Vec<&str> = run.to_string().leak().lines().collect();
    let kept = lines.into_iter().filter(|line| !line.starts_with("setting ") || line.contains("-ldflags"));
    kept.map(|line| match line.split_once(" for ") {
        Some((start, rest)) if start.starts_with("built ") => format!("built     [GO] for {rest}\n"),
        _ => format!("{line}\n"),
    })
    .collect()
}

#[test]
fn a_good_shim_is_a_yes_with_its_record() {
    let program = Program::vllm(TAG).target("linux", "amd64");
    insta::assert_snapshot!(shown(&verify(&program, &["--expect", TAG])));
}

#[test]
fn a_flag_that_did_nothing_is_a_no_with_the_way_out() {
    let program = Program::new("vllm", Source::Renamed).set("shimVersion", TAG).target("linux", "amd64");
    insta::assert_snapshot!(shown(&verify(&program, &[])));
}

#[test]
fn a_trimmed_and_stripped_shim_could_not_be_told() {
    let program = Program::vllm(TAG).flag("-trimpath").stripped().target("linux", "amd64");
    insta::assert_snapshot!(shown(&verify(&program, &[])));
}

#[test]
fn the_exit_code_is_the_verdict() {
    let shim = Program::vllm(TAG);
    let local = Program::vllm("dev-abc1234-dirty");
    let cases: [(&Program, &[&str], i32); 7] = [
        (&shim, &["--expect", TAG], 0),
        (&shim, &["vllm"], 0),
        (&shim, &["llmd"], 3),
        (&shim, &["--expect", "v9.9.8"], 3),
        (&local, &[], 4),
        (&local, &["--allow-dev"], 0),
        (&local, &["--expect", TAG], 3),
    ];
    for (program, arguments, code) in cases {
        let run = verify(program, arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}: {run}");
    }
}

#[test]
fn json_has_the_record_and_what_became_of_it() {
    let run = verify(&Program::vllm("v1.0.0").set("shimVersion", TAG), &["-o", "json"]);
    let report = json(&run);
    let item = &report["items"][0];
    assert_eq!((&item["source"], &item["verdict"]), (&"binary".into(), &"yes".into()), "{run}");
    assert_eq!(item["reported"], "vllm-provider:v9.9.9-citest");
    let evidence = &item["evidence"];
    assert_eq!(evidence["linkerVariables"][1]["overridden"], true);
    let effect = &evidence["effects"][0];
    assert_eq!((&effect["value"], &effect["how"]), (&TAG.into(), &"symbolTable".into()));
    assert_eq!(evidence["path"], "command-line-arguments");
}

#[test]
fn versions_of_the_release_are_compared() {
    let sandbox = Sandbox::new();
    let path = Program::vllm(TAG).build();
    let verify = |versions: &str| {
        sandbox.write("versions.env", versions);
        let binary = path.to_str().unwrap();
        sandbox.airunway(&["verify-version", "--binary", binary, "--expect-versions", "versions.env"])
    };
    assert_eq!(verify("VLLM_VERSION=cu130-nightly\n").code, Some(0));
    let run = verify("VLLM_VERSION=v0.9.0\n");
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stdout.contains("but VLLM_VERSION has v0.9.0"), "{run}");
    assert_eq!(verify("hello\n").code, Some(1));
}

#[test]
fn a_shim_that_is_run_settles_what_could_not_be_read() {
    let run = verify(&Program::vllm(TAG).flag("-trimpath").stripped(), &["--run", "--expect", TAG]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("vllm: it reports vllm-provider:v9.9.9-citest when run"), "{run}");
    let run = verify(&Program::new("vllm", Source::AllConstant).set("shimVersion", TAG), &["--run"]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stdout.contains("vllm-provider:v0.2.0"), "{run}");
    let run = verify(&Program::new("vllm", Source::AllConstant).stripped(), &["--run", "--expect", TAG]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stdout.contains("reports vllm-provider:v0.2.0 when run"), "{run}");
}

#[test]
fn a_shim_that_says_nothing_when_it_is_run_is_judged_by_what_was_read() {
    let run = verify(&Program::vllm(TAG).silent(), &["--run"]);
    assert_eq!(run.code, Some(0), "{run}");
    let note = "note: run with --version, it printed no vllm-provider:<tag>; it exited with code 2";
    assert!(run.stdout.contains(note), "{run}");
    let other = Program::vllm(TAG).target("linux", "s390x");
    let run = verify(&other, &["--run"]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("note: it could not be run: "), "{run}");
    let run = Sandbox::new().airunway(&["verify-version", "--run"]);
    assert_eq!(run.code, Some(2), "{run}");
}

#[test]
fn files_that_are_no_shims_prove_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("text", "hello").write("elf", b"\x7fELF\x02\x01\x01".repeat(20));
    let verify = |file: &str| sandbox.airunway(&["verify-version", "--binary", file]);
    let run = verify("text");
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stdout.contains("not an executable: neither ELF, Mach-O nor PE"), "{run}");
    let run = verify("elf");
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stdout.contains("malformed ELF"), "{run}");
    for file in ["nothing", "."] {
        let run = verify(file);
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stderr.starts_with(&format!("error: cannot read {file}\n  caused by: ")), "{run}");
    }
}

#[test]
fn a_large_binary_costs_little_memory() {
    let shim = Program::vllm(TAG).ballast(73 << 20);
    for program in [shim.clone(), shim.stripped()] {
        assert!(std::fs::metadata(program.build()).unwrap().len() > 75_000_000);
        let run = verify(&program, &["--expect", TAG]);
        assert_eq!(run.code, Some(0), "{run}");
        let sandbox = Sandbox::new();
        let file = program.build();
        let words = ["verify-version", "--expect", TAG, "--binary", file.to_str().unwrap()];
        // What the program itself takes in a debug build is not the file's doing.
        let own = peak_of(&sandbox.command(&["--version"]));
        let peak = peak_of(&sandbox.command(&words));
        assert!(peak.saturating_sub(own) < PEAK_LIMIT, "{peak} bytes, {own} without a file");
    }
}
