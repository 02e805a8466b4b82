//! Answers that come from the proxy and not from the server.

use serde_json::{Value, json};

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A refusal in the form of the API server: `Status` with reason and message.
    pub fn refusal(status: u16, reason: &str, message: &str) -> Answer {
        let body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": status,
        });
        Answer::json(status, &body)
    }

    /// What a server says while its store changes leaders.
    pub fn leader_changed() -> Answer {
        Answer::refusal(500, "InternalError", "etcdserver: leader changed")
    }

    /// What a server says while it starts or stops.
    pub fn unavailable() -> Answer {
        Answer::refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request")
    }

    /// What a server says whose store has not answered in time.
    pub fn timeout() -> Answer {
        Answer::refusal(504, "Timeout", "request did not complete within the allotted timeout")
    }

    /// What a busy server says, with the seconds after which to come again.
    pub fn too_many(seconds: u32) -> Answer {
        let message = "too many requests, please try again later";
        Answer::refusal(429, "TooManyRequests", message).with("retry-after", seconds.to_string())
    }

    /// What a server says to a watch from a moment that it has forgotten.
    pub fn expired() -> Answer {
        Answer::refusal(410, "Expired", "too old resource version: 1 (2)")
    }

    /// Any JSON.
    pub fn json(status: u16, body: &Value) -> Answer {
        Answer::text(status, "application/json", body.to_string())
    }

    /// What a login page or a balancer sends.
    pub fn html(status: u16) -> Answer {
        Answer::text(status, "text/html", "<html><body>Please log in</body></html>")
    }

    /// Any text.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    /// Its bytes on the connection.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        [head.as_bytes(), &self.body].concat()
    }
}
