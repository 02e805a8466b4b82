//! A small world for checks: objects by name, answers by act, and a clock that jumps to where something happens.

use jiff::Timestamp;
use kubectl_airunway::core::plan::{
    Act, Answer, Case, Check, Names, Object, Outcome, RUN_LABEL, Refusal, RefusedBy, Seen, Wish, checks,
};
use kubectl_airunway::io::backend::Backend;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What there is, by `<Kind> <name>` for objects and by the words of an act for answers.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<Inside>>);

#[derive(Default)]
pub(super) struct Inside {
    /// Objects that are there from the beginning.
    pub(super) standing: BTreeMap<String, Value>,
    /// Objects that come when something is created, and go when something is deleted.
    pub(super) coming: BTreeMap<String, Value>,
    pub(super) answers: BTreeMap<String, Vec<Value>>,
    /// What does not go with the others.
    pub(super) stays: Vec<String>,
    pub(super) refuses: Option<Refusal>,
    /// What was done, in words.
    pub(super) done: Vec<String>,
}

impl World {
    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn standing(self, name: &str, object: Value) -> World {
        self.inside().standing.insert(name.to_owned(), object);
        self
    }

    pub(super) fn coming(self, name: &str, object: Value) -> World {
        self.inside().coming.insert(name.to_owned(), object);
        self
    }

    /// An answer; several in a row, of which the last one stays.
    pub(super) fn answer(self, act: &str, answer: Value) -> World {
        self.inside().answers.entry(act.to_owned()).or_default().push(answer);
        self
    }

    /// Changes a value: `null` takes it away.
    pub(super) fn edit(&self, name: &str, path: &str, value: Value) {
        let mut inside = self.inside();
        let Inside { standing, coming, answers, .. } = &mut *inside;
        let mut found: Vec<&mut Value> = Vec::new();
        found.extend(standing.get_mut(name));
        found.extend(coming.get_mut(name));
        found.extend(answers.get_mut(name).into_iter().flatten());
        assert!(!found.is_empty(), "{name} is not there");
        for whole in found {
            set(whole, path, value.clone());
        }
    }

    fn look(&self, object: &Object) -> Option<Value> {
        self.inside().standing.get(&object.to_string()).cloned()
    }

    fn come(&self) {
        let mut inside = self.inside();
        let coming = inside.coming.clone();
        inside.standing.extend(coming);
    }

    fn go(&self, object: &Object) {
        let mut inside = self.inside();
        let Inside { standing, coming, stays, .. } = &mut *inside;
        let goes = |name: &String| {
            (coming.contains_key(name) || *name == object.to_string()) && !stays.contains(name)
        };
        standing.retain(|name, _| !goes(name));
    }

