//! Watches whose events are changed on their way.

use std::time::Duration;

use serde_json::{Value, json};

/// What is done to the events of a watch.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Lines that come before the first event.
    first: Vec<Vec<u8>>,
    /// How long it lasts, if not as long as both ends like.
    lasts: Option<Duration>,
    /// Whether no event comes.
    silent: bool,
    /// Whether each event comes twice.
    twice: bool,
    /// A type of event that is left out.
    without: Option<&'static str>,
    /// Whether it ends after the first lines.
    ends: bool,
}

impl Stream {
    /// One that ends after a time.
    pub fn lasting(time: Duration) -> Stream {
        Stream { lasts: Some(time), ..Stream::default() }
    }

    /// One in which nothing comes and that ends after a time.
    pub fn silent(time: Duration) -> Stream {
        Stream { silent: true, ..Stream::lasting(time) }
    }

    /// One in which each event comes twice.
    pub fn twice() -> Stream {
        Stream { twice: true, ..Stream::default() }
    }

    /// One without the events of a type, for example `BOOKMARK`.
    pub fn without(kind: &'static str) -> Stream {
        Stream { without: Some(kind), ..Stream::default() }
    }

    /// One that begins with a line of its own.
    pub fn beginning(line: &Value) -> Stream {
        Stream { first: vec![line.to_string().into_bytes()], ..Stream::default() }
    }

    /// One that is a line of its own, whatever that holds, and nothing else.
    pub fn only(line: impl Into<Vec<u8>>) -> Stream {
        Stream { first: vec![line.into()], ends: true, ..Stream::default() }
    }

    /// One that is an ERROR event with code 410 and nothing else.
    pub fn expired() -> Stream {
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410,
            "message": "too old resource version: 1 (2)",
        });
        Stream::only(json!({ "type": "ERROR", "object": status }).to_string())
    }

    pub(super) fn lasts(&self) -> Option<Duration> {
        self.lasts
    }

    pub(super) fn ends(&self) -> bool {
        self.ends
    }

    /// What comes before the first event.
    pub(super) fn opening(&self) -> Vec<u8> {
        self.first.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect()
    }

    /// What is left of a whole line.
    pub(super) fn line(&self, line: &[u8]) -> Vec<u8> {
        if self.silent {
            return Vec::new();
        }
        if let Some(kind) = self.without {
            let event: Value = serde_json::from_slice(line).unwrap_or_default();
            if event.get("type").and_then(Value::as_str) == Some(kind) {
                return Vec::new();
            }
        }
        if self.twice { [line, line].concat() } else { line.to_vec() }
    }
}
