//! What happens to the watches of the wait.

use std::time::Duration;

use serde_json::json;

use crate::bench::{Ends, Row, WELL};
use crate::cluster::proxy::{Act, Answer, Rule, Stream, requests};

/// All watches.
fn watch() -> Rule {
    requests("GET", "/").watching(true)
}

/// The watch of the object itself.
fn object() -> Rule {
    requests("GET", "/modeldeployments").watching(true)
}

/// A row that waits as long as it was told to.
const LATE: Row = Row {
    exit: 124,
    more: &["--timeout", "8s"],
    says: &["stays applied"],
    ends: Ends::AfterTimeout,
    stored: Some(true),
    ..WELL
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = ends();
    rows.extend(answers());
    rows.extend(events());
    rows
}

fn ends() -> Vec<Row> {
    vec![
        Row {
            name: "gone-a-while",
            done: "the API server refuses everything for 3 s of the wait",
            script: || {
                let (from, to) = (Duration::from_secs(1), Duration::from_secs(4));
                vec![
                    requests("GET", "/").watching(true).between(from, to).then(Act::Reset),
                    watch().first(3).then(Act::Stream(Stream::lasting(from))),
                ]
            },
            most: 60,
            ..WELL
        },
        Row {
            name: "watch-reset",
            done: "the connection of the watch is reset once",
            script: || vec![object().first(1).then(Act::Reset)],
            ..WELL
        },
        Row {
            name: "watch-resets",
            done: "the connection of every watch is reset, for ever",
            script: || vec![watch().then(Act::Reset)],
            most: 60,
            ..LATE
        },
        Row {
            name: "watch-ends",
            done: "every watch ends at once, for ever",
            script: || vec![watch().then(Act::Stream(Stream::silent(Duration::ZERO)))],
            most: 100,
            ..LATE
        },
        Row {
            name: "watch-hangs",
            done: "the first watch of the object is not answered; `--request-timeout 5s`",
            script: || vec![object().first(1).then(Act::Hang)],
            more: &["--request-timeout", "5s", "--timeout", "60s"],
            ..WELL
        },
        Row {
            name: "watch-second",
            done: "every watch ends after a second",
            script: || vec![watch().then(Act::Stream(Stream::lasting(Duration::from_secs(1))))],
            most: 80,
            ..WELL
        },
        Row {
            name: "watch-slow",
            done: "the events of every watch come 200 bytes at a time",
            script: || vec![watch().then(Act::Trickle(200, Duration::from_millis(5)))],
            ..WELL
        },
    ]
}

fn answers() -> Vec<Row> {
    vec![
        Row {
            name: "watch-busy",
            done: "429 with `Retry-After: 1` to the first three watches",
            script: || vec![watch().first(3).then(Act::Answer(Answer::too_many(1)))],
            most: 40,
            ..WELL
        },
        Row {
            name: "watch-500",
            done: "500 `etcdserver: leader changed` to the first four watches of the object",
            script: || vec![object().first(4).then(Act::Answer(Answer::leader_changed()))],
            most: 40,
            ..WELL
        },
        Row {
            name: "watch-410",
            done: "410 to the first watch",
            script: || vec![object().first(1).then(Act::Answer(Answer::expired()))],
            ..WELL
        },
        Row {
            name: "watch-html",
            done: "a page for people in answer to the watch",
            script: || vec![object().then(Act::Stream(Stream::only("<html>")))],
            exit: 1,
            says: &["error: ", "stays applied"],
            ends: Ends::AtOnce,
            stored: Some(true),
            ..WELL
        },
        Row {
            name: "watch-20mb",
            done: "a line of 20 MB in the watch",
            script: || vec![object().then(Act::Stream(Stream::only(vec![b'x'; 20_000_000])))],
            exit: 1,
            says: &["error: ", "stays applied"],
            ends: Ends::AtOnce,
            stored: Some(true),
            ..WELL
        },
    ]
}

fn events() -> Vec<Row> {
    vec![
        Row {
            name: "event-410",
            done: "an ERROR event with code 410 in the first watch",
            script: || vec![object().first(1).then(Act::Stream(Stream::expired()))],
            ..WELL
        },
        Row {
            name: "events-410",
            done: "an ERROR event with code 410 in the first four watches",
            script: || vec![object().first(4).then(Act::Stream(Stream::expired()))],
            most: 40,
            ..WELL
        },
        Row {
            name: "no-bookmarks",
            done: "watches without bookmarks",
            script: || vec![watch().then(Act::Stream(Stream::without("BOOKMARK")))],
            ..WELL
        },
        Row {
            name: "events-twice",
            done: "every event comes twice",
            script: || vec![watch().then(Act::Stream(Stream::twice()))],
            ..WELL
        },
        Row {
            name: "event-unknown",
            done: "an event of a type that nobody knows",
            script: || {
                let event = json!({"type": "SURPRISE", "object": {"kind": "ModelDeployment"}});
                vec![object().then(Act::Stream(Stream::beginning(&event)))]
            },
            ..WELL
        },
    ]
}
