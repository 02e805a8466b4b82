//! What happens to single requests and their answers.

use std::time::Duration;

use crate::bench::{Ends, Row, WELL};
use crate::cluster::proxy::{Act, Answer, Rule, requests};

/// Larger than the largest answer that is read.
const TOO_LARGE: usize = 65 * 1024 * 1024;

/// The write.
pub(crate) fn patch() -> Rule {
    requests("PATCH", "/modeldeployments/m")
}

/// Reads of the object before the write.
fn get() -> Rule {
    requests("GET", "/modeldeployments").watching(false)
}

/// A row that ends with exit code 1 before anything is waited for.
const REFUSED: Row = Row { exit: 1, says: &["error: "], ends: Ends::AtOnce, ..WELL };

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = interruptions();
    rows.extend(busy());
    rows.extend(strange());
    rows
}

fn interruptions() -> Vec<Row> {
    vec![
        WELL,
        Row {
            name: "patch-reset",
            done: "the connection of the write is reset once",
            script: || vec![patch().first(1).then(Act::Reset)],
            ..WELL
        },
        Row {
            name: "patch-lost",
            done: "the write is stored and its answer is lost, once",
            script: || vec![patch().first(1).then(Act::Lose)],
            says: &["modeldeployment.airunway.ai/m "],
            ..WELL
        },
        Row {
            name: "patch-cut",
            done: "the write is stored and its answer is cut after 20 bytes, once",
            script: || vec![patch().first(1).then(Act::Cut(20))],
            says: &["modeldeployment.airunway.ai/m "],
            ..WELL
        },
        Row {
            name: "get-hangs",
            done: "the read before the write is not answered; `--request-timeout 5s`",
            script: || vec![get().then(Act::Hang)],
            more: &["--request-timeout", "5s", "--timeout", "20s"],
            says: &["did not answer within 5 s"],
            ends: Ends::AfterRequestTimeout,
            stored: Some(false),
            ..REFUSED
        },
        Row {
            name: "get-reset",
            done: "the connection of the read before the write is reset every time",
            script: || vec![get().then(Act::Reset)],
            stored: Some(false),
            ..REFUSED
        },
        Row {
            name: "all-slow",
            done: "every answer comes 2,000 bytes at a time",
            script: || vec![requests("*", "/").then(Act::Trickle(2000, Duration::from_millis(50)))],
            ..WELL
        },
        Row {
            name: "all-late",
            done: "every answer comes after a pause",
            script: || vec![requests("*", "/").then(Act::Delay(Duration::from_millis(300)))],
            ..WELL
        },
    ]
}

fn busy() -> Vec<Row> {
    vec![
        Row {
            name: "busy-twice",
            done: "429 with `Retry-After: 1` to the write, twice",
            script: || vec![patch().first(2).then(Act::Answer(Answer::too_many(1)))],
            ..WELL
        },
        Row {
            name: "busy-get",
            done: "429 with `Retry-After: 1` to the read before the write, twice",
            script: || vec![get().first(2).then(Act::Answer(Answer::too_many(1)))],
            ..WELL
        },
        Row {
            name: "busy-for-ever",
            done: "429 with `Retry-After: 1` to the write, for ever",
            script: || vec![patch().then(Act::Answer(Answer::too_many(1)))],
            stored: Some(false),
            ..REFUSED
        },
        Row {
            name: "busy-long",
            done: "429 with `Retry-After: 60` to the write, once",
            script: || vec![patch().first(1).then(Act::Answer(Answer::too_many(60)))],
            ..WELL
        },
        Row {
            name: "unavailable-once",
            done: "503 to the write, once",
            script: || vec![patch().first(1).then(Act::Answer(Answer::unavailable()))],
            ..WELL
        },
        Row {
            name: "unavailable",
            done: "503 to everything, for ever",
            script: || vec![requests("*", "/").then(Act::Answer(Answer::unavailable()))],
            says: &["503"],
            stored: Some(false),
            ..REFUSED
        },
    ]
}

fn strange() -> Vec<Row> {
    vec![
        Row {
            name: "patch-html",
            done: "200 with a page for people to the write",
            script: || vec![patch().then(Act::Answer(Answer::html(200)))],
            stored: Some(false),
            ..REFUSED
        },
        Row {
            name: "get-html",
            done: "200 with a page for people to the read before the write",
            script: || vec![get().then(Act::Answer(Answer::html(200)))],
            stored: Some(false),
            ..REFUSED
        },
        Row {
            name: "redirect",
            done: "a redirect to another place in answer to the write",
            script: || {
                let answer = Answer::text(302, "text/plain", "").with("location", "http://evil.invalid/");
                vec![patch().then(Act::Answer(answer))]
            },
            most: 10,
            stored: Some(false),
            ..REFUSED
        },
        Row {
            name: "get-large",
            done: "65 MiB in answer to the read before the write",
            script: || {
                let answer = Answer::text(200, "application/json", vec![b' '; TOO_LARGE]);
                vec![get().then(Act::Answer(answer))]
            },
            says: &["larger than 64 MiB"],
            stored: Some(false),
            ..REFUSED
        },
    ]
}
