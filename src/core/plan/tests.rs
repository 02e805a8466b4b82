//! The machine, over small scripts of its own.

use super::checks::tests::names;
use super::*;
use crate::core::kubernetes::resource::{POD, SERVICE};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

const WEBHOOK: &str = "vmodeldeployment-v1alpha1.kb.io";

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn pod(name: &str) -> Object {
    Object::new(POD, "a", name)
}

/// A check of one script; how long it may take is 100 s.
fn check(script: fn(&Names) -> Vec<Step>) -> Check {
    Check {
        id: "T",
        group: Group::Beyond,
        title: "a test",
        needs: &[],
        uses: Uses::NOTHING,
        limit: Duration::from_secs(100),
        script,
        proves: "",
        failure: "",
    }
}

fn begin(script: fn(&Names) -> Vec<Step>) -> Case {
    Case::new(&check(script), &names(), false, at(0))
}

fn done(value: Value) -> Seen {
    Seen::Answer(Answer::Done(value))
}

fn refused(by: RefusedBy, message: &str) -> Seen {
    Seen::Answer(Answer::Refused(Refusal { by, code: 403, message: message.to_owned() }))
}

fn by_webhook(words: &str) -> Seen {
    let message = format!("admission webhook \"{WEBHOOK}\" denied the request: {words}");
    refused(RefusedBy::Webhook(WEBHOOK.to_owned()), &message)
}

/// Tells a case one thing after another, a second apart; its outcome so far.
fn tell(case: &mut Case, seen: impl IntoIterator<Item = Seen>) -> Option<Outcome> {
    for (second, seen) in (0..).zip(seen) {
        assert_ne!(case.next(at(second)), Wish::Nothing);
        case.learn(seen, at(second));
    }
    case.next(at(50));
    case.outcome().cloned()
}

fn verdict(script: fn(&Names) -> Vec<Step>, seen: impl IntoIterator<Item = Seen>) -> (Verdict, String) {
    let outcome = tell(&mut begin(script), seen).unwrap();
    (outcome.verdict, outcome.reason)
}

fn read(keep: Key) -> Step {
    Step::Do { act: Act::Read(pod("a")), keep, expected: Expected::Accepted }
}

fn create(expected: Expected) -> Step {
    Step::Do { act: Act::Create(pod("a"), json!({})), keep: "created", expected }
}

fn wait(late: Verdict, unless: Vec<Ruling>) -> Step {
    let claims = vec![of("pod").at(".status.phase").is("Running")];
    Step::Until { watch: vec![("pod", pod("a"))], claims, within: Duration::from_secs(10), unless, late }
}

fn phase(phase: &str) -> Seen {
    Seen::Object(pod("a"), Some(json!({"status": {"phase": phase}})))
}

#[test]
fn a_script_that_looks_at_nothing_is_not_green() {
    assert_eq!(verdict(|_| Vec::new(), []).0, Verdict::Inconclusive);
    assert_eq!(verdict(|_| vec![read("a")], [done(json!({}))]).0, Verdict::Inconclusive);
    assert_eq!(verdict(|_| vec![Step::Expect(Vec::new())], []).0, Verdict::Inconclusive);
}

#[test]
fn what_was_not_seen_is_never_green() {
    let script = |_: &Names| vec![Step::Expect(vec![of("pod").at(".a").is(1)])];
    assert_eq!(verdict(script, []), (Verdict::Inconclusive, "pod was not seen".to_owned()));
    let script = |_: &Names| vec![read("pod"), Step::Expect(vec![of("pod").at(".a").is(1)])];
    assert_eq!(verdict(script, [done(json!({"a": 1}))]).0, Verdict::Pass);
    assert_eq!(verdict(script, [done(json!({"a": 2}))]).0, Verdict::Fail);
    let lost = Seen::Answer(Answer::Failed("connection refused".to_owned()));
    assert_eq!(verdict(script, [lost]).0, Verdict::Inconclusive);
    assert_eq!(verdict(script, [Seen::Time]).0, Verdict::Inconclusive);
}

