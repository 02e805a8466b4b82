//! Writes worlds down: what a healthy AI Runway shows to a check, made of the states that a real one showed
//! (`tests/fixtures/plan/states.json`).

use super::player::beginning;
use jiff::SignedDuration;
use kubectl_airunway::core::plan::record::{Entry, Event, Told};
use serde_json::{Value, json};
use std::sync::LazyLock;

static STATES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../fixtures/plan/states.json")).unwrap());

/// Namespace of the test objects.
pub(super) const NAMESPACE: &str = "vllm-test";
/// The webhook that denies.
pub(super) const WEBHOOK: &str = "vmodeldeployment-v1alpha1.kb.io";

/// How records name a ModelDeployment.
pub(super) fn md(name: &str) -> String {
    format!("modeldeployments.airunway.ai/{NAMESPACE}/{name}")
}

/// How records name a Deployment.
pub(super) fn dep(name: &str) -> String {
    format!("deployments.apps/{NAMESPACE}/{name}")
}

/// How records name a Service.
pub(super) fn svc(name: &str) -> String {
    format!("services/{NAMESPACE}/{name}")
}

/// How records name the registration of a provider.
pub(super) fn ipc(name: &str) -> String {
    format!("inferenceproviderconfigs.airunway.ai/-/{name}")
}

/// What was recorded at a JSON pointer.
pub(super) fn recorded(pointer: &str) -> Value {
    STATES.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone()
}

/// A value with one text in place of another, everywhere.
pub(super) fn renamed(value: &Value, from: &str, to: &str) -> Value {
    serde_json::from_str(&value.to_string().replace(from, to)).unwrap()
}

/// A denial by AI Runway's webhook, in kubectl's words as they were recorded.
pub(super) fn denial(pointer: &str) -> Told {
    let text = recorded(pointer);
    let (_, message) = text.as_str().unwrap().split_once("admission webhook").unwrap();
    denied(&format!("admission webhook{message}"))
}

/// A denial by AI Runway's webhook in these words.
pub(super) fn denied(message: &str) -> Told {
    Told::Refused {
        by: "webhook".to_owned(),
        webhook: WEBHOOK.to_owned(),
        code: 403,
        message: message.to_owned(),
    }
}

/// A refusal by somebody else.
pub(super) fn refused(by: &str, message: &str) -> Told {
    Told::Refused { by: by.to_owned(), webhook: String::new(), code: 403, message: message.to_owned() }
}

/// A world on its way, with a clock that goes on with each entry.
#[derive(Default, Clone)]
pub(super) struct World {
    pub(super) entries: Vec<Entry>,
    now: f64,
    version: u64,
}

impl World {
    /// Time passes.
    pub(super) fn after(&mut self, seconds: f64) -> &mut World {
        self.now += seconds;
        self
    }

    /// The time now as the API server writes it.
    pub(super) fn time(&self) -> String {
        let now = beginning() + SignedDuration::from_secs_f64(self.now);
        now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn push(&mut self, event: Event) -> &mut World {
        self.entries.push(Entry { t: self.now, event });
        self.after(0.1)
    }

    /// Something is done.
    pub(super) fn act(&mut self, words: &str, answer: Told) -> &mut World {
        self.push(Event::Act { act: words.to_owned(), answer })
    }

    /// Something is done, and this is the answer.
    pub(super) fn done(&mut self, words: &str, value: Value) -> &mut World {
        self.act(words, Told::Done(value))
    }

    /// An object has a new state, and a new version.
    pub(super) fn state(&mut self, object: &str, mut value: Value) -> &mut World {
        self.version += 1;
        if let Some(metadata) = value.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.insert("resourceVersion".to_owned(), json!(self.version.to_string()));
        }
        self.push(Event::Object { object: object.to_owned(), value })
    }

    /// An object is there already, and no time passes.
    pub(super) fn there(&mut self, object: &str, value: Value) -> &mut World {
        self.state(object, value).after(-0.1)
    }

    /// The last state of an object.
    pub(super) fn last(&self, object: &str) -> Value {
        let states = self.entries.iter().rev().filter_map(|entry| match &entry.event {
            Event::Object { object: name, value } if name == object => Some(value.clone()),
            _ => None,
        });
        states.into_iter().next().unwrap_or_else(|| panic!("{object}"))
    }