    fn act(&self, act: &Act) -> Answer {
        self.inside().done.push(act.to_string());
        let key = match act {
            Act::Create(..) => {
                if let Some(refusal) = self.inside().refuses.clone() {
                    return Answer::Refused(refusal);
                }
                self.come();
                return Answer::Done(json!({}));
            }
            Act::Delete(object) => {
                self.go(object);
                return Answer::Done(Value::Null);
            }
            Act::Read(object) => return Answer::Done(self.look(object).unwrap_or_default()),
            Act::Patch(object, patch) => return self.patched(object, patch),
            Act::ServerTime => return Answer::Done(json!({ "now": "2026-11-29T12:00:00Z" })),
            Act::List(resource, ..) => format!("list {}", resource.plural),
            Act::Ask(_) => "ask".to_owned(),
            Act::Backend(ask) => {
                let key = format!("{} {} {}", ask.method, ask.path, ask.redirects);
                if ask.method == "POST" {
                    self.come();
                }
                if self.inside().answers.contains_key(&key) { key } else { "backend".to_owned() }
            }
            Act::OriginForget => return Answer::Done(json!({})),
            Act::OriginSeen => "origin".to_owned(),
            Act::BackendMemory => "memory".to_owned(),
            Act::ShimVersion(provider) => format!("shim {provider}"),
            Act::ShimBinary(provider) => format!("binary {provider}"),
            Act::DeleteAll(..) => panic!("no check here does that"),
        };
        let mut inside = self.inside();
        let Some(answers) = inside.answers.get_mut(&key) else {
            return Answer::Failed(format!("nobody answers {key}"));
        };
        Answer::Done(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }

    /// The one patch that a controller reacts to is the one that switches the gateway off.
    fn patched(&self, object: &Object, patch: &Value) -> Answer {
        if self.look(object).is_none() {
            let message = format!("{object} not found");
            return Answer::Refused(Refusal { by: RefusedBy::Other, code: 404, message });
        }
        if patch.pointer("/spec/gateway/enabled") == Some(&json!(false)) {
            let mut inside = self.inside();
            let Inside { standing, stays, .. } = &mut *inside;
            let wired = |name: &String| name.starts_with("InferencePool") || name.starts_with("HTTPRoute");
            standing.retain(|name, _| !wired(name) || stays.contains(name));
            let off = json!([{ "type": "GatewayReady", "status": "False", "reason": "GatewayDisabled" }]);
            set(standing.get_mut(&object.to_string()).unwrap(), "/status/conditions", off);
        }
        Answer::Done(json!({}))
    }
}

/// Sets what is at a JSON pointer, whose last member need not be there yet.
fn set(whole: &mut Value, path: &str, value: Value) {
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = whole.pointer_mut(parent).unwrap_or_else(|| panic!("{path}: nothing there"));
    match (parent, value) {
        (Value::Object(members), Value::Null) => {
            members.remove(name);
        }
        (Value::Array(entries), Value::Null) => {
            entries.remove(name.parse().unwrap());
        }
        (Value::Array(entries), value) => entries[name.parse::<usize>().unwrap()] = value,
        (parent, value) => parent[name] = value,
    }
}

pub(super) fn names() -> Names {
    Names {
        run: "run-1".to_owned(),
        namespace: "vllm-test".to_owned(),
        system: "airunway-system".to_owned(),
        owns_namespace: true,
        expected_tag: None,
        allow_dev: false,
    }
}

pub(super) fn check(id: &str) -> &'static Check {
    checks::find(id).unwrap_or_else(|| panic!("there is no check {id}"))
}

/// Takes a check to its end. What nobody answers at once is not waited for: the clock jumps to the end of a wait.
pub(super) async fn run(id: &str, world: &World, backend: Option<&Backend>) -> Outcome {
    let mut now = Timestamp::UNIX_EPOCH;
    let mut case = Case::new(check(id), &names(), false, now);
    // Asked once after each thing that it is told: what it wants then is done, or lost.
    let mut wish = case.next(now);
    for _ in 0..1000 {
        match wish.clone() {
            Wish::Act { act, .. } => {
                let of_backend = match backend {
                    Some(backend) => backend.act(&act).await,
                    None => None,
                };
                let answer = of_backend.unwrap_or_else(|| world.act(&act));
                case.learn(Seen::Answer(answer), now);
                wish = case.next(now);
            }
            Wish::Watch { objects, until } => {
                let before = wish.clone();
                for object in objects {
                    case.learn(Seen::Object(object.clone(), world.look(&object)), now);
                    wish = case.next(now);
                    if wish != before {
                        break;
                    }
                }
                if wish == before {
                    now = until;
                    case.learn(Seen::Time, now);
                    wish = case.next(now);
                }
            }
            Wish::Nothing => return case.outcome().unwrap().clone(),
        }
    }
    panic!("{id} does not come to an end");
}

/// An object of a run, or of nobody.
pub(super) fn labelled(run: Option<&str>) -> Value {
    let labels = run.map(|run| json!({ RUN_LABEL: run })).unwrap_or_default();
    json!({ "metadata": { "name": "recipe-test", "labels": labels } })
}