#[test]
fn a_wait_ends_with_what_it_waits_for_with_a_state_that_ends_it_or_with_its_time() {
    let script = |_: &Names| vec![wait(Verdict::Fail, Vec::new())];
    assert_eq!(
        verdict(script, [Seen::Object(pod("a"), None), phase("Pending"), phase("Running")]).0,
        Verdict::Pass
    );
    let broken = verdict(script, [phase("Running A"), Seen::Broken("no rights".to_owned())]);
    assert_eq!(broken, (Verdict::Inconclusive, "the watch broke: no rights".to_owned()));
    let late = |script: fn(&Names) -> Vec<Step>| {
        let mut case = begin(script);
        case.next(at(0));
        case.learn(phase("Pending"), at(1));
        case.next(at(1));
        // Too early is not too late.
        case.learn(Seen::Time, at(5));
        assert_eq!(case.outcome(), None);
        case.next(at(5));
        case.learn(Seen::Time, at(10));
        case.outcome().unwrap().verdict
    };
    assert_eq!(late(script), Verdict::Fail);
    assert_eq!(late(|_| vec![wait(Verdict::Inconclusive, Vec::new())]), Verdict::Inconclusive);
    let script = |_: &Names| {
        let failed = vec![of("pod").at(".status.phase").is("Failed")];
        vec![wait(
            Verdict::Fail,
            vec![Ruling { claims: failed, verdict: Verdict::Skip, text: "the phase is" }],
        )]
    };
    assert_eq!(verdict(script, [phase("Failed")]), (Verdict::Skip, "the phase is: Failed".to_owned()));
}

#[test]
fn a_wait_on_what_was_never_seen_is_undecided() {
    let mut case = begin(|_| vec![wait(Verdict::Fail, Vec::new())]);
    case.next(at(0));
    case.learn(Seen::Time, at(10));
    assert_eq!(case.outcome().unwrap().verdict, Verdict::Inconclusive);
}

#[test]
fn a_denial_counts_from_the_right_webhook_only() {
    let script = |_: &Names| {
        let words = vec!["spec.b: no, never".to_owned(), "spec.a: no".to_owned()];
        vec![create(Expected::Denied(Denial::Exactly(words)))]
    };
    for (said, expected) in [
        ("[spec.a: no, spec.b: no, never]", Verdict::Pass),
        ("[spec.b: no, never, spec.a: no]", Verdict::Pass),
        ("spec.a: no", Verdict::Fail),
        ("[spec.a: no, spec.b: no, never, spec.c: no]", Verdict::Fail),
        ("something else", Verdict::Fail),
    ] {
        assert_eq!(verdict(script, [by_webhook(said)]).0, expected, "{said}");
    }
    assert_eq!(verdict(script, [done(json!({}))]).0, Verdict::Fail);
    let words = "denied the request: [spec.a: no, spec.b: no, never]";
    for by in [
        RefusedBy::Webhook("other.example.com".to_owned()),
        RefusedBy::WebhookUnreachable(WEBHOOK.to_owned()),
        RefusedBy::Schema,
        RefusedBy::Rights,
        RefusedBy::Existing,
        RefusedBy::Other,
    ] {
        assert_eq!(verdict(script, [refused(by.clone(), words)]).0, Verdict::Inconclusive, "{by:?}");
    }
    let mentions = |_: &Names| vec![create(Expected::Denied(Denial::Mentions(vec!["spec.b".to_owned()])))];
    assert_eq!(verdict(mentions, [by_webhook("[spec.a: no, spec.b: no]")]).0, Verdict::Pass);
    assert_eq!(verdict(mentions, [by_webhook("spec.a: no")]).0, Verdict::Fail);
}

#[test]
fn what_has_to_be_accepted_and_is_not() {
    let script = |_: &Names| vec![create(Expected::Accepted), Step::Expect(vec![of("created").present()])];
    assert_eq!(verdict(script, [done(json!({"a": 1}))]).0, Verdict::Pass);
    assert_eq!(verdict(script, [by_webhook("no")]).0, Verdict::Fail);
    let outcome = tell(&mut begin(script), [refused(RefusedBy::Rights, "forbidden")]).unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(outcome.hint.unwrap().contains("rights"));
}

