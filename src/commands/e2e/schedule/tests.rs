use super::super::select::{Choice, select};
use super::*;
use crate::core::plan::checks;

fn whole_plan() -> Vec<Chosen> {
    select(&Choice { disruptive: true, ..Choice::default() }).expect("checks")
}

#[test]
fn what_is_long_begins_first_and_what_disturbs_comes_alone() {
    let [together, alone, last] = phases(&whole_plan(), 8);
    let ids = |phase: &Phase| phase.checks.iter().map(|check| check.id).collect::<Vec<_>>();
    let place = |id: &str| ids(&together).iter().position(|other| *other == id);
    // It waits for five minutes, and everything else passes beside it.
    assert!(
        place("10") < place("1a") && place("4") < place("1a") && place("1a") < place("2"),
        "{together:?}"
    );
    assert!(ids(&alone).ends_with(&["13", "3B"]) && alone.jobs == 1, "{alone:?}");
    assert_eq!((ids(&last), last.jobs), (vec!["14"], 1));
}

#[test]
fn what_is_left_out_has_no_turn() {
    let chosen = select(&Choice { words: vec!["13".to_owned()], ..Choice::default() }).expect("checks");
    assert!(phases(&chosen, 8).iter().all(|phase| phase.checks.is_empty()));
}

#[test]
fn gpus_are_those_of_what_may_run_at_once() {
    let [mut together, ..] = phases(&whole_plan(), 2);
    together.checks.retain(|check| ["1b", "6a", "4"].contains(&check.id));
    let of = |id: &str| checks::find(id).expect("a check").uses.gpus;
    assert_eq!(gpus(&together), of("1b") + of("6a"));
}

#[test]
fn a_check_waits_for_what_it_needs_to_be_known() {
    let now = Timestamp::UNIX_EPOCH;
    let check = checks::find("4").expect("a check");
    let outcome = |verdict, reason: &str| not_run(verdict, reason.to_owned(), now);
    let all = |verdict: Verdict| -> BTreeMap<&str, Outcome> {
        check.needs.iter().map(|id| (*id, outcome(verdict, "why"))).collect()
    };
    assert_eq!(held_back(check, &all(Verdict::Pass), now), None);
    for (verdict, expected, words) in [
        (Verdict::Fail, Verdict::Skip, "P1 is not met: why"),
        (Verdict::Skip, Verdict::Skip, "P1 is not met: why"),
        (Verdict::Inconclusive, Verdict::Inconclusive, "P1 is not known: why"),
    ] {
        let held = held_back(check, &all(verdict), now).expect("held back");
        assert_eq!((held.verdict, held.reason.as_str()), (expected, words));
    }
    // What is absent outweighs what is not known: nothing would be learned.
    let mut mixed = all(Verdict::Inconclusive);
    mixed.insert("P4", outcome(Verdict::Fail, "webhooks are off"));
    assert_eq!(held_back(check, &mixed, now).expect("held back").reason, "P4 is not met: webhooks are off");
    let nothing = held_back(check, &BTreeMap::new(), now).expect("held back");
    assert_eq!((nothing.verdict, nothing.reason.as_str()), (Verdict::Inconclusive, "P1 was not looked at"));
}
