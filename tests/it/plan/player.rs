//! Plays a record to a check. The clock is the record's: it jumps to whatever comes next.

use jiff::{SignedDuration, Timestamp};
use kubectl_airunway::core::plan::record::{Entry, Event, id};
use kubectl_airunway::core::plan::{Act, Answer, Case, Check, Names, Object, Outcome, Seen, Wish};
use serde_json::Value;
use std::collections::VecDeque;

/// More turns than any check takes: a player that does not come to an end is a bug of the machine.
const TURNS: usize = 10_000;

/// A world that was recorded.
pub(super) struct Recorded<'a> {
    entries: &'a [Entry],
    /// Which acts have been answered.
    used: Vec<bool>,
    /// Seconds since the beginning.
    now: f64,
    watch: Option<Watch>,
    /// What was done, in order.
    pub(super) done: Vec<String>,
}

struct Watch {
    objects: Vec<Object>,
    until: Timestamp,
    /// Objects whose state has not been told yet.
    first: VecDeque<Object>,
    /// The entry after which the next change is looked for.
    after: usize,
}

/// The moment at which every record begins.
pub(super) fn beginning() -> Timestamp {
    "2026-06-17T12:00:00Z".parse().unwrap()
}

/// Goes through a check; also what was done, cleanup included.
pub(super) fn play(check: &Check, names: &Names, entries: &[Entry]) -> (Outcome, Vec<String>) {
    let mut world =
        Recorded { entries, used: vec![false; entries.len()], now: 0.0, watch: None, done: Vec::new() };
    let mut case = Case::new(check, names, false, world.time());
    for _ in 0..TURNS {
        let seen = match case.next(world.time()) {
            Wish::Nothing => return (case.outcome().unwrap().clone(), world.done),
            Wish::Act { act, until } => world.act(&act, until),
            Wish::Watch { objects, until } => world.watch(objects, until),
        };
        case.learn(seen, world.time());
    }
    panic!("{} does not come to an end", check.id);
}

impl Recorded<'_> {
    fn time(&self) -> Timestamp {
        beginning() + SignedDuration::from_secs_f64(self.now)
    }

    fn seconds(time: Timestamp) -> f64 {
        time.duration_since(beginning()).as_secs_f64()
    }

    /// The answer that was recorded next for an act of these words. A look at an object that was not recorded shows the
    /// state that it has.
    fn act(&mut self, act: &Act, until: Timestamp) -> Seen {
        self.watch = None;
        let words = act.to_string();
        self.done.push(words.clone());
        let found = self.entries.iter().enumerate().find_map(|(place, entry)| match &entry.event {
            Event::Act { act, answer } if *act == words && !self.used[place] => {
                Some((place, entry.t, answer))
            }
            _ => None,
        });
        if let Some((place, at, answer)) = found {
            self.used[place] = true;
            self.now = self.now.max(at.min(Self::seconds(until)));
            return if at > Self::seconds(until) { Seen::Time } else { Seen::Answer(Answer::from(answer)) };
        }
        match act {
            Act::Read(object) => Seen::Answer(Answer::Done(self.state(object).unwrap_or(Value::Null))),
            Act::Delete(_) => Seen::Answer(Answer::Done(Value::Null)),
            _ => Seen::Answer(Answer::Failed("not recorded".to_owned())),
        }
    }

    /// The state of an object now; one that the record does not know does not exist.
    fn state(&self, object: &Object) -> Option<Value> {
        let name = id(object);
        self.entries.iter().filter(|entry| entry.t <= self.now).fold(None, |state, entry| {
            match &entry.event {
                Event::Object { object, value } if *object == name => Some(value.clone()),
                _ => state,
            }
        })
    }

    fn watch(&mut self, objects: Vec<Object>, until: Timestamp) -> Seen {
        let goes_on =
            self.watch.as_ref().is_some_and(|watch| watch.objects == objects && watch.until == until);
        if !goes_on {
            let first = objects.iter().cloned().collect();
            let after = self.entries.iter().take_while(|entry| entry.t <= self.now).count();
            self.watch = Some(Watch { objects, until, first, after });
        }
        let mut watch = self.watch.take().unwrap();
        let broken = self.entries.iter().enumerate().find_map(|(place, entry)| match &entry.event {
            Event::Broken { broken } if entry.t <= self.now && !self.used[place] => Some((place, broken)),
            _ => None,
        });
        if let Some((place, why)) = broken {
            self.used[place] = true;
            return Seen::Broken(why.clone());
        }
        if let Some(object) = watch.first.pop_front() {
            let state = self.state(&object).filter(|state| !state.is_null());
            self.watch = Some(watch);
            return Seen::Object(object, state);
        }
        while let Some(entry) = self.entries.get(watch.after).filter(|entry| entry.t <= Self::seconds(until))
        {
            watch.after += 1;
            let Event::Object { object: name, value } = &entry.event else { continue };
            if let Some(object) = watch.objects.iter().find(|object| id(object) == *name).cloned() {
                self.now = self.now.max(entry.t);
                let state = Some(value.clone()).filter(|value| !value.is_null());
                self.watch = Some(watch);
                return Seen::Object(object, state);
            }
        }
        self.now = self.now.max(Self::seconds(until));
        Seen::Time
    }
}