#[test]
fn an_absence_counts_only_when_nothing_can_come_any_more() {
    let script = |_: &Names| {
        vec![read("model"), Step::Absent { objects: vec![pod("b")], settled: Settled::Pass("model") }]
    };
    let resolved = json!({"status": {"conditions": [{"type": "ImageResolved"}]}});
    assert_eq!(verdict(script, [done(resolved.clone()), done(Value::Null)]).0, Verdict::Pass);
    assert_eq!(
        verdict(script, [done(json!({"status": {"phase": "Failed"}})), done(Value::Null)]).0,
        Verdict::Pass
    );
    assert_eq!(verdict(script, [done(resolved.clone()), done(json!({}))]).0, Verdict::Fail);
    let (early, reason) = verdict(script, [done(json!({"status": {"phase": "Pending"}}))]);
    assert_eq!(early, Verdict::Inconclusive);
    assert!(reason.contains("absence says nothing yet"), "{reason}");
    for unread in [Seen::Time, Seen::Broken("gone".to_owned()), refused(RefusedBy::Rights, "forbidden")] {
        assert_eq!(verdict(script, [done(resolved.clone()), unread]).0, Verdict::Inconclusive);
    }
    let script = |_: &Names| {
        let step =
            Step::Do { act: Act::Create(pod("b"), json!({})), keep: "denial", expected: Expected::Any };
        vec![step, Step::Absent { objects: vec![pod("b")], settled: Settled::Denied("denial") }]
    };
    assert_eq!(verdict(script, [by_webhook("no"), done(Value::Null)]).0, Verdict::Pass);
    let other = refused(RefusedBy::Webhook("other".to_owned()), "no");
    assert_eq!(verdict(script, [other]).0, Verdict::Inconclusive);
    assert_eq!(verdict(script, [done(json!({}))]).0, Verdict::Inconclusive);
}

#[test]
fn the_more_serious_of_two_verdicts_stands() {
    fn two(names: &[Verdict; 2]) -> Vec<Step> {
        let judge = |verdict| {
            let claims = vec![of("pod").at(".a").is(1)];
            Step::Judge(vec![Ruling { claims, verdict, text: "a is" }])
        };
        std::iter::once(read("pod")).chain(names.iter().map(|verdict| judge(*verdict))).collect()
    }
    let seen = || [done(json!({"a": 1}))];
    assert_eq!(verdict(|_| two(&[Verdict::Fixed, Verdict::KnownFinding]), seen()).0, Verdict::KnownFinding);
    assert_eq!(verdict(|_| two(&[Verdict::KnownFinding, Verdict::Fixed]), seen()).0, Verdict::KnownFinding);
    assert_eq!(verdict(|_| two(&[Verdict::Pass, Verdict::Fixed]), seen()).0, Verdict::Fixed);
    assert_eq!(verdict(|_| two(&[Verdict::Fixed, Verdict::Fail]), seen()).0, Verdict::Fail);
    assert_eq!(verdict(|_| two(&[Verdict::Skip, Verdict::Fail]), seen()).0, Verdict::Skip);
    // A later failure is graver than a finding.
    let script = |_: &Names| {
        let mut steps = two(&[Verdict::KnownFinding, Verdict::KnownFinding]);
        steps.push(Step::Expect(vec![of("pod").at(".a").is(2)]));
        steps
    };
    assert_eq!(verdict(script, seen()).0, Verdict::Fail);
    assert_eq!(verdict(|_| two(&[Verdict::Pass, Verdict::Pass]), [done(json!({"a": 2}))]).0, Verdict::Fail);
    assert_eq!(verdict(|_| two(&[Verdict::Pass, Verdict::Pass])[1..].to_vec(), []).0, Verdict::Inconclusive);
}

#[test]
fn a_check_ends_at_its_limit() {
    let mut case = begin(|_| vec![wait(Verdict::Fail, Vec::new())]);
    assert!(matches!(case.next(at(100)), Wish::Nothing));
    let outcome = case.outcome().unwrap();
    assert_eq!((outcome.verdict, &*outcome.reason), (Verdict::Inconclusive, "not done within 100 s"));
    let mut case = begin(|_| vec![Step::Pause(Duration::from_secs(500))]);
    assert_eq!(case.next(at(0)), Wish::Watch { objects: Vec::new(), until: at(100) });
}

#[test]
fn time_passes_before_the_next_step() {
    let mut case = begin(|_| vec![Step::Pause(Duration::from_secs(5)), read("pod")]);
    case.next(at(0));
    case.learn(Seen::Broken("early".to_owned()), at(1));
    assert_eq!(case.next(at(1)), Wish::Watch { objects: Vec::new(), until: at(5) });
    case.learn(Seen::Time, at(5));
    assert!(matches!(case.next(at(5)), Wish::Act { .. }));
}

