//! What a world is edited with, and the tests over the tables of edits.

use super::player::play;
use super::world::{World, merge};
use super::worlds::green;
use super::{reds_beyond, reds_plan, reds_plan_late, reds_preconditions};
use kubectl_airunway::core::plan::record::{Entry, Event, Told};
use kubectl_airunway::core::plan::{Check, Names, Outcome, Verdict, checks};
use serde_json::{Value, json};

/// The names of every record.
pub(super) fn names() -> Names {
    Names {
        run: "t1".to_owned(),
        namespace: "vllm-test".to_owned(),
        system: "airunway-system".to_owned(),
        owns_namespace: false,
        expected_tag: None,
        allow_dev: false,
    }
}

/// A world that differs from the healthy one in one thing.
pub(super) struct Edit {
    /// The check.
    pub(super) id: &'static str,
    /// What is different.
    pub(super) what: &'static str,
    /// The difference.
    pub(super) edit: fn(&mut World),
    /// The verdict.
    pub(super) verdict: Verdict,
    /// Words of the reason, or of the first claim that does not hold.
    pub(super) says: &'static str,
}

/// A row of a table of edits.
pub(super) const fn edit(
    id: &'static str,
    what: &'static str,
    verdict: Verdict,
    says: &'static str,
    edit: fn(&mut World),
) -> Edit {
    Edit { id, what, edit, verdict, says }
}

impl World {
    fn states(&mut self, object: &str) -> impl Iterator<Item = &mut Value> {
        let object = object.to_owned();
        self.entries.iter_mut().filter_map(move |entry| match &mut entry.event {
            Event::Object { object: name, value } if *name == object && !value.is_null() => Some(value),
            _ => None,
        })
    }

    /// Every state of an object that has a value at this pointer has another one; `null` for none.
    pub(super) fn set(&mut self, object: &str, pointer: &str, to: Value) {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let mut edited = 0;
        for state in self.states(object) {
            let Some(parent) = state.pointer_mut(parent) else { continue };
            edited += 1;
            match parent {
                Value::Object(members) if to.is_null() => drop(members.remove(member)),
                Value::Array(entries) => entries[member.parse::<usize>().unwrap()] = to.clone(),
                parent => parent[member] = to.clone(),
            }
        }
        assert!(edited > 0, "{object} has no {pointer}");
    }

    /// A condition has another value in every state of an object that has it.
    pub(super) fn condition(&mut self, object: &str, kind: &str, member: &str, to: &str) {
        let mut edited = 0;
        for state in self.states(object) {
            let conditions = state.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
            for condition in conditions.into_iter().flatten().filter(|found| found["type"] == kind) {
                condition[member] = json!(to);
                edited += 1;
            }
        }
        assert!(edited > 0, "{object} has no condition {kind}");
    }

    /// An object is never seen.
    pub(super) fn never(&mut self, object: &str) {
        self.entries
            .retain(|entry| !matches!(&entry.event, Event::Object { object: name, .. } if name == object));
    }

    /// Of the states of an object only the first ones are seen.
    pub(super) fn only(&mut self, object: &str, number: usize) {
        let mut seen = 0;
        self.entries.retain(|entry| match &entry.event {
            Event::Object { object: name, .. } if name == object => {
                seen += 1;
                seen <= number
            }
            _ => true,
        });
    }

    /// The first act that begins with these words is answered otherwise.
    pub(super) fn answer(&mut self, words: &str, told: Told) {
        let found = self.entries.iter_mut().find_map(|entry| match &mut entry.event {
            Event::Act { act, answer } if act.starts_with(words) => Some(answer),
            _ => None,
        });
        *found.unwrap_or_else(|| panic!("nothing begins with {words}")) = told;
    }

