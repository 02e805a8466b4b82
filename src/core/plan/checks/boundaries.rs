//! Checks 8, 9 and 10: what a user may override, whose objects are touched, and what ends a deletion
//! (`test-plan.md` 3.10, 3.11, 3.12).

use super::base::{
    ADMISSION, INSTALLED, LIMIT, MANAGER, PAUSE_IMAGE, absent, act, all, create, denied, deployment, model,
    patch, pinned, read, rendered, ruling, run_labels, said, service, unresolved, until_or,
};
use crate::core::plan::{Act, Check, Group, Names, Settled, Step, Uses, Verdict, of};
use serde_json::{Value, json};
use std::time::Duration;

/// Checks 8, 9 and 10.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "8",
        group: Group::Provider,
        title: "overrides reach neither security nor size",
        needs: ADMISSION,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: overrides,
        proves: "Whoever may write a ModelDeployment gets no pod that they could not have got without it.",
        failure: "An override gives a pod the rights or the size that admission is there to refuse.",
    },
    Check {
        id: "9",
        group: Group::Provider,
        title: "a Deployment that nobody owns is left alone",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: unowned,
        proves: "The shim takes over no object that was there before it, and says why it stops.",
        failure: "A ModelDeployment overwrites what somebody else runs under its name.",
    },
    Check {
        id: "10",
        group: Group::Provider,
        title: "a Deployment that cannot go holds its ModelDeployment for five minutes and no longer",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: Duration::from_secs(480),
        script: stuck_deletion,
        proves: "A deletion ends even when what it waits for never goes.",
        failure: "A ModelDeployment whose Deployment is stuck can never be deleted; or it lets go too early, and \
                  leaves a model running that nobody owns.",
    },
];

fn overrides(names: &Names) -> Vec<Step> {
    const SECURITY: &str = "is not allowed for security reasons";
    let over = |overrides: Value| pinned(names, json!({"provider": {"overrides": {"spec": overrides}}}));
    let refused = |path: &str, key: &str, why: &str| {
        format!("spec.provider.overrides.spec.{path}{key}: Forbidden: overriding \"{key}\" {why}")
    };
    let sizing = "is not allowed because it can bypass admission resource limits; use spec.resources / \
                  spec.scaling instead";
    let pod = json!({"securityContext": {"runAsNonRoot": false}, "hostNetwork": true});
    let nested = json!([{"name": "vllm", "securityContext": {"privileged": true}}]);
    let cases = [
        (
            "override-test",
            "top",
            json!({"template": {"spec": pod}}),
            vec![
                refused("template.spec.", "hostNetwork", SECURITY),
                refused("template.spec.", "securityContext", SECURITY),
            ],
        ),
        (
            "override-nested",
            "nested",
            json!({"template": {"spec": {"containers": nested}}}),
            vec![refused("template.spec.containers[0].", "securityContext", SECURITY)],
        ),
        ("override-sizing", "sizing", json!({"replicas": 5}), vec![refused("", "replicas", sizing)]),
    ];
    let mut steps = Vec::new();
    for (name, key, overrides, errors) in cases {
        let object = model(names, name);
        let errors: Vec<&str> = errors.iter().map(String::as_str).collect();
        steps.extend([
            denied(Act::Create(object.clone(), over(overrides)), key, &errors),
            absent(&[&object, &deployment(names, name)], Settled::Denied(key)),
        ]);
    }
    // A webhook that denies everything must not pass.
    let harmless = over(json!({"template": {"metadata": {"labels": {"x": "y"}}}}));
    let labels = ".spec.provider.overrides.spec.template.metadata.labels.x";
    steps.extend([
        create(&model(names, "override-ok"), harmless, "accepted"),
        Step::Expect(vec![of("accepted").at(labels).is("y")]),
    ]);
    steps
}

/// A Deployment that does nothing, and has nothing to do with AI Runway.
pub(super) fn foreign() -> Value {
    let labels = json!({"app": "foreign"});
    json!({"spec": {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "pause", "image": PAUSE_IMAGE}]},
        },
    }})
}

