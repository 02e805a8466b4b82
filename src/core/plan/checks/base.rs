//! What the rows share: objects, waits and claims that more than one check has.

use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::kubernetes::resource::{DEPLOYMENT, SERVICE};
use crate::core::plan::{
    Act, Check, Claim, Denial, Expected, Group, Key, Names, Object, Place, RUN_LABEL, Ruling, Settled, Step,
    Uses, Verdict, condition, of,
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a state of an object may take to come (`test-plan.md` 3.1).
pub(super) const A_MINUTE: Duration = Duration::from_secs(60);
/// The time that a check takes at most which waits once or twice.
pub(super) const LIMIT: Duration = Duration::from_secs(180);
/// What every check needs.
pub(super) const INSTALLED: &[&str] = &["P1", "P2"];
/// What a check needs that rests on the webhook.
pub(super) const ADMISSION: &[&str] = &["P1", "P2", "P3", "P4"];
/// What a check needs that has the shim ask the registry for the default image.
pub(super) const REGISTRY: &[&str] = &["P1", "P2", "P6"];
/// What a check needs that rests on the status of Deployments.
pub(super) const WORKLOADS: &[&str] = &["P1", "P2", "P8", "P9"];

/// The image that the shim chooses where none is named.
pub(super) const DEFAULT_IMAGE: &str = "vllm/vllm-openai:cu130-nightly";
/// An image by digest: the shim asks no registry about it. It names nothing that exists, so nothing large is pulled, and
/// no check that uses it minds pods that never start.
pub(super) const DIGEST_IMAGE: &str =
    "vllm/vllm-openai@sha256:e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0e2e0";
/// What the shim says when it cannot resolve the default image.
pub(super) const UNRESOLVED: &str = "failed to resolve default vLLM image";
/// The finalizer of the Direct vLLM shim.
pub(super) const FINALIZER: &str = "airunway.ai/vllm-provider";
/// The field manager of the Direct vLLM shim.
pub(super) const MANAGER: &str = "vllm-provider";
/// A small image that every cluster can pull; it does nothing.
pub(super) const PAUSE_IMAGE: &str = "registry.k8s.io/pause:3.9";

/// The ModelDeployment of a name.
pub(super) fn model(names: &Names, name: &str) -> Object {
    Object::new(MODEL_DEPLOYMENT, &names.namespace, name)
}

/// The Deployment of a name.
pub(super) fn deployment(names: &Names, name: &str) -> Object {
    Object::new(DEPLOYMENT, &names.namespace, name)
}

/// The Service of a name.
pub(super) fn service(names: &Names, name: &str) -> Object {
    Object::new(SERVICE, &names.namespace, name)
}

/// The base object of the plan (`test-plan.md` 2) with more fields in its `spec`, merged in.
///
/// Its pod template carries the label of the run: the shim puts it on the Deployment and its pods, so that these are
/// found even when their owner is gone.
pub(super) fn base(names: &Names, more: Value) -> Value {
    let mut spec = json!({
        "provider": {"name": "vllm"},
        "model": {"id": "Qwen/Qwen2.5-0.5B-Instruct", "source": "huggingface"},
        "engine": {"type": "vllm"},
        "resources": {"gpu": {"count": 1}},
        "podTemplate": {"metadata": {"labels": {RUN_LABEL: names.run}}},
    });
    merge(&mut spec, more);
    json!({"spec": spec})
}

/// The base object with an image by digest, which keeps the registry out of the check.
pub(super) fn pinned(names: &Names, more: Value) -> Value {
    let mut spec = json!({"engine": {"image": DIGEST_IMAGE}});
    merge(&mut spec, more);
    base(names, spec)
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// The labels of an object that carry the run; for objects that are made by patching.
pub(super) fn run_labels(names: &Names) -> Value {
    json!({RUN_LABEL: names.run})
}

/// Something that has to be done.
pub(super) fn act(act: Act, keep: Key) -> Step {
    Step::Do { act, keep, expected: Expected::Accepted }
}

/// Something whose answer is judged later, whatever it is.
pub(super) fn any(act: Act, keep: Key) -> Step {
    Step::Do { act, keep, expected: Expected::Any }
}

/// A precondition that needs no other.
pub(super) const fn precondition(
    id: &'static str,
    title: &'static str,
    script: fn(&Names) -> Vec<Step>,
    proves: &'static str,
    failure: &'static str,
) -> Check {
    Check {
        id,
        group: Group::Precondition,
        title,
        needs: &[],
        uses: Uses::NOTHING,
        limit: Duration::from_secs(90),
        script,
        proves,
        failure,
    }
}

/// A creation that has to be accepted.
pub(super) fn create(object: &Object, value: Value, keep: Key) -> Step {
    act(Act::Create(object.clone(), value), keep)
}

/// A patch that has to be accepted.
pub(super) fn patch(object: &Object, value: Value, keep: Key) -> Step {
    act(Act::Patch(object.clone(), value), keep)
}

/// A look at an object.
pub(super) fn read(object: &Object, keep: Key) -> Step {
    act(Act::Read(object.clone()), keep)
}

/// A creation or patch that AI Runway's webhook has to deny in exactly these words.
pub(super) fn denied(act: Act, keep: Key, errors: &[&str]) -> Step {
    let errors = errors.iter().map(|error| (*error).to_owned()).collect();
    Step::Do { act, keep, expected: Expected::Denied(Denial::Exactly(errors)) }
}

/// A verdict for a state.
pub(super) fn ruling(
    claims: impl IntoIterator<Item = Claim>,
    verdict: Verdict,
    text: &'static str,
) -> Ruling {
    Ruling { claims: claims.into_iter().collect(), verdict, text }
}

/// A wait of at most a minute that nothing ends early.
pub(super) fn until(
    watch: &[(Key, &Object)],
    claims: impl IntoIterator<Item = Claim>,
    late: Verdict,
) -> Step {
    until_or(watch, claims, Vec::new(), late)
}

/// A wait of at most a minute.
pub(super) fn until_or(
    watch: &[(Key, &Object)],
    claims: impl IntoIterator<Item = Claim>,
    unless: Vec<Ruling>,
    late: Verdict,
) -> Step {
    let watch = watch.iter().map(|(key, object)| (*key, (*object).clone())).collect();
    Step::Until { watch, claims: claims.into_iter().collect(), within: A_MINUTE, unless, late }
}

/// The end of a wait on a ModelDeployment that is kept under a name: the shim has not got past the default image, or has
/// given up.
pub(super) fn stuck(key: Key) -> Vec<Ruling> {
    let message = of(key).at(".status.message");
    let failed = of(key).at(".status.phase").is("Failed");
    vec![unresolved(key), ruling([message.present(), failed], Verdict::Fail, "the shim has given up")]
}

/// The state of a ModelDeployment whose default image could not be resolved; it says nothing about what comes after.
pub(super) fn unresolved(key: Key) -> Ruling {
    let claim = of(key).at(".status.message").starts(UNRESOLVED);
    ruling([claim], Verdict::Inconclusive, "the shim cannot reach the image registry")
}

/// Waits until the shim has rendered a ModelDeployment and said so; keeps it as `model`, its Deployment as `deployment`
/// and its Service as `service`. The status is written last.
pub(super) fn rendered(names: &Names, name: &str) -> Step {
    let created = of("model").has_condition("ResourceCreated", "True", "ResourceCreated");
    let claims =
        [of("deployment").at(".metadata.uid").present(), of("service").at(".metadata.uid").present()];
    until_or(
        &[
            ("model", &model(names, name)),
            ("deployment", &deployment(names, name)),
            ("service", &service(names, name)),
        ],
        claims.into_iter().chain(created),
        stuck("model"),
        Verdict::Fail,
    )
}

/// Lets the shim make a pass over a ModelDeployment that comes after this step, and has seen it: a label of the Service
/// that the shim owns is spoilt, the object is touched, and the label has to be what it was again.
///
/// The plan sleeps 35 s instead, and hopes. The Deployment comes before the Service in a pass, the status after it.
pub(super) fn pass(names: &Names, name: &str, touch: &str, keep: Key) -> Vec<Step> {
    const OWNED: &str = r".metadata.labels.airunway\.ai/managed-by";
    let service = service(names, name);
    let spoilt = json!({"metadata": {"labels": {"airunway.ai/managed-by": "nobody"}}});
    let touched = json!({"metadata": {"annotations": {"airunway.ai/touch": touch}}});
    vec![
        patch(&service, spoilt, "spoilt"),
        patch(&model(names, name), touched, keep),
        until(&[("service", &service)], [of("service").at(OWNED).is("airunway")], Verdict::Fail),
    ]
}

/// A text of a condition's message, at its place.
pub(super) fn said(key: Key, kind: &str) -> Place {
    of(key).at(condition(kind, "message"))
}

/// Several claims as one list.
pub(super) fn all<const N: usize>(parts: [Vec<Claim>; N]) -> Vec<Claim> {
    parts.into_iter().flatten().collect()
}

/// Objects that must not exist after a denial or a pass.
pub(super) fn absent(objects: &[&Object], settled: Settled) -> Step {
    Step::Absent { objects: objects.iter().map(|object| (*object).clone()).collect(), settled }
}
