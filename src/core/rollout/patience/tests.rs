use super::*;
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(10);

fn stuck(kind: ProblemKind) -> Assessment {
    let pod = Some(PodPlace { pod: "q-1".to_owned(), container: None });
    Assessment::Stuck(Problem { kind, message: "no node".to_owned(), detail: None, pod })
}

fn waiting() -> Assessment {
    Assessment::Waiting("0 of 1 replicas available".to_owned())
}

fn gives_up(decision: Decision) -> bool {
    matches!(decision, Decision::GiveUp(_))
}

#[test]
fn what_does_not_pass_ends_the_wait_at_once_and_what_may_pass_when_it_has_lasted() {
    let start = Instant::now();
    for kind in ProblemKind::ALL {
        let mut patience = Patience::new(LIMIT);
        let first = patience.weigh(stuck(kind), start);
        if !kind.may_pass() {
            assert!(gives_up(first), "{kind:?}");
            continue;
        }
        let until = Some(start + LIMIT);
        assert_eq!(first, Decision::Wait { text: "no node".to_owned(), until }, "{kind:?}");
        let early = patience.weigh(stuck(kind), start + LIMIT - Duration::from_millis(1));
        assert_eq!(early, Decision::Wait { text: "no node".to_owned(), until }, "{kind:?}");
        patience.room_is_made(false);
        assert!(gives_up(patience.weigh(stuck(kind), start + LIMIT)), "{kind:?}");
    }
}

#[test]
fn progress_and_another_state_begin_a_new_grace_period() {
    let start = Instant::now();
    for between in [waiting(), stuck(ProblemKind::WrongImage)] {
        let mut patience = Patience::new(LIMIT);
        patience.weigh(stuck(ProblemKind::PodsRefused), start);
        patience.weigh(between, start + LIMIT / 2);
        let later = patience.weigh(stuck(ProblemKind::PodsRefused), start + LIMIT);
        assert_eq!(later, Decision::Wait { text: "no node".to_owned(), until: Some(start + LIMIT * 2) });
    }
}

#[test]
fn a_pod_that_an_autoscaler_makes_room_for_is_waited_for_as_long_as_it_takes() {
    let start = Instant::now();
    let mut patience = Patience::new(LIMIT);
    patience.weigh(stuck(ProblemKind::Unschedulable), start);
    let over = start + LIMIT;
    let place = PodPlace { pod: "q-1".to_owned(), container: None };
    assert_eq!(patience.weigh(stuck(ProblemKind::Unschedulable), over), Decision::Ask(place));
    patience.room_is_made(true);
    let text = "no node, a node is being added".to_owned();
    let waits = Decision::Wait { text, until: None };
    assert_eq!(patience.weigh(stuck(ProblemKind::Unschedulable), over), waits);
    assert_eq!(patience.weigh(stuck(ProblemKind::Unschedulable), over + LIMIT * 100), waits);
    // Room for the pod says nothing about its Secret.
    patience.weigh(stuck(ProblemKind::ContainerConfig), over);
    assert!(gives_up(patience.weigh(stuck(ProblemKind::ContainerConfig), over + LIMIT)));
}

#[test]
fn the_last_state_is_remembered_until_there_is_progress() {
    let start = Instant::now();
    let mut patience = Patience::new(LIMIT);
    assert_eq!((patience.text(), patience.problem()), ("", None));
    patience.weigh(stuck(ProblemKind::Unschedulable), start);
    assert_eq!(patience.text(), "no node");
    assert_eq!(patience.problem().map(|problem| problem.kind), Some(ProblemKind::Unschedulable));
    patience.weigh(waiting(), start);
    assert_eq!((patience.text(), patience.problem()), ("0 of 1 replicas available", None));
    assert_eq!(patience.weigh(Assessment::Ready, start), Decision::Done);
}

#[test]
fn autoscalers_are_known_by_their_events() {
    assert!(makes_room(&[json!({"reason": "Scheduled"}), json!({"reason": "TriggeredScaleUp"})]));
    assert!(makes_room(&[json!({"reason": "Nominated"})]));
    assert!(!makes_room(&[json!({"reason": "FailedScheduling"}), json!({})]));
}

#[test]
fn who_does_nothing_is_named_when_that_has_lasted() {
    let start = Instant::now();
    let idle = |text: &str| Assessment::Idle {
        text: text.to_owned(),
        idle: "no controller has touched Deployment q".to_owned(),
    };
    let mut patience = Patience::new(LIMIT);
    let first = Decision::Wait { text: "0 of 1".to_owned(), until: Some(start + LIMIT) };
    assert_eq!(patience.weigh(idle("0 of 1"), start), first);
    let named = "no controller has touched Deployment q for 10s".to_owned();
    let waits = Decision::Wait { text: named.clone(), until: None };
    assert_eq!(patience.weigh(idle("0 of 2"), start + LIMIT), waits);
    assert_eq!(patience.text(), named);
    patience.weigh(waiting(), start + LIMIT);
    let again = Decision::Wait { text: "0 of 1".to_owned(), until: Some(start + LIMIT * 2) };
    assert_eq!(patience.weigh(idle("0 of 1"), start + LIMIT), again);
}
