//! Checks 2 and 3: the default image is pinned, and nothing runs without it (`test-plan.md` 3.4, 3.5).

use super::base::{
    DEFAULT_IMAGE, INSTALLED, LIMIT, REGISTRY, UNRESOLVED, absent, all, base, create, deployment, model,
    pass, patch, pinned, read, rendered, ruling, said, service, unresolved, until, until_or,
};
use crate::core::kubernetes::resource::{Resource, namespaced};
use crate::core::plan::{
    Check, Claim, Group, Key, Names, Object, Place, Settled, Step, Uses, Verdict, When, condition, of,
};
use serde_json::{Value, json};
use std::time::Duration;

/// What keeps pods from talking to the network.
const NETWORK_POLICY: Resource = namespaced("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");

/// Checks 2, 3A and 3C.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "2",
        group: Group::Provider,
        title: "the default image is pinned by its digest for good",
        needs: REGISTRY,
        uses: Uses::gpus(1),
        limit: Duration::from_secs(300),
        script: pin,
        proves: "A tag that moves does not move a model that is deployed: three passes later the digest is the same.",
        failure: "Every pass of the shim asks the registry anew, and a new nightly image restarts running models.",
    },
    Check {
        id: "3A",
        group: Group::Provider,
        title: "the default image is rendered by digest",
        needs: REGISTRY,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: gate,
        proves: "With a registry at hand the default image is resolved before anything is rendered.",
        failure: "The default image is rendered as a tag, or not resolved.",
    },
    Check {
        id: "3C",
        group: Group::Provider,
        title: "an image that the user names is rendered as it is, resolved or not",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: typed,
        proves: "A registry that cannot be reached stops no image but the default one.",
        failure: "The shim rewrites what the user typed, or refuses to go on without the registry.",
    },
];

/// Check 3B, which runs alone.
pub(super) const OUTAGE: Check = Check {
    id: "3B",
    group: Group::Provider,
    title: "without the registry the default image is not rendered",
    needs: REGISTRY,
    uses: Uses { gpus: 1, when: When::Alone, disrupts: true, ..Uses::NOTHING },
    limit: Duration::from_secs(240),
    script: outage,
    proves: "Nothing is deployed whose image nobody knows.",
    failure: "The shim renders the default image without having resolved it.",
};

const IMAGE: &str = ".spec.template.spec.containers[0].image";
const RESOLVED: &str = ".status.image.resolved";
const DIGEST: &str = ".status.image.digest";

fn image(member: &str) -> Place {
    of("model").at(format!(".status.image.{member}"))
}

/// The Deployment under a key runs the image that was resolved first.
fn by_digest(key: Key, model: Key) -> Claim {
    of(key).at(IMAGE).same(of(model).at(RESOLVED))
}

/// What the status says about the default image once it is resolved.
fn resolved_default() -> Vec<Claim> {
    vec![
        image("requested").is(DEFAULT_IMAGE),
        image("repository").is("vllm/vllm-openai"),
        image("tag").is("cu130-nightly"),
        image("resolved").matches("^vllm/vllm-openai@sha256:[0-9a-f]{64}$"),
        image("digest").matches("^sha256:[0-9a-f]{64}$"),
        image("source").is("nightly"),
        image("inNightly").is(true),
        image("verified").missing(),
        of("model").at(condition("ImageResolved", "status")).is("True"),
        of("model")
            .at(condition("ImageResolved", "reason"))
            .one_of(&["ImageResolved", "ImageResolutionReused"]),
    ]
}

/// Waits until the default image is resolved and rendered, as far as a claim on the ModelDeployment says so; without the
/// registry there is nothing to judge.
fn resolved(names: &Names, name: &str, claim: Claim) -> Step {
    until_or(
        &[
            ("model", &model(names, name)),
            ("deployment", &deployment(names, name)),
            ("service", &service(names, name)),
        ],
        [claim, of("deployment").at(".metadata.uid").present(), of("service").at(".metadata.uid").present()],
        vec![unresolved("model")],
        Verdict::Inconclusive,
    )
}

fn pin(names: &Names) -> Vec<Step> {
    let object = model(names, "pin-test");
    let kept = [("touched", "first"), ("touched", "second"), ("touched", "third")];
    let mut steps = vec![
        create(&object, base(names, json!({})), "created"),
        // Two empty digests would be the same.
        resolved(names, "pin-test", of("model").at(DIGEST).present()),
        Step::Expect(all([
            resolved_default(),
            vec![
                image("verificationMessage")
                    .is("Image attestation/signature verification is not implemented by this controller"),
                by_digest("deployment", "model"),
            ],
            of("model").has_condition("ImageVerified", "Unknown", "VerificationNotImplemented").into(),
            of("model").has_condition("UnsupportedImage", "False", "SupportedImage").into(),
        ])),
        read(&object, "pinned"),
    ];
    for (key, touch) in kept {
        steps.extend(pass(names, "pin-test", touch, key));
        steps.extend([
            read(&deployment(names, "pin-test"), "rendered"),
            Step::Expect(vec![by_digest("rendered", "pinned")]),
        ]);
    }
    steps.extend([
        until(
            &[("model", &object)],
            of("model").has_condition("ImageResolved", "True", "ImageResolutionReused"),
            Verdict::Fail,
        ),
        Step::Expect(vec![
            image("digest").same(of("pinned").at(DIGEST)),
            image("resolved").same(of("pinned").at(RESOLVED)),
            image("source").is("nightly"),
            image("requested").is(DEFAULT_IMAGE),
            image("inNightly").is(true),
            image("message").starts("Reused resolved Direct vLLM image "),
        ]),
    ]);
    steps
}