/// A script that creates two pods and has something to undo.
fn messy(_: &Names) -> Vec<Step> {
    let create = |name| Step::Do {
        act: Act::Create(pod(name), json!({})),
        keep: "created",
        expected: Expected::Accepted,
    };
    let undo = Act::Patch(Object::new(SERVICE, "a", "s"), json!({}));
    vec![create("a"), Step::Always(undo), create("b"), Step::Expect(vec![of("created").at(".a").is(1)])]
}

fn wishes(case: &mut Case) -> Vec<String> {
    let mut wishes = Vec::new();
    while let Wish::Act { act, .. } = case.next(at(60)) {
        wishes.push(act.to_string());
        case.learn(done(Value::Null), at(60));
    }
    wishes
}

#[test]
fn the_cleanup_undoes_first_and_deletes_last_things_first() {
    let mut case = begin(messy);
    assert_eq!(tell(&mut case, [done(json!({})), done(json!({}))]).unwrap().verdict, Verdict::Fail);
    assert_eq!(wishes(&mut case), ["patch Service s with {}", "delete Pod b", "delete Pod a"]);
    assert_eq!(case.next(at(61)), Wish::Nothing);
}

#[test]
fn what_may_have_been_created_is_deleted_too() {
    let mut case = begin(messy);
    tell(&mut case, [Seen::Time]);
    assert_eq!(case.outcome().unwrap().verdict, Verdict::Inconclusive);
    assert_eq!(wishes(&mut case), ["delete Pod a"]);
}

#[test]
fn whoever_keeps_the_objects_finds_them_afterwards() {
    let mut case = Case::new(&check(messy), &names(), true, at(0));
    tell(&mut case, [done(json!({})), done(json!({"a": 1}))]);
    assert_eq!(case.outcome().unwrap().verdict, Verdict::Pass);
    assert_eq!(case.next(at(1)), Wish::Nothing);
    assert_eq!(case.created(), [pod("a"), pod("b")]);
}

#[test]
fn giving_up_still_cleans_up() {
    let mut case = begin(messy);
    case.next(at(0));
    case.learn(done(json!({})), at(0));
    case.give_up(Verdict::Skip, "interrupted", at(1));
    case.give_up(Verdict::Fail, "again", at(2));
    assert_eq!(case.outcome().unwrap().verdict, Verdict::Skip);
    assert_eq!(case.outcome().unwrap().reason, "interrupted");
    assert_eq!(wishes(&mut case), ["delete Pod a"]);
}

#[test]
fn a_cleanup_that_fails_goes_on() {
    let mut case = begin(messy);
    tell(&mut case, [done(json!({})), done(json!({"a": 1}))]);
    case.learn(Seen::Answer(Answer::Failed("connection refused".to_owned())), at(60));
    assert_eq!(wishes(&mut case), ["delete Pod b", "delete Pod a"]);
    assert_eq!(case.outcome().unwrap().verdict, Verdict::Pass);
}

#[test]
fn the_part_of_the_plan_is_named() {
    let script = |_: &Names| vec![Step::Label("G3"), read("pod"), Step::Expect(vec![of("pod").gone()])];
    let (_, reason) = verdict(script, [done(json!({}))]);
    assert!(reason.starts_with("G3: "), "{reason}");
}

#[test]
fn what_is_known_only_now_is_put_in() {
    fn script(_: &Names) -> Vec<Step> {
        let body = json!({"uid": "${owner.metadata.uid}", "list": ["${owner.count}"], "plain": "$ {x}"});
        let create =
            Step::Do { act: Act::Create(pod("b"), body), keep: "created", expected: Expected::Accepted };
        vec![read("owner"), create]
    }
    let mut case = begin(script);
    case.next(at(0));
    case.learn(done(json!({"metadata": {"uid": "1"}, "count": 2})), at(0));
    let Wish::Act { act: Act::Create(_, body), .. } = case.next(at(1)) else { panic!("no creation") };
    assert_eq!(body, json!({"uid": "1", "list": [2], "plain": "$ {x}"}));
    let (unknown, reason) = verdict(script, [done(json!({}))]);
    assert_eq!(unknown, Verdict::Inconclusive);
    assert!(reason.contains("owner has no metadata.uid"), "{reason}");
}

#[test]
fn steps_are_told_in_words() {
    for check in checks::all() {
        for step in (check.script)(&names()) {
            assert!(step.words().iter().all(|line| !line.is_empty() && !line.contains('\n')), "{}", check.id);
        }
    }
}
