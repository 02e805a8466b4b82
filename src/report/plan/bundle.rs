//! The evidence of a check that failed, as files: what it is, the objects, the events, the logs, the requests. Nothing in them
//! is a secret, and no name leads out of their directory.

use super::PlanItem;
use crate::core::plan::{Evidence, Exchange, redact};
use crate::core::text::in_quotes;
use crate::core::yaml::{to_yaml, to_yaml_documents};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Most bytes of a name.
const NAME: usize = 100;
/// Names that Windows keeps for itself, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFile {
    /// The directories that lead to it, and its name; each safe on every system.
    pub path: Vec<String>,
    /// Its content.
    pub bytes: Vec<u8>,
}

#[derive(Serialize)]
struct Request<'a> {
    at: Timestamp,
    method: &'a str,
    url: String,
    status: Option<u16>,
    milliseconds: u64,
    warnings: Vec<String>,
}

/// The files of one check, below a directory with its id.
pub fn files(item: &PlanItem, evidence: &Evidence, transcript: &[Exchange]) -> Vec<BundleFile> {
    let mut files = Files { directory: safe(item.check.id), files: Vec::new() };
    let check = super::json::item_value(item);
    files.add(&[], "check", "yaml", &to_yaml(&redact::object(&check)));
    for object in &evidence.objects {
        let word = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or("unnamed");
        let name = format!("{}-{}", word("/kind").to_ascii_lowercase(), word("/metadata/name"));
        files.add(&["objects"], &name, "yaml", &to_yaml(&redact::object(object)));
    }
    if !evidence.events.is_empty() {
        let events: Vec<Value> = evidence.events.iter().map(redact::object).collect();
        files.add(&[], "events", "yaml", &to_yaml_documents(&events));
    }
    for log in &evidence.logs {
        let previous = if log.previous { "-previous" } else { "" };
        let name = format!("{}-{}{previous}", log.pod, log.container);
        files.add(&["logs"], &name, "log", &redact::text(&log.text));
    }
    if !transcript.is_empty() {
        files.add(&[], "requests", "jsonl", &requests(transcript));
    }
    if !evidence.missing.is_empty() {
        let missing = evidence.missing.iter().map(|line| redact::text(line)).collect::<Vec<_>>();
        files.add(&[], "missing", "yaml", &to_yaml(&missing.into()));
    }
    files.files
}

/// A JSON object a line.
fn requests(transcript: &[Exchange]) -> String {
    let mut lines = String::new();
    for exchange in transcript {
        let request = Request {
            at: exchange.at,
            method: &exchange.method,
            url: redact::text(&exchange.url),
            status: exchange.status,
            milliseconds: exchange.milliseconds,
            warnings: exchange.warnings.iter().map(|warning| redact::text(warning)).collect(),
        };
        // Members of types that JSON has.
        lines.push_str(&in_quotes(serde_json::to_string(&request).unwrap_or_default()));
        lines.push('\n');
    }
    lines
}

struct Files {
    directory: String,
    files: Vec<BundleFile>,
}

impl Files {
    /// Adds a file; where its name is taken, in whatever case, a number is put behind it.
    fn add(&mut self, below: &[&str], name: &str, ending: &str, content: &str) {
        let name = safe(name);
        let path = |name: &str| {
            let directories = std::iter::once(self.directory.as_str()).chain(below.iter().copied());
            directories.map(str::to_owned).chain([format!("{name}.{ending}")]).collect::<Vec<_>>()
        };
        let taken = |path: &[String]| {
            self.files.iter().any(|file| {
                file.path.len() == path.len()
                    && file.path.iter().zip(path).all(|(one, other)| one.eq_ignore_ascii_case(other))
            })
        };
        let mut wanted = path(&name);
        let mut number = 2;
        while taken(&wanted) {
            wanted = path(&format!("{name}-{number}"));
            number += 1;
        }
        self.files.push(BundleFile { path: wanted, bytes: content.as_bytes().to_vec() });
    }
}

/// A name for a file or directory on every system: letters, digits, `-`, `_` and dots within.
fn safe(name: &str) -> String {
    let is_safe = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let mut safe: String =
        name.chars().map(|character| if is_safe(character) { character } else { '_' }).take(NAME).collect();
    if safe.starts_with(['.', '-']) || safe.is_empty() {
        safe.insert(0, '_');
    }
    while safe.ends_with('.') {
        safe.pop();
        safe.push('_');
    }
    let stem = safe.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_port = stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt"));
    if DEVICES.contains(&stem.as_str()) || is_port {
        safe.insert(0, '_');
    }
    safe
}
