//! What happened in a cluster while a check ran, as a list that can be kept and played again.
//!
//! ```json
//! {"t": 0.2, "act": "create ModelDeployment a", "answer": {"done": {"metadata": {"uid": "1"}}}}
//! {"t": 0.5, "object": "modeldeployments.airunway.ai/default/a", "value": {"status": {"phase": "Failed"}}}
//! ```

use super::case::{Answer, Refusal, RefusedBy};
use super::step::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in seconds since the beginning of the check.
    pub t: f64,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Something was done, and this came of it.
    Act {
        /// The act in its own words.
        act: String,
        /// What came of it.
        answer: Told,
    },
    /// The next watch cannot go on.
    Broken {
        /// Why.
        broken: String,
    },
    /// An object has a new state.
    Object {
        /// The object as [`id`] writes it.
        object: String,
        /// Its state; `null` when it is gone.
        value: Value,
    },
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// It is done.
    Done(Value),
    /// It was refused.
    Refused {
        /// By whom: `webhook`, `webhook-unreachable`, `schema`, `rights`, `existing` or `other`.
        by: String,
        /// The webhook, where it was one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        webhook: String,
        /// HTTP code.
        code: u16,
        /// The server's words, whole.
        message: String,
    },
    /// Nobody knows; why.
    Failed(String),
}

/// How a record names an object: `deployments.apps/default/a`, with a dash for the namespace where its type has none.
pub fn id(object: &Object) -> String {
    format!("{object:?}")
}

impl From<&Answer> for Told {
    fn from(answer: &Answer) -> Told {
        match answer {
            Answer::Done(value) => Told::Done(value.clone()),
            Answer::Failed(why) => Told::Failed(why.clone()),
            Answer::Refused(Refusal { by, code, message }) => {
                let (by, webhook) = match by {
                    RefusedBy::Webhook(name) => ("webhook", name.clone()),
                    RefusedBy::WebhookUnreachable(name) => ("webhook-unreachable", name.clone()),
                    RefusedBy::Schema => ("schema", String::new()),
                    RefusedBy::Rights => ("rights", String::new()),
                    RefusedBy::Existing => ("existing", String::new()),
                    RefusedBy::Other => ("other", String::new()),
                };
                Told::Refused { by: by.to_owned(), webhook, code: *code, message: message.clone() }
            }
        }
    }
}

impl From<&Told> for Answer {
    fn from(told: &Told) -> Answer {
        match told {
            Told::Done(value) => Answer::Done(value.clone()),
            Told::Failed(why) => Answer::Failed(why.clone()),
            Told::Refused { by, webhook, code, message } => {
                let by = match &**by {
                    "webhook" => RefusedBy::Webhook(webhook.clone()),
                    "webhook-unreachable" => RefusedBy::WebhookUnreachable(webhook.clone()),
                    "schema" => RefusedBy::Schema,
                    "rights" => RefusedBy::Rights,
                    "existing" => RefusedBy::Existing,
                    _ => RefusedBy::Other,
                };
                Answer::Refused(Refusal { by, code: *code, message: message.clone() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn records_are_read_as_they_are_written() {
        let answers = [
            Answer::Done(json!({"a": 1})),
            Answer::Failed("why".to_owned()),
            Answer::Refused(Refusal {
                by: RefusedBy::Webhook("w".to_owned()),
                code: 403,
                message: "no".to_owned(),
            }),
            Answer::Refused(Refusal { by: RefusedBy::Rights, code: 403, message: "no".to_owned() }),
        ];
        for answer in answers {
            let event = Event::Act { act: "create".to_owned(), answer: Told::from(&answer) };
            let text = serde_json::to_string(&Entry { t: 0.5, event }).unwrap();
            let Entry { event: Event::Act { answer: read, .. }, .. } = serde_json::from_str(&text).unwrap()
            else {
                panic!("{text}")
            };
            assert_eq!(Answer::from(&read), answer, "{text}");
        }
        let event = Event::Object {
            object: id(&Object::new(crate::core::kubernetes::resource::POD, "a", "x")),
            value: Value::Null,
        };
        let text = serde_json::to_string(&Entry { t: 2.0, event: event.clone() }).unwrap();
        assert_eq!(text, r#"{"t":2.0,"object":"pods/a/x","value":null}"#);
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap().event, event);
    }
}
