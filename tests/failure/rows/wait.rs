//! What the wait goes on through, and what it says of a write whose answer was lost.

use crate::bench::{Ends, Row, Step, WELL};
use crate::cluster::proxy::{Act, Answer, Stream, requests};

use super::answers::patch;

/// A write that came to an end without a good answer.
const UNKNOWN: Row = Row { exit: 1, says: &["stored"], ends: Ends::AtOnce, ..WELL };

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = writes();
    rows.extend(reads());
    rows.extend(rights());
    rows
}

fn writes() -> Vec<Row> {
    vec![
        Row {
            name: "patch-lost-always",
            done: "the write is stored and its answer is lost, every time",
            script: || vec![patch().then(Act::Lose)],
            exit: 0,
            says: &["is stored"],
            ends: Ends::WhenReady,
            stored: Some(true),
            ..UNKNOWN
        },
        Row {
            name: "patch-hangs",
            done: "the write is stored and not answered; `--request-timeout 5s`",
            script: || vec![patch().then(Act::HangAfter)],
            more: &["--request-timeout", "5s", "--timeout", "30s"],
            exit: 0,
            says: &["is stored"],
            ends: Ends::WhenReady,
            stored: Some(true),
            ..UNKNOWN
        },
        Row {
            name: "patch-504",
            done: "the write is stored and answered 504",
            script: || vec![patch().then(Act::AnswerAfter(Answer::timeout()))],
            exit: 0,
            says: &["is stored"],
            ends: Ends::WhenReady,
            stored: Some(true),
            ..UNKNOWN
        },
        Row {
            name: "patch-empty-object",
            done: "200 with `{}` to the write, which reaches nobody; `--wait=false`",
            script: || vec![patch().then(Act::Answer(Answer::json(200, &serde_json::json!({}))))],
            more: &["--wait=false"],
            says: &["error: "],
            stored: Some(false),
            ..UNKNOWN
        },
    ]
}

fn reads() -> Vec<Row> {
    vec![
        Row {
            name: "child-500",
            done: "500 `etcdserver: leader changed` to one read of the Deployment in the wait",
            script: || {
                vec![requests("GET", "/deployments/m").first(1).then(Act::Answer(Answer::leader_changed()))]
            },
            ..WELL
        },
        Row {
            name: "child-503",
            done: "503 to four reads of the Deployment in the wait",
            script: || {
                vec![requests("GET", "/deployments/m").first(4).then(Act::Answer(Answer::unavailable()))]
            },
            most: 40,
            ..WELL
        },
        Row {
            name: "child-reset",
            done: "four reads of the Deployment in the wait are reset",
            script: || vec![requests("GET", "/deployments/m").first(4).then(Act::Reset)],
            most: 40,
            ..WELL
        },
        Row {
            name: "pods-500",
            done: "500 `etcdserver: leader changed` to two lists of pods in the wait",
            script: || {
                let pods = requests("GET", "/pods").watching(false);
                vec![pods.first(2).then(Act::Answer(Answer::leader_changed()))]
            },
            most: 40,
            ..WELL
        },
        Row {
            name: "deleted-unseen",
            done: "the object is deleted while its watch is away, which then is answered 410",
            script: || {
                let object = || requests("GET", "/modeldeployments").watching(true);
                let second = std::time::Duration::from_secs(1);
                vec![
                    object().first(1).then(Act::Stream(Stream::silent(second))),
                    object().nth(2, 3).then(Act::Answer(Answer::expired())),
                ]
            },
            steps: &[Step::InTheWait(&["delete", "modeldeployment", "m", "--wait=false"], "")],
            exit: 1,
            says: &["was deleted"],
            ends: Ends::AtOnce,
            stored: Some(false),
            ..WELL
        },
        Row {
            name: "foreign-change",
            done: "someone else changes a field in the wait",
            steps: &[Step::InTheWait(
                &[
                    "patch",
                    "modeldeployment",
                    "m",
                    "--type=merge",
                    "--field-manager=editor",
                    "-p",
                    r#"{"spec":{"resources":{"gpu":{"count":2}}}}"#,
                ],
                "",
            )],
            exit: 3,
            says: &["spec.resources.gpu.count", "editor"],
            ends: Ends::AtOnce,
            stored: Some(true),
            ..WELL
        },
    ]
}

fn rights() -> Vec<Row> {
    const OBJECT: Step = Step::Allow("get,list,watch,create,patch", "modeldeployments.airunway.ai");
    vec![
        Row {
            name: "tenant",
            done: "a user who may see nothing but the object",
            user: "restricted",
            steps: &[OBJECT],
            says: &["modeldeployment.airunway.ai/m serverside-applied", "warning: "],
            ..WELL
        },
        Row {
            name: "no-pods",
            done: "a user who may not see pods",
            user: "restricted",
            steps: &[OBJECT, Step::Allow("get,list,watch", "deployments.apps")],
            says: &["modeldeployment.airunway.ai/m serverside-applied", "warning: "],
            ..WELL
        },
    ]
}
