//! What was done and seen in a check, for the evidence of a failure and for playing it again.

use crate::core::kubernetes::json::text_at;
use crate::core::plan::{Act, Answer, Refusal, RefusedBy, Seen};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Most bytes of a transcript, as JSON; what comes later is not kept.
const LIMIT: usize = 8 * 1024 * 1024;

/// What was done and seen, in order, each with its time in seconds since the start.
#[derive(Debug)]
pub struct Transcript {
    from: Timestamp,
    entries: Vec<Value>,
    bytes: usize,
}

impl Transcript {
    /// An empty one that begins now.
    pub fn new(from: Timestamp) -> Transcript {
        Transcript { from, entries: Vec::new(), bytes: 0 }
    }

    /// The entries: `{"t", "act", "answer"}` or `{"t", "object", "value"}`.
    #[allow(dead_code, reason = "the bundle of evidence reads it")]
    pub fn entries(&self) -> &[Value] {
        &self.entries
    }

    /// Adds something that was done.
    pub fn act(&mut self, at: Timestamp, act: &Act, seen: &Seen) {
        let answer = match seen {
            Seen::Answer(Answer::Done(value)) => json!({ "done": public(value) }),
            Seen::Answer(Answer::Refused(Refusal { by, code, message })) => {
                let webhook = matches!(by, RefusedBy::Webhook(_) | RefusedBy::WebhookUnreachable(_));
                json!({ "refused": { "by": by.name(), "webhook": webhook, "code": code, "message": message } })
            }
            Seen::Answer(Answer::Failed(why)) | Seen::Broken(why) => json!({ "failed": why }),
            Seen::Time | Seen::Object(..) => json!({ "failed": "no answer in time" }),
        };
        self.push(at, json!({ "act": act.to_string(), "answer": answer }));
    }

    /// Adds something that was seen.
    pub fn seen(&mut self, at: Timestamp, seen: &Seen) {
        match seen {
            Seen::Object(object, value) => {
                let value = value.as_ref().map(public);
                self.push(at, json!({ "object": format!("{object:?}"), "value": value }));
            }
            Seen::Broken(why) => self.push(at, json!({ "broken": why })),
            Seen::Time | Seen::Answer(_) => {}
        }
    }

    fn push(&mut self, at: Timestamp, mut entry: Value) {
        let since = at.duration_since(self.from).as_secs_f64();
        if let Some(members) = entry.as_object_mut() {
            members.insert("t".to_owned(), json!((since * 1000.0).round() / 1000.0));
        }
        self.bytes = self.bytes.saturating_add(entry.to_string().len());
        if self.bytes <= LIMIT {
            self.entries.push(entry);
        }
    }
}

/// A value without what Secrets hold.
fn public(value: &Value) -> Value {
    let mut value = value.clone();
    let items = match value.get_mut("items").and_then(Value::as_array_mut) {
        Some(items) => items.iter_mut().collect(),
        None => vec![&mut value],
    };
    for item in items {
        if text_at(item, "/kind") == "Secret"
            && let Some(members) = item.as_object_mut()
        {
            members.remove("data");
            members.remove("stringData");
        }
        // What was applied before stands in it word for word.
        if let Some(annotations) = item.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kubernetes::resource::{POD, namespaced};
    use crate::core::plan::Object;

    #[test]
    fn what_a_secret_holds_is_not_kept() {
        let mut transcript = Transcript::new(Timestamp::UNIX_EPOCH);
        let secret = Object::new(namespaced("", "v1", "secrets", "Secret"), "a", "s");
        let value = json!({
            "kind": "Secret", "data": { "a": "aHVudGVyMg==" }, "stringData": { "a": "hunter2" },
            "metadata": { "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "hunter2" } },
        });
        let later = Timestamp::UNIX_EPOCH + std::time::Duration::from_millis(1500);
        transcript.seen(later, &Seen::Object(secret.clone(), Some(value.clone())));
        let list = Seen::Answer(Answer::Done(json!({ "items": [value] })));
        transcript.act(later, &Act::Read(secret), &list);
        let text = json!(transcript.entries()).to_string();
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
        assert_eq!(transcript.entries()[0]["t"], 1.5);
        assert_eq!(transcript.entries()[0]["object"], "secrets/a/s");
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut transcript = Transcript::new(Timestamp::UNIX_EPOCH);
        let object = Object::new(POD, "a", "p");
        let value = json!({ "text": "x".repeat(1024 * 1024) });
        for _ in 0..20 {
            transcript.seen(Timestamp::UNIX_EPOCH, &Seen::Object(object.clone(), Some(value.clone())));
        }
        assert_eq!(transcript.entries().len(), 7);
    }
}
