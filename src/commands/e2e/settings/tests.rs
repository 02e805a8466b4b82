use super::*;
use clap::Parser;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: E2eArgs,
}

fn parsed(words: &str) -> Result<E2eSettings> {
    let words = std::iter::once("e2e").chain(words.split_whitespace());
    let line = Line::try_parse_from(words).map_err(|error| Error::usage(error.to_string()))?;
    E2eSettings::resolve(line.args, GlobalArgs::default())
}

fn run(words: &str) -> RunSettings {
    match parsed(words).expect("settings").task {
        Task::Run(settings) => *settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_plans_namespace_is_the_default() {
    assert_eq!(parsed("").expect("settings").namespace, "vllm-test");
    let named = |name: &str| {
        let globals = GlobalArgs { namespace: Some(name.to_owned()), ..GlobalArgs::default() };
        let line = Line::try_parse_from(["e2e"]).expect("a line");
        E2eSettings::resolve(line.args, globals)
    };
    assert_eq!(named("team-a").expect("settings").namespace, "team-a");
    let error = named("Team/../a").expect_err("not a name");
    assert!(error.message.starts_with("\"Team/../a\" is not a namespace: "), "{error:?}");
}

#[test]
fn each_flag_has_its_meaning() {
    let settings =
        run("1a X --skip 5a --skip 5b=known --report junit=a.xml --report html=b=c.html --shim-binary a=b");
    assert_eq!(settings.choice.words, ["1a", "X"]);
    let skip = [("5a".to_owned(), None), ("5b".to_owned(), Some("known".to_owned()))];
    assert_eq!(settings.choice.skip, skip);
    let reports = [(Format::Junit, PathBuf::from("a.xml")), (Format::Html, PathBuf::from("b=c.html"))];
    assert_eq!(settings.reports, reports);
    assert_eq!(settings.versions.binaries, [("a".to_owned(), PathBuf::from("b"))]);
    assert_eq!(settings.behavior.jobs, 8);
    assert_eq!(settings.backend, BackendChoice::None);
    assert_eq!(run("--backend http://a").backend, BackendChoice::At("http://a".to_owned()));
    assert!(
        matches!(parsed("--cleanup e2e-1").expect("settings").task, Task::Cleanup(run) if run == "e2e-1")
    );
    assert!(
        matches!(parsed("--list 1a").expect("settings").task, Task::List(choice) if choice.words == ["1a"])
    );
}

#[test]
fn what_means_nothing_is_a_usage_error() {
    for (words, text) in [
        ("--report a.xml", "invalid value for --report: \"a.xml\" is not FORMAT=FILE"),
        ("--report pdf=a.pdf", "there is no report format \"pdf\""),
        ("--report junit=", "invalid value for --report: \"junit=\" is not FORMAT=FILE"),
        ("--cleanup a,b", "\"a,b\" is not the id of a run"),
        ("--cleanup=", "\"\" is not the id of a run"),
        ("--shim-binary file", "invalid value for --shim-binary: \"file\" is not PROVIDER=FILE"),
        ("--expect a:b", "invalid value for --expect: "),
    ] {
        let error = parsed(words).expect_err(words);
        assert!(error.message.starts_with(text), "{words}: {error:?}");
        assert_eq!(error.exit, crate::exit::Exit::Usage, "{words}");
    }
    for words in ["--jobs 0", "--backend a --backend-command b", "--cleanup a 1b", "--rerun-failed a 1b"] {
        assert!(parsed(words).is_err(), "{words}");
    }
}

#[test]
fn the_checks_to_run_again_come_from_a_report() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("report.json");
    let report = r#"{"apiVersion": "cli.airunway.ai/v1", "kind": "PlanReport", "run": {}, "checks": [
        {"id": "1a", "verdict": "PASS"}, {"id": "1b", "verdict": "FAIL"}, {"id": "4", "verdict": "INCONCLUSIVE"}]}"#;
    std::fs::write(&path, report).expect("written");
    assert_eq!(run(&format!("--rerun-failed {}", path.display())).choice.words, ["1b", "4"]);
    std::fs::write(&path, report.replace("FAIL", "PASS").replace("INCONCLUSIVE", "SKIP")).expect("written");
    let error = parsed(&format!("--rerun-failed {}", path.display())).expect_err("nothing");
    assert_eq!(error.exit, crate::exit::Exit::Inconclusive);
    std::fs::write(&path, "<html>").expect("written");
    assert!(parsed(&format!("--rerun-failed {}", path.display())).is_err());
}
