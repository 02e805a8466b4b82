//! Checks 13, 3B and 14: what disturbs others, and what is left in the end (`test-plan.md` 3.15, 3.5, 3.16).

use super::base::{
    LIMIT, WORKLOADS, act, create, deployment, model, pass, pinned, read, rendered, ruling, service,
};
use super::images::OUTAGE;
use super::preconditions::registration;
use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::kubernetes::resource::{DEPLOYMENT, NAMESPACE, POD};
use crate::core::plan::{
    Act, Check, Claim, Group, Key, Names, Object, RUN_LABEL, Step, Uses, Verdict, When, condition, of,
};
use serde_json::json;
use std::time::Duration;

/// Checks 13, 3B and 14, in the order in which they run.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "13",
        group: Group::Provider,
        title: "a restart of the shim changes nothing that runs",
        needs: WORKLOADS,
        uses: Uses { gpus: 1, when: When::Alone, disrupts: true, ..Uses::NOTHING },
        limit: Duration::from_secs(360),
        script: restart,
        proves: "The shim can be updated while models serve.",
        failure: "A new shim writes other objects than the old one, or does not come back.",
    },
    OUTAGE,
    Check {
        id: "14",
        group: Group::Provider,
        title: "nothing of the run is left",
        needs: &["P1", "P2"],
        uses: Uses { gpus: 0, when: When::Last, disrupts: false, ..Uses::NOTHING },
        limit: Duration::from_secs(300),
        script: nothing_left,
        proves: "Every ModelDeployment lets go of what it has made, and goes itself.",
        failure: "Something keeps a finalizer that nobody removes.",
    },
];

fn restart(names: &Names) -> Vec<Step> {
    let name = "restart-test";
    let (object, child, port) = (model(names, name), deployment(names, name), service(names, name));
    let shim = Object::new(DEPLOYMENT, &names.system, "airunway-vllm-provider");
    let provider = registration("vllm");
    let pods = |keep| {
        let selector = format!("airunway.ai/deployment={name}");
        act(Act::List(POD, Some(names.namespace.clone()), Some(selector)), keep)
    };
    let same = |key, before, path: &str| of(key).at(path).same(of(before).at(path));
    let digest = ".status.image.digest";
    let mut steps = vec![
        create(&object, pinned(names, json!({})), "created"),
        rendered(names, name),
        Step::Until {
            watch: vec![("deployment", child.clone())],
            claims: vec![of("deployment").at(".status.replicas").at_least(1)],
            within: Duration::from_secs(60),
            unless: Vec::new(),
            late: Verdict::Inconclusive,
        },
        read(&object, "before"),
        read(&port, "service before"),
        pods("pods"),
        act(Act::ServerTime, "time"),
        act(Act::DeleteAll(POD, names.system.clone(), "control-plane=vllm-provider"), "stopped"),
        Step::Judge(vec![
            ruling([of("stopped").at(".items").present()], Verdict::Pass, "stopped"),
            ruling(
                [of("stopped").at(".items").missing()],
                Verdict::Inconclusive,
                "no pod of the shim was found",
            ),
        ]),
        // A shim that stops in good order writes `ready: false` with a fresh time first: both have to be seen at once.
        // Its successor waits for the lease of the old one.
        Step::Until {
            watch: vec![("shim", shim), ("provider", provider)],
            claims: vec![
                of("shim").at(condition("Available", "status")).is("True"),
                of("provider").at(".status.ready").is(true),
                of("provider").at(".status.lastHeartbeat").after(of("time").at(".now")),
            ],
            within: Duration::from_secs(150),
            unless: Vec::new(),
            late: Verdict::Fail,
        },
    ];
    // What the new shim does to it shows once it has made a pass; the status of one is written before the next begins.
    steps.extend(pass(names, name, "restarted", "touched"));
    steps.extend(pass(names, name, "seen", "touched again"));
    steps.extend([
        read(&child, "deployment after"),
        read(&port, "service after"),
        read(&object, "after"),
        pods("pods after"),
        Step::Expect(vec![
            same("deployment after", "deployment", ".metadata.uid"),
            same("deployment after", "deployment", ".metadata.generation"),
            same("deployment after", "deployment", ".spec.template"),
            same("service after", "service before", ".metadata.uid"),
            same("service after", "service before", ".spec"),
            same("after", "before", digest),
            same("pods after", "pods", ".items[*].metadata.uid"),
        ]),
    ]);
    steps
}

/// The ModelDeployments that the checks of the plan make, and the Deployments of the same names.
const MADE: &[Key] = &[
    "registry-probe",
    "sel-auto",
    "sel-vllm",
    "sel-move",
    "pin-test",
    "outage-test",
    "outage-tag",
    "outage-fresh",
    "reserved-a",
    "reserved-b",
    "reserved-c",
    "reserved-d",
    "tp-test",
    "tp-patch",
    "launch-test",
    "override-ok",
    "owned-test",
    "final-test",
    "recipe-test",
    "restart-test",
    "foreign-metadata",
    "owner-references",
    "still-test",
    "update-test",
    "false-test",
    "foreign-service",
    "taken-owner",
    "taken-test",
];

fn nothing_left(names: &Names) -> Vec<Step> {
    if names.owns_namespace {
        let namespace = Object::cluster_wide(NAMESPACE, &names.namespace);
        return vec![
            act(Act::Delete(namespace.clone()), "deletion"),
            Step::Until {
                watch: vec![("namespace", namespace)],
                claims: vec![of("namespace").gone()],
                within: LIMIT,
                unless: Vec::new(),
                late: Verdict::Fail,
            },
        ];
    }
    let gone = |resource| Step::Until {
        watch: MADE.iter().map(|name| (*name, Object::new(resource, &names.namespace, name))).collect(),
        claims: MADE.iter().map(|name| of(name).gone()).collect::<Vec<Claim>>(),
        within: Duration::from_secs(90),
        unless: Vec::new(),
        late: Verdict::Fail,
    };
    let list = |resource, keep| {
        let selector = format!("{RUN_LABEL}={}", names.run);
        act(Act::List(resource, Some(names.namespace.clone()), Some(selector)), keep)
    };
    vec![
        gone(MODEL_DEPLOYMENT),
        gone(DEPLOYMENT),
        list(MODEL_DEPLOYMENT, "models"),
        list(DEPLOYMENT, "deployments"),
        Step::Expect(vec![of("models").at(".items").count(0), of("deployments").at(".items").count(0)]),
    ]
}
