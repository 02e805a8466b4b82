//! What a script looks like, and that no value leaves its quotes.

use super::shell::quote;
use super::*;
use crate::core::kubernetes::resource::{DEPLOYMENT, POD};
use crate::core::plan::{
    Act, Asked, Claim, Denial, Expected, Group, HttpAsk, Names, Object, Step, Test, Uses, of,
};
use serde_json::json;
use std::time::Duration;

fn names() -> Names {
    Names {
        run: "e2e-1a2b".to_owned(),
        namespace: "vllm-test".to_owned(),
        system: "airunway-system".to_owned(),
        owns_namespace: true,
        expected_tag: None,
        allow_dev: false,
    }
}

fn check(script: fn(&Names) -> Vec<Step>) -> Check {
    Check {
        id: "9",
        group: Group::Provider,
        title: "it's left alone\n$(rm -rf /)",
        needs: &["P1", "P2"],
        uses: Uses::NOTHING,
        limit: Duration::from_secs(60),
        script,
        proves: "",
        failure: "",
    }
}

fn everything(names: &Names) -> Vec<Step> {
    let object = Object::new(DEPLOYMENT, &names.namespace, "owned");
    let ruling = |claim: Claim, verdict, text| Ruling { claims: vec![claim], verdict, text };
    vec![
        Step::Label("G1"),
        Step::Always(Act::DeleteAll(POD, names.namespace.clone(), "a=b")),
        Step::Do {
            act: Act::Create(
                object.clone(),
                json!({ "metadata": { "name": "owned" }, "text": "it's\nEND_OF_MANIFEST\n$(rm -rf /)" }),
            ),
            keep: "made",
            expected: Expected::Accepted,
        },
        Step::Until {
            watch: vec![("object", object.clone())],
            claims: vec![of("object").at(".status.phase").is("Running")],
            within: Duration::from_secs(60),
            unless: vec![ruling(
                of("object").at(".status.message").contains("registry"),
                Verdict::Inconclusive,
                "no registry",
            )],
            late: Verdict::Fail,
        },
        Step::Expect(vec![
            of("object").at(".metadata.finalizers").is(json!(["a"])),
            of("object").at(".metadata.uid").same(of("made").at(".metadata.uid")),
            of("object").at(".spec").includes(json!({ "a.b/c": { "d": false }, "e": [1] })),
            of("object").at(".args").followed("--x", "4"),
            of("object").at(".items").count(3),
            of("object").seen_after(Duration::from_secs(5), "made"),
        ]),
        Step::Do {
            act: Act::Patch(object.clone(), json!({ "a": "it's" })),
            keep: "denial",
            expected: Expected::Denied(Denial::Mentions(vec!["no".to_owned()])),
        },
        Step::Absent { objects: vec![object], settled: Settled::Pass("object") },
        Step::Judge(vec![
            ruling(of("object").at(".a").is("b"), Verdict::KnownFinding, "it's known"),
            ruling(of("object").at(".a").is("c"), Verdict::Fixed, "fixed"),
        ]),
        Step::Pause(Duration::from_secs(5)),
    ]
}

#[test]
fn a_script_of_everything() {
    let text = script(&check(everything), &names());
    insta::assert_snapshot!(text);
}

fn elsewhere(names: &Names) -> Vec<Step> {
    let ask = HttpAsk {
        method: "GET",
        path: "/recipes/../it's".to_owned(),
        json: Some(json!({ "a": 1 })),
        redirects: 0,
        within: Duration::from_secs(10),
    };
    let asked = Asked {
        namespace: names.namespace.clone(),
        selector: "a=b".to_owned(),
        port: 8000,
        path: "/v1/chat/completions".to_owned(),
        json: Some(json!({ "model": "it's" })),
        within: Duration::from_secs(30),
    };
    let step = |act, keep| Step::Do { act, keep, expected: Expected::Any };
    vec![
        step(Act::Backend(ask), "answer"),
        Step::Expect(vec![
            of("answer").at(".status").is(404),
            of("answer").at(".headers.location").present(),
        ]),
        step(Act::Ask(asked), "chat"),
        Step::Expect(vec![of("chat").at(".status").is(200)]),
        step(Act::ShimVersion("vllm"), "shim"),
        Step::Expect(vec![of("shim").at(".verdict").is("yes")]),
        step(Act::ServerTime, "clock"),
        step(Act::List(POD, None, Some("a=b".to_owned())), "pods"),
        Step::Expect(vec![
            of("pods").at(".items[*].metadata.name").is(json!(["a", "b"])),
            of("pods")
                .at(".items[0].metadata.creationTimestamp")
                .fresh(Duration::from_secs(180), of("clock").at(".now")),
            of("pods").at(".items[0].metadata.name").matches(r"^a-\d+$"),
            of("pods").at(".items[0].metadata.name").matches(r"(?i)a"),
        ]),
    ]
}

#[test]
fn what_kubectl_cannot_look_at_is_named_and_never_passes() {
    let text = script(&check(elsewhere), &names());
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("manual ")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn quotes_hold_whatever_is_in_them() {
    for text in ["", "a b", "it's", "$(x) `y` \\ \" !", "a\nb", "-n", "~", "*"] {
        assert_eq!(shlex::split(&format!("x {}", quote(text))), Some(vec!["x".to_owned(), text.to_owned()]));
    }
    assert_eq!(quote("a/b.c=1"), "a/b.c=1");
}

#[test]
fn every_test_has_a_condition() {
    let other = of("b").at(".c");
    for test in [
        Test::Is(json!(1)),
        Test::IsNot(json!("a")),
        Test::OneOf(vec![json!("a")]),
        Test::Present,
        Test::Missing,
        Test::Gone,
        Test::Starts("a".to_owned()),
        Test::Contains("a".to_owned()),
        Test::Lacks("a".to_owned()),
        Test::Matches("^a$"),
        Test::Same(other.clone()),
        Test::Includes(json!({ "a": 1 })),
        Test::Followed("a".to_owned(), "b".to_owned()),
        Test::AtLeast(1),
        Test::AtMost(1),
        Test::Count(1),
        Test::After(other.clone()),
        Test::Fresh(Duration::from_secs(1), other.clone()),
        Test::SeenAfter(Duration::from_secs(1), "b"),
        Test::GrewAtMost(1, other),
    ] {
        let claim = Claim { place: of("a").at(".b"), test };
        let variables = shell::looks(&claim).iter().map(|_| "\"$v\"".to_owned()).collect::<Vec<_>>();
        assert!(shell::condition(&claim, &variables).is_some(), "{claim}");
    }
}