fn gate(names: &Names) -> Vec<Step> {
    vec![
        create(&model(names, "outage-test"), base(names, json!({})), "created"),
        resolved(names, "outage-test", of("model").at(condition("ImageResolved", "status")).is("True")),
        Step::Expect(all([resolved_default(), vec![by_digest("deployment", "model")]])),
    ]
}

/// Keeps the shim from public addresses, but neither from name servers nor from the API server: without those it could
/// not write what it saw, and the check would see nothing. API servers have private addresses or listen on port 6443.
fn policy() -> Value {
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
    let private: Vec<Value> = private.iter().map(|block| json!({"ipBlock": {"cidr": block}})).collect();
    json!({"spec": {
        "podSelector": {"matchLabels": {"control-plane": "vllm-provider"}},
        "policyTypes": ["Egress"],
        "egress": [
            {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}, {"protocol": "TCP", "port": 6443}]},
            {"to": private},
        ],
    }})
}

fn outage(names: &Names) -> Vec<Step> {
    let name = "outage-fresh";
    let block = Object::new(NETWORK_POLICY, &names.system, "airunway-e2e-no-registry");
    let object = model(names, name);
    vec![
        create(&block, policy(), "policy"),
        create(&object, base(names, json!({})), "created"),
        Step::Until {
            watch: vec![("model", object)],
            claims: vec![of("model").at(condition("ImageResolved", "status")).present()],
            within: Duration::from_secs(120),
            unless: Vec::new(),
            late: Verdict::Inconclusive,
        },
        Step::Judge(vec![
            ruling(
                of("model").has_condition("ImageResolved", "False", "ImageResolutionFailed"),
                Verdict::Pass,
                "not resolved",
            ),
            ruling(
                [of("model").at(condition("ImageResolved", "status")).is("True")],
                Verdict::Inconclusive,
                "the registry was reached all the same: does the network of the cluster enforce NetworkPolicies",
            ),
        ]),
        until(
            &[("model", &model(names, name))],
            [of("model").at(".status.phase").is("Failed")],
            Verdict::Fail,
        ),
        Step::Expect(vec![
            of("model").at(".status.message").starts(&format!("{UNRESOLVED} \"{DEFAULT_IMAGE}\": ")),
            image("resolved").missing(),
            image("digest").missing(),
        ]),
        absent(&[&deployment(names, name), &service(names, name)], Settled::Pass("model")),
    ]
}

fn typed(names: &Names) -> Vec<Step> {
    const STABLE: &str = "vllm/vllm-openai:latest";
    const NOWHERE: &str = "vllm/vllm-openai:airunway-e2e-no-such-tag";
    let name = "outage-tag";
    let object = model(names, name);
    let to = |image: &str| json!({"spec": {"engine": {"image": image}}});
    let asked = |wanted: &'static str| {
        until(
            &[("model", &model(names, name)), ("deployment", &deployment(names, name))],
            [
                image("requested").is(wanted),
                of("model").at(condition("ResourceCreated", "status")).is("True"),
                of("deployment").at(IMAGE).is(wanted),
            ],
            Verdict::Fail,
        )
    };
    let resolved = |status: &str| of("model").at(condition("ImageResolved", "status")).is(status);
    vec![
        create(&object, pinned(names, json!({})), "created"),
        rendered(names, name),
        patch(&object, to(STABLE), "patched"),
        asked(STABLE),
        Step::Expect(all([
            vec![image("source").is("stable"), image("requested").is(STABLE)],
            of("model").has_condition("UnsupportedImage", "False", "SupportedImage").into(),
        ])),
        patch(&object, to(NOWHERE), "patched"),
        asked(NOWHERE),
        Step::Judge(vec![
            ruling(
                [
                    resolved("False"),
                    of("model").at(condition("ImageResolved", "reason")).is("ImageResolutionFailed"),
                    said("model", "ImageResolved")
                        .matches(r" Continuing with the user-specified image reference\.$"),
                ],
                Verdict::Pass,
                "it goes on without the registry",
            ),
            // A registry that has every tag.
            ruling([resolved("True")], Verdict::Pass, "resolved"),
        ]),
    ]
}
