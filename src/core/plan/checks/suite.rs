//! What the rows of the suites and of the backend share.

pub(super) use super::base::{act, any, model, ruling};

use crate::core::plan::{Act, Asked, Claim, Key, Object, RUN_LABEL, Step, Verdict, condition, of};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an object may take to go: the finalizer's five minutes, and one.
pub(super) const GONE: Duration = minutes(6);

/// So many minutes.
pub(super) const fn minutes(number: u64) -> Duration {
    Duration::from_secs(number * 60)
}

/// A creation that has to be accepted.
pub(super) fn create(object: &Object, spec: Value) -> Step {
    act(Act::Create(object.clone(), json!({ "spec": spec })), "created")
}

/// A wait for one object.
pub(super) fn until(
    key: Key,
    object: &Object,
    within: Duration,
    claims: impl IntoIterator<Item = Claim>,
) -> Step {
    let watch = vec![(key, object.clone())];
    Step::Until {
        watch,
        claims: claims.into_iter().collect(),
        within,
        unless: Vec::new(),
        late: Verdict::Fail,
    }
}

/// The claim that a condition has a status.
pub(super) fn condition_is(key: Key, kind: &str, status: &str) -> Claim {
    of(key).at(condition(kind, "status")).is(status)
}

/// Nothing of this name is left of an earlier run; what no run has made is left alone.
pub(super) fn cleared(object: &Object) -> Vec<Step> {
    let label = format!(".metadata.labels.{}", RUN_LABEL.replace('.', "\\."));
    vec![
        act(Act::Read(object.clone()), "before"),
        Step::Judge(vec![
            ruling([of("before").gone()], Verdict::Pass, "nothing is left of an earlier run"),
            ruling([of("before").at(label).present()], Verdict::Pass, "an earlier run has left one"),
            ruling(
                [of("before").at(".metadata.name").present()],
                Verdict::Inconclusive,
                "an object of that name is there which no run has made",
            ),
        ]),
        any(Act::Delete(object.clone()), "deleted"),
        until("before", object, GONE, [of("before").gone()]),
    ]
}

/// Deletes an object and waits until it has gone.
pub(super) fn removed(object: &Object) -> Vec<Step> {
    vec![act(Act::Delete(object.clone()), "deleted"), until("gone", object, GONE, [of("gone").gone()])]
}

/// A chat with one short message, answered with some content; reasoning models may give their reasoning alone.
pub(super) fn chat(namespace: &str, selector: &str, port: u16, model: &str, within: Duration) -> Vec<Step> {
    let message = json!({ "role": "user", "content": "Say hello." });
    let asked = Asked {
        namespace: namespace.to_owned(),
        selector: selector.to_owned(),
        port,
        path: "/v1/chat/completions".to_owned(),
        json: Some(json!({ "model": model, "messages": [message], "max_tokens": 64 })),
        within,
    };
    let said = |member: &str| of("chat").at(format!(".body.choices[0].message.{member}")).present();
    vec![
        act(Act::Ask(asked), "chat"),
        Step::Expect(vec![
            of("chat").at(".status").is(200),
            of("chat").at(".body.error").missing(),
            of("chat").at(".body.choices").present(),
        ]),
        Step::Judge(vec![
            ruling([said("content")], Verdict::Pass, "the model answers"),
            ruling([said("reasoning")], Verdict::Pass, "the model reasons"),
        ]),
    ]
}
