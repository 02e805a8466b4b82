//! The loopback server of a case: answers by path, one a request where a path has several.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A server; it ends with the test process.
pub(super) struct Server {
    /// Where it listens.
    pub(super) port: u16,
}

/// What it answers with.
struct Answers {
    by_path: Value,
    folder: PathBuf,
    asked: Mutex<HashMap<String, usize>>,
}

impl Server {
    /// Starts one for the member `serve` of a case, whose files are in `folder`.
    pub(super) fn start(by_path: Value, folder: PathBuf) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Arc::new(Answers { by_path, folder, asked: Mutex::default() });
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let answers = Arc::clone(&answers);
                std::thread::spawn(move || converse(stream, &answers));
            }
        });
        Server { port }
    }
}

/// Answers the requests of a connection until it ends.
fn converse(stream: TcpStream, answers: &Answers) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut authorization = None;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("authorization") {
                authorization = Some(value.trim().to_owned());
            }
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if !matches!(method, "GET" | "HEAD") {
            // Nothing is sent to a case's server but questions.
            let _ = writer.write_all(b"HTTP/1.1 501 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            return;
        }
        let answer = choose(answers, target, authorization.as_deref());
        if writer.write_all(&bytes(&answer, &answers.folder, method == "GET")).is_err() {
            return;
        }
    }
}

fn choose(answers: &Answers, target: &str, authorization: Option<&str>) -> Value {
    let refusal = |status: u16, reason: &str| {
        let body = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status,
        });
        json!({ "status": status, "json": body })
    };
    let path = target.split('?').next().unwrap_or_default();
    let Some(found) = answers.by_path.get(target).or_else(|| answers.by_path.get(path)) else {
        return refusal(404, "NotFound");
    };
    let answer = match found.as_array() {
        None => found,
        Some(several) => {
            let mut asked = answers.asked.lock().unwrap();
            let count = asked.entry(path.to_owned()).or_default();
            *count += 1;
            &several[(*count).min(several.len()) - 1]
        }
    };
    let wanted = answer.get("auth").and_then(Value::as_str);
    if wanted.is_some() && wanted != authorization { refusal(401, "Unauthorized") } else { answer.clone() }
}

fn bytes(answer: &Value, folder: &Path, with_body: bool) -> Vec<u8> {
    let text = |member: &str| answer.get(member).and_then(Value::as_str);
    let body = match (text("file"), answer.get("json")) {
        (Some(file), _) => fs::read(folder.join(file)).unwrap(),
        (None, Some(body)) => body.to_string().into_bytes(),
        (None, None) => text("text").unwrap_or_default().as_bytes().to_vec(),
    };
    let status = answer.get("status").and_then(Value::as_u64).unwrap_or(200);
    let kind = text("type").unwrap_or("application/json");
    let mut head = format!("HTTP/1.1 {status} Case\r\ncontent-type: {kind}\r\n");
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        head.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap()));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = head.into_bytes();
    if with_body {
        bytes.extend(body);
    }
    bytes
}
