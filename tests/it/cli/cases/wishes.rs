//! What a case wants of a run, compared with what came out.

use regex::RegexBuilder;
use serde_json::{Map, Value};

use crate::support::Run;

/// Each wish that is not met, in words.
pub(super) fn unmet(want: &Value, run: &Run) -> Vec<String> {
    let mut bad = Vec::new();
    for (key, wanted) in want.as_object().unwrap() {
        match key.as_str() {
            "exit" => {
                let codes = list(wanted);
                if !codes.iter().any(|code| code.as_i64() == run.code.map(i64::from)) {
                    bad.push(format!("exit {:?}, wanted {wanted}", run.code));
                }
            }
            "stdout json" | "stdout json has" | "stdout json lacks" => {
                match serde_json::from_str::<Value>(&run.stdout) {
                    Ok(parsed) => bad.extend(of_json(key, wanted, &parsed)),
                    Err(error) => bad.push(format!("stdout is no JSON: {error}")),
                }
            }
            _ => bad.extend(of_text(key, wanted, run)),
        }
    }
    bad
}

fn of_json(key: &str, wanted: &Value, parsed: &Value) -> Vec<String> {
    let mut bad = Vec::new();
    if key == "stdout json" {
        for (path, value) in wanted.as_object().unwrap() {
            let found = get(parsed, path);
            if found.as_ref() != Some(value) {
                bad.push(format!("{path} is {found:?}, wanted {value}"));
            }
        }
        return bad;
    }
    for wish in wanted.as_array().unwrap() {
        let at = wish["at"].as_str().unwrap();
        let elements = get(parsed, at).and_then(|found| found.as_array().cloned()).unwrap_or_default();
        let matching = wish["match"].as_object().unwrap();
        let some = elements.iter().any(|element| fits(element, matching));
        if some != key.ends_with("has") {
            let how = if some { "an" } else { "no" };
            bad.push(format!("{how} element of {at} fits {}: {elements:?}", wish["match"]));
        }
    }
    bad
}

fn of_text(key: &str, wanted: &Value, run: &Run) -> Vec<String> {
    let (stream, how) = key.split_once(' ').unwrap();
    let text = match stream {
        "stdout" => run.stdout.clone(),
        "stderr" => run.stderr.clone(),
        "output" => format!("{}\n{}", run.stdout, run.stderr),
        _ => panic!("unknown wish {key}"),
    };
    let mut bad = Vec::new();
    for piece in list(wanted) {
        let piece = piece.as_str().unwrap();
        let met = match how {
            "contains" => text.contains(piece),
            "lacks" => !text.contains(piece),
            "equals" => text == piece,
            _ => panic!("unknown wish {key}"),
        };
        if !met {
            bad.push(format!("{stream} {how} {piece:?}: no"));
        }
    }
    bad
}

fn list(wanted: &Value) -> Vec<&Value> {
    wanted.as_array().map_or_else(|| vec![wanted], |several| several.iter().collect())
}

/// The value at a path such as `items[0].verdict`, `items[kind=Deployment].spec.replicas` or `items.#`, its length.
fn get(value: &Value, path: &str) -> Option<Value> {
    let parts = RegexBuilder::new(r"[^.\[\]]+|\[[^\]]*\]").build().unwrap();
    let mut here = value.clone();
    for part in parts.find_iter(path) {
        let part = part.as_str();
        let inside = part.strip_prefix('[').and_then(|part| part.strip_suffix(']'));
        here = match inside.map(|inside| (inside, inside.split_once('='))) {
            None if part == "#" => Value::from(here.as_array()?.len()),
            None => here.get(part)?.clone(),
            Some((_, Some((member, wanted)))) => {
                let is_wanted = |element: &&Value| match element.get(member) {
                    Some(Value::String(text)) => text == wanted,
                    // A number or a flag, as it is written.
                    Some(other) => {
                        let written = other.to_string();
                        written == wanted
                    }
                    None => false,
                };
                here.as_array()?.iter().find(is_wanted)?.clone()
            }
            Some((index, None)) => here.get(index.parse::<usize>().ok()?)?.clone(),
        };
    }
    Some(here)
}

fn fits(element: &Value, matching: &Map<String, Value>) -> bool {
    matching.iter().all(|(key, wanted)| {
        if let Some(member) = key.strip_prefix('!') {
            return is_empty(element.get(member));
        }
        let Some(member) = key.strip_suffix('~') else { return element.get(key) == Some(wanted) };
        let text = match element.get(member) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let pattern = RegexBuilder::new(wanted.as_str().unwrap())
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .build()
            .unwrap();
        pattern.is_match(&text)
    })
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::Bool(true)) => false,
    }
}