    /// The answer to the first act that begins with these words has another value at a pointer.
    pub(super) fn answered(&mut self, words: &str, pointer: &str, to: Value) {
        let found = self.entries.iter_mut().find_map(|entry| match &mut entry.event {
            Event::Act { act, answer: Told::Done(value) } if act.starts_with(words) => Some(value),
            _ => None,
        });
        *found.and_then(|value| value.pointer_mut(pointer)).unwrap_or_else(|| panic!("{words}: {pointer}")) =
            to;
    }

    /// A text is another one, everywhere.
    pub(super) fn reworded(&mut self, from: &str, to: &str) {
        let text = serde_json::to_string(&self.entries).unwrap();
        assert!(text.contains(from), "nobody says {from}");
        self.entries = serde_json::from_str(&text.replace(from, to)).unwrap();
    }

    /// The first watch breaks.
    pub(super) fn broken(&mut self, why: &str) {
        let event = Event::Broken { broken: why.to_owned() };
        self.entries.insert(0, Entry { t: 0.0, event });
    }

    /// An object is there from the beginning.
    pub(super) fn intruder(&mut self, object: &str) {
        let value = json!({"metadata": {"name": "intruder", "uid": "intruder"}});
        let event = Event::Object { object: object.to_owned(), value };
        self.entries.insert(0, Entry { t: 0.0, event });
    }
}

/// Right after an act, counted from 0 among those that begin with these words, an object has another state; what comes
/// later to it has that change too.
pub(super) fn moved(world: &mut World, words: &str, number: usize, object: &str, patch: &Value) {
    let acts = world.entries.iter().enumerate().filter_map(|(place, entry)| match &entry.event {
        Event::Act { act, .. } if act.starts_with(words) => Some(place),
        _ => None,
    });
    let place = acts.into_iter().nth(number).unwrap();
    let is_it = |entry: &Entry| matches!(&entry.event, Event::Object { object: name, .. } if name == object);
    let before = world.entries[..=place].iter().rposition(is_it).unwrap();
    let mut entry = Entry { t: world.entries[place].t, ..world.entries[before].clone() };
    let change = |entry: &mut Entry| {
        if let Event::Object { value, .. } = &mut entry.event {
            merge(value, patch);
            value["metadata"]["resourceVersion"] = json!("changed");
        }
    };
    change(&mut entry);
    world.entries[place + 1..].iter_mut().filter(|entry| is_it(entry)).for_each(change);
    world.entries.insert(place + 1, entry);
}

/// The answer to an act, counted from 0 among those that begin with these words, is another one.
pub(super) fn replaced_answer(world: &mut World, words: &str, number: usize, to: Value) {
    let acts = world.entries.iter_mut().filter_map(|entry| match &mut entry.event {
        Event::Act { act, answer } if act.starts_with(words) => Some(answer),
        _ => None,
    });
    *acts.into_iter().nth(number).unwrap() = Told::Done(to);
}

fn outcome(id: &str, world: &World) -> Outcome {
    let check = checks::find(id).unwrap_or_else(|| panic!("{id}"));
    play(check, &names(), &world.entries).0
}

/// The verdict on a healthy AI Runway of today, with its open findings.
fn healthy(check: &Check) -> Verdict {
    match check.id {
        "7" | "X4" | "X5" => Verdict::KnownFinding,
        "10" => Verdict::Fixed,
        _ => Verdict::Pass,
    }
}

/// The checks whose worlds are here; those of other suites have their own.
fn ours() -> impl Iterator<Item = &'static Check> {
    use kubectl_airunway::core::plan::Group::{Beyond, Precondition, Provider};
    checks::all().filter(|check| {
        matches!(check.group, Precondition | Provider | Beyond)
            && !matches!(check.id, "P7" | "P7-origin" | "11a" | "11b" | "11c" | "12")
            && !check.id.starts_with("P-")
    })
}

fn edits() -> impl Iterator<Item = &'static Edit> {
    reds_preconditions::EDITS
        .iter()
        .chain(reds_plan::EDITS)
        .chain(reds_plan_late::EDITS)
        .chain(reds_beyond::EDITS)
}

