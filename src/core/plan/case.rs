//! The machine that goes through a check: it says what it wants done or watched, and is told what came of it.

mod judge;

use super::check::{Check, Names};
use super::memory::Memory;
use super::outcome::{Broken, Outcome, Remark, Verdict};
use super::step::{Act, Expected, Key, Object, Ruling, Step};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// The webhook whose denial counts (`airunway-api.md` section 1).
pub(super) const WEBHOOK: &str = "vmodeldeployment-v1alpha1.kb.io";
/// How long each part of a cleanup may take; deletions are not waited for.
const CLEANUP: Duration = Duration::from_secs(60);

/// What a case wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Something done, and its [`Seen::Answer`] before `until`.
    Act {
        /// What.
        act: Act,
        /// When it is too late for an answer.
        until: Timestamp,
    },
    /// The states of objects: first how each is now, then every change, as [`Seen::Object`], and at `until` a
    /// [`Seen::Time`]. Without objects only time passes.
    Watch {
        /// Which.
        objects: Vec<Object>,
        /// Until when.
        until: Timestamp,
    },
    /// Nothing: it is at its end.
    Nothing,
}

/// What a case is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// What came of an act.
    Answer(Answer),
    /// The state of a watched object; `None` when it does not exist.
    Object(Object, Option<Value>),
    /// The moment of [`Wish::Watch`] has come, or that of [`Wish::Act`] has passed.
    Time,
    /// A watch cannot go on; why.
    Broken(String),
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is done.
    Done(Value),
    /// It was refused.
    Refused(Refusal),
    /// Nobody knows; why.
    Failed(String),
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// By whom.
    pub by: RefusedBy,
    /// HTTP code.
    pub code: u16,
    /// The server's words, whole.
    pub message: String,
}

/// Who refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBy {
    /// An admission webhook or policy of this name.
    Webhook(String),
    /// The API server could not ask this webhook.
    WebhookUnreachable(String),
    /// The schema, or the API server's own validation.
    Schema,
    /// Missing rights.
    Rights,
    /// An object of that name that no run has made.
    Existing,
    /// A quota, a namespace that is going, anything else.
    Other,
}

/// A check on its way.
#[derive(Debug, Clone)]
pub struct Case {
    steps: VecDeque<Step>,
    memory: Memory,
    label: Option<&'static str>,
    state: State,
    limit: Timestamp,
    from: Timestamp,
    /// What the cleanup has to do, last first.
    always: Vec<Act>,
    created: Vec<Object>,
    keep: bool,
    /// How many claims held.
    held: usize,
    /// A verdict that stands unless a later step fails.
    standing: Option<(Verdict, String)>,
    remarks: Vec<Remark>,
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone)]
enum State {
    /// The next step has its turn.
    Ready,
    /// An act of [`Step::Do`] is on its way.
    Acting { keep: Key, expected: Expected, words: String },
    /// Objects of [`Step::Until`] are watched.
    Watching(Wait),
    /// The objects of [`Step::Absent`] are read, the first one at the moment.
    Reading(VecDeque<Object>),
    /// Time passes.
    Pausing(Timestamp),
    /// The verdict stands, this is done away with.
    Cleaning(VecDeque<Act>),
    /// At its end.
    Over,
}

#[derive(Debug, Clone)]
struct Wait {
    watch: Vec<(Key, Object)>,
    claims: Vec<super::claim::Claim>,
    unless: Vec<Ruling>,
    late: Verdict,
    within: Duration,
    until: Timestamp,
}

impl Case {
    /// A check at its beginning; with `keep` it leaves its objects in the cluster.
    pub fn new(check: &Check, names: &Names, keep: bool, now: Timestamp) -> Case {
        Case {
            steps: (check.script)(names).into(),
            memory: Memory::default(),
            label: None,
            state: State::Ready,
            limit: now + check.limit,
            from: now,
            always: Vec::new(),
            created: Vec::new(),
            keep,
            held: 0,
            standing: None,
            remarks: Vec::new(),
            outcome: None,
        }
    }

    /// What came of it; known before the cleanup begins.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// What was seen so far.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The objects that it has created, or may have.
    pub fn created(&self) -> &[Object] {
        &self.created
    }

    /// Ends it without a further look: what is left to do is the cleanup.
    pub fn give_up(&mut self, verdict: Verdict, reason: &str, now: Timestamp) {
        if self.outcome.is_none() {
            self.end(verdict, reason.to_owned(), None, Vec::new(), now);
        }
    }