/// Waits until the shim has given up over an object of another owner; keeps the ModelDeployment as `model`.
pub(super) fn conflicted(names: &Names, name: &str) -> Vec<Step> {
    let created = ruling(
        std::iter::once(said("model", "ResourceCreated").present()).chain(of("model").has_condition(
            "ResourceCreated",
            "True",
            "ResourceCreated",
        )),
        Verdict::Fail,
        "the shim has gone on",
    );
    vec![
        until_or(
            &[("model", &model(names, name))],
            [of("model").at(".status.phase").is("Failed")],
            vec![unresolved("model"), created],
            Verdict::Fail,
        ),
        Step::Expect(all([
            of("model").has_condition("ResourceCreated", "False", "ResourceConflict").into(),
            of("model").has_condition("Ready", "False", "ResourceConflict").into(),
        ])),
    ]
}

fn unowned(names: &Names) -> Vec<Step> {
    let name = "owned-test";
    let theirs = deployment(names, name);
    let text = format!(
        "resource {}/{name} exists but is not managed by this ModelDeployment (no owner references)",
        names.namespace
    );
    let same = |path: &str| of("after").at(path).same(of("theirs").at(path));
    let mut steps = vec![
        create(&theirs, foreign(), "theirs"),
        create(&model(names, name), pinned(names, json!({})), "created"),
    ];
    steps.extend(conflicted(names, name));
    steps.extend([
        Step::Expect(vec![
            said("model", "ResourceCreated").is(text.clone()),
            of("model").at(".status.message").is(format!("Failed to create/update resource {name}: {text}")),
        ]),
        read(&theirs, "after"),
        Step::Expect(vec![
            same(".metadata.uid"),
            same(".spec"),
            of("after").at(".metadata.ownerReferences").missing(),
            of("after").at(".spec.template.spec.containers[0].image").is(PAUSE_IMAGE),
            of("after").at(".metadata.managedFields[*].manager").lacks(MANAGER),
        ]),
        absent(&[&service(names, name)], Settled::Pass("model")),
    ]);
    steps
}

fn stuck_deletion(names: &Names) -> Vec<Step> {
    const BLOCK: &str = "example.com/block-delete";
    const SHIM_WAITS: Duration = Duration::from_secs(295);
    let name = "final-test";
    let (object, child) = (model(names, name), deployment(names, name));
    let block = json!({"metadata": {"finalizers": [BLOCK], "labels": run_labels(names)}});
    let blocked = || of("deployment").at(".metadata.finalizers").contains(BLOCK);
    let unblocked = ruling(
        [of("deployment").gone()],
        Verdict::Inconclusive,
        "the Deployment is gone: somebody has removed the finalizer that should hold it",
    );
    let both = vec![("model", object.clone()), ("deployment", child.clone())];
    vec![
        create(&object, pinned(names, json!({})), "created"),
        rendered(names, name),
        // The pods of the Deployment would keep their GPU for good.
        Step::Always(Act::Patch(child.clone(), json!({"metadata": {"finalizers": []}}))),
        patch(&child, block, "blocked"),
        act(Act::Delete(object.clone()), "deletion"),
        until_or(
            &[("model", &object), ("deployment", &child)],
            [
                of("model").at(".status.phase").is("Terminating"),
                of("deployment").at(".metadata.deletionTimestamp").present(),
                blocked(),
            ],
            vec![
                unblocked.clone(),
                ruling(
                    [of("model").gone(), blocked()],
                    Verdict::Fail,
                    "gone at once, with its Deployment there",
                ),
            ],
            Verdict::Fail,
        ),
        Step::Until {
            watch: both,
            claims: vec![of("model").gone(), blocked()],
            within: Duration::from_secs(330),
            unless: vec![unblocked],
            late: Verdict::Fail,
        },
        Step::Judge(vec![ruling(
            [of("model").seen_after(SHIM_WAITS, "deletion")],
            Verdict::Fixed,
            "the ModelDeployment was let go after five minutes",
        )]),
    ]
}
