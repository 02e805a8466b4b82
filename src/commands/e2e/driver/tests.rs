use super::*;
use crate::core::kubernetes::resource::POD;
use crate::core::plan::{Check, Expected, Group, Names, Refusal, RefusedBy, Step, Uses, of};
use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A cluster that is played.
#[derive(Default)]
struct Played {
    /// What was done.
    acts: RefCell<Vec<String>>,
    /// What a watch shows, then nothing more.
    shown: Vec<Option<Value>>,
    /// Watches that were opened.
    watches: AtomicUsize,
    /// Whether it never answers.
    silent: bool,
}

impl Stage for Played {
    async fn act(&self, act: &Act) -> Answer {
        self.acts.borrow_mut().push(act.to_string());
        if self.silent {
            std::future::pending::<()>().await;
        }
        Answer::Done(json!({ "metadata": { "name": "a" } }))
    }

    fn watch(&self, objects: &[Object]) -> Watched {
        self.watches.fetch_add(1, Ordering::Relaxed);
        let object = objects.first().cloned();
        let shown = self.shown.clone().into_iter();
        let seen = shown.filter_map(move |value| Some(Seen::Object(object.clone()?, value)));
        Watched::of(stream::iter(seen).boxed())
    }

    async fn evidence(&self, objects: &[Object]) -> Option<Evidence> {
        self.acts.borrow_mut().push(format!("look at {} objects", objects.len()));
        Some(Evidence::default())
    }
}

fn object() -> Object {
    Object::new(POD, "n", "a")
}

/// Creates an object and waits for a second until it is ready.
fn script(_: &Names) -> Vec<Step> {
    let create = Act::Create(object(), json!({}));
    vec![
        Step::Do { act: create, keep: "created", expected: Expected::Accepted },
        Step::Until {
            watch: vec![("pod", object())],
            claims: vec![of("pod").at(".ready").is(true)],
            within: Duration::from_millis(300),
            unless: Vec::new(),
            late: Verdict::Fail,
        },
    ]
}

fn case(limit: Duration, time: Time) -> Case {
    let check = Check {
        id: "a",
        group: Group::Provider,
        title: "",
        needs: &[],
        uses: Uses::NOTHING,
        limit,
        script,
        proves: "",
        failure: "",
    };
    let names = super::super::select::any_names();
    Case::new(&check, &names, false, time.now())
}

/// The verdict, the reason, and what was done.
fn driven(played: &Played, limit: Duration, stop: &Stop) -> (Verdict, String, Vec<String>) {
    let result = crate::io::runtime::block_on(async {
        let time = Time::start(Clock::Fixed(Timestamp::UNIX_EPOCH));
        let mut case = case(limit, time);
        let mut kept = Kept::new(time.now());
        drive(&mut case, played, time, stop, &mut kept).await;
        let outcome = case.outcome().expect("an outcome").clone();
        Ok((outcome.verdict, outcome.reason))
    });
    let (verdict, reason) = result.expect("a runtime");
    (verdict, reason, played.acts.take())
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn one_watch_serves_a_wait_to_its_end() {
    let shown = vec![None, Some(json!({ "ready": false })), Some(json!({ "ready": true }))];
    let played = Played { shown, ..Played::default() };
    let (verdict, _, acts) = driven(&played, LONG, &Stop::new());
    assert_eq!(verdict, Verdict::Pass);
    assert_eq!(acts, ["create Pod a", "delete Pod a"]);
    assert_eq!(played.watches.load(Ordering::Relaxed), 1);
}

#[test]
fn a_state_that_does_not_come_fails_with_evidence_taken_before_the_cleanup() {
    let played = Played { shown: vec![Some(json!({ "ready": false }))], ..Played::default() };
    let (verdict, reason, acts) = driven(&played, LONG, &Stop::new());
    assert_eq!(verdict, Verdict::Fail, "{reason}");
    assert_eq!(acts, ["create Pod a", "look at 1 objects", "delete Pod a"]);
}

#[test]
fn nothing_seen_is_not_a_failure() {
    let (verdict, reason, _) = driven(&Played::default(), LONG, &Stop::new());
    assert_eq!(verdict, Verdict::Inconclusive, "{reason}");
}

#[test]
fn an_act_without_an_answer_ends_with_the_checks_own_limit() {
    let played = Played { silent: true, ..Played::default() };
    let result = crate::io::runtime::block_on(async {
        let time = Time::start(Clock::Fixed(Timestamp::UNIX_EPOCH));
        let mut case = case(Duration::from_millis(100), time);
        let mut kept = Kept::new(time.now());
        let stop = Stop::new();
        let drive = drive(&mut case, &played, time, &stop, &mut kept);
        // Its cleanup is not answered either, and has a limit of its own.
        let _ = timeout(Duration::from_millis(500), drive).await;
        Ok(case.outcome().expect("an outcome").clone())
    });
    let outcome = result.expect("a runtime");
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert_eq!(played.acts.take(), ["create Pod a", "look at 1 objects", "delete Pod a"]);
}

#[test]
fn an_interruption_is_inconclusive_and_cleans_up() {
    let played = Played { shown: vec![Some(json!({ "ready": false }))], ..Played::default() };
    let stop = Stop::new();
    stop.halt(Halt::Interrupted);
    stop.halt(Halt::ClusterGone("the first reason stands".to_owned()));
    let (verdict, reason, acts) = driven(&played, LONG, &stop);
    assert_eq!((verdict, reason.as_str()), (Verdict::Inconclusive, "interrupted"));
    assert!(acts.ends_with(&["delete Pod a".to_owned()]), "{acts:?}");
    assert!(!acts.iter().any(|act| act.starts_with("look")), "{acts:?}");
}

#[test]
fn when_the_cluster_is_gone_nothing_more_is_asked_of_it() {
    let played = Played { silent: true, ..Played::default() };
    let stop = Stop::new();
    stop.halt(Halt::ClusterGone("connection refused".to_owned()));
    let (verdict, reason, acts) = driven(&played, LONG, &stop);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert_eq!(reason, "the cluster does not answer any longer: connection refused");
    assert!(!acts.iter().any(|act| act.starts_with("delete")), "{acts:?}");
}

#[test]
fn a_refusal_is_shown_to_the_case() {
    // What a refusal means is the case's to judge; that it arrives is the driver's.
    let refusal = Refusal { by: RefusedBy::Rights, code: 403, message: "no".to_owned() };
    let mut transcript = Transcript::new(Timestamp::UNIX_EPOCH);
    let act = Act::Read(object());
    transcript.act(Timestamp::UNIX_EPOCH, &act, &Seen::Answer(Answer::Refused(refusal)));
    assert!(transcript.lines().contains(r#""by":"rights""#), "{}", transcript.lines());
}