    /// What it wants now. Asking again without [`Case::learn`] in between gives the same, as long as time stands.
    pub fn next(&mut self, now: Timestamp) -> Wish {
        loop {
            if self.outcome.is_none() && now >= self.limit {
                let limit = Duration::try_from(self.limit.duration_since(self.from)).unwrap_or_default();
                self.give_up(Verdict::Inconclusive, &format!("not done within {} s", limit.as_secs()), now);
            }
            match &mut self.state {
                State::Ready => match self.steps.pop_front() {
                    Some(step) => {
                        if let Some(wish) = self.begin(step, now) {
                            return wish;
                        }
                    }
                    None => self.finish(now),
                },
                State::Watching(wait) => {
                    let objects = wait.watch.iter().map(|(_, object)| object.clone()).collect();
                    return Wish::Watch { objects, until: wait.until.min(self.limit) };
                }
                State::Reading(objects) => match objects.front() {
                    Some(object) => {
                        return Wish::Act { act: Act::Read(object.clone()), until: self.limit };
                    }
                    None => self.state = State::Ready,
                },
                State::Pausing(until) => {
                    return Wish::Watch { objects: Vec::new(), until: (*until).min(self.limit) };
                }
                State::Cleaning(acts) => match acts.front() {
                    Some(act) => return Wish::Act { act: act.clone(), until: now + CLEANUP },
                    None => self.state = State::Over,
                },
                // The act was asked for when the step began; whoever asks again has lost it.
                State::Acting { .. } => {
                    self.give_up(Verdict::Inconclusive, "an answer was lost", now);
                }
                State::Over => return Wish::Nothing,
            }
        }
    }

    /// Begins a step; a wish when it needs something.
    fn begin(&mut self, step: Step, now: Timestamp) -> Option<Wish> {
        match step {
            Step::Do { mut act, keep, expected } => {
                if let Act::Create(_, value) | Act::Patch(_, value) = &mut act
                    && let Err(why) = self.memory.fill(value)
                {
                    self.end(Verdict::Inconclusive, format!("{act}: {why}"), None, Vec::new(), now);
                    return None;
                }
                if let Act::Create(object, _) = &act {
                    self.created.push(object.clone());
                }
                self.state = State::Acting { keep, expected, words: act.to_string() };
                return Some(Wish::Act { act, until: self.limit });
            }
            Step::Until { watch, claims, within, unless, late } => {
                watch.iter().for_each(|(key, _)| self.memory.forget(key));
                let until = now + within;
                self.state = State::Watching(Wait { watch, claims, unless, late, within, until });
            }
            Step::Expect(claims) => self.expect(&claims, now),
            Step::Absent { objects, settled } => match self.is_settled(&settled) {
                Ok(()) => self.state = State::Reading(objects.into()),
                Err(why) => {
                    let reason = format!("absence says nothing yet: {why}");
                    self.end(Verdict::Inconclusive, reason, None, Vec::new(), now);
                }
            },
            Step::Judge(rulings) => self.rule(&rulings, now),
            Step::Pause(time) => self.state = State::Pausing(now + time),
            Step::Always(act) => self.always.push(act),
            Step::Label(label) => self.label = Some(label),
        }
        None
    }