    /// The last state of an object was this.
    pub(super) fn replace_last(&mut self, object: &str, state: Value) {
        let states = self.entries.iter_mut().rev().filter_map(|entry| match &mut entry.event {
            Event::Object { object: name, value } if name == object => Some(value),
            _ => None,
        });
        *states.into_iter().next().unwrap() = state;
    }

    /// A patch of an object is accepted, and is the next state.
    pub(super) fn patched(&mut self, words: &str, object: &str, patch: &Value) -> &mut World {
        let mut value = self.last(object);
        merge(&mut value, patch);
        if patch.get("spec").is_some() {
            let generation = value["metadata"]["generation"].as_i64().unwrap_or(1);
            value["metadata"]["generation"] = json!(generation + 1);
        }
        self.now -= 0.05;
        self.state(object, value);
        let answer = self.last(object);
        self.now -= 0.05;
        self.done(&format!("patch {words} with {patch}"), answer)
    }

    /// A ModelDeployment is created, and its states of a recorded check follow.
    pub(super) fn model(&mut self, name: &str, pointer: &str) -> &mut World {
        let spec = json!({
            "provider": {"name": "vllm"},
            "model": {"id": "Qwen/Qwen2.5-0.5B-Instruct", "source": "huggingface"},
            "engine": {"type": "vllm"},
        });
        let object = json!({"metadata": {"name": name, "uid": format!("uid-of-{name}"), "generation": 1}, "spec": spec});
        self.state(&md(name), object.clone());
        self.done(&format!("create ModelDeployment {name}"), object.clone());
        for state in recorded(&format!("{pointer}/states")).as_array().unwrap() {
            let mut value = object.clone();
            value["metadata"]["generation"] = state["generation"].clone();
            value["metadata"]["finalizers"] = state["finalizers"].clone();
            value["status"] = state["status"].clone();
            let recorded_name = match pointer {
                "/1a" => "sel-auto",
                "/1b" => "sel-vllm",
                "/2" => "pin-test",
                "/3A" => "outage-test",
                "/9" => "owned-test",
                _ => name,
            };
            self.state(&md(name), renamed(&value, recorded_name, name));
        }
        self
    }

    /// The Deployment and the Service of a name, as they were recorded for check 1b.
    pub(super) fn children(&mut self, name: &str) -> &mut World {
        for (kind, object) in [("deployment", dep(name)), ("service", svc(name))] {
            let mut value = renamed(&recorded(&format!("/1b/{kind}")), "sel-vllm", name);
            value["metadata"]["uid"] = json!(format!("uid-of-{kind}-{name}"));
            value["metadata"]["ownerReferences"][0]["uid"] = json!(format!("uid-of-{name}"));
            value["metadata"]["managedFields"] =
                json!([{"manager": "vllm-provider", "operation": "Apply", "time": self.time()}]);
            self.state(&object, value);
        }
        self
    }

    /// A ModelDeployment that is rendered; the children come before the status.
    pub(super) fn rendered(&mut self, name: &str) -> &mut World {
        self.children(name).model(name, "/1b")
    }

    /// A pass of the shim that is seen.
    pub(super) fn pass(&mut self, name: &str, touch: &str) -> &mut World {
        let spoilt = json!({"metadata": {"labels": {"airunway.ai/managed-by": "nobody"}}});
        let healed = json!({"metadata": {"labels": {"airunway.ai/managed-by": "airunway"}}});
        let touched = json!({"metadata": {"annotations": {"airunway.ai/touch": touch}}});
        self.patched(&format!("Service {name}"), &svc(name), &spoilt);
        self.patched(&format!("ModelDeployment {name}"), &md(name), &touched);
        let mut value = self.last(&svc(name));
        merge(&mut value, &healed);
        self.state(&svc(name), value)
    }

    /// An object with a merge patch applied is its next state, as somebody else wrote it.
    pub(super) fn becomes(&mut self, object: &str, patch: &Value) -> &mut World {
        let mut value = self.last(object);
        merge(&mut value, patch);
        self.state(object, value)
    }

    /// The API server is asked for its time.
    pub(super) fn clock(&mut self) -> &mut World {
        let now = self.time();
        self.done("ask the API server for its time", json!({"now": now}))
    }
}

/// A JSON merge patch.
pub(super) fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    let members = into.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
