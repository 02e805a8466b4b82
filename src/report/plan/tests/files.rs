//! What leaves the program beside the report: the evidence of a failure, and what GitHub Actions shows.

use super::sample::{HOSTILE, report};
use crate::core::plan::{ContainerLog, Evidence, Exchange, Verdict};
use crate::report::plan::{PlanReport, RunInfo, bundle, github};
use serde_json::json;

fn evidence() -> Evidence {
    let log = |previous, text: &str| ContainerLog {
        pod: "../../etc".to_owned(),
        container: "vllm".to_owned(),
        previous,
        text: text.to_owned(),
    };
    let named =
        |kind: &str, name: &str| json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name } });
    Evidence {
        objects: vec![
            named("Service", "owned"),
            named("service", "OWNED"),
            named("../Pod", HOSTILE),
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "data": { "HF_TOKEN": "hunter2" } }),
            json!(7),
        ],
        events: vec![
            json!({ "message": "Authorization: Bearer hunter2hunter2" }),
            json!({ "message": "pulled" }),
        ],
        logs: vec![log(false, "password=hunter2\nready"), log(true, "hf_hunter2hunter2")],
        missing: vec!["pods with a=b: forbidden, token=hunter2".to_owned()],
    }
}

fn transcript() -> Vec<Exchange> {
    let at = report().run.from;
    let exchange = |status, warning: &str| Exchange {
        at,
        method: "GET".to_owned(),
        url: "https://127.0.0.1:6443/api/v1/pods?token=hunter2".to_owned(),
        status,
        milliseconds: 12,
        warnings: vec![warning.to_owned()],
    };
    vec![exchange(Some(200), HOSTILE), exchange(None, "password: hunter2")]
}

#[test]
fn a_bundle_has_a_file_for_everything_and_no_secret() {
    let mut item = report().items.remove(3);
    item.outcome.reason = "denied: token=hunter2".to_owned();
    let files = bundle::files(&item, &evidence(), &transcript());
    let names: Vec<String> = files.iter().map(|file| file.path.join("/")).collect();
    insta::assert_snapshot!(names.join("\n"));
    for file in &files {
        let text = String::from_utf8(file.bytes.clone()).expect("text");
        assert!(!text.contains("hunter2"), "{:?}: {text}", file.path);
        for name in &file.path {
            let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            assert!(name.bytes().all(is_safe) && !name.starts_with('.'), "{name}");
        }
    }
    let of = |name: &str| {
        let file = files.iter().find(|file| file.path.join("/") == name).expect("a file");
        String::from_utf8(file.bytes.clone()).expect("text")
    };
    assert!(of("9/objects/secret-s.yaml").contains("HF_TOKEN: (redacted)"));
    let requests: Vec<serde_json::Value> = of("9/requests.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
        .collect();
    assert_eq!(
        (requests.len(), &requests[0]["status"], &requests[1]["status"]),
        (2, &json!(200), &json!(null))
    );
}

#[test]
fn a_bundle_of_nothing_still_says_which_check_it_was() {
    let item = report().items.remove(4);
    let files = bundle::files(&item, &Evidence::default(), &[]);
    assert_eq!(files.len(), 1);
    assert!(String::from_utf8_lossy(&files[0].bytes).contains("verdict: INCONCLUSIVE"));
}

#[test]
fn annotations_are_one_command_a_line_whatever_they_hold() {
    let mut bytes = Vec::new();
    github::annotations(&report(), &mut bytes).expect("memory");
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!(text.lines().count(), 4);
    assert!(
        text.lines().all(|line| line.starts_with("::error title=") || line.starts_with("::warning title="))
    );
    assert_eq!(super::obeyed(&text), None);
    insta::assert_snapshot!(text);
}

#[test]
fn percent_signs_and_separators_are_escaped_as_github_says() {
    let mut report = report();
    report.items.truncate(1);
    report.items[0].outcome.verdict = Verdict::Inconclusive;
    report.items[0].outcome.reason = "50% of a,b: c".to_owned();
    report.items[0].outcome.hint = Some("look at 100%".to_owned());
    let mut bytes = Vec::new();
    github::annotations(&report, &mut bytes).expect("memory");
    assert_eq!(
        String::from_utf8(bytes).expect("text"),
        "::warning title=INCONCLUSIVE P1%3A both CRDs are served as v1alpha1::50%25 of a,b: c%0Alook at 100%25\n"
    );
}

#[test]
fn the_summary_of_a_step_keeps_to_its_room() {
    let whole = github::step_summary(&report(), github::SUMMARY_LIMIT);
    assert!(whole.starts_with("# AI Runway test plan") && whole.contains("look 14"));
    let small = github::step_summary(&report(), whole.len() - 1);
    assert!(small.len() < whole.len() && small.contains("## Beyond the plan") && !small.contains("look 3"));
    let counts = github::step_summary(&report(), 200);
    assert!(counts.starts_with("1 passed") && counts.len() <= 200);
    assert_eq!(github::step_summary(&report(), 10), "");
    let nothing = PlanReport { run: RunInfo::default(), items: Vec::new() };
    assert!(github::step_summary(&nothing, github::SUMMARY_LIMIT).contains("nothing ran"));
}
