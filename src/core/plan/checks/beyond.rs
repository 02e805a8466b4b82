//! Beyond the plan, X1 to X5: what a shim must leave alone, and what it writes.

use super::base::{
    INSTALLED, LIMIT, act, all, create, deployment, model, pass, patch, pinned, read, rendered, ruling,
    until, until_or,
};
use super::selection::owned;
use crate::core::kubernetes::resource::POD;
use crate::core::plan::{Act, Check, Group, Key, Names, Step, Uses, Verdict, condition, of};
use serde_json::json;
use std::time::Duration;

/// X1 to X5.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "X1",
        group: Group::Beyond,
        title: "annotations and labels of others survive on a Deployment and its pods",
        needs: INSTALLED,
        uses: Uses::gpus(2),
        limit: LIMIT,
        script: foreign_metadata,
        proves: "kubectl rollout restart, a service mesh or a cost tool can mark what the shim has made.",
        failure: "The shim takes away what others have written, and pods restart for nothing.",
    },
    Check {
        id: "X2",
        group: Group::Beyond,
        title: "every object that is created names its owner completely",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: owners,
        proves: "Deleting a ModelDeployment takes everything with it, and nothing else.",
        failure: "The garbage collector leaves objects behind, or two controllers fight for one.",
    },
    Check {
        id: "X3",
        group: Group::Beyond,
        title: "nothing is written when nothing has changed",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: stillness,
        proves: "The periodic passes cost the API server reads only.",
        failure: "Every pass writes, wakes every watcher, and grows the history of the cluster.",
    },
    Check {
        id: "X4",
        group: Group::Beyond,
        title: "an update whose pod finds no place is not called ready",
        needs: &["P1", "P2", "P8", "P9", "GPU"],
        uses: Uses::gpus(2),
        limit: Duration::from_secs(900),
        script: unschedulable,
        proves: "Ready speaks of what was asked for last, not of what still runs.",
        failure: "An update that never takes effect looks like one that has (ai-runway/airunway issue 422).",
    },
    Check {
        id: "X5",
        group: Group::Beyond,
        title: "false and zero survive when the shim writes the object back",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: zeros,
        proves: "What the user switches off stays off.",
        failure: "A field that says false or 0 gets its default back as soon as the shim adds its finalizer.",
    },
];

const TEMPLATE: &str = ".spec.template";
const RESTARTED: &str = r".spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt";

fn foreign_metadata(names: &Names) -> Vec<Step> {
    let name = "foreign-metadata";
    let (object, child) = (model(names, name), deployment(names, name));
    let at = "2026-01-01T00:00:00Z";
    let foreign = json!({
        "metadata": {"annotations": {"example.com/owner": "somebody"}, "labels": {"example.com/team": "a"}},
        "spec": {"template": {"metadata": {
            "annotations": {"kubectl.kubernetes.io/restartedAt": at},
            "labels": {"example.com/mesh": "on"},
        }}},
    });
    let kept = |key: Key| {
        vec![
            of(key).at(RESTARTED).is(at),
            of(key).at(r".spec.template.metadata.labels.example\.com/mesh").is("on"),
            of(key).at(r".metadata.annotations.example\.com/owner").is("somebody"),
            of(key).at(r".metadata.labels.example\.com/team").is("a"),
            of(key).at(TEMPLATE).same(of("marked").at(TEMPLATE)),
        ]
    };
    let mut steps = vec![
        create(&object, pinned(names, json!({})), "created"),
        rendered(names, name),
        patch(&child, foreign, "marked"),
    ];
    steps.extend(pass(names, name, "marked", "touched"));
    steps.extend([
        read(&child, "after"),
        Step::Expect(all([
            kept("after"),
            vec![of("after").at(".metadata.generation").same(of("marked").at(".metadata.generation"))],
        ])),
        patch(&object, json!({"spec": {"scaling": {"replicas": 2}}}), "scaled"),
        until(&[("deployment", &child)], [of("deployment").at(".spec.replicas").is(2)], Verdict::Fail),
        Step::Expect(kept("deployment")),
    ]);
    steps
}

fn owners(names: &Names) -> Vec<Step> {
    let name = "owner-references";
    let complete = |key: Key| {
        let owner = |member: &str| of(key).at(format!(".metadata.ownerReferences[*].{member}"));
        vec![
            of(key).at(".metadata.ownerReferences").count(1),
            owner("apiVersion").is("airunway.ai/v1alpha1"),
            owner("kind").is("ModelDeployment"),
            owner("name").is(name),
            owner("controller").is(true),
            owner("blockOwnerDeletion").is(true),
            owned(key),
        ]
    };
    vec![
        create(&model(names, name), pinned(names, json!({})), "created"),
        rendered(names, name),
        Step::Expect(all([complete("deployment"), complete("service")])),
    ]
}