#[test]
fn a_healthy_ai_runway_is_green() {
    let mut wrong = Vec::new();
    for check in ours() {
        let outcome = outcome(check.id, &green(check.id));
        if outcome.verdict != healthy(check) {
            let (word, reason) = (outcome.verdict.word(), outcome.reason);
            wrong.push(format!("{}: {word}: {reason}\n{:#?}", check.id, outcome.broken));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_is_said() {
    let mut wrong = Vec::new();
    for Edit { id, what, edit, verdict, says } in edits() {
        let mut world = green(id);
        edit(&mut world);
        let outcome = outcome(id, &world);
        if outcome.verdict != *verdict || !outcome.reason.contains(says) {
            let (word, reason) = (outcome.verdict.word(), &outcome.reason);
            wrong.push(format!("{id}, {what}: {word}: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_check_can_fail_and_can_be_undecided() {
    let open = |verdict| matches!(verdict, Verdict::Inconclusive | Verdict::Skip);
    for check in ours() {
        let of = || edits().filter(|edit| edit.id == check.id);
        assert!(of().any(|edit| edit.verdict == Verdict::Fail), "{} never fails", check.id);
        assert!(of().any(|edit| open(edit.verdict)), "{} is never undecided", check.id);
    }
}

#[test]
fn both_states_of_a_finding_are_told() {
    for id in ["1a", "7", "X4", "X5"] {
        let verdicts: Vec<Verdict> = edits()
            .filter(|edit| edit.id == id)
            .map(|edit| edit.verdict)
            .chain([outcome(id, &green(id)).verdict])
            .collect();
        assert!(verdicts.contains(&Verdict::KnownFinding), "{id}");
        assert!(verdicts.iter().any(|verdict| matches!(verdict, Verdict::Fixed | Verdict::Pass)), "{id}");
    }
}

/// Whatever comes of a check, what it has created is deleted, last first.
#[test]
fn what_was_created_is_deleted() {
    let worlds = edits().map(|edit| {
        let mut world = green(edit.id);
        (edit.edit)(&mut world);
        (edit.id, world)
    });
    for (id, world) in ours().map(|check| (check.id, green(check.id))).chain(worlds) {
        let (outcome, done) = play(checks::find(id).unwrap(), &names(), &world.entries);
        let objects = |start: &str| -> Vec<String> {
            done.iter().filter_map(|words| words.strip_prefix(start)).map(str::to_owned).collect()
        };
        let (mut created, deleted) = (objects("create "), objects("delete "));
        created.reverse();
        assert!(deleted.ends_with(&created), "{id}, {}: {done:#?}", outcome.reason);
    }
}

/// A run that has made its namespace takes it away whole.
#[test]
fn a_namespace_of_the_run_goes_whole() {
    let check = checks::find("14").unwrap();
    let names = Names { owns_namespace: true, ..names() };
    let namespace = "namespaces/-/vllm-test";
    let mut world = World::default();
    world.there(namespace, json!({"metadata": {"name": "vllm-test"}}));
    world.done("delete Namespace vllm-test", json!({"status": {"phase": "Terminating"}}));
    assert_eq!(play(check, &names, &world.entries).0.verdict, Verdict::Fail);
    world.after(30.0).state(namespace, Value::Null);
    assert_eq!(play(check, &names, &world.entries).0.verdict, Verdict::Pass);
}

/// The tag that the user declares is the one that has to be reported.
#[test]
fn a_declared_version_is_compared() {
    let check = checks::find("S1").unwrap();
    let with = |tag: &str| Names { expected_tag: Some(tag.to_owned()), ..names() };
    let world = green("S1");
    assert_eq!(play(check, &with("dev"), &world.entries).0.verdict, Verdict::Pass);
    assert_eq!(play(check, &with("v0.8.0"), &world.entries).0.verdict, Verdict::Fail);
}
