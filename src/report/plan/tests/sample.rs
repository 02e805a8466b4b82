//! A run that never was: every verdict, every section that differs, and texts that try to leave their place.

use crate::core::kubernetes::resource::DEPLOYMENT;
use crate::core::plan::{
    Act, Broken, Check, Denial, Expected, Group, Names, Object, Outcome, Remark, Ruling, Settled, Step, Uses,
    Verdict, When, of,
};
use crate::report::plan::{PlanItem, PlanReport, RunInfo, RunPart};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;

/// What a hostile cluster may write anywhere.
pub(super) const HOSTILE: &str = "a\u{1b}[2J|<b onload=x>\r\n::error::\u{9b}1m\u{202e}`&\"'</script>";

const LIMIT: Duration = Duration::from_secs(120);

fn no_steps(_: &Names) -> Vec<Step> {
    Vec::new()
}

fn steps(names: &Names) -> Vec<Step> {
    let object = Object::new(DEPLOYMENT, &names.namespace, "owned");
    let other = Object::new(DEPLOYMENT, &names.namespace, "other");
    vec![
        Step::Label("G1"),
        Step::Always(Act::Delete(other.clone())),
        Step::Do {
            act: Act::Create(object.clone(), json!({ "metadata": { "name": "owned" } })),
            keep: "answer",
            expected: Expected::Accepted,
        },
        Step::Until {
            watch: vec![("object", object.clone())],
            claims: vec![of("object").at(".status.phase").is("Failed")],
            within: Duration::from_secs(60),
            unless: vec![Ruling {
                claims: vec![of("object").at(".status.message").contains("registry")],
                verdict: Verdict::Inconclusive,
                text: "the registry cannot be reached",
            }],
            late: Verdict::Inconclusive,
        },
        Step::Expect(vec![of("object").at(".metadata.finalizers").is(json!(["a"]))]),
        Step::Do {
            act: Act::Patch(object, json!({ "spec": { "replicas": 2 } })),
            keep: "denial",
            expected: Expected::Denied(Denial::Exactly(vec!["spec: Forbidden: no".to_owned()])),
        },
        Step::Absent { objects: vec![other], settled: Settled::Denied("denial") },
        Step::Pause(Duration::from_secs(5)),
    ]
}

const fn check(id: &'static str, group: Group, title: &'static str) -> Check {
    Check {
        id,
        group,
        title,
        needs: &["P1"],
        uses: Uses::NOTHING,
        limit: LIMIT,
        script: no_steps,
        proves: "that it does",
        failure: "that it does not",
    }
}

pub(super) static CHECKS: [Check; 9] = [
    Check { needs: &[], ..check("P1", Group::Precondition, "both CRDs are served as v1alpha1") },
    check("1a", Group::Provider, "a provider other than vllm is selected when none is named"),
    check("7", Group::Provider, "a launch image is classified as custom"),
    Check {
        script: steps,
        uses: Uses { gpus: 1, when: When::Alone, disrupts: false, when_named: false },
        ..check(
            "9",
            Group::Provider,
            "a Deployment that someone else owns is left alone, whatever it is called",
        )
    },
    check("10", Group::Provider, "a deletion ends after five minutes"),
    Check {
        uses: Uses { gpus: 1, when: When::Last, disrupts: true, when_named: false },
        ..check("13", Group::Provider, "objects stand when the shim restarts")
    },
    check("V5", Group::Versions, "the shim reports the tag that it was built from"),
    check("X1", Group::Beyond, "foreign annotations survive a reconcile"),
    check("X6", Group::Beyond, "an object whose name is taken <says so>"),
];

fn moment(millis: i64) -> Timestamp {
    "2026-11-29T15:50:00Z".parse::<Timestamp>().expect("a time") + SignedDuration::from_millis(millis)
}

fn outcome(verdict: Verdict, reason: &str, from: i64, to: i64) -> Outcome {
    Outcome {
        verdict,
        reason: reason.to_owned(),
        hint: None,
        broken: Vec::new(),
        remarks: vec![Remark { at: moment(from), text: "create Deployment owned".to_owned() }],
        from: moment(from),
        to: moment(to),
    }
}

/// The reports of the runs that the tests look at.
pub(super) fn report() -> PlanReport {
    let failed = Outcome {
        broken: vec![
            Broken {
                claim: ".spec.template of child includes what is foreign".to_owned(),
                expected: "image: foreign\nreplicas: 1\nlabels:\n  a: b\n".to_owned(),
                found: format!("image: foreign\nreplicas: 2\nlabels:\n  a: {}\n", HOSTILE.replace('\n', " ")),
            },
            Broken {
                claim: ".status.phase of object is Failed".to_owned(),
                expected: "Failed".to_owned(),
                found: HOSTILE.to_owned(),
            },
        ],
        ..outcome(Verdict::Fail, &format!("expected: phase is Failed; found: {HOSTILE}"), 1_500, 9_250)
    };
    let inconclusive = Outcome {
        hint: Some("check that the controller that serves the webhook is running".to_owned()),
        remarks: (0..15)
            .map(|number| Remark { at: moment(1_600 + number), text: format!("look {number}: {HOSTILE}") })
            .collect(),
        ..outcome(Verdict::Inconclusive, "the watch broke: connection reset", 1_600, 14_000)
    };
    let outcomes = [
        outcome(Verdict::Pass, "3 assertions held", 0, 240),
        outcome(Verdict::Pass, "12 assertions held", 1_000, 2_200),
        outcome(Verdict::KnownFinding, "the image is classified as: custom", 1_100, 1_130),
        failed,
        inconclusive,
        Outcome {
            remarks: Vec::new(),
            ..outcome(Verdict::Skip, "disruptive checks run with --disruptive only", 1_000, 1_000)
        },
        outcome(Verdict::Fixed, "the tag is reported: v0.9.0", 2_300, 2_900),
        outcome(Verdict::Pass, "4 assertions held", 9_300, 12_000),
        outcome(Verdict::KnownFinding, HOSTILE, 12_100, 15_950),
    ];
    let items = CHECKS.iter().zip(outcomes).map(|(check, outcome)| PlanItem { check, outcome }).collect();
    PlanReport { run: run(), items }
}

fn run() -> RunInfo {
    let part = |name: &str, version: Option<&str>| RunPart {
        name: name.to_owned(),
        image: Some(format!("registry.example/{name}:v0.9.0")),
        digest: Some(format!("sha256:{}", "4f".repeat(32))),
        version: version.map(str::to_owned),
        ready: version.map(|_| true),
    };
    RunInfo {
        id: "e2e-1a2b".to_owned(),
        program: "0.1.0".to_owned(),
        context: Some("kind-<airunway>".to_owned()),
        server: "https://127.0.0.1:6443".to_owned(),
        namespace: "vllm-test".to_owned(),
        kubernetes: Some("v1.36.3".to_owned()),
        parts: vec![
            part("airunway-controller-manager", None),
            part("airunway-vllm-provider", Some("vllm-provider:v0.9.0")),
            RunPart { name: HOSTILE.to_owned(), ready: Some(false), ..RunPart::default() },
        ],
        from: moment(0),
        to: moment(16_400),
        interrupted: false,
        left: vec!["ModelDeployment final-test".to_owned()],
    }
}

/// The names for steps.
pub(super) fn names() -> Names {
    Names {
        run: "e2e-1a2b".to_owned(),
        namespace: "vllm-test".to_owned(),
        system: "airunway-system".to_owned(),
        owns_namespace: true,
        expected_tag: None,
        allow_dev: false,
    }
}
