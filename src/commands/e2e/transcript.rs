//! What was done and seen in a check, for the evidence of a failure and for playing it again.

use crate::core::plan::record::{Entry, Event, Told, id};
use crate::core::plan::redact;
use crate::core::plan::{Act, Answer, Seen};
use jiff::Timestamp;
use serde_json::Value;

/// Most bytes of a transcript, as JSON; what comes later is not kept.
const LIMIT: usize = 8 * 1024 * 1024;

/// What was done and seen, in order. It holds no secrets.
#[derive(Debug)]
pub struct Transcript {
    from: Timestamp,
    lines: String,
    full: bool,
}

impl Transcript {
    /// An empty one that begins now.
    pub fn new(from: Timestamp) -> Transcript {
        Transcript { from, lines: String::new(), full: false }
    }

    /// The entries, each as JSON on a line of its own.
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// Adds something that was done.
    pub fn act(&mut self, at: Timestamp, act: &Act, seen: &Seen) {
        let answer = match seen {
            Seen::Answer(Answer::Done(value)) => Told::Done(public(value)),
            Seen::Answer(answer) => answer.into(),
            Seen::Broken(why) => Told::Failed(why.clone()),
            Seen::Time | Seen::Object(..) => Told::Failed("no answer in time".to_owned()),
        };
        self.push(at, Event::Act { act: redact::text(&act.to_string()), answer });
    }

    /// Adds something that was seen.
    pub fn seen(&mut self, at: Timestamp, seen: &Seen) {
        match seen {
            Seen::Object(object, value) => {
                let value = value.as_ref().map(redact::object).unwrap_or_default();
                self.push(at, Event::Object { object: id(object), value });
            }
            Seen::Broken(why) => self.push(at, Event::Broken { broken: why.clone() }),
            Seen::Time | Seen::Answer(_) => {}
        }
    }

    fn push(&mut self, at: Timestamp, event: Event) {
        let since = at.duration_since(self.from).as_secs_f64();
        let entry = Entry { t: (since * 1000.0).round() / 1000.0, event };
        // Members of types that JSON has.
        let line = serde_json::to_string(&entry).unwrap_or_default();
        self.full = self.full || self.lines.len() + line.len() > LIMIT;
        if !self.full {
            self.lines.push_str(&line);
            self.lines.push('\n');
        }
    }
}

/// A value without what is secret in it; a list holds objects.
fn public(value: &Value) -> Value {
    let Some(items) = value.get("items").and_then(Value::as_array) else { return redact::object(value) };
    let mut whole = value.clone();
    if let Some(members) = whole.as_object_mut() {
        members.insert("items".to_owned(), items.iter().map(redact::object).collect());
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kubernetes::resource::{POD, namespaced};
    use crate::core::plan::Object;
    use serde_json::json;

    #[test]
    fn what_a_secret_holds_is_not_kept() {
        let mut transcript = Transcript::new(Timestamp::UNIX_EPOCH);
        let secret = Object::new(namespaced("", "v1", "secrets", "Secret"), "a", "s");
        let value = json!({
            "apiVersion": "v1", "kind": "Secret",
            "data": { "a": "aHVudGVyMg==" }, "stringData": { "a": "hunter2" },
            "metadata": { "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "hunter2" } },
        });
        let later = Timestamp::UNIX_EPOCH + std::time::Duration::from_millis(1500);
        transcript.seen(later, &Seen::Object(secret.clone(), Some(value.clone())));
        let list = Seen::Answer(Answer::Done(json!({ "items": [value] })));
        transcript.act(later, &Act::Read(secret), &list);
        let text = transcript.lines();
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
        assert!(text.starts_with(r#"{"t":1.5,"object":"secrets/a/s","value":{"#), "{text}");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut transcript = Transcript::new(Timestamp::UNIX_EPOCH);
        let object = Object::new(POD, "a", "p");
        let value = json!({ "kind": "Pod", "text": "x".repeat(1024 * 1024) });
        for _ in 0..20 {
            transcript.seen(Timestamp::UNIX_EPOCH, &Seen::Object(object.clone(), Some(value.clone())));
        }
        assert_eq!(transcript.lines().lines().count(), 7);
    }
}