fn stillness(names: &Names) -> Vec<Step> {
    let name = "still-test";
    let (object, child) = (model(names, name), deployment(names, name));
    let same = |path: &str, before: Key| of("model").at(path).same(of(before).at(path));
    let child_same = |path: &str| of("deployment").at(path).same(of("before").at(path));
    let version = ".metadata.resourceVersion";
    // A workload that makes progress has the shim write what it sees, and the controllers of Kubernetes too.
    let still = |touched: Key| {
        vec![
            Step::Pause(Duration::from_secs(2)),
            read(&object, "model"),
            read(&child, "deployment"),
            Step::Judge(vec![
                ruling([same(version, touched)], Verdict::Pass, "still"),
                ruling(
                    [same(".status.replicas", touched), same(".status.phase", touched)],
                    Verdict::Fail,
                    "the ModelDeployment was written although nothing has changed",
                ),
                ruling(
                    [of("model").at(version).present()],
                    Verdict::Inconclusive,
                    "the workload itself changed meanwhile",
                ),
            ]),
            Step::Judge(vec![
                ruling([child_same(version)], Verdict::Pass, "still"),
                ruling(
                    [
                        child_same(".metadata.generation"),
                        child_same(r#".metadata.managedFields[?(@.manager=="vllm-provider")].time"#),
                    ],
                    Verdict::Pass,
                    "only its status has changed",
                ),
                ruling(
                    [of("deployment").at(version).present()],
                    Verdict::Fail,
                    "the Deployment was written although nothing has changed; it is now at version",
                ),
            ]),
        ]
    };
    // Pods that find no place change nothing in the meantime.
    let nowhere = json!({"nodeSelector": {"cli.airunway.ai/nowhere": "true"}});
    let mut steps = vec![create(&object, pinned(names, nowhere), "created"), rendered(names, name)];
    // The first pass may have something to write: what it saw of the children.
    steps.extend(pass(names, name, "settle", "touched"));
    steps.extend([Step::Pause(Duration::from_secs(2)), read(&child, "before")]);
    for (touch, key) in [("first", "touched once"), ("second", "touched twice")] {
        steps.extend(pass(names, name, touch, key));
        steps.extend(still(key));
    }
    steps
}

fn unschedulable(names: &Names) -> Vec<Step> {
    let name = "update-test";
    let (object, child) = (model(names, name), deployment(names, name));
    let nowhere = json!({"spec": {"nodeSelector": {"cli.airunway.ai/nowhere": "true"}}});
    let ready = |member| of("model").at(condition("Ready", member));
    let phase = || of("model").at(".status.phase");
    let pods = Act::List(POD, Some(names.namespace.clone()), Some(format!("airunway.ai/deployment={name}")));
    let stuck = r#".items[*].status.conditions[?(@.type=="PodScheduled")].reason"#;
    let mut steps = vec![
        create(&object, pinned(names, json!({"engine": {"image": "vllm/vllm-openai:v0.11.0"}})), "created"),
        // Without a model that runs there is no update to look at.
        Step::Until {
            watch: vec![("model", object.clone())],
            claims: vec![phase().is("Running"), ready("status").is("True")],
            within: Duration::from_secs(600),
            unless: Vec::new(),
            late: Verdict::Inconclusive,
        },
        patch(&object, nowhere, "updated"),
        until(
            &[("deployment", &child)],
            [
                of("deployment").at(".spec.template.spec.nodeSelector").present(),
                of("deployment").at(".status.observedGeneration").at_least(2),
                of("deployment").at(".status.updatedReplicas").at_least(1),
                of("deployment").at(".status.unavailableReplicas").at_least(1),
            ],
            Verdict::Inconclusive,
        ),
    ];
    // The shim looks at the Deployment again, now that its pod waits.
    steps.extend(pass(names, name, "look", "touched"));
    // The status of one pass is written before the next begins.
    steps.extend(pass(names, name, "look again", "touched again"));
    steps.extend([
        until(
            &[("model", &object)],
            [
                of("model").at(".status.observedGeneration").same(of("updated").at(".metadata.generation")),
                ready("status").present(),
            ],
            Verdict::Inconclusive,
        ),
        act(pods, "pods"),
        Step::Judge(vec![
            ruling([of("pods").at(stuck).contains("Unschedulable")], Verdict::Pass, "a pod waits"),
            ruling([of("pods").at(".items").count(0)], Verdict::Inconclusive, "there is no pod"),
            ruling(
                [of("pods").at(".items").present()],
                Verdict::Inconclusive,
                "no pod of the update waits for a place",
            ),
        ]),
        Step::Judge(vec![
            ruling(
                [phase().is("Running"), ready("status").is("True")],
                Verdict::KnownFinding,
                "the update runs nowhere, the phase is",
            ),
            ruling([ready("status").one_of(&["False", "Unknown"])], Verdict::Fixed, "Ready is"),
            ruling([phase().one_of(&["Deploying", "Pending", "Failed"])], Verdict::Fixed, "the phase is"),
        ]),
    ]);
    steps
}

fn zeros(names: &Names) -> Vec<Step> {
    let object = model(names, "false-test");
    let off = json!({"engine": {"enablePrefixCaching": false}, "scaling": {"replicas": 0}});
    let caching = || of("model").at(".spec.engine.enablePrefixCaching");
    let replicas = || of("model").at(".spec.scaling.replicas");
    vec![
        create(&object, pinned(names, off), "created"),
        until_or(
            &[("model", &object)],
            [of("model").at(".metadata.finalizers").present()],
            Vec::new(),
            Verdict::Inconclusive,
        ),
        Step::Judge(vec![
            ruling([caching().is(false)], Verdict::Fixed, "enablePrefixCaching was false and is"),
            ruling([caching().is(true)], Verdict::KnownFinding, "enablePrefixCaching was false and is"),
        ]),
        Step::Judge(vec![
            ruling([replicas().is(0)], Verdict::Fixed, "replicas was 0 and is"),
            ruling([replicas().is(1)], Verdict::KnownFinding, "replicas was 0 and is"),
        ]),
    ]
}