    /// Takes in what was seen.
    pub fn learn(&mut self, seen: Seen, now: Timestamp) {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Acting { keep, expected, words } => self.answered(seen, keep, &expected, &words, now),
            State::Watching(wait) => self.watched(wait, seen, now),
            State::Reading(objects) => self.read(objects, seen, now),
            State::Pausing(until) if now < until && !matches!(seen, Seen::Time) => {
                self.state = State::Pausing(until);
            }
            State::Cleaning(mut acts) => {
                let act = acts.pop_front();
                if let (Some(act), Seen::Answer(Answer::Failed(why))) = (act, &seen) {
                    self.remark(format!("{act}: {why}"), now);
                }
                self.state = State::Cleaning(acts);
            }
            State::Pausing(_) | State::Ready => {}
            State::Over => self.state = State::Over,
        }
    }

    fn answered(&mut self, seen: Seen, keep: Key, expected: &Expected, words: &str, now: Timestamp) {
        let answer = match seen {
            Seen::Answer(answer) => answer,
            Seen::Time => Answer::Failed("no answer in time".to_owned()),
            Seen::Broken(why) => Answer::Failed(why),
            Seen::Object(..) => Answer::Failed("an answer was lost".to_owned()),
        };
        match answer {
            Answer::Done(value) => {
                self.remark(words.to_owned(), now);
                self.memory.keep(keep, value, now);
                if let Expected::Denied(_) = expected {
                    self.end(Verdict::Fail, format!("{words}: accepted"), None, Vec::new(), now);
                }
            }
            Answer::Refused(refusal) => {
                self.remark(format!("{words}: {}", refusal.message), now);
                let kept = json!({ "refused": { "by": refusal.by.name(), "code": refusal.code, "message": refusal.message } });
                self.memory.keep(keep, kept, now);
                self.refused(&refusal, expected, words, now);
            }
            Answer::Failed(why) => {
                self.remark(format!("{words}: {why}"), now);
                self.end(Verdict::Inconclusive, format!("{words}: {why}"), None, Vec::new(), now);
            }
        }
    }

    fn watched(&mut self, wait: Wait, seen: Seen, now: Timestamp) {
        match seen {
            Seen::Object(object, value) => {
                for (key, _) in wait.watch.iter().filter(|(_, watched)| *watched == object) {
                    self.memory.keep(key, value.clone().unwrap_or(Value::Null), now);
                }
                self.weigh(wait, now);
            }
            Seen::Time if now < wait.until && now < self.limit => self.state = State::Watching(wait),
            Seen::Time => self.too_late(&wait, now),
            Seen::Broken(why) => {
                self.end(Verdict::Inconclusive, format!("the watch broke: {why}"), None, Vec::new(), now);
            }
            Seen::Answer(_) => self.state = State::Watching(wait),
        }
    }

    fn read(&mut self, mut objects: VecDeque<Object>, seen: Seen, now: Timestamp) {
        let Some(object) = objects.pop_front() else { return };
        match seen {
            Seen::Answer(Answer::Done(Value::Null)) => {
                self.held += 1;
                self.remark(format!("{object} does not exist"), now);
                self.state = State::Reading(objects);
            }
            Seen::Answer(Answer::Done(_)) => {
                let broken = Broken {
                    claim: format!("{object} does not exist"),
                    expected: "nothing".to_owned(),
                    found: "it exists".to_owned(),
                };
                self.end(Verdict::Fail, format!("{object} exists"), None, vec![broken], now);
            }
            Seen::Answer(Answer::Refused(Refusal { message: why, .. }) | Answer::Failed(why))
            | Seen::Broken(why) => {
                let reason = format!("{object} could not be read: {why}");
                self.end(Verdict::Inconclusive, reason, None, Vec::new(), now);
            }
            Seen::Time | Seen::Object(..) => {
                let reason = format!("{object} could not be read in time");
                self.end(Verdict::Inconclusive, reason, None, Vec::new(), now);
            }
        }
    }

    /// All steps are done.
    fn finish(&mut self, now: Timestamp) {
        let (verdict, reason) = match self.standing.take() {
            Some(standing) => standing,
            None if self.held == 0 => (Verdict::Inconclusive, "nothing was looked at".to_owned()),
            None => (Verdict::Pass, format!("{} assertions held", self.held)),
        };
        self.end(verdict, reason, None, Vec::new(), now);
    }

    fn remark(&mut self, text: String, at: Timestamp) {
        self.remarks.push(Remark { at, text });
    }

    fn end(
        &mut self,
        verdict: Verdict,
        reason: String,
        hint: Option<String>,
        broken: Vec<Broken>,
        now: Timestamp,
    ) {
        if self.outcome.is_none() {
            let reason = match self.label {
                Some(label) if verdict != Verdict::Pass => format!("{label}: {reason}"),
                _ => reason,
            };
            let remarks = std::mem::take(&mut self.remarks);
            self.outcome = Some(Outcome { verdict, reason, hint, broken, remarks, from: self.from, to: now });
        }
        let kept = self.keep;
        let always = self.always.drain(..).rev();
        let deletions = self.created.iter().rev().cloned().map(Act::Delete);
        self.state = State::Cleaning(always.chain(deletions).filter(|_| !kept).collect());
    }
}

impl RefusedBy {
    /// In one word, as observations have it.
    pub fn name(&self) -> &str {
        match self {
            RefusedBy::Webhook(name) | RefusedBy::WebhookUnreachable(name) => name,
            RefusedBy::Schema => "schema",
            RefusedBy::Rights => "rights",
            RefusedBy::Existing => "existing object",
            RefusedBy::Other => "server",
        }
    }
}
